"""Which tests run, how much the proofs count and what they counted, and the table of facts.

An association's document states facts; ``facts.toml`` beside this file lists those that are to hold. A test marked
``fact("C4")`` shows one, a test marked ``control("C4")`` shows that its effect is gone with the setting taken out.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

_LISTED = Path(__file__).with_name("facts.toml")


def pytest_addoption(parser):
    parser.addoption("--facts", action="store_true", help="run the tests of facts alone and print which facts hold")


def pytest_collection_modifyitems(config, items):
    known = _listed()
    for item in items:
        for kind in ("fact", "control"):
            for mark in item.iter_markers(kind):
                for fact in mark.args:
                    if fact not in known:
                        raise pytest.UsageError(f"{item.nodeid}: {kind}({fact!r}) is not listed in {_LISTED.name}")
                    # Properties travel from the processes that run the tests to the one that prints.
                    item.user_properties.append((kind, fact))
    keep = [item for item in items if _wanted(config, item)]
    if len(keep) != len(items):
        kept = set(keep)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = _longest_files_first(keep)


def _longest_files_first(items):
    """Long files first, then those with most tests, so that no process is left with a long one at the end."""
    counts, long = Counter(item.path for item in items), {item.path for item in items if _is_long(item)}
    return sorted(items, key=lambda item: (item.path not in long, -counts[item.path], item.path))


def _is_long(item) -> bool:
    return any(item.get_closest_marker(name) for name in ("long", "browser", "proof"))


def _wanted(config, item) -> bool:
    if os.environ.get("TANDEM_WITHOUT_BROWSER") and item.get_closest_marker("browser"):
        return False
    return not config.getoption("--facts") or any(kind in {"fact", "control"} for kind, _ in item.user_properties)


def pytest_terminal_summary(terminalreporter, config):
    _print_counts(terminalreporter)
    if config.getoption("--facts"):
        _print_facts(terminalreporter)


def _print_counts(terminalreporter):
    counted = [
        (report.nodeid, said)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for kind, said in report.user_properties
        if kind == "counted"
    ]
    if counted:
        terminalreporter.section("what the proofs and gates counted")
        for nodeid, said in sorted(counted):
            terminalreporter.write_line(f"{nodeid.partition('::')[0].removeprefix('tests/')}: {said}")


def _print_facts(terminalreporter):
    tests, controls = defaultdict(list), defaultdict(list)
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            # A test counts by its own run; a failed set-up or tear-down counts against it as well.
            if report.when == "call" or outcome != "passed":
                for kind, fact in report.user_properties:
                    if kind in {"fact", "control"}:
                        (tests if kind == "fact" else controls)[fact].append(outcome == "passed")
    terminalreporter.section("facts")
    terminalreporter.write_line(f"{'fact':<6}{'strength':<10}{'tests':>5}{'controls':>10}  {'state':<15}what it says")
    states: dict[str, list[str]] = defaultdict(list)
    for fact, entry in _listed().items():
        state = _state(tests[fact], controls[fact])
        states[entry["strength"]].append(state)
        counts = f"{len(tests[fact]) or '–':>5}{len(controls[fact]) or '–':>10}"
        line = f"{fact:<6}{entry['strength']:<10}{counts}  {state:<15}{entry['says']}"
        terminalreporter.write_line(line, **_COLOURS.get(state, {"red": True}))
    for strength, of_it in states.items():
        terminalreporter.write_line(f"{strength + ':':<9}{of_it.count('done'):>3} of {len(of_it):>3} facts are done")
    every = [state for of_it in states.values() for state in of_it]
    terminalreporter.write_line(f"{'all:':<9}{every.count('done'):>3} of {len(every):>3} facts are done")


_COLOURS = {"done": {"green": True}, "–": {}, "no control": {"yellow": True}}


def _state(tests: list[bool], controls: list[bool]) -> str:
    """Done only where every test and every control of the fact passed, and there is at least one of each."""
    if not tests and not controls:
        return "–"
    if not tests:
        return "no test"
    if not all(tests):
        return "fails"
    if not controls:
        return "no control"
    return "done" if all(controls) else "control fails"


def _listed() -> dict[str, dict[str, str]]:
    return tomllib.loads(_LISTED.read_text())


def examples(small: int, full: int) -> int:
    """How many cases a property is tried on: ``full`` in ``make prove`` and ``small`` otherwise."""
    return full if os.environ.get("TANDEM_PROVE") else small


@pytest.fixture(scope="session")
def proof_count() -> Callable[[int, int], int]:
    """How much a proof counts: ``proof_count(small, full)`` is ``full`` in ``make prove`` and ``small`` otherwise."""
    return examples


@pytest.fixture
def counted(request) -> Callable[[str], None]:
    """Says at the end of the run what a proof or a gate counted: ``counted("4,506 probes, 0 leaks")``."""
    return lambda said: request.node.user_properties.append(("counted", said))
