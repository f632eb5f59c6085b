"""The contract is whole: every hook is documented and used, and what we ship keeps to the interface."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

import tandem_plugins
from tandem import plugin_api
from tandem.eligibility.serialise import message_from_json, message_to_json
from tandem.plugin_api import Person, facts
from tandem.plugin_api.hooks import Hooks
from tandem.plugin_api.registry import KINDS, load_registry
from tandem.plugins import OURS

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text()
HOOKS = sorted(name for name in vars(Hooks) if not name.startswith("_"))
SOURCES = sorted(Path(tandem_plugins.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_is_documented(hook):
    assert f"`{hook}`" in DOCUMENT
    assert getattr(Hooks, hook).__doc__


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_is_used_by_a_plugin_of_ours(hook):
    assert [plugin.name for plugin in load_registry().plugins if plugin.distribution == OURS and plugin.offers[hook]]


def test_every_hook_is_loaded():
    assert sorted(KINDS) == HOOKS


@pytest.mark.parametrize(
    "name", sorted({offer for plugin in load_registry().plugins for names in plugin.offers.values() for offer in names})
)
def test_what_ours_offer_is_documented(name):
    assert f"`{name}`" in DOCUMENT


def test_every_fact_is_documented_with_its_columns():
    table = {
        line.split("|")[1].strip(): line.split("|")[2]
        for line in (facts.__doc__ or "").splitlines()
        if line.startswith("| ")
    }
    columns = {
        "memberships": facts.MembershipFact, "positions": facts.PositionFact, "experience": facts.ExperienceFact,
        "answers": facts.AnswerFact,
    }  # fmt: skip

    for name, kind in columns.items():
        assert [column.strip() for column in table[name].split(",")] == list(kind.__dataclass_fields__)
        for column in kind.__dataclass_fields__:
            assert re.search(rf"`{name}`.*`{column}`", DOCUMENT), (name, column)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parent)))
def test_plugins_of_ours_import_nothing_of_the_core_but_the_interface(path):
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
        if name == "tandem" or name.startswith("tandem.")
    }  # fmt: skip

    assert imported <= {"tandem.plugin_api"}


@pytest.mark.parametrize("name", sorted(load_registry().constraints))
def test_a_constraint_names_what_is_lacking_for_each_mentee(name):
    """One sentence or none for each, that can be stored with a run; the document tells of the method."""
    rule = load_registry().constraints[name]
    needed = {"mentee": "needs", "mentor": "expertise", "levels": ["one", "two"],
              "slots": {"one": {"day": "monday", "from": "08:00", "until": "12:00"}}}  # fmt: skip
    settings = rule.settings_schema().load(
        {key: value for key, value in needed.items() if key in rule.settings_schema().fields}
    )
    people = [
        Person(key, facts.Facts(date(2026, 11, 22), answers=[facts.AnswerFact("needs", key=key, text_value=key)]))
        for key in ("one", "two")
    ]

    for mentees, mentors in ((people, people), (people, []), ([], people)):
        said = rule.lacking(mentees, mentors, settings)
        assert len(said) == len(mentees)
        assert [message_from_json(message_to_json(one)) for one in said if one] == [one for one in said if one]
    assert "`lacking`" in DOCUMENT


def test_interface_names_all_that_it_offers():
    assert [name for name in plugin_api.__all__ if not hasattr(plugin_api, name)] == []
    assert plugin_api.__all__ == sorted(plugin_api.__all__)
