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
from tests.loop.walk import a_helper, a_person, apply, approve, day, mentorship_of, offers, publish, run_match, wants
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("rolling"))


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
