"""The rolling program from application to the end and back, through the pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from tandem.applications.models import Application, ApplicationStatus
from tandem.clocks import program_today
from tandem.extensions import db
from tandem.matching.models import MatchRun, PoolEntry
from tandem.mentorships.models import Mentorship, MentorshipState
from tandem.notices.models import Notice
from tests.factories import a_committee, a_grant, a_member, a_membership, a_position, an_account, an_employer, an_experience
from tests.loop.stage import set_stage
from tests.pages import post, signed_in_client, text_of

PROGRAM = "member-to-member"


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("rolling"))


def people(stage):
    """A mentee, a mentor, staff, each with a browser."""
    with stage.open() as scope:
        mentee = a_member(given_name="Mena")
        a_membership(mentee, type="career-builder")
        a_position(mentee, employer=an_employer(region="north"))
        mentor = a_member(given_name="Thora")
        a_membership(mentor, type="career-builder", valid_from=program_today() - timedelta(days=5 * 365))
        an_experience(mentor, "payroll", 9)
        a_position(mentor, employer=an_employer(region="north"))
        staff = an_account(name="Sia Staff")
        a_grant(staff, "association-staff")
        browsers = {
            "mentee": signed_in_client(stage.app, scope, an_account(mentee)),
            "mentor": signed_in_client(stage.app, scope, an_account(mentor)),
            "staff": signed_in_client(stage.app, scope, staff),
        }
        ids = {"mentee": mentee.id, "mentor": mentor.id}
        db.session.commit()
    return browsers, ids


def fill(browser, role, sections):
    """Begin, fill every section and send; returns the application's address."""
    begun = post(browser, f"/programs/{PROGRAM}/apply/{role}")
    assert begun.status_code == 303, text_of(begun)
    address = begun.location
    place = browser.get(address).location
    for answers in sections:
        page = browser.get(place)
        assert page.status_code == 200, text_of(page)
        version = re.search(r'name="version" value="(\d+)"', page.get_data(as_text=True))[1]
        saved = post(browser, place, {"version": version, **answers})
        assert saved.status_code == 303, text_of(saved)
        place = saved.location
    assert place.endswith("/check")
    sent = post(browser, place)
    assert sent.status_code == 303, text_of(sent)
    return address


MENTEE = [
    {"needs": ["payroll"], "need-kind": ["technical"], "about": "Year end is new to me."},
    {"ways": ["phone"]},
]
MENTOR = [
    {"expertise": ["payroll"], "expertise.years.payroll": "9", "help-kind": ["technical"], "background": "Payroll."},
    {"mentees": "2", "available-hours.hours": "10", "ways": ["phone"]},
    {},
]


def approve(stage, staff, member_id):
    with stage.open():
        application = db.session.scalar(
            select(Application).where(Application.member_id == member_id, Application.status == ApplicationStatus.SUBMITTED)
        )
        identifier = application.id
    page = staff.get(f"/staff/applications/{identifier}")
    assert page.status_code == 200, text_of(page)
    decided = post(staff, f"/staff/applications/{identifier}/decision", {"outcome": "approved"})
    assert decided.status_code == 303, text_of(decided)
    return identifier


def match(stage, staff):
    with stage.open():
        from tandem.programs.models import Program

        program_id = db.session.scalar(select(Program.id).where(Program.slug == PROGRAM))
    begun = post(staff, "/staff/matching/", {"program": program_id})
    assert begun.status_code == 303, text_of(begun)
    stage.work()
    page = staff.get(begun.location)
    assert page.status_code == 200
    assert post(staff, f"{begun.location}/confirm").status_code == 303
    published = post(staff, f"{begun.location}/publish")
    assert published.status_code == 303, text_of(published)
    return begun.location


def test_the_whole_loop(stage):
    browsers, ids = people(stage)

    fill(browsers["mentee"], "mentee", MENTEE)
    fill(browsers["mentor"], "mentor", MENTOR)
    approve(stage, browsers["staff"], ids["mentee"])
    approve(stage, browsers["staff"], ids["mentor"])
    run = match(stage, browsers["staff"])

    with stage.open():
        mentorship = db.session.scalar(select(Mentorship))
        place = f"/mentorships/{mentorship.id}"
        assert db.session.scalar(select(MatchRun.state)).value == "published"
    page = browsers["mentee"].get(place)
    assert page.status_code == 200
    assert "Thora" in text_of(page)
    assert "Mena" in text_of(browsers["staff"].get(run))

    today = {"held_on-day": "", "held_on-month": "", "held_on-year": ""}
    with stage.open():
        day = program_today()
        today = {"held_on-day": day.day, "held_on-month": day.month, "held_on-year": day.year}
    logged = post(browsers["mentor"], f"{place}/meetings", {**today, "minutes": "1:30", "way": "phone"})
    assert logged.status_code == 303, text_of(logged)
    assert "38 h 30 min" in text_of(browsers["mentee"].get(place))

    written = post(browsers["mentee"], f"{place}/journal", {"body": "Private thought 7431", "visibility": "self"})
    assert written.status_code == 303
    assert "Private thought 7431" in text_of(browsers["mentee"].get(place))
    assert "Private thought 7431" not in text_of(browsers["mentor"].get(place))
    assert browsers["staff"].get(place).status_code in {403, 404}

    ended = post(browsers["mentee"], f"{place}/end", {"reason": "completed"})
    assert ended.status_code == 303, text_of(ended)
    with stage.open():
        assert db.session.scalar(select(Mentorship.state)) is MentorshipState.ENDED
        templates = sorted(db.session.scalars(select(Notice.template)))
        assert [entry.state.value for entry in db.session.scalars(select(PoolEntry).order_by(PoolEntry.role))] == [
            "matched", "open",
        ]  # fmt: skip
    assert templates.count("application-approved") == 2
    assert templates.count("match-published-mentee") == 1
    assert templates.count("match-published-mentor") == 1
    assert fill(browsers["mentee"], "mentee", MENTEE)
