"""At the end people may say how it was: the mentee of the mentor, the mentor of the mentee and of the program (C18)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tandem.clocks import program_today
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import a_helper, a_person
from tests.mail_server import words_of
from tests.pages import post, text_of

pytestmark = pytest.mark.long

STAFF = "/staff/evaluations/"
FOR_STAFF, FOR_THE_PAIR = "Punctual but distant, 4711.", "You made year end look easy, 4712."
SUBJECT = "Member-to-Member Mentorship: how was it?"
REMINDER = "Member-to-Member Mentorship: how was it? A reminder"


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("evaluations"))


def without_evaluations(program):
    del program["mentorship"]["evaluations"]


def short(program):
    for item in program["mentorship"]["evaluations"]:
        item["open_for"], item["remind_after"] = "5d", "3d"


def days_pass(stage, days):
    with stage.open():
        day = program_today() + timedelta(days=days)
    stage.wake_on(day)


def an_ended_pair(stage, discipline):
    staff, mentee = a_helper(stage), a_person(stage, "Mena")
    mentor = a_person(stage, "Thora", years={discipline: 9})
    place = a_pair(stage, staff, mentee, mentor, discipline=discipline)
    assert post(mentee.browser, f"{place}/end", {"reason": "completed"}).status_code == 303
    return staff, mentee, mentor, place


def link_to(person, place, title):
    page = person.browser.get(place).get_data(as_text=True)
    before, _found, _after = page.partition(f">{title}")
    return before.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")


def subjects(mail, person):
    return [message["Subject"].strip() for message in mail.to(person.email)]


@pytest.mark.fact("C18")
def test_both_sides_say_how_it_was_and_staff_read_it(stage):
    staff, mentee, mentor, place = an_ended_pair(stage, "payroll")
    assert "Nobody has said anything yet." in text_of(staff.browser.get(STAFF))

    address = link_to(mentee, place, "Evaluate your mentor")
    form = text_of(mentee.browser.get(address))
    assert "It is up to you whether you answer. If you do, what is not marked as optional needs an answer." in form
    assert form.count("(optional)") == 2
    assert f"Staff and {mentor.name} can read this" in form
    assert "Only staff can read this" in form
    given = post(mentee.browser, address, {"helped": "mostly", "remarks": FOR_STAFF, "thanks": FOR_THE_PAIR})
    assert given.status_code == 303, text_of(given)

    partners = text_of(mentor.browser.get(place))
    assert FOR_THE_PAIR in partners
    assert FOR_STAFF not in partners
    comment = link_to(mentor, place, "Comment on your mentee")
    assert "what is not marked as optional" not in text_of(mentor.browser.get(comment))
    assert post(mentor.browser, comment, {"comments": "Asks well, 4713."}).status_code == 303
    rating = link_to(mentor, place, "Rate your experience")
    assert post(mentor.browser, rating, {"overall": "very-good"}).status_code == 303
    assert "Asks well" not in text_of(mentee.browser.get(place))

    listed = text_of(staff.browser.get(STAFF))
    for title in ("Evaluate your mentor", "Comment on your mentee", "Rate your experience with the program"):
        assert title in listed
    shown = text_of(staff.browser.get(link_to(staff, STAFF, "Evaluate your mentor")))
    assert FOR_STAFF in shown
    assert FOR_THE_PAIR in shown
    assert "Mostly" in shown
    assert FOR_STAFF not in text_of(staff.browser.get("/staff/audit"))


@pytest.mark.fact("C18")
def test_nothing_is_missing_where_nobody_answers(stage):
    _staff, mentee, _mentor, place = an_ended_pair(stage, "safety")

    address = link_to(mentee, place, "Evaluate your mentor")
    refused = post(mentee.browser, address, {"remarks": FOR_STAFF})
    assert refused.status_code == 422
    assert "If you like" in text_of(mentee.browser.get(place))
    again = post(mentee.browser, "/programs/member-to-member/apply/mentee")
    assert again.status_code == 303


def test_what_was_said_can_be_changed_until_its_day(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=short)
    staff, mentee, _mentor, place = an_ended_pair(stage, "payroll")
    address = link_to(mentee, place, "Evaluate your mentor")
    post(mentee.browser, address, {"helped": "mostly"})
    version = version_of(mentee, address)
    stale = post(mentee.browser, address, {"helped": "little", "version": "1"})
    changed = post(mentee.browser, address, {"helped": "fully", "version": version})

    assert (stale.status_code, changed.status_code) == (409, 303)
    assert "Yes, fully" in text_of(staff.browser.get(link_to(staff, STAFF, "Evaluate your mentor")))
    days_pass(stage, 5)
    assert "Save the change" in text_of(mentee.browser.get(address))
    days_pass(stage, 1)
    assert "Its last day for changes was" in text_of(mentee.browser.get(address))
    assert post(mentee.browser, address, {"helped": "little", "version": version_of_given(version)}).status_code == 409


def version_of(person, address):
    page = person.browser.get(address).get_data(as_text=True)
    return page.partition('name="version" value="')[2].partition('"')[0]


def version_of_given(version):
    return str(int(version) + 2)


@pytest.mark.fact("C18")
def test_one_letter_offers_and_one_reminds_whoever_has_not_answered(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=short)
    _staff, mentee, mentor, place = an_ended_pair(stage, "payroll")
    days_pass(stage, 2)
    assert (subjects(mail, mentee).count(SUBJECT), subjects(mail, mentor).count(SUBJECT)) == (1, 1)
    assert f"{place}#evaluations" in words_of(mail.to(mentee.email)[-1])

    post(mentee.browser, link_to(mentee, place, "Evaluate your mentor"), {"helped": "fully"})
    days_pass(stage, 4)

    assert (subjects(mail, mentee).count(REMINDER), subjects(mail, mentor).count(REMINDER)) == (0, 1)
    assert (subjects(mail, mentee).count(SUBJECT), subjects(mail, mentor).count(SUBJECT)) == (1, 1)


@pytest.mark.control("C18")
def test_without_the_setting_nothing_is_offered(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_evaluations)
    _staff, mentee, mentor, place = an_ended_pair(stage, "payroll")
    days_pass(stage, 2)

    for person in (mentee, mentor):
        assert "How was it?" not in text_of(person.browser.get(place))
        assert not {SUBJECT, REMINDER} & set(subjects(mail, person))
    assert mentee.browser.get(f"{place}/evaluations/of-the-mentor").status_code == 404
