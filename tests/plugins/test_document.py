"""The code in docs/plugins.md runs, and the rule it teaches works."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import ColumnElement

from tandem.directory.models import Member
from tandem.eligibility.sql import MemberFacts
from tandem.plugin_api import Facts, PositionFact, Truth
from tandem.wording import in_words

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text()
BLOCKS = re.findall(r"<!-- run: (\w+) -->\n```python\n(.*?)```", DOCUMENT, re.DOTALL)


def run(name: str) -> SimpleNamespace:
    """All blocks of one name, run in order in one namespace."""
    namespace: dict[str, object] = {"__name__": f"document_{name}"}
    for called, source in BLOCKS:
        if called == name:
            exec(compile(source, f"docs/plugins.md ({name})", "exec"), namespace)
    return SimpleNamespace(**namespace)


def test_every_python_block_is_run():
    assert len(BLOCKS) == DOCUMENT.count("```python")


@pytest.mark.parametrize("name", sorted({name for name, _ in BLOCKS}))
def test_block_runs(app, name):
    with app.app_context():
        run(name)


def position(employer: str) -> PositionFact:
    return PositionFact("clerk", None, employer, None, date(2020, 1, 1), None, acting=False, retired=False)


@pytest.mark.parametrize(
    ("employers", "truth"), [((), Truth.UNKNOWN), (("A", "B"), Truth.MET), (("A", "B", "C"), Truth.NOT_MET)]
)
def test_taught_rule_works(app, employers, truth):
    document = run("rule")
    (rule,) = document.eligibility_rules()
    settings = rule.settings_schema().load({"at_most": 2})

    verdict = rule.check(Facts(date(2027, 1, 1), positions=[position(employer) for employer in employers]), settings)

    assert verdict.truth is truth
    with app.app_context():
        assert in_words(rule.describe(settings)) == "You have worked for 2 employers or fewer."
    assert isinstance(
        document.FewPositions().where(MemberFacts(Member, today=date(2027, 1, 1)), settings), ColumnElement
    )


def test_taught_criterion_scores_pairs():
    document = run("criterion")
    (criterion,) = document.matching_criteria()
    retired = SimpleNamespace(facts=SimpleNamespace(positions=[SimpleNamespace(retired=True)]))
    working = SimpleNamespace(facts=SimpleNamespace(positions=[]))

    tables = criterion.score([retired, working], [working], {})

    assert tables.table[tables.mentee_codes][:, tables.mentor_codes].tolist() == [[0], [100]]
