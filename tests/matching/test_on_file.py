"""How long somebody is on file: until a match fills their last place, or until they ask to be taken off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.applications.models import Role
from tandem.extensions import db
from tandem.matching.models import PoolEntry
from tandem.matching.pool import stays_until_asked
from tandem.programs.models import ProgramRevision
from tests.factories import a_member, a_pool_entry, a_program, an_application
from tests.facts.test_rolling_pool import answer, entry_of
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import (
    a_helper,
    a_person,
    mentorship_of,
    mentorships_of,
    offers,
    proposed,
    publish,
    run_match,
    wants,
)
from tests.pages import post, text_of


def the_other_way_round(program):
    """Mentors leave with the match that fills them, mentees stay until they ask."""
    program["roles"]["mentor"]["on_file"] = "until-matched"
    program["roles"]["mentee"]["on_file"] = "until-asked"


@pytest.fixture
def stage(app, tmp_path):
    return set_stage(app, "casbo", tmp_path, programs__member_to_member=the_other_way_round)


def state_of(stage, person):
    with stage.open():
        return db.session.scalars(select(PoolEntry.state).where(PoolEntry.member_id == person.id)).one().value


def matched(stage, staff, *mentees):
    """Have mentees apply, and publish what a run finds; returns the addresses of their mentorships."""
    approve(staff, *[apply(mentee, "mentee", wants("payroll")) for mentee in mentees])
    publish(staff, run_match(stage, staff))
    return [mentorship_of(mentee) for mentee in mentees]


def ask_and_grant(staff, person, place):
    assert post(person.browser, f"{place}/reassignment", {"reason": "It does not fit."}).status_code == 303
    assert answer(staff, place, "grant").status_code == 303


def test_the_match_that_fills_the_last_place_takes_a_mentor_out_and_a_reassignment_brings_them_back(stage):
    staff, mentor = a_helper(stage), a_person(stage, "Thora", years={"payroll": 9})
    approve(staff, apply(mentor, "mentor", offers({"payroll": 9}, mentees=3)))
    first, second, third = (a_person(stage, name) for name in ("Ada", "Bea", "Cleo"))

    matched(stage, staff, first)
    assert state_of(stage, mentor) == "open"
    places = matched(stage, staff, second, third)
    assert state_of(stage, mentor) == "matched"
    assert mentor.name in text_of(staff.browser.get("/staff/pools/?state=matched"))

    ask_and_grant(staff, third, places[1])
    assert state_of(stage, mentor) == "open"
    matched(stage, staff, a_person(stage, "Dora"))
    assert state_of(stage, mentor) == "matched"

    assert post(second.browser, f"{places[0]}/end", {"reason": "completed"}).status_code == 303
    assert state_of(stage, mentor) == "matched"
    assert post(mentor.browser, "/programs/member-to-member/apply/mentor").status_code == 303


def test_who_rests_when_a_reassignment_is_granted_rests_on(stage):
    staff, mentor = a_helper(stage), a_person(stage, "Thora", years={"payroll": 9})
    approve(staff, apply(mentor, "mentor", offers({"payroll": 9}, mentees=2)))
    mentee = a_person(stage, "Ada")
    [place] = matched(stage, staff, mentee)
    assert post(mentor.browser, f"/home/pool/{entry_of(mentor)}", {"do": "pause"}).status_code == 303

    ask_and_grant(staff, mentee, place)

    assert state_of(stage, mentor) == "paused"


def test_a_mentee_on_file_is_matched_again_once_the_place_is_free(stage):
    staff, first = a_helper(stage), a_person(stage, "Thora", years={"payroll": 9})
    approve(staff, apply(first, "mentor", offers({"payroll": 9}, mentees=1)))
    mentee = a_person(stage, "Ada")
    [place] = matched(stage, staff, mentee)
    assert state_of(stage, mentee) == "open"
    again = post(mentee.browser, "/programs/member-to-member/apply/mentee")
    assert again.status_code == 409
    assert "on file already. You need not apply again." in text_of(again)
    assert "Suggest mentors" not in text_of(staff.browser.get("/staff/pools/?role=mentee"))

    second = a_person(stage, "Sverre", years={"payroll": 9})
    approve(staff, apply(second, "mentor", offers({"payroll": 9}, mentees=1)))
    run = run_match(stage, staff)
    assert proposed(staff.browser.get(run)) == set()
    chosen = post(staff.browser, f"/staff/pools/{entry_of(mentee)}/suggestions", {"mentor": entry_of(second)})
    assert chosen.status_code == 409
    assert f"{mentee.name} has no place left." in text_of(chosen)
    assert post(staff.browser, f"{run}/discard").status_code == 303

    assert post(mentee.browser, f"{place}/end", {"reason": "completed"}).status_code == 303
    publish(staff, run_match(stage, staff))
    assert len(mentorships_of(mentee)) == 1
    assert second.name in text_of(mentee.browser.get(mentorship_of(mentee)))


@pytest.mark.parametrize(("role", "kept"), [(Role.MENTOR, True), (Role.MENTEE, False)])
def test_a_revision_from_before_the_setting_holds_what_was_so_then(association, role, kept):
    program = a_program(resolved={"roles": {"mentee": {}, "mentor": {}}})
    revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).one()

    assert stays_until_asked(a_pool_entry(an_application(a_member(), program, revision, role=role))) is kept
