"""Who decides (C10), what applicants are written (C11, C12)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tandem.applications.models import Application
from tandem.clocks import program_now, program_today
from tandem.directory.models import Membership
from tandem.extensions import db
from tandem.identity.models import Account
from tests.factories import a_committee, a_grant, an_account
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import Person, a_helper, a_person, apply, approve, decide, offers, publish, run_match, wants
from tests.mail_server import words_of
from tests.pages import post, signed_in_client, text_of

COMMITTEE = "pslc-mentorship"
LISTED = "/staff/applications/"


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("review"))


def without_the_committee(program):
    del program["review"]["committee"]


def staff_do_not_decide(program):
    program["review"]["staff_decide"] = False


def silent(program):
    program["notices"] = [
        {"id": name, "send": False}
        for name in ("application-approved", "application-declined", "match-published-mentee", "match-published-mentor")
    ]


def a_stranger_to_the_committee(stage):
    """A reviewer who sits on another committee."""
    with stage.open() as scope:
        account = an_account(name="Rex Reviewer")
        a_committee(account)
        found = Person(account.id, account.name, account.email, signed_in_client(stage.app, scope, account))
        db.session.commit()
    return found


@pytest.mark.fact("C10")
def test_one_reviewer_of_the_subcommittee_decides(stage):
    reviewer = a_helper(stage, "reviewer", committee=COMMITTEE)
    mentee = a_person(stage, "Mena")
    application = apply(mentee, "mentee", wants("payroll"))

    assert mentee.name in text_of(reviewer.browser.get(LISTED))
    assert "Year end is new to me." in text_of(reviewer.browser.get(f"{LISTED}{application}"))
    assert decide(reviewer, application).status_code == 303

    assert "Approved" in text_of(mentee.browser.get(f"/applications/{application}"))
    assert f"{reviewer.name}," in text_of(reviewer.browser.get(f"{LISTED}{application}"))


@pytest.mark.fact("C10")
def test_nobody_else_decides_and_staff_keep_the_pools(stage):
    staff, reviewer = a_helper(stage), a_helper(stage, "reviewer", committee=COMMITTEE)
    stranger, member, mentee = a_stranger_to_the_committee(stage), a_person(stage, "Mo"), a_person(stage, "Nela")
    application = apply(mentee, "mentee", wants("payroll"))

    assert mentee.name not in text_of(stranger.browser.get(LISTED))
    assert stranger.browser.get(f"{LISTED}{application}").status_code == 404
    assert decide(stranger, application).status_code == 404
    assert decide(member, application).status_code == 403
    assert "With the reviewers" in text_of(mentee.browser.get("/home"))

    assert decide(staff, application).status_code == 303
    assert mentee.name in text_of(staff.browser.get("/staff/pools/"))
    assert reviewer.browser.get("/staff/pools/").status_code == 403
    assert reviewer.browser.get("/staff/matching/").status_code == 403


@pytest.mark.fact("C10")
def test_a_reviewer_does_not_decide_on_their_own_application(stage):
    own = a_person(stage, "Una")
    with stage.open():
        account = db.session.scalars(select(Account).where(Account.member_id == own.id)).one()
        a_grant(account, "association-staff")
        db.session.commit()
    application = apply(own, "mentee", wants("payroll"))

    assert decide(own, application).status_code == 404


@pytest.mark.control("C10")
def test_without_the_committee_its_reviewer_decides_nothing(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_the_committee)
    reviewer, staff, mentee = a_helper(stage, "reviewer", committee=COMMITTEE), a_helper(stage), a_person(stage, "Mena")
    application = apply(mentee, "mentee", wants("payroll"))

    assert mentee.name not in text_of(reviewer.browser.get(LISTED))
    assert decide(reviewer, application).status_code == 404
    assert decide(staff, application).status_code == 303


@pytest.mark.control("C10")
def test_with_the_default_changed_staff_do_not_decide(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=staff_do_not_decide)
    reviewer, staff, mentee = a_helper(stage, "reviewer", committee=COMMITTEE), a_helper(stage), a_person(stage, "Mena")
    application = apply(mentee, "mentee", wants("payroll"))

    assert "In this program the reviewers decide." in text_of(staff.browser.get(f"{LISTED}{application}"))
    assert decide(staff, application).status_code == 403
    assert decide(reviewer, application).status_code == 303


def arrived(mail, person, since):
    return [message["Subject"].strip() for message in mail.to(person.email)[since:]]


@pytest.mark.fact("C11")
def test_one_letter_on_approval_and_one_to_each_side_on_a_match(stage, mail):
    staff = a_helper(stage)
    mentee, mentor = a_person(stage, "Ida"), a_person(stage, "Tor", years={"facilities": 9})
    bystander = a_person(stage, "By")
    applications = [
        apply(mentee, "mentee", wants("facilities")),
        apply(mentor, "mentor", offers({"facilities": 9})),
        apply(bystander, "mentee", wants("safety")),
    ]
    stage.work()
    before = {person.id: len(mail.to(person.email)) for person in (mentee, mentor, bystander)}

    approve(staff, *applications[:2])
    stage.work()
    for person in (mentee, mentor):
        assert arrived(mail, person, before[person.id]) == ["Member-to-Member Mentorship: your application is approved"]

    publish(staff, run_match(stage, staff))
    stage.work()
    stage.work()
    assert arrived(mail, mentee, before[mentee.id] + 1) == [
        f"Member-to-Member Mentorship: your mentor is {mentor.name}"
    ]
    assert arrived(mail, mentor, before[mentor.id] + 1) == [
        f"Member-to-Member Mentorship: you are matched with {mentee.name}"
    ]
    assert f"http://{stage.scope.hostname}/mentorships/" in words_of(mail.to(mentee.email)[-1])
    assert arrived(mail, bystander, before[bystander.id]) == []


@pytest.mark.control("C11")
def test_switched_off_no_letter_goes_out(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=silent)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Ida"), a_person(stage, "Tor", years={"facilities": 9})

    a_pair(stage, staff, mentee, mentor, discipline="facilities")

    assert arrived(mail, mentee, 0) == ["Member-to-Member Mentorship: your application has arrived"]
    assert arrived(mail, mentor, 0) == ["Member-to-Member Mentorship: your application has arrived"]


REASON = "Your question is one for your county office’s counsel."
NEXT = "Ask them first, then apply again with what is left."


@pytest.mark.fact("C12")
def test_a_refusal_is_a_letter_with_reason_and_next_steps(stage, mail):
    staff, mentee = a_helper(stage), a_person(stage, "Dina")
    application = apply(mentee, "mentee", wants("payroll"))
    stage.work()
    before = len(mail.to(mentee.email))

    without = decide(staff, application, "declined")
    stage.work()
    assert without.status_code == 422
    assert "Say why: the applicant reads it in the letter." in text_of(without)
    assert arrived(mail, mentee, before) == []
    assert decide(staff, application, "declined", reason=REASON, next_steps=NEXT).status_code == 303
    stage.work()

    assert arrived(mail, mentee, before) == ["Member-to-Member Mentorship: about your application"]
    letter = words_of(mail.to(mentee.email)[-1])
    assert REASON in letter
    assert NEXT in letter
    assert REASON in text_of(mentee.browser.get(f"/applications/{application}"))
    assert mentee.name in text_of(staff.browser.get("/staff/"))  # what was done is said once, on the next page
    assert mentee.name not in text_of(staff.browser.get("/staff/pools/?state="))
    assert post(mentee.browser, "/programs/member-to-member/apply/mentee").status_code == 303


@pytest.mark.control("C12")
def test_switched_off_a_refusal_sends_nothing(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=silent)
    staff, mentee = a_helper(stage), a_person(stage, "Dina")
    application = apply(mentee, "mentee", wants("payroll"))
    stage.work()
    before = len(mail.to(mentee.email))

    assert decide(staff, application, "declined", reason=REASON, next_steps=NEXT).status_code == 303
    stage.work()

    assert arrived(mail, mentee, before) == []


def paid_through(stage, person, day):
    with stage.open():
        db.session.execute(update(Membership).where(Membership.member_id == person.id).values(paid_through=day))
        db.session.commit()


def requirements(page):
    """The day in the head of the requirements, and how many are met and open."""
    head = text_of(page).partition(" Requirements ")[2].partition(" Answers ")[0]
    return re.search(r"Checked ([a-z]+)", head)[1], re.findall(r"(\d+) (met|open)", head)


def test_the_requirements_say_when_they_were_checked_last(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, person = a_helper(stage), a_person(stage, "Cheka")
    address = f"{LISTED}{apply(person, 'mentee', wants('payroll'))}"
    sent = requirements(staff.browser.get(address))
    with stage.open():
        today = program_today()
    stage.nobody_works_until(today + timedelta(days=1))
    before = requirements(staff.browser.get(address))
    paid_through(stage, person, today - timedelta(days=3))

    refused = post(staff.browser, f"{address}/decision", {"outcome": "approved"})
    after = [requirements(page) for page in (refused, staff.browser.get(address))]
    paid_through(stage, person, today + timedelta(days=90))
    stale = requirements(staff.browser.get(address))
    again = post(staff.browser, f"{address}/check", follow_redirects=True)

    met = [("2", "met")]
    assert refused.status_code == 422
    assert (sent, before) == (("today", met), ("yesterday", met))
    assert after == [("today", [("1", "met"), ("1", "open")])] * 2
    assert stale == after[0]
    assert requirements(again) == ("today", met)
    assert "The requirements are checked again." in text_of(again)


def test_a_rule_that_is_met_by_now_is_shown_so(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, person = a_helper(stage), a_person(stage, "Lata")
    with stage.open():
        today = program_today()
    paid_through(stage, person, today - timedelta(days=3))
    address = f"{LISTED}{apply(person, 'mentee', wants('payroll'))}"
    [rule] = re.findall(r"/rules/([a-z-]+)", staff.browser.get(address).get_data(as_text=True))
    paid_through(stage, person, today + timedelta(days=90))

    done = post(staff.browser, f"{address}/rules/{rule}", {"reason": "They said so."}, follow_redirects=True)

    assert "This requirement is met by now; there was nothing to set aside." in text_of(done)
    assert requirements(done) == ("today", [("2", "met")])
    assert "Waived" not in text_of(done)


def test_what_is_waived_is_not_counted_as_met(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, person = a_helper(stage), a_person(stage, "Wava")
    with stage.open():
        paid_on = program_today() - timedelta(days=3)
    paid_through(stage, person, paid_on)
    address = f"{LISTED}{apply(person, 'mentee', wants('payroll'))}"
    [rule] = re.findall(r"/rules/([a-z-]+)", staff.browser.get(address).get_data(as_text=True))

    done = post(staff.browser, f"{address}/rules/{rule}", {"reason": "The board decided."}, follow_redirects=True)

    head = text_of(done).partition(" Requirements ")[2].partition(" Answers ")[0]
    assert re.findall(r"(\d+) (met|waived|open)", head) == [("1", "met"), ("1", "waived")]
    assert sorted(re.findall(r'class="td-verdict is-([a-z]+)"', done.get_data(as_text=True))) == ["met", "waived"]


def test_a_decision_that_is_late_says_so_on_the_page_of_the_application(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, person = a_helper(stage), a_person(stage, "Lateh")
    address = f"{LISTED}{apply(person, 'mentee', wants('payroll'))}"

    def due(days):
        with stage.open():
            db.session.execute(
                update(Application)
                .where(Application.member_id == person.id)
                .values(decide_by=program_now() + timedelta(days=days))
            )
            db.session.commit()
        page = text_of(staff.browser.get(address))
        return "Decision due" in page, "Decision late since" in page

    assert [due(2), due(-2)] == [(True, False), (False, True)]


def test_who_only_reads_is_offered_no_check(stage):
    person, stranger = a_person(stage, "Reada"), a_stranger_to_the_committee(stage)
    address = f"{LISTED}{apply(person, 'mentee', wants('payroll'))}"

    assert post(stranger.browser, f"{address}/check").status_code == 404
    assert post(person.browser, f"{address}/check").status_code == 403
