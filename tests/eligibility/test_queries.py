"""Facts in bulk, sweeps over the directory, lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tandem.clocks import program_today
from tandem.directory.models import MemberState
from tandem.eligibility.queries import facts_for_many, facts_for_member, sweep, sweep_role
from tandem.eligibility.services import lapses
from tandem.extensions import db
from tandem.plugin_api import AnswerFact, EligibilityRule, ExperienceFact, SettingsSchema, Truth, Verdict, say
from tandem.plugins import installed
from tests.eligibility.people import TODAY, Drawn, insert_people
from tests.factories import a_member, a_membership, a_position, an_employer, an_experience

DAY = timedelta(days=1)


def paid(days: int, type: str = "career-builder", **more) -> dict[str, object]:
    return {
        "type": type, "level": None, "organisational": False, "valid_from": TODAY - 900 * DAY, "valid_to": None,
        "paid_through": TODAY + days * DAY, **more,
    }  # fmt: skip


def test_facts_of_one_member_hold_all_that_is_on_file(association):
    member = a_member()
    a_membership(member, type="retiree")
    a_position(member, employer=an_employer(name="Sample Creek", region="north"), title="director", title_text=None)
    an_experience(member, "payroll", 4.5)
    a_membership(a_member())

    facts = facts_for_member(member_id=member.id, today=program_today())

    assert [one.type for one in facts.memberships] == ["retiree"]
    assert [(one.title, one.employer, one.region) for one in facts.positions] == [("director", "Sample Creek", "north")]
    assert list(facts.experience) == [ExperienceFact("payroll", Decimal("4.5"))]
    assert facts.answers is None


def test_facts_tell_no_form_from_an_unanswered_one(association):
    (without,), (blank,) = insert_people([Drawn()]), insert_people([Drawn(answers=[])])

    facts = facts_for_many([without, blank], today=TODAY)

    assert facts[without].answers is None
    assert facts[blank].answers == ()


def test_answers_of_a_draft_stand_in_for_stored_ones(association):
    ((member, submission),) = insert_people([Drawn(answers=[{"field": "promise", "truth_value": True}])])
    draft = [AnswerFact("promise", truth_value=False)]

    assert facts_for_member(member_id=member, submission_id=submission, today=TODAY, answers=draft).answers == tuple(
        draft
    )


def test_statements_do_not_grow_with_people(association, statements):
    few = insert_people([Drawn([paid(1)], answers=[])])
    many = insert_people([Drawn([paid(1)], answers=[]) for _ in range(60)])
    statements()

    facts_for_many(few, today=TODAY)
    for_few = statements()
    facts_for_many(many, today=TODAY)

    assert (for_few, statements()) == (4, 4)


ROLE = {
    "eligibility": {
        "all": [
            {"id": "member", "rule": "membership.current", "types": ["career-builder"]},
            {"id": "need", "rule": "answer.count", "field": "needs"},
        ]
    }
}


def test_sweep_sorts_members_by_what_the_directory_knows(association):
    subjects = insert_people([Drawn([paid(1)]), Drawn([paid(-1)]), Drawn([paid(1, paid_through=None)])])
    removed = a_member()
    removed.state = MemberState.REMOVED
    db.session.flush()

    found = sweep_role(resolved={"roles": {"mentee": ROLE}}, role="mentee", today=TODAY)

    assert found.not_met == [subjects[1][0]]
    assert set(found.unknown) == {subjects[0][0], subjects[2][0]}
    assert (found.met, found.could_apply) == ([], 2)


def test_sweep_sees_no_other_association(association, other_association, in_association):
    in_association(other_association, lambda: insert_people([Drawn([paid(1)])]))
    ((own, _),) = insert_people([Drawn([paid(1)])])

    found = sweep(eligibility={"rule": "membership.current"}, today=TODAY)

    assert (found.met, found.not_met, found.unknown) == ([own], [], [])


class LuckyNumber(EligibilityRule):
    """A rule without SQL: met by members with experience in payroll."""

    name = "lucky"
    settings_schema = SettingsSchema
    checks = 0

    def check(self, facts, settings):
        type(self).checks += 1
        met = any(known.discipline == "payroll" for known in facts.experience)
        return Verdict(Truth.of(met), say("lucky.reason", "No luck."))

    def describe(self, settings):
        return say("lucky.describe", "You are lucky.")


class RaisingSql(LuckyNumber):
    """A rule that cannot say itself in SQL."""

    name = "raising-sql"

    def where(self, facts, settings):
        return facts.exists("salaries", lambda row: row.high)


class FailingSql(LuckyNumber):
    """A rule whose SQL divides by zero."""

    name = "failing-sql"

    def where(self, facts, settings):
        return facts.exists("memberships", lambda row: 1 / (row.valid_from - row.valid_from) == 1)


@pytest.fixture
def with_rules(app, monkeypatch):
    """Install rules for one test."""

    def install(*rules: EligibilityRule) -> None:
        registry = installed()
        more = {**registry.rules, **{rule.name: rule for rule in rules}}
        monkeypatch.setitem(app.extensions, "tandem.registry", replace(registry, rules=more))

    return install


def test_rules_without_sql_are_checked_for_the_undecided_alone(association, with_rules):
    with_rules(LuckyNumber())
    LuckyNumber.checks = 0
    subjects = insert_people(
        [Drawn([paid(1)], experience={"payroll": Decimal(3)}), Drawn([paid(1)]), Drawn([paid(-1)]), Drawn([paid(-1)])]
    )
    tree = {"all": [{"id": "member", "rule": "membership.current"}, {"id": "lucky", "rule": "lucky"}]}

    found = sweep(eligibility=tree, today=TODAY)

    assert found.met == [subjects[0][0]]
    assert sorted(found.not_met) == sorted(subject for subject, _ in subjects[1:])
    assert LuckyNumber.checks == 2


@pytest.mark.parametrize("rule", [RaisingSql(), FailingSql()], ids=lambda rule: rule.name)
def test_rule_with_broken_sql_is_checked_in_python(association, with_rules, rule, caplog):
    with_rules(rule)
    ((lucky, _), (other, _)) = insert_people([Drawn([paid(1)], experience={"payroll": Decimal(3)}), Drawn([paid(1)])])

    found = sweep(eligibility={"rule": rule.name}, today=TODAY)

    assert (found.met, found.not_met, found.unknown) == ([lucky], [other], [])
    assert caplog.text


def lapsing(grace: str = "0d", then: str = "pause") -> dict[str, object]:
    rule = {
        "id": "dues", "rule": "membership.current", "types": ["career-builder"], "dues": "throughout",
        "on_lapse": {"grace": grace, "then": then},
    }  # fmt: skip
    return {"eligibility": {"all": [rule, {"id": "x", "rule": "membership.current", "types": ["nobody"]}]}}


@pytest.mark.parametrize(
    ("days", "grace", "lapsed"),
    [
        (0, "0d", False),
        (-1, "0d", True),
        (-1, "30d", False),
        (-30, "30d", False),
        (-31, "30d", True),
        (None, "0d", False),
    ],
)
def test_lapse_is_found_after_its_grace(association, days, grace, lapsed):
    membership = paid(days or 0, **({"paid_through": None} if days is None else {}))
    subjects = insert_people([Drawn([membership])])

    found = lapses(role=lapsing(grace), subjects=subjects, today=TODAY)

    assert [(one.member_id, one.rule_id, one.then) for one in found] == (
        [(subjects[0][0], "dues", "pause")] if lapsed else []
    )


def test_rules_without_on_lapse_are_not_watched(association):
    subjects = insert_people([Drawn()])

    assert lapses(role=ROLE, subjects=subjects, today=TODAY) == []


def test_lapse_behind_a_condition_counts_only_where_it_holds(association):
    dues = lapsing()["eligibility"]["all"][0]
    tree = {
        "eligibility": {
            "id": "r",
            "when": {"rule": "membership.current", "types": ["retiree"], "dues": "ignore"},
            "then": dues,
        }
    }
    plain, retired = insert_people([Drawn([paid(-1)]), Drawn([paid(-1), paid(-1, "retiree")])])

    assert [one.member_id for one in lapses(role=tree, subjects=[plain, retired], today=TODAY)] == [retired[0]]


def test_lapse_that_another_way_makes_up_for_is_none(association):
    dues = lapsing()["eligibility"]["all"][0]
    tree = {
        "eligibility": {
            "any": [dues, {"id": "retired", "rule": "membership.current", "types": ["retiree"], "dues": "ignore"}]
        }
    }
    plain, retired = insert_people([Drawn([paid(-1)]), Drawn([paid(-1), paid(-1, "retiree")])])

    assert [one.member_id for one in lapses(role=tree, subjects=[plain, retired], today=TODAY)] == [plain[0]]
