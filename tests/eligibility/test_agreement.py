"""Python and SQL say the same of every person, for every rule and for trees of them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from tandem.directory.models import Member
from tandem.eligibility.checking import truth_of
from tandem.eligibility.clauses import Clause, leaves, read_clause
from tandem.eligibility.queries import facts_for_many
from tandem.eligibility.sql import MemberFacts, compile_where
from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.plugin_api import EligibilityRule, Facts, SettingsSchema, SqlFacts, Truth, Verdict, say
from tandem.plugins import installed
from tests.eligibility.people import PEOPLE, SETTINGS, TODAY, TREES, Drawn, insert_people, rules
from tests.selection import examples

EXAMPLES = examples(30, 500)

checked = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=not os.environ.get("TANDEM_PROVE"),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def disagreements(people: list[Drawn], clause: Clause) -> list[tuple[Truth, Truth, Facts]]:
    """Where the two differ, as (Python, SQL, facts). Leaves nothing behind in the database."""
    with db.session.begin_nested() as savepoint:
        subjects = insert_people(people)
        member, submission = aliased(Member), aliased(Submission)
        condition = compile_where(clause, MemberFacts(member, today=TODAY, submission=submission.id))
        in_sql = {
            row.id: Truth.of(row.truth)
            for row in db.session.execute(
                select(member.id, condition.sql.label("truth"))
                .select_from(member)
                .outerjoin(submission, submission.member_id == member.id)
                .where(member.id.in_([subject for subject, _ in subjects]))
            )
        }
        facts = facts_for_many(subjects, today=TODAY)
        savepoint.rollback()
    found = [(truth_of(clause, known), in_sql[subject], known) for (subject, _), known in facts.items()]
    return [one for one in found if one[0] is not one[1]]


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_rule_says_the_same_in_python_and_sql(association, name):
    @checked
    @given(people=st.lists(PEOPLE, min_size=1, max_size=6), document=rules(name))
    def agree(people: list[Drawn], document: dict[str, Any]) -> None:
        assert disagreements(people, read_clause(document, installed())) == []

    agree()


@pytest.mark.proof
def test_tree_says_the_same_in_python_and_sql(association):
    @checked
    @given(people=st.lists(PEOPLE, min_size=1, max_size=6), document=TREES)
    def agree(people: list[Drawn], document: dict[str, Any]) -> None:
        clause = read_clause(document, installed())
        assert all(leaf.rule is not None for leaf in leaves(clause))
        assert disagreements(people, clause) == []

    agree()


def test_every_installed_rule_takes_part(app):
    with app.app_context():
        assert sorted(installed().rules) == sorted(SETTINGS)


MINIMAL = {
    "membership.tenure": {"years": 3}, "experience.within_one": {"years": 3}, "answer.count": {"field": "needs"},
    "attestation": {"field": "promise"}, "position.holds": {"titles": ["clerk"]},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_rule_has_sql(app, name):
    with app.app_context():
        clause = read_clause({"rule": name, **MINIMAL.get(name, {})}, installed())

    assert compile_where(clause, MemberFacts(Member, today=TODAY)).only_in_python == []


class OffByOne(EligibilityRule):
    """A rule whose SQL asks for more than its Python."""

    name = "off-by-one"
    settings_schema = SettingsSchema

    def check(self, facts, settings):
        met = any(known.years >= 5 for known in facts.experience)
        return Verdict(Truth.of(met), reason=say("off-by-one.reason", "Too few years."))

    def describe(self, settings):
        return say("off-by-one.describe", "You have five years.")

    def where(self, facts: SqlFacts, settings) -> ColumnElement[bool]:
        return facts.exists("experience", lambda row: row.years > 5)


@pytest.mark.proof
def test_disagreement_is_found(association):
    from tandem.eligibility.clauses import RuleLeaf

    clause = RuleLeaf("wrong", "off-by-one", OffByOne(), {}, waivable=True)

    @settings(checked, phases=[Phase.generate])  # one counter-example is enough
    @given(people=st.lists(PEOPLE, min_size=1, max_size=6))
    def agree(people: list[Drawn]) -> None:
        assert disagreements(people, clause) == []

    with pytest.raises(AssertionError):
        agree()
