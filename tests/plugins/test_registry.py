"""Plugins are loaded guarded: what is broken is told, the others work."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest

from tandem.plugin_api.hooks import ENTRY_POINT_GROUP
from tandem.plugin_api.registry import load_registry
from tandem.plugins import used_by

RULE = """
from marshmallow import Schema
from tandem.plugin_api import EligibilityRule, Truth, Verdict, hookimpl, say

class Rule(EligibilityRule):
    name = "{rule}"
    settings_schema = Schema

    def check(self, facts, settings):
        return Verdict(Truth.MET)

    def describe(self, settings):
        return say("x", "X.")

@hookimpl
def eligibility_rules():
    {answer}
"""


@pytest.fixture
def point(tmp_path, monkeypatch):
    """Make a plugin's module from source and give its entry point."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(name: str, source: str) -> EntryPoint:
        module = f"stranger_{name.replace('-', '_')}"
        (tmp_path / f"{module}.py").write_text(source)
        made.append(module)
        return EntryPoint(name, module, ENTRY_POINT_GROUP)

    yield make
    for module in made:
        sys.modules.pop(module, None)


def rule_source(rule: str = "good.rule", answer: str = "return [Rule()]") -> str:
    return RULE.format(rule=rule, answer=answer)


BROKEN = {
    "import-error": (
        "import a_module_that_is_not_there",
        "ModuleNotFoundError: No module named 'a_module_that_is_not_there'",
    ),
    "syntax": ("def :", "SyntaxError: invalid syntax (stranger_b_broken.py, line 1)"),
    "exit": ("raise SystemExit(3)", "SystemExit: 3"),
    "raises": (rule_source(answer="raise RuntimeError('no licence')"), "RuntimeError: no licence"),
    "nothing-returned": (rule_source(answer="[Rule()]"), "TypeError: eligibility_rules must return a list, not None"),
    "a-word": (rule_source(answer="return 'Rule'"), "TypeError: eligibility_rules must return a list, not str"),
    "a-class": (
        rule_source(answer="return [Rule]"),
        "TypeError: eligibility_rules must return EligibilityRule objects; Rule is a class: write Rule()",
    ),
    "another-kind": (
        rule_source(answer="return [3]"),
        "TypeError: eligibility_rules must return EligibilityRule objects, not int",
    ),
    "no-name": (rule_source(rule=""), "TypeError: eligibility_rules: Rule needs a name"),
    "no-schema": (
        rule_source().replace("settings_schema = Schema", "settings_schema = dict"),
        "TypeError: eligibility_rules: the settings_schema of 'good.rule' must be a marshmallow Schema class",
    ),
    "twice": (rule_source(answer="return [Rule(), Rule()]"), "ValueError: eligibility_rules offers 'good.rule' twice"),
    "abstract": (
        rule_source().replace("def describe", "def say_it"),
        "TypeError: Can't instantiate abstract class Rule with abstract method describe",
    ),
    "unknown-hook": (
        rule_source() + "\n@hookimpl\ndef weather():\n    return []\n",
        "PluginValidationError: unknown hook 'weather' in plugin <module 'stranger_b_broken'",
    ),
}


@pytest.mark.parametrize("kind", sorted(BROKEN))
def test_broken_plugin_is_reported_and_stops_nothing(point, kind):
    source, reason = BROKEN[kind]
    points = [
        point("a-first", rule_source("first.rule")),
        point("b-broken", source),
        point("c-last", rule_source("last.rule")),
    ]

    registry = load_registry(points)

    assert list(registry.rules) == ["first.rule", "last.rule"]
    assert [plugin.name for plugin in registry.plugins] == ["a-first", "c-last"]
    assert [problem.plugin for problem in registry.problems] == ["b-broken"]
    assert registry.problems[0].reason.startswith(reason)


def test_two_plugins_offering_one_name_keep_the_first_by_name(point):
    points = [point("z-later", rule_source()), point("a-first", rule_source())]

    registry = load_registry(points)

    assert registry.plugin_of == {"eligibility_rules:good.rule": "a-first"}
    assert [(problem.plugin, problem.reason) for problem in registry.problems] == [
        ("z-later", "ValueError: 'good.rule' is already offered by a-first")
    ]


def test_two_plugins_of_one_name_keep_the_first(point):
    first, second = point("same", rule_source("one.rule")), point("other", rule_source("two.rule"))

    registry = load_registry([first, EntryPoint("same", second.value, ENTRY_POINT_GROUP)])

    assert len(registry.rules) == 1
    assert [problem.reason for problem in registry.problems] == ["ValueError: another plugin is already called 'same'"]


def test_plugin_without_hooks_offers_nothing(point):
    registry = load_registry([point("empty", "")])

    assert [(plugin.name, set(plugin.offers.values())) for plugin in registry.plugins] == [("empty", {()})]
    assert registry.problems == ()


def test_results_are_sorted_whatever_the_order_of_entry_points(point):
    points = [
        point("one", rule_source("b.rule")),
        point("two", rule_source("a.rule")),
        point("three", rule_source("c.rule")),
    ]

    forwards, backwards = load_registry(points), load_registry(reversed(points))

    assert list(forwards.rules) == list(backwards.rules) == ["a.rule", "b.rule", "c.rule"]
    assert (
        [plugin.name for plugin in forwards.plugins]
        == [plugin.name for plugin in backwards.plugins]
        == ["one", "three", "two"]
    )


def test_installed_plugins_load_without_problems():
    assert load_registry().problems == ()


def test_association_uses_ours_unless_off_and_others_only_if_on(point):
    ours = load_registry()
    strange = load_registry([point("night-school", rule_source("night-school.rule"))])

    assert used_by(strange, []).rules == {}
    assert list(used_by(strange, [{"id": "night-school", "on": True}]).rules) == ["night-school.rule"]
    assert used_by(strange, [{"id": "night-school", "on": False}]).rules == {}
    assert used_by(ours, []).rules == ours.rules
    assert "position.holds" not in used_by(ours, [{"id": "positions", "on": False}]).rules
