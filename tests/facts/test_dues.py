"""Dues are paid throughout: a lapse is noticed, told and pauses the match at once; payment resumes it (C4)."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest

from tandem.clocks import program_today
from tandem.web.formatting import say_full_day
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import a_helper, a_person, apply, approve, mentorship_of, offers, publish, run_match, wants
from tests.mail_server import words_of
from tests.pages import post, text_of, token_for

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("dues"))


def without_on_lapse(program):
    del program["roles"]["mentee"]["eligibility"]["all"][0]["on_lapse"]


def in_days(stage, days):
    with stage.open():
        return program_today() + timedelta(days=days)


def on_a_day(stage, days):
    with stage.open():
        return say_full_day(program_today() + timedelta(days=days))


def pay(stage, staff, person, through):
    """Record on the member's page through which day dues are paid, and let what follows from it be done."""
    page = staff.browser.get(f"/staff/members/{person.id}").get_data(as_text=True)
    form = re.search(rf'href="(/staff/members/{person.id}/memberships/[0-9a-f-]+/payment)"', page)[1]
    # Who records an earlier day is asked once whether it is meant.
    paid = post(staff.browser, form, {"paid_through": through.isoformat(), "asked": through.isoformat()})
    assert paid.status_code == 303, text_of(paid)
    stage.work()


def upload(stage, staff, person, through):
    """Import a file with one row that says through which day dues are paid."""
    with stage.open():
        since = (program_today() - timedelta(days=5 * 366)).isoformat()
    rows = (
        "number,given name,family name,email,membership type,membership from,paid through\n"
        f"{number_of(staff, person)},{person.name.replace(' ', ',')},{person.email},career-builder,{since},{through}\n"
    )
    data = {"csrf_token": token_for(staff.browser), "file": (io.BytesIO(rows.encode()), "payments.csv")}
    uploaded = staff.browser.post("/staff/members/import", data=data, content_type="multipart/form-data")
    assert uploaded.status_code == 303, text_of(uploaded)
    stage.work()
    applied = post(staff.browser, f"{uploaded.location}/apply")
    assert applied.status_code == 303, text_of(applied)
    stage.work()
    stage.work()


def number_of(staff, person):
    return re.search(r"\bM\d{6}\b", text_of(staff.browser.get(f"/staff/members/{person.id}")))[0]


def rests(staff, place):
    """Whether staff's page says that a mentorship rests."""
    page = text_of(staff.browser.get(f"/staff{place}"))
    assert ("At rest" in page) != ("Under way" in page)
    return "At rest" in page


def subjects(mail, person, before=0):
    return [message["Subject"].strip() for message in mail.to(person.email)[before:]]


COST = "Nothing beyond your dues: mentorship is one of the services that a Career Builder membership includes."
OWN = "Member-to-Member Mentorship: your dues have lapsed and the mentorship rests"
RENEW = '<a class="td-link" href="https://www.casbo.org/" rel="noopener">Renew your membership</a>'
GOES_ON = "Member-to-Member Mentorship: your mentorship goes on"


@pytest.mark.fact("C4")
def test_a_lapse_on_record_pauses_and_payment_resumes(stage, mail):
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    own, others = len(mail.to(mentee.email)), len(mail.to(mentor.email))
    assert not rests(staff, place)

    pay(stage, staff, mentee, in_days(stage, -1))

    assert rests(staff, place)
    helps = staff.browser.get(f"/staff{place}")
    assert "It goes on by itself when a payment is recorded. Record a payment" in text_of(helps)
    assert f'href="/staff/members/{mentee.id}#memberships"' in helps.get_data(as_text=True)
    assert f'action="/staff{place}/pause"' not in helps.get_data(as_text=True)
    assert subjects(mail, mentee, own) == [OWN]
    assert subjects(mail, mentor, others) == [f"Member-to-Member Mentorship: your mentorship with {mentee.name} rests"]
    told, other = words_of(mail.to(mentee.email)[-1]), words_of(mail.to(mentor.email)[-1])
    assert "asks that they are paid throughout, so your mentorship rests from today" in told
    assert "their membership has to be renewed first" in other
    assert "dues" not in other
    assert f"Your dues were paid until {on_a_day(stage, -1)}." in told
    assert "Renew your membership: https://www.casbo.org/" in told
    own_page = mentee.browser.get(place)
    assert "Your membership dues are not paid" in text_of(own_page)
    assert RENEW in own_page.get_data(as_text=True)
    assert RENEW not in mentor.browser.get(place).get_data(as_text=True)
    partner = text_of(mentor.browser.get(place))
    assert "There is nothing for you to do" in partner
    # What it costs is told to everybody; why it rests is not.
    assert "dues" not in partner.replace(COST, "")

    pay(stage, staff, mentee, in_days(stage, 365))

    assert not rests(staff, place)
    assert f'action="/staff{place}/pause"' in staff.browser.get(f"/staff{place}").get_data(as_text=True)
    assert subjects(mail, mentee, own + 1) == [GOES_ON]
    assert subjects(mail, mentor, others + 1) == [GOES_ON]
    assert "Your dues are paid" in words_of(mail.to(mentee.email)[-1])
    assert f"{mentee.name}’s membership is in order again" in words_of(mail.to(mentor.email)[-1])


@pytest.mark.fact("C4")
def test_a_lapse_in_an_imported_file_pauses(stage, mail):
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Imre"), a_person(stage, "Odo", years={"safety": 9})
    place = a_pair(stage, staff, mentee, mentor, discipline="safety")

    upload(stage, staff, mentee, in_days(stage, -1))
    assert rests(staff, place)
    assert subjects(mail, mentee)[-1] == OWN
    upload(stage, staff, mentee, in_days(stage, 200))
    assert not rests(staff, place)


@pytest.mark.fact("C4")
def test_a_mentors_lapse_pauses_nothing(stage, mail):
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Ona"), a_person(stage, "Ulf", years={"purchasing": 9})
    place = a_pair(stage, staff, mentee, mentor, discipline="purchasing")
    before = len(mail.messages)

    pay(stage, staff, mentor, in_days(stage, -1))

    assert not rests(staff, place)
    assert len(mail.messages) == before


def days_pass(stage, days):
    stage.wake_on(in_days(stage, days))


def lapse_by_date(stage):
    """A pair whose mentee's dues cover three more days, on the day after the last of them."""
    staff = a_helper(stage)
    mentee = a_person(stage, "Dora", paid_through=in_days(stage, 3))
    mentor = a_person(stage, "Aris", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    return staff, mentee, mentor, place


@pytest.mark.fact("C4")
def test_the_last_paid_day_counts_and_the_next_pauses(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee, mentor, place = lapse_by_date(stage)

    days_pass(stage, 3)
    assert not rests(staff, place)
    days_pass(stage, 1)

    assert rests(staff, place)
    assert subjects(mail, mentee)[-1] == OWN
    assert subjects(mail, mentor)[-1] == f"Member-to-Member Mentorship: your mentorship with {mentee.name} rests"
    days_pass(stage, 5)
    assert subjects(mail, mentee).count(OWN) == 1


@pytest.mark.fact("C4")
def test_a_match_made_after_the_lapse_rests_at_once(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee = a_helper(stage), a_person(stage, "Late", paid_through=in_days(stage, -1))
    mentor = a_person(stage, "Moro", years={"payroll": 9})
    pay(stage, staff, mentee, in_days(stage, 10))
    approve(staff, apply(mentee, "mentee", wants("payroll")), apply(mentor, "mentor", offers({"payroll": 9})))
    pay(stage, staff, mentee, in_days(stage, -1))
    publish(staff, run_match(stage, staff))
    stage.work()

    assert rests(staff, mentorship_of(mentee))


@pytest.mark.control("C4")
def test_without_on_lapse_the_match_goes_on(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_on_lapse)
    staff, mentee, mentor, place = lapse_by_date(stage)
    own, others = len(mail.to(mentee.email)), len(mail.to(mentor.email))

    days_pass(stage, 9)
    pay(stage, staff, mentee, in_days(stage, -4))

    assert not rests(staff, place)
    assert subjects(mail, mentee, own) == []
    assert subjects(mail, mentor, others) == []


def without_help_link(program):
    del program["roles"]["mentee"]["eligibility"]["all"][0]["help_link"]


START = "/programs/member-to-member/apply/mentee"


@pytest.mark.fact("C4")
def test_whoever_wants_to_apply_sees_until_when_dues_are_paid_and_where_to_renew(stage, mail):
    person = a_person(stage, "Nura", paid_through=in_days(stage, 3))
    page = person.browser.get(START)
    assert f"dues paid through {on_a_day(stage, 3).partition(', ')[2]}" in text_of(page)
    assert RENEW in page.get_data(as_text=True)


@pytest.mark.control("C4")
def test_without_the_link_nothing_leads_there(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_help_link)
    person = a_person(stage, "Nura", paid_through=in_days(stage, 3))
    assert "casbo.org/" not in person.browser.get(START).get_data(as_text=True)
