"""The rolling program from application to the end and back, through the pages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.matching.models import MatchRun, PoolEntry
from tandem.mentorships.models import Mentorship, MentorshipState
from tandem.notices.models import Notice
from tests.loop.stage import set_stage
from tests.loop.walk import (
    a_helper,
    a_pair,
    a_person,
    apply,
    approve,
    begin,
    day,
    fill,
    mentorship_of,
    offers,
    publish,
    run_match,
    version_on,
    wants,
)
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("rolling"))


def test_help_is_needed_by_a_day_to_come(stage):
    person = a_person(stage, "Latika")
    address = begin(person, "mentee")
    fill(person, address, wants("payroll"))
    place = f"{address}/sections/practical"

    def answer(year: int):
        parts = {"needed-by.day": "12", "needed-by.month": "12", "needed-by.year": str(year)}
        return post(
            person.browser, place, {"version": version_on(person.browser.get(place)), "ways": ["phone"], **parts}
        )

    past, ahead = answer(1999), answer(2090)

    assert past.status_code == 422
    assert text_of(past).count("Enter today or a later day.") == 2
    assert ahead.status_code == 303


def test_a_length_out_of_bounds_says_the_bounds_and_what_is_kept_is_said(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee = a_helper(stage), a_person(stage, "Bounda")
    place = a_pair(stage, staff, mentee, a_person(stage, "Boundo", years={"payroll": 9}))
    with stage.open():
        meeting = {**day("held_on", program_today()), "way": "phone"}
    for minutes, said in (
        ("0", "This is too short. Enter from 1 minute to 24 hours."),
        ("100000", "This is too long. Enter from 1 minute to 24 hours at a time."),
        ("2000 h", "This is too long. Enter from 1 minute to 24 hours at a time."),
        ("soon", "Enter how long it took, in minutes or hours, for example 45 or 1:30."),
    ):
        answered = post(mentee.browser, f"{place}/meetings", {**meeting, "minutes": minutes})
        assert answered.status_code == 422
        assert said in text_of(answered)

    kept = post(
        mentee.browser, f"{place}/journal", {"body": "Ask sooner.", "visibility": "self"}, follow_redirects=True
    )
    assert "The entry is kept." in text_of(kept)


def test_the_whole_loop(stage):
    mentee, mentor, staff = a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9}), a_helper(stage)
    approve(
        staff,
        apply(mentee, "mentee", wants("payroll")),
        apply(mentor, "mentor", offers({"payroll": 9})),
    )
    run = run_match(stage, staff)
    publish(staff, run)

    place = mentorship_of(mentee)
    with stage.open():
        assert db.session.scalar(select(MatchRun.state)).value == "published"
    page = mentee.browser.get(place)
    assert page.status_code == 200
    assert "Thora" in text_of(page)
    assert "Mena" in text_of(staff.browser.get(run))

    with stage.open():
        today = day("held_on", program_today())
    logged = post(mentor.browser, f"{place}/meetings", {**today, "minutes": "1:30", "way": "phone"})
    assert logged.status_code == 303, text_of(logged)
    assert "38 h 30 min" in text_of(mentee.browser.get(place))

    written = post(mentee.browser, f"{place}/journal", {"body": "Private thought 7431", "visibility": "self"})
    assert written.status_code == 303
    assert "Private thought 7431" in text_of(mentee.browser.get(place))
    assert "Private thought 7431" not in text_of(mentor.browser.get(place))
    assert staff.browser.get(place).status_code in {403, 404}
    seen = staff.browser.get(f"/staff{place}")
    assert seen.status_code == 200
    assert "Private thought 7431" not in text_of(seen)

    ended = post(mentee.browser, f"{place}/end", {"reason": "completed"})
    assert ended.status_code == 303, text_of(ended)
    with stage.open():
        assert db.session.scalar(select(Mentorship.state)) is MentorshipState.ENDED
        templates = sorted(db.session.scalars(select(Notice.template)))
        states = db.session.scalars(select(PoolEntry.state).order_by(PoolEntry.role))
        assert [state.value for state in states] == ["matched", "open"]
    assert templates.count("application-approved") == 2
    assert templates.count("match-published-mentee") == 1
    assert templates.count("match-published-mentor") == 1
    assert apply(mentee, "mentee", wants("payroll"))
