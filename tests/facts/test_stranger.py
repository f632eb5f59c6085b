"""A rule and a criterion that nobody foresaw come as a plugin, without a change of the core (P4)."""

from __future__ import annotations

import pytest

from tandem.directory.models import Member
from tandem.extensions import db
from tandem.plugin_api.registry import load_registry
from tests.app_fixtures import client_at
from tests.factories import a_position
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, apply, approve, decide, offers, proposed, run_match, wants
from tests.pages import text_of

#: A package as a stranger would publish it, using nothing but the plugin interface.
PLUGIN = """
import numpy as np

from tandem.plugin_api import (
    Block, EligibilityRule, MatchingCriterion, SettingsSchema, Truth, Verdict, hookimpl, say, say_many, whole,
)


class AtMostSchema(SettingsSchema):
    years = whole(at_least=1, at_most=60, required=True)


class Newcomer(EligibilityRule):
    name = "newcomers.at-most"
    settings_schema = AtMostSchema

    def check(self, facts, settings):
        first = min((membership.valid_from for membership in facts.memberships), default=facts.today)
        short = (facts.today - first).days <= settings["years"] * 366
        return Verdict(Truth.MET if short else Truth.NOT_MET, reason=say("newcomers.long", "You are no newcomer any more."))

    def describe(self, settings):
        return say_many(
            "newcomers.describe", "You have been a member for %(count)s year at most.",
            "You have been a member for %(count)s years at most.", settings["years"],
        )


class SamePlace(MatchingCriterion):
    name = "newcomers.most-positions"
    settings_schema = SettingsSchema

    def score(self, mentees, mentors, settings):
        points = [[100 if len(mentor.facts.positions) > 1 else 0 for mentor in mentors] for _ in mentees]
        return Block(np.array(points, dtype=np.uint8).reshape(len(mentees), len(mentors)))

    def explain(self, mentee, mentor, settings):
        return say_many(
            "newcomers.positions", "The mentor has held %(count)s post.", "The mentor has held %(count)s posts.",
            len(mentor.facts.positions),
        )

    def describe(self, settings):
        return say("newcomers.positions.describe", "Whether the mentor has held more than one post.")


@hookimpl
def eligibility_rules():
    return [Newcomer()]


@hookimpl
def matching_criteria():
    return [SamePlace()]
"""


@pytest.fixture
def installed(app, tmp_path, monkeypatch):
    """The application with the stranger's package installed."""
    package = tmp_path / "site"
    info = package / "tandem_newcomers-1.0.dist-info"
    info.mkdir(parents=True)
    (package / "tandem_newcomers.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tandem-newcomers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tandem.plugins]\nnewcomers = tandem_newcomers\n")
    monkeypatch.syspath_prepend(package)
    monkeypatch.setitem(app.extensions, "tandem.registry", load_registry())
    return app


def with_it_on(association):
    association["plugins"].append({"id": "newcomers"})


def with_it_used(program):
    program["roles"]["mentee"]["eligibility"]["all"].append({"id": "new", "rule": "newcomers.at-most", "years": 2})
    program["matching"]["criteria"] = [{"id": "posts", "criterion": "newcomers.most-positions", "weight": 10}]


def a_second_post(stage, person):
    with stage.open() as scope:
        a_position(db.session.get_one(Member, (scope.association_id, person.id)))
        db.session.commit()


def meet(stage):
    """What an old hand's application is answered; and a run in which one newcomer may have either of two mentors."""
    staff, old, new = a_helper(stage), a_person(stage, "Olde", member_for=5), a_person(stage, "Nova", member_for=1)
    plain, moved = (a_person(stage, name, years={"payroll": 9}) for name in ("Plain", "Moved"))
    a_second_post(stage, moved)
    answer = decide(staff, apply(old, "mentee", wants("safety")))
    approve(staff, apply(new, "mentee", wants("payroll")))
    approve(staff, *(apply(mentor, "mentor", offers({"payroll": 9})) for mentor in (plain, moved)))
    page = staff.browser.get(run_match(stage, staff))
    pairs = {pair for pair in proposed(page) if pair[0] == new.name}
    return answer.status_code, text_of(page), pairs == {(new.name, moved.name)}


@pytest.mark.fact("P4")
def test_an_unforeseen_rule_and_criterion_hold_once_installed_and_named(installed, tmp_path):
    stage = set_stage(installed, "casbo", tmp_path, association=with_it_on, programs__member_to_member=with_it_used)
    public = text_of(client_at(stage.app, stage.scope.hostname).get("/programs/member-to-member"))

    assert "You have been a member for 2 years at most." in public
    program = text_of(a_helper(stage).browser.get("/staff/programs/member-to-member"))
    assert "Whether the mentor has held more than one post." in program
    refused, run, best = meet(stage)
    assert refused == 422
    assert "The mentor has held 2 posts." in run
    assert best


@pytest.mark.control("P4")
def test_installed_but_not_named_it_changes_nothing(installed, tmp_path):
    stage = set_stage(installed, "casbo", tmp_path)
    public = text_of(client_at(stage.app, stage.scope.hostname).get("/programs/member-to-member"))

    assert "You have been a member for" not in public
    allowed, run, _ = meet(stage)
    assert allowed == 303
    assert "The mentor has held" not in run
