"""The dated program from application to the end: a group of three, in French, by a department of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.mentorships.models import Mentorship, Participant
from tandem.notices.models import Notice
from tests.loop.cohorts import CLOTH, STARTS, WOOD, a_filleul, a_parrain, begin_day, set_cohorts
from tests.loop.crawl import crawl
from tests.loop.walk import (
    a_helper,
    a_person,
    day,
    decide,
    left_over,
    mentorship_of,
    mentorships_of,
    proposed,
    publish,
    run_match,
)
from tests.pages import post, text_of

pytestmark = pytest.mark.long


def pass_until(stage, last):
    """Let the program clock go on until the day after ``last``, doing what is due; what was due long before is done at once."""
    stage.nobody_works_until(last - timedelta(days=3))
    stage.pass_until(last + timedelta(days=1))


def application_of(person):
    (address,) = {link for link in crawl(person.browser, ["/home"]) if link.startswith("/applications/")}
    return address.rpartition("/")[2]


#: How many months the group's time is made, so that fewer days have to pass.
MONTHS = 1


def soon_over(program):
    """The cohort's last day in five weeks, and a length of one month."""
    (cohort,) = program["intake"]["cohorts"]
    cohort["starts_on"] = datetime.now(UTC).date() + timedelta(days=STARTS)
    cohort["ends_on"] = cohort["starts_on"] + timedelta(days=35)
    if program["length"]["kind"] == "months":
        program["length"]["months"] = MONTHS


@pytest.fixture
def group(app, mail, tmp_path):
    """Three mentees and a mentor with three places, all approved; a fourth, whom nobody can take; and the department's staff."""
    stage = set_cohorts(app, tmp_path, programs__compagnonnage=soon_over)
    everybody = a_helper(stage)
    staff = a_helper(stage, "department-staff", department="bois")
    mentees = [a_filleul(stage, name, WOOD, "lutherie") for name in ("Aubin", "Basile", "Clovis")]
    mentor = a_parrain(stage, "Donatien", WOOD, {"lutherie": 9}, places=3)
    spare = a_filleul(stage, "Esteban", WOOD, "lutherie")
    for person in (*mentees, mentor, spare):
        assert decide(everybody, application_of(person)).status_code == 303
    return stage, staff, mentees, mentor, spare


def test_the_whole_cohort(group):
    stage, staff, mentees, mentor, spare = group
    run = run_match(stage, staff, program=WOOD)
    page = staff.browser.get(run)
    chosen = {mentee for mentee, _mentor in proposed(page)}
    assert len(chosen) == 3
    assert {name for _mentee, name in proposed(page)} == {mentor.name}
    (left,) = left_over(page)
    assert chosen | {left} == {person.name for person in (*mentees, spare)}

    publish(staff, run)
    stage.work()

    people = [person for person in (*mentees, spare) if person.name in chosen]
    place = mentorship_of(mentor)
    assert mentorships_of(mentor) == [place]
    assert [mentorships_of(person) for person in people] == [[place]] * 3
    with stage.open():
        assert db.session.scalar(select(func.count()).select_from(Mentorship)) == 1
        assert db.session.scalar(select(func.count()).select_from(Participant)) == 4
        (ends_on,) = db.session.scalars(select(Mentorship.ends_on))
        assert ends_on == begin_day(MONTHS)
    seen = text_of(people[0].browser.get(place))
    assert all(person.name in seen for person in (*people[1:], mentor))

    with stage.open():
        today = day("held_on", program_today())
    logged = post(people[0].browser, f"{place}/meetings", {**today, "minutes": "2:00", "way": "atelier"})
    assert logged.status_code == 303, text_of(logged)
    assert (
        post(people[0].browser, f"{place}/journal", {"body": "Pour nous quatre 88", "visibility": "pair"}).status_code
        == 303
    )
    assert post(people[1].browser, f"{place}/journal", {"body": "Pour moi 99", "visibility": "self"}).status_code == 303
    assert "Pour nous quatre 88" in text_of(mentor.browser.get(place))
    assert "Pour moi 99" not in text_of(mentor.browser.get(place))
    assert "Pour nous quatre 88" not in text_of(staff.browser.get(f"/staff{place}"))

    other = a_helper(stage, "department-staff", department="textile")
    assert other.browser.get(f"/staff{place}").status_code == 404
    assert other.browser.get(run).status_code == 404

    pass_until(stage, ends_on - timedelta(days=1))
    assert mentorships_of(mentor) == [place]
    pass_until(stage, ends_on)
    with stage.open():
        (found,) = db.session.scalars(select(Mentorship))
        assert (found.state.value, found.end_reason, found.ended_by) == ("ended", "completed", None)
        told = db.session.scalars(select(Notice.member_id).where(Notice.template == "mentorship-ended")).all()
        assert set(told) == {person.id for person in (*people, mentor)}
        assert len(told) == 4
    assert mentorships_of(mentor) == []
    assert "Pour nous quatre 88" in text_of(people[2].browser.get(place))
    refused = post(people[0].browser, f"{place}/journal", {"body": "Trop tard", "visibility": "pair"})
    assert refused.status_code == 409


def test_a_cohort_by_its_own_dates_ends_on_its_last_day(app, mail, tmp_path):
    stage = set_cohorts(app, tmp_path, programs__fil_a_fil=soon_over)
    reviewer = a_helper(stage, "reviewer", committee="comite-textile")
    mentee, mentor = (
        a_filleul(stage, "Faustin", CLOTH, "dentelle"),
        a_parrain(stage, "Gaspard", CLOTH, {"dentelle": 9}, places=1),
    )
    for person in (mentee, mentor):
        assert decide(reviewer, application_of(person)).status_code == 303
    staff = a_helper(stage)
    publish(staff, run_match(stage, staff, program=CLOTH))
    place = mentorship_of(mentee)
    with stage.open():
        last = db.session.scalars(select(Mentorship.ends_on)).one()
    # A rest does not move the last day of a cohort, and does not keep it from ending.
    assert post(staff.browser, f"/staff{place}/pause").status_code == 303

    pass_until(stage, last - timedelta(days=1))
    assert mentorships_of(mentee) == [place]
    pass_until(stage, last)

    assert mentorships_of(mentee) == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_outside_its_dates_a_cohort_takes_no_application(app, tmp_path, moment):
    def shift(program):
        (cohort,) = program["intake"]["cohorts"]
        today = datetime.now(UTC).date()
        first, last = (3, 20) if moment == "before" else (-20, -3)
        cohort["applications_from"], cohort["applications_to"] = (
            today + timedelta(days=first),
            today + timedelta(days=last),
        )

    stage = set_cohorts(app, tmp_path, programs__compagnonnage=shift)
    person = a_person(stage, "Honorin", type="compagnon", region="plaine")

    page = person.browser.get(f"/programs/{WOOD}")
    refused = post(person.browser, f"/programs/{WOOD}/apply/mentee")

    assert page.status_code == 200
    assert not re.search(rf'action="/programs/{WOOD}/apply/mentee"', page.get_data(as_text=True))
    assert refused.status_code == 409
    assert "/applications/" not in person.browser.get("/home").get_data(as_text=True)
