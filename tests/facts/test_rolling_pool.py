"""Leaving the pool and applying again (C13, C14), another partner (C16), the end (C17)."""

from __future__ import annotations

import re

import pytest

from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import (
    a_helper,
    a_person,
    apply,
    approve,
    by_hand,
    left_over,
    mentorship_of,
    mentorships_of,
    offers,
    proposed,
    publish,
    run_match,
    wants,
)
from tests.mail_server import words_of
from tests.pages import post, text_of

pytestmark = pytest.mark.long

START = "/programs/member-to-member/apply/mentee"
REASON = "Our questions do not meet, kindly 7719."
MATCHED = "/staff/pools/?state=matched"
WAITING = "/staff/pools/?state=open&role=mentee"
STAYS = "You stay on file until you ask to be taken off."
STAYS_ONCE_APPROVED = "Once approved you stay on file, match after match, until you ask to be taken off."


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("rolling-pool"))


def once_only(program):
    program["mentorship"]["apply_again"] = False


def nobody_stays(program):
    del program["roles"]["mentor"]["on_file"]


def nobody_asks(program):
    program["mentorship"]["reassignment"]["asked_by"] = []


def without_the_ending(program):
    del program["mentorship"]["ending"]


@pytest.mark.fact("C13")
def test_a_matched_mentee_leaves_the_pool_and_may_have_two_mentorships(stage):
    staff, mentee = a_helper(stage), a_person(stage, "Mena")
    first, second = a_person(stage, "Thora", years={"payroll": 9}), a_person(stage, "Sverre", years={"safety": 9})
    applications = apply(mentee, "mentee", wants("payroll")), apply(first, "mentor", offers({"payroll": 9}))
    approve(staff, *applications)
    assert text_of(staff.browser.get("/staff/"))
    assert mentee.name in text_of(staff.browser.get(WAITING))
    waiting = post(mentee.browser, START)
    assert waiting.status_code == 409
    assert "You can apply again once you are matched." in text_of(waiting)

    publish(staff, run_match(stage, staff))
    assert mentee.name not in text_of(staff.browser.get(WAITING))
    assert mentee.name in text_of(staff.browser.get(MATCHED))
    assert first.name in text_of(staff.browser.get("/staff/pools/?state=open&role=mentor"))

    approve(staff, apply(mentee, "mentee", wants("safety")), apply(second, "mentor", offers({"safety": 9})))
    publish(staff, run_match(stage, staff))
    assert len(mentorships_of(mentee)) == 2
    pages = " ".join(text_of(mentee.browser.get(place)) for place in mentorships_of(mentee))
    assert first.name in pages
    assert second.name in pages


@pytest.mark.control("C13")
def test_with_the_setting_off_nobody_applies_again(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=once_only)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    a_pair(stage, staff, mentee, mentor)

    refused = post(mentee.browser, START)

    assert refused.status_code == 409
    assert "You have been matched in this program, and it takes each person once." in text_of(refused)


def answer(staff, place, do, text=""):
    """Answer the open request on staff's page of a mentorship."""
    page = staff.browser.get(f"/staff{place}").get_data(as_text=True)
    return post(staff.browser, re.search(r'action="([^"]+/requests/[0-9a-f-]+)"', page)[1], {"do": do, "answer": text})


@pytest.mark.fact("C16")
@pytest.mark.parametrize("side", ["mentee", "mentor"])
def test_either_side_gets_another_partner_without_a_new_application(app, mail, tmp_path, side):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    who, partner = (mentee, mentor) if side == "mentee" else (mentor, mentee)
    assert partner.browser.get(place).status_code == 200  # shows, once, what was done before
    told, seen = len(mail.to(partner.email)), text_of(partner.browser.get(place))

    asked = post(who.browser, f"{place}/reassignment", {"reason": REASON})
    stage.work()

    assert asked.status_code == 303
    assert "You asked staff for another match" in text_of(who.browser.get(place))
    assert mentee.name in text_of(staff.browser.get("/staff/mentorships/?asked=1"))
    shown = staff.browser.get(f"/staff{place}")
    assert REASON in text_of(shown)
    # One press asks; the button that grants stands behind it.
    asks = re.findall(r'<details class="td-ask">(.*?)</details>', shown.get_data(as_text=True), re.DOTALL)
    assert [part.count('value="grant"') for part in (shown.get_data(as_text=True), "".join(asks))] == [1, 1]
    assert "This ends the mentorship now; it cannot be taken back." in text_of(shown)
    assert who.name in words_of(mail.to(staff.email)[-1])
    assert text_of(partner.browser.get(place)) == seen
    assert len(mail.to(partner.email)) == told

    assert answer(staff, place, "grant").status_code == 303
    stage.work()
    assert len(mail.to(partner.email)) == told + 1
    assert REASON not in words_of(mail.to(partner.email)[-1])
    assert text_of(staff.browser.get("/staff/"))
    assert f"{mentee.name} comes back from a reassignment" in text_of(staff.browser.get(WAITING))
    assert "This mentorship has ended." in text_of(mentee.browser.get(place))

    never_again(stage, staff, mentee, mentor)


def never_again(stage, staff, mentee, mentor):
    """The first is matched before a newcomer of equal fit, and with anybody but the former partner."""
    run = run_match(stage, staff)
    assert proposed(staff.browser.get(run)) == set()
    refused = by_hand(stage, staff, run, mentee, mentor)
    assert refused.status_code == 422
    assert "were reassigned from each other" in text_of(refused)
    assert post(staff.browser, f"{run}/discard").status_code == 303

    newcomer, other = a_person(stage, "Nova"), a_person(stage, "Sverre", years={"payroll": 9})
    found = [apply(newcomer, "mentee", wants("payroll")), apply(other, "mentor", offers({"payroll": 9}, mentees=1))]
    approve(staff, *found)
    run = run_match(stage, staff)
    assert proposed(staff.browser.get(run)) == {(mentee.name, other.name), (newcomer.name, mentor.name)}
    assert left_over(staff.browser.get(run)) == {}
    publish(staff, run)
    assert other.name in text_of(mentee.browser.get(mentorship_of(mentee)))


@pytest.mark.fact("C16")
def test_those_who_come_back_go_before_newcomers(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    # On file before, and living nearer to the only mentor there is: but for the reassignment the newcomer would go first.
    newcomer, other = (
        a_person(stage, "Nova", region="south"),
        a_person(stage, "Sv", years={"safety": 9}, region="south"),
    )
    approve(staff, apply(newcomer, "mentee", wants("payroll", "safety")))
    assert post(mentee.browser, f"{place}/reassignment", {"reason": REASON}).status_code == 303
    assert answer(staff, place, "grant").status_code == 303
    assert post(mentor.browser, "/home/pool/" + entry_of(mentor), {"do": "leave"}).status_code == 303
    approve(staff, apply(other, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1)))

    run = run_match(stage, staff)

    assert proposed(staff.browser.get(run)) == {(mentee.name, other.name)}
    assert list(left_over(staff.browser.get(run))) == [newcomer.name]


@pytest.mark.fact("C16")
def test_a_new_application_does_not_bring_the_same_two_together(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    # Applied again while matched, and only then reassigned: the second entry must not lead back either.
    approve(staff, apply(mentee, "mentee", wants("payroll")))
    assert post(mentee.browser, f"{place}/reassignment", {"reason": REASON}).status_code == 303
    assert answer(staff, place, "grant").status_code == 303

    run = run_match(stage, staff)

    assert proposed(staff.browser.get(run)) == set()


@pytest.mark.control("C16")
def test_with_nobody_to_ask_nobody_asks(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=nobody_asks)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)

    for person in (mentee, mentor):
        assert "Ask for another match" not in text_of(person.browser.get(place))
        assert post(person.browser, f"{place}/reassignment", {"reason": REASON}).status_code == 403
    staff.browser.get("/staff/")  # what was said of earlier steps is shown here
    assert mentee.name not in text_of(staff.browser.get("/staff/mentorships/?asked=1"))


def entry_of(person):
    """The first place in a pool on a person's home page."""
    return re.search(r'action="/home/pool/([0-9a-f-]+)"', person.browser.get("/home").get_data(as_text=True))[1]


@pytest.mark.fact("C14")
def test_a_mentor_stays_on_file_until_they_ask_otherwise(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    staff.browser.get("/staff/")  # what was said of earlier steps is shown here
    assert mentor.name in text_of(staff.browser.get("/staff/pools/?state=open&role=mentor"))
    again = post(mentor.browser, START.replace("mentee", "mentor"))
    assert again.status_code == 409
    assert "on file already" in text_of(again)
    assert STAYS in text_of(mentor.browser.get("/home"))
    assert STAYS_ONCE_APPROVED in text_of(mentor.browser.get("/programs/member-to-member"))

    assert post(mentor.browser, f"/home/pool/{entry_of(mentor)}", {"do": "leave"}).status_code == 303

    assert mentor.name not in text_of(staff.browser.get("/staff/pools/?state=open&role=mentor"))
    newcomer = a_person(stage, "Nova")
    approve(staff, apply(newcomer, "mentee", wants("payroll")))
    assert proposed(staff.browser.get(run_match(stage, staff))) == set()
    assert mentor.browser.get(place).status_code == 200
    assert mentorships_of(mentor) == [place]


@pytest.mark.control("C14")
def test_with_the_setting_taken_out_a_matched_mentor_leaves_the_pool(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=nobody_stays)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Mena"), a_person(stage, "Thora", years={"payroll": 9})
    found = apply(mentee, "mentee", wants("payroll")), apply(mentor, "mentor", offers({"payroll": 9}, mentees=1))
    approve(staff, *found)
    assert STAYS not in text_of(mentor.browser.get("/home"))
    publish(staff, run_match(stage, staff))

    staff.browser.get("/staff/")  # what was said of earlier steps is shown here
    assert mentor.name not in text_of(staff.browser.get("/staff/pools/?state=open&role=mentor"))
    assert mentor.name in text_of(staff.browser.get(MATCHED))
    assert STAYS_ONCE_APPROVED not in text_of(mentor.browser.get("/programs/member-to-member"))
    assert post(mentor.browser, START.replace("mentee", "mentor")).status_code == 303


@pytest.mark.fact("C17")
def test_the_mentees_word_ends_it_and_the_mentors_does_not(stage, mail):
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Ende"), a_person(stage, "Tord", years={"attendance": 9})
    place = a_pair(stage, staff, mentee, mentor, discipline="attendance")

    assert "Say that this mentorship has ended" not in text_of(mentor.browser.get(place))
    refused = post(mentor.browser, f"{place}/end", {"reason": "completed"})
    assert refused.status_code == 403
    assert "In this program the mentees or staff end a mentorship. Talk to them." in text_of(refused)
    assert mentorships_of(mentor) == [place]

    assert "Say that this mentorship has ended" in text_of(mentee.browser.get(place))
    assert mentee.browser.get(f"{place}/end").status_code == 200
    assert post(mentee.browser, f"{place}/end", {"reason": "completed"}).status_code == 303
    stage.work()

    assert mentorships_of(mentee) == mentorships_of(mentor) == []
    assert "Ended" in text_of(staff.browser.get(f"/staff{place}"))
    for person in (mentee, mentor):
        assert [message["Subject"].strip() for message in mail.to(person.email)].count(
            "Member-to-Member Mentorship: your mentorship has ended"
        ) == 1
    assert post(mentee.browser, f"{place}/journal", {"body": "Too late", "visibility": "self"}).status_code == 409


@pytest.mark.control("C17")
def test_without_the_setting_the_mentors_word_ends_it_too(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_the_ending)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Ende"), a_person(stage, "Tord", years={"attendance": 9})
    place = a_pair(stage, staff, mentee, mentor, discipline="attendance")

    assert post(mentor.browser, f"{place}/end", {"reason": "completed"}).status_code == 303

    assert mentorships_of(mentor) == []
