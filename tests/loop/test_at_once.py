"""The same thing asked twice, by two people at once, or about somebody who is gone: one of them holds, the other is told."""

from __future__ import annotations

import re
import threading
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tandem.applications.models import Application, Decision
from tandem.extensions import db
from tandem.matching.models import PoolEntry, Proposal, ProposalState
from tandem.mentorships.models import Mentorship
from tandem.notices.models import Notice
from tests.loop.stage import set_stage
from tests.loop.walk import (
    a_helper,
    a_pair,
    a_person,
    apply,
    approve,
    begin,
    decide,
    fill,
    mentorship_of,
    offers,
    run_match,
    version_on,
    wants,
)
from tests.pages import post, text_of, token_for


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("at-once"))


def at_once(*asks):
    """Do all of it at the same moment, each in a thread of its own; returns the statuses, sorted."""
    ready, answers = threading.Barrier(len(asks)), []

    def run(ask):
        ready.wait(timeout=30)
        answers.append(ask())

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == len(asks)
    return sorted(answer.status_code for answer in answers)


def form(person, address, **data):
    """A form that is ready to be sent: its token is read beforehand."""
    token = token_for(person.browser)
    return lambda: person.browser.post(address, data={"csrf_token": token, **data})


def test_two_people_deciding_at_once(stage):
    one, other = a_helper(stage), a_helper(stage)
    applicant = a_person(stage, "Twice")
    application = apply(applicant, "mentee", wants("payroll"))
    place = f"/staff/applications/{application}/decision"

    answers = at_once(
        form(one, place, outcome="approved", do="send"),
        form(other, place, outcome="declined", reason="Somebody else was meant.", next_steps="Ask again.", do="send"),
    )

    assert answers == [303, 409]
    with stage.open():
        (outcome,) = db.session.scalars(select(Decision.outcome).where(Decision.application_id == application))
        templates = db.session.scalars(
            select(Notice.template).where(Notice.member_id == applicant.id, Notice.template != "application-received")
        ).all()
        assert templates == [f"application-{outcome.value}"]


def test_an_application_sent_twice_is_sent_once(stage):
    person = a_person(stage, "Doubla")
    place = fill(person, begin(person, "mentee"), wants("payroll"))

    answers = at_once(form(person, place), form(person, place))

    assert answers in ([303, 303], [303, 409])
    with stage.open():
        received = select(func.count()).where(Notice.member_id == person.id, Notice.template == "application-received")
        assert db.session.scalar(received) == 1


def test_an_application_begun_twice_is_begun_once(stage):
    person = a_person(stage, "Begga")
    place = "/programs/member-to-member/apply/mentee"

    answers = at_once(form(person, place), form(person, place))

    assert answers in ([303, 303], [303, 409])
    with stage.open():
        assert db.session.scalar(select(func.count()).where(Application.member_id == person.id)) == 1


def test_one_draft_saved_in_two_windows_keeps_both_texts(stage):
    person = a_person(stage, "Windo")
    place = person.browser.get(begin(person, "mentee")).location
    version = version_on(person.browser.get(place))
    first, second = ({"version": version, **wants("payroll")[0], "about": f"From window {name}."} for name in "AB")

    assert post(person.browser, place, first).status_code == 303
    refused = post(person.browser, place, second)

    assert refused.status_code == 409
    assert "From window B." in text_of(refused)
    assert "From window A." in person.browser.get(place).get_data(as_text=True)


def test_a_run_published_twice_makes_each_pair_once(stage):
    one, other = a_helper(stage), a_helper(stage)
    mentee, mentor = a_person(stage, "Paira"), a_person(stage, "Pairo", years={"facilities": 9})
    approve(one, apply(mentee, "mentee", wants("facilities")), apply(mentor, "mentor", offers({"facilities": 9})))
    run = run_match(stage, one)
    assert post(one.browser, f"{run}/confirm").status_code == 303
    with stage.open():
        before = db.session.scalar(select(func.count()).select_from(Mentorship))

    answers = at_once(form(one, f"{run}/publish"), form(other, f"{run}/publish"))

    assert answers == [303, 409]
    with stage.open():
        assert db.session.scalar(select(func.count()).select_from(Mentorship)) == before + 1
        letters = select(func.count()).where(Notice.member_id == mentor.id, Notice.template == "match-published-mentor")
        assert db.session.scalar(letters) == 1


def test_a_mentorship_ended_from_both_sides_at_once(stage):
    staff, mentee, mentor = (
        a_helper(stage),
        a_person(stage, "Enda"),
        a_person(stage, "Endo", years={"risk-management": 9}),
    )
    place = a_pair(stage, staff, mentee, mentor, discipline="risk-management")

    answers = at_once(
        form(mentee, f"{place}/end", reason="completed"), form(staff, f"/staff{place}/end", reason="ended-by-staff")
    )

    assert answers == [303, 409]
    stage.work()
    with stage.open():
        letters = select(func.count()).where(Notice.member_id == mentor.id, Notice.template == "mentorship-ended")
        assert db.session.scalar(letters) == 1


def test_somebody_removed_between_match_and_publication(stage):
    staff = a_helper(stage)
    mentee, mentor = a_person(stage, "Gona"), a_person(stage, "Gono", years={"transportation": 9})
    approve(
        staff, apply(mentee, "mentee", wants("transportation")), apply(mentor, "mentor", offers({"transportation": 9}))
    )
    run = run_match(stage, staff)
    assert post(staff.browser, f"{run}/confirm").status_code == 303
    assert post(staff.browser, f"/staff/members/{mentor.id}/remove", {"reason": "Left."}).status_code == 303
    stage.work()

    refused = post(staff.browser, f"{run}/publish")

    assert refused.status_code == 422
    assert f"{mentor.name} is no longer waiting in the pool." in text_of(refused)
    assert mentee.browser.get("/home").get_data(as_text=True).count("/mentorships/") == 0
    assert post(staff.browser, f"{run}/discard").status_code == 303


def test_somebody_removed_in_a_mentorship(stage):
    staff, mentee, mentor = (
        a_helper(stage),
        a_person(stage, "Stila"),
        a_person(stage, "Lefto", years={"child-nutrition": 9}),
    )
    place = a_pair(stage, staff, mentee, mentor, discipline="child-nutrition")
    ask = form(mentor, f"{place}/journal", body="Too late.", visibility="pair")

    assert post(staff.browser, f"/staff/members/{mentor.id}/remove", {"reason": "Left."}).status_code == 303
    stage.work()

    assert ask().status_code in {303, 400, 404}
    page = text_of(mentee.browser.get(place))
    assert "Too late." not in page
    with stage.open():
        told = db.session.scalars(select(Notice.member_id).where(Notice.template == "mentorship-ended")).all()
        assert mentee.id in told
        assert mentor.id not in told
    with pytest.raises(IndexError):
        mentorship_of(mentee)


def test_a_decision_taken_twice_with_the_back_button(stage):
    staff = a_helper(stage)
    application = apply(a_person(stage, "Backa"), "mentee", wants("payroll"))

    assert decide(staff, application).status_code == 303
    again = decide(staff, application, "declined", reason="Changed my mind.", next_steps="None.")

    assert again.status_code == 409


def test_back_after_sending_leads_to_the_application(stage):
    person = a_person(stage, "Retura")
    application = apply(person, "mentee", wants("payroll"))
    place = f"/applications/{application}"

    for address in (f"{place}/check", f"{place}/sections/need"):
        assert person.browser.get(address).location == place
        again = post(person.browser, address, {"version": "1", "about": "Changed afterwards."})
        assert (again.status_code, again.location) == (303, place)
    page = text_of(person.browser.get(place))
    assert "This application is sent already. Nothing was changed." in page
    assert "Changed afterwards." not in page
    assert person.browser.get("/programs/member-to-member/apply/mentee").location == place


def test_a_pair_kept_apart_is_set_aside_in_its_run(stage):
    staff = a_helper(stage)
    mentee, mentor = a_person(stage, "Aparta"), a_person(stage, "Aparto", years={"maintenance": 9})
    approve(staff, apply(mentee, "mentee", wants("maintenance")), apply(mentor, "mentor", offers({"maintenance": 9})))
    run = run_match(stage, staff)
    page = staff.browser.get(run).get_data(as_text=True)
    row = next(part for part in re.split(r"<tr\b", page) if mentee.name in part and "/locks" in part)
    pair = {name: re.search(rf'name="{name}" value="([^"]+)"', row)[1] for name in ("mentee", "mentor")}
    proposal = re.search(r"/pairs/([0-9a-f-]+)", row)[0]

    assert post(staff.browser, f"{run}/locks", {**pair, "kind": "apart"}).status_code == 303
    assert post(staff.browser, f"{run}/confirm").status_code == 303
    refused = post(staff.browser, f"{run}{proposal}", {"do": "confirm"})

    assert refused.status_code == 409
    assert "You keep these two apart." in text_of(refused)
    assert post(staff.browser, f"{run}/publish").status_code == 422
    assert post(staff.browser, f"{run}/locks", {**pair, "kind": ""}).status_code == 303
    assert post(staff.browser, f"{run}{proposal}", {"do": "confirm"}).status_code == 303
    assert post(staff.browser, f"{run}/publish").status_code == 303
    assert "You are matched." in text_of(mentee.browser.get(f"/applications/{application_of(stage, mentee)}"))


def test_keeping_a_pair_apart_cannot_be_taken_back_by_way_of_an_earlier_change(stage):
    staff = a_helper(stage)
    mentee, mentor = a_person(stage, "Undoa"), a_person(stage, "Undoo", years={"purchasing": 9})
    approve(staff, apply(mentee, "mentee", wants("purchasing")), apply(mentor, "mentor", offers({"purchasing": 9})))
    run = run_match(stage, staff)
    with stage.open():
        (pair,) = db.session.execute(
            select(Proposal.mentee_entry_id, Proposal.mentor_entry_id)
            .join(PoolEntry, Proposal.mentee_entry_id == PoolEntry.id)
            .where(PoolEntry.member_id == mentee.id)
        )
    pair = {"mentee": str(pair.mentee_entry_id), "mentor": str(pair.mentor_entry_id)}
    assert post(staff.browser, f"{run}/by-hand", pair).status_code == 303
    assert "Take the last change back" in text_of(staff.browser.get(run))

    assert post(staff.browser, f"{run}/locks", {**pair, "kind": "apart"}).status_code == 303
    refused = post(staff.browser, f"{run}/undo")

    assert "Take the last change back" not in text_of(staff.browser.get(run))
    assert refused.status_code == 409
    assert "There is no change to take back." in text_of(refused)
    with stage.open():
        states = db.session.scalars(
            select(Proposal.state).where(Proposal.mentee_entry_id == UUID(pair["mentee"]))
        ).all()
        assert states == [ProposalState.DECLINED]
    assert post(staff.browser, f"{run}/discard").status_code == 303


def application_of(stage, person):
    with stage.open():
        return db.session.scalars(select(Application.id).where(Application.member_id == person.id)).one()
