"""Those who have waited long come first, where a program says so: nobody waits for ever because others always fit better."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.matching.models import MatchRun, Proposal
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.pages import text_of


def waits_first(document):
    document["matching"]["waiting_first"] = "30d"


def one_place_for_two(stage, *, waited):
    """Ada has waited for so many days when Bea, who fits better, comes; Thora has one place. Who got it, and the page of the run."""
    staff = a_helper(stage)
    ada = a_person(stage, "Ada", region="south")
    approve(staff, apply(ada, "mentee", wants("payroll")))
    with stage.open():
        today = program_today()
    stage.wake_on(today + timedelta(days=waited))
    bea = a_person(stage, "Bea", region="north")
    thora = a_person(stage, "Thora", years={"payroll": 9}, region="north")
    approve(
        staff,
        apply(bea, "mentee", wants("payroll")),
        apply(thora, "mentor", offers({"payroll": 9}, mentees=1)),
    )
    page = text_of(staff.browser.get(run_match(stage, staff)))
    with stage.open():
        [pair] = db.session.scalars(select(Proposal)).all()
        summary = db.session.scalars(select(MatchRun.summary)).one()
        return pair.mentee_entry.member.given_name, page, summary


@pytest.mark.parametrize(
    ("edit", "waited", "first", "said"),
    [
        (waits_first, 31, "Ada", "Who had waited for 30 days came first: 1 person, of whom 1 was matched."),
        (waits_first, 20, "Bea", "Who has waited for 30 days comes first; nobody had waited so long."),
        (None, 31, "Bea", ""),
    ],
    ids=["long enough", "not long enough", "without the setting"],
)
def test_who_has_waited_long_comes_first(app, tmp_path, edit, waited, first, said):
    stage = set_stage(app, "casbo", tmp_path, **({"programs__member_to_member": edit} if edit else {}))

    got, page, summary = one_place_for_two(stage, waited=waited)

    assert got == first
    assert said in page
    assert ("waited for 30 days" in page) == bool(said)
    assert summary["proof"]["optimal"] is True
