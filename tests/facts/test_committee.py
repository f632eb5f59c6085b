"""A committee that votes (C10 beyond its default): quorum, blind votes, stepping aside, the chair, who sees what."""

from __future__ import annotations

import threading
from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications.models import Decision, ReviewAssignment, Vote
from tandem.applications.nudging import nudge_reviewers
from tandem.applications.queries import Filters, applications_page
from tandem.directory.models import Employer, Position
from tandem.extensions import db
from tandem.identity.models import Account, RoleGrant
from tandem.notices.models import Notice
from tandem.programs.models import Committee, CommitteeMember, Program
from tandem.tenancy.scope import reset_scope, set_scope
from tests.factories import a_grant, a_member, a_position
from tests.loop.stage import set_stage
from tests.loop.walk import Person, a_helper, a_person, apply, decide, vote, wants
from tests.mail_server import words_of
from tests.pages import post, signed_in_client, text_of

pytestmark = pytest.mark.long

COMMITTEE = "pslc-mentorship"
ADDRESS = "/staff/applications/"
RUBRIC = [
    {"id": "clear", "question": "Knows what they want", "scale": 4, "weight": 3},
    {"id": "time", "question": "Has time"},
]
REASON, NEXT = "The county office answers this kind of question.", "Ask there, then apply again."


def two_votes(program):
    program["review"] |= {"quorum": 2, "staff_decide": False}


def two_votes_and_staff(program):
    program["review"] |= {"quorum": 2}


def scored(program):
    program["review"] |= {"quorum": 2, "staff_decide": False, "rubric": RUBRIC}


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("votes"), programs__member_to_member=two_votes)


def reviewers(stage, count=3):
    return [a_helper(stage, "reviewer", committee=COMMITTEE) for _ in range(count)]


def status_of(mentee, application):
    return text_of(mentee.browser.get(f"/applications/{application}"))


def send(reviewer, application, choice, outcome, **more):
    """The vote that decides, from the page that shows the letter."""
    return vote(reviewer, application, choice, do="send", expected=outcome, **more)


@pytest.mark.fact("C10")
def test_the_decision_falls_with_the_vote_that_makes_the_quorum(stage):
    first, second, _third = reviewers(stage)
    mentee = a_person(stage, "Mena")
    application = apply(mentee, "mentee", wants("payroll"))

    assert vote(first, application, "approve", note="Clear and kind.").status_code == 303
    assert "With the reviewers" in text_of(mentee.browser.get("/home"))
    assert decide(first, application).status_code == 403
    shown = vote(second, application, "approve")
    assert shown.status_code == 200
    assert "your application is approved" in text_of(shown)
    assert "With the reviewers" in text_of(mentee.browser.get("/home"))
    assert send(second, application, "approve", "approved").status_code == 303

    assert "Approved" in status_of(mentee, application)
    with stage.open():
        votes = db.session.execute(select(Vote.account_id, Vote.choice).where(Vote.application_id == application)).all()
    assert {(row[0], row[1].value) for row in votes} == {(first.id, "approve"), (second.id, "approve")}


@pytest.mark.control("C10")
def test_with_a_quorum_of_one_the_first_reviewer_decides(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    reviewer, mentee = a_helper(stage, "reviewer", committee=COMMITTEE), a_person(stage, "Mena")
    application = apply(mentee, "mentee", wants("payroll"))

    assert vote(reviewer, application, "approve").status_code == 403
    assert decide(reviewer, application).status_code == 303


def test_colleagues_votes_and_notes_appear_once_ones_own_is_cast(stage):
    first, second, _third = reviewers(stage)
    application = apply(a_person(stage, "Bo"), "mentee", wants("payroll"))
    vote(first, application, "decline", note="Nothing for a mentor.")

    page = f"{ADDRESS}{application}"
    assert "Nothing for a mentor." not in text_of(second.browser.get(page))
    assert "Nothing for a mentor." in text_of(first.browser.get(page))
    vote(second, application, "abstain")

    assert "Nothing for a mentor." in text_of(second.browser.get(page))


def test_a_refusal_by_vote_needs_reason_and_next_steps_and_shows_the_letter(stage, mail):
    first, second, _third = reviewers(stage)
    mentee = a_person(stage, "Dina")
    application = apply(mentee, "mentee", wants("payroll"))
    vote(first, application, "decline")
    stage.work()
    before = len(mail.to(mentee.email))

    asked = vote(second, application, "decline")
    refused = send(second, application, "decline", "declined", reason=REASON)
    shown = vote(second, application, "decline", reason=REASON, next_steps=NEXT)
    done = send(second, application, "decline", "declined", reason=REASON, next_steps=NEXT)
    stage.work()

    assert [answer.status_code for answer in (asked, refused, shown, done)] == [200, 422, 200, 303]
    assert "Say what can be done next" in text_of(refused)
    letters = [words_of(message) for message in mail.to(mentee.email)[before:]]
    assert len(letters) == 1
    assert REASON in letters[0]
    assert NEXT in letters[0]
    assert " ".join(letters[0].split())[:200] in text_of(shown)


def test_a_tie_is_the_chairs_to_decide_and_nobody_elses(stage):
    first, second, third = reviewers(stage)
    staff = a_helper(stage)
    mentee = a_person(stage, "Tia")
    application = apply(mentee, "mentee", wants("payroll"))
    with stage.open():
        committee_id = db.session.scalars(select(Committee.id).where(Committee.key == COMMITTEE)).one()
    assert (
        post(staff.browser, f"/staff/applications/committees/{committee_id}/chair", {"chair": third.id}).status_code
        == 303
    )
    assert decide(third, application).status_code == 403
    vote(first, application, "approve")
    vote(second, application, "decline")

    assert decide(first, application).status_code == 403
    assert decide(staff, application).status_code == 403
    assert "tied" in text_of(third.browser.get(f"{ADDRESS}{application}"))
    assert decide(third, application).status_code == 303

    assert "Approved" in status_of(mentee, application)


def test_whoever_steps_aside_neither_votes_nor_counts_and_can_come_back(stage):
    first, second, _third = reviewers(stage)
    application = apply(a_person(stage, "Ras"), "mentee", wants("payroll"))
    vote(first, application, "approve")
    assert post(first.browser, f"{ADDRESS}{application}/recusal", {"reason": "A friend."}).status_code == 303

    assert vote(first, application, "approve").status_code == 403
    assert vote(second, application, "approve").status_code == 303
    assert "1 of 2 in" in text_of(second.browser.get(f"{ADDRESS}{application}"))
    assert post(first.browser, f"{ADDRESS}{application}/recusal", {"do": "take-back"}).status_code == 303

    assert "2 of 2 in" in text_of(second.browser.get(f"{ADDRESS}{application}"))


def test_a_removed_reviewer_votes_no_more_and_what_was_cast_stays(stage):
    first, second, third = reviewers(stage)
    staff = a_helper(stage)
    application = apply(a_person(stage, "Rem"), "mentee", wants("payroll"))
    vote(first, application, "approve")
    post(staff.browser, f"{ADDRESS}{application}/reviewers", {"reviewer": third.id})
    for gone in (first, third):
        with stage.open():
            grant = db.session.scalars(select(RoleGrant.id).where(RoleGrant.account_id == gone.id)).one()
        assert post(staff.browser, f"/staff/accounts/{gone.id}/roles/{grant}/end").status_code == 303

    assert first.browser.get(f"{ADDRESS}{application}").status_code == 403
    assert vote(third, application, "approve").status_code == 403
    assert "no longer on the committee" in text_of(second.browser.get(f"{ADDRESS}{application}")).lower()
    assert application in unassigned(stage)
    assert send(second, application, "approve", "approved").status_code == 303


def unassigned(stage):
    actor = Actor(account_id=None, member_id=None, name="S", grants=(Grant("association-staff"),))
    with stage.open():
        return {row.id for row in applications_page(actor=actor, filters=Filters(queue="unassigned")).rows}


def test_what_is_sent_again_is_voted_on_anew(stage):
    first, second, _third = reviewers(stage)
    mentee = a_person(stage, "Ann")
    application = apply(mentee, "mentee", wants("payroll"))
    vote(first, application, "approve")
    assert decide(second, application, "returned", reason="Which software?").status_code == 303

    sent = post(mentee.browser, f"/applications/{application}/check", {"unchanged": "yes"})
    assert sent.status_code == 303

    assert "0 of 2 in" in text_of(first.browser.get(f"{ADDRESS}{application}"))
    assert vote(second, application, "approve").status_code == 303
    assert "With the reviewers" in text_of(mentee.browser.get("/home"))


def test_two_who_vote_at_once_decide_once_and_the_second_reads_the_letter_first(stage):
    first, second, _third = reviewers(stage)
    application = apply(a_person(stage, "Duo"), "mentee", wants("payroll"))
    answers = {}
    barrier = threading.Barrier(2)

    def cast(person):
        barrier.wait()
        answers[person.id] = Context().run(vote, person, application, "approve").status_code

    threads = [threading.Thread(target=cast, args=(person,)) for person in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers.values()) == [200, 303]
    with stage.open():
        assert len(db.session.scalars(select(Vote).where(Vote.application_id == application)).all()) == 1
        assert db.session.scalars(select(Decision).where(Decision.application_id == application)).all() == []


def test_a_vote_that_decides_something_else_by_now_is_not_taken(stage):
    first, second, third = reviewers(stage)
    application = apply(a_person(stage, "Mov"), "mentee", wants("payroll"))
    vote(first, application, "approve")
    assert vote(second, application, "approve").status_code == 200
    vote(third, application, "decline", do="show")

    stale = send(second, application, "decline", "approved", reason=REASON, next_steps=NEXT)

    assert stale.status_code == 200
    assert "Your vote now decides this." in text_of(stale)
    with stage.open():
        assert db.session.scalars(select(Decision).where(Decision.application_id == application)).all() == []


def test_rubric_is_asked_of_every_vote_but_an_abstention(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=scored)
    first, second, third = reviewers(stage)
    application = apply(a_person(stage, "Rub"), "mentee", wants("payroll"))

    for wrong in ({}, {"score-clear": "5", "score-time": "1"}, {"score-clear": "x", "score-time": "½"}):
        assert vote(first, application, "approve", **wrong).status_code == 422
    assert vote(first, application, "approve", **{"score-clear": "4", "score-time": "1"}).status_code == 303
    assert vote(third, application, "abstain").status_code == 303

    assert "81 of 100 points." in text_of(third.browser.get(f"{ADDRESS}{application}"))
    assert "1 of 2 in" in text_of(second.browser.get(f"{ADDRESS}{application}"))


def test_sharing_out_is_even_and_spares_whoever_is_too_near(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=two_votes_and_staff)
    staff = a_helper(stage)
    near, *others = reviewers(stage, 4)
    mentees = [a_person(stage, f"Sha{n}") for n in range(4)]
    with stage.open() as scope:
        employer = db.session.scalars(
            select(Employer)
            .join(Position, Position.employer_id == Employer.id)
            .where(Position.member_id == mentees[0].id)
        ).one()
        colleague = a_member(email=near.email)
        a_position(colleague, employer=employer)
        db.session.get_one(Account, (scope.association_id, near.id)).member_id = colleague.id
        program = db.session.scalars(select(Program)).one().id
        db.session.commit()
    applications = [apply(mentee, "mentee", wants("payroll")) for mentee in mentees]
    stage.work()
    before = {person.id: len(mail.to(person.email)) for person in (near, *others)}

    assert post(staff.browser, "/staff/applications/committees/share", {"program": program}).status_code == 303
    assert post(staff.browser, "/staff/applications/committees/share", {"program": program}).status_code == 303
    stage.work()

    with stage.open():
        given = db.session.execute(select(ReviewAssignment.application_id, ReviewAssignment.account_id)).all()
    load = {person.id: sum(row[1] == person.id for row in given) for person in (near, *others)}
    assert (len(given), sorted(load.values())) == (8, [2, 2, 2, 2])
    assert (applications[0], near.id) not in {tuple(row) for row in given}
    assert {person.id: len(mail.to(person.email)) - before[person.id] for person in (near, *others)} == dict.fromkeys(
        load, 1
    )
    assert "Works at" in text_of(near.browser.get(f"{ADDRESS}{applications[0]}"))
    assert text_of(near.browser.get(f"{ADDRESS}?queue=mine")).count("Sha") == 2


def test_a_reviewer_named_in_the_application_is_warned(stage):
    first, second, _third = reviewers(stage)
    with stage.open() as scope:
        db.session.get_one(Account, (scope.association_id, first.id)).name = "Zelda Quimby"
        db.session.commit()
    sections = wants("payroll")
    sections[0] |= {"about": "Zelda Quimby told me to apply."}
    application = apply(a_person(stage, "Nam"), "mentee", sections)

    assert "You may be too near" in text_of(first.browser.get(f"{ADDRESS}{application}"))
    assert "You may be too near" not in text_of(second.browser.get(f"{ADDRESS}{application}"))


def test_reviewers_are_reminded_once_before_the_day_and_the_late_stand_in_their_queue(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=two_votes_and_staff)
    staff = a_helper(stage)
    first, second, third = reviewers(stage)
    application = apply(a_person(stage, "Lat"), "mentee", wants("payroll"))
    for person in (first, second):
        post(staff.browser, f"{ADDRESS}{application}/reviewers", {"reviewer": person.id})
    vote(first, application, "approve")
    told = []
    for days in (10, 12, 13, 16):
        with stage.open() as scope:
            told.append(at_day(scope, days))
    with stage.open():
        notices = db.session.scalars(select(Notice).where(Notice.template == "review-due")).all()

    assert told == [0, 1, 0, 0]
    assert [(notice.account_id, "Lat" in notice.text_body) for notice in notices] == [(second.id, True)]
    assert third.id not in {notice.account_id for notice in notices}


def at_day(scope, days):
    """How many letters the reminder writes so many days from now."""
    token = set_scope(replace(scope, clock_offset=timedelta(days=days)))
    try:
        count = nudge_reviewers()
        db.session.commit()
    finally:
        reset_scope(token)
    return count


@pytest.mark.fact("P2b")
def test_a_reviewer_sees_what_their_seat_covers_and_minutes_are_staffs(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=two_votes_and_staff)
    staff, (first, second, _third) = a_helper(stage), reviewers(stage)
    mentee = a_person(stage, "Mia")
    application = apply(mentee, "mentee", wants("payroll"))
    vote(first, application, "decline", note="Said in the room.")
    send(second, application, "decline", "declined", reason=REASON, next_steps=NEXT)

    for path in (
        "/staff/applications/minutes",
        "/staff/applications/minutes.csv",
        "/staff/applications/committees",
        "/staff/members",
        "/staff/pools/",
    ):
        assert first.browser.get(path).status_code == 403, path
    page, file = staff.browser.get("/staff/applications/minutes"), staff.browser.get("/staff/applications/minutes.csv")
    for said in (page, file):
        text = text_of(said)
        assert REASON in text
        assert first.name in text
        assert "Said in the room." not in text
    assert mentee.name not in text_of(staff.browser.get("/staff/applications/minutes?to=2020-01-01&from=2019-01-01"))
    assert staff.browser.get("/staff/applications/minutes?from=yesterday").status_code == 422
    assert "Said in the room." not in status_of(mentee, application)


@pytest.mark.control("P2b")
def test_with_a_grant_for_the_department_the_minutes_are_open(app, mail, tmp_path):
    stage = set_stage(app, "atelier", tmp_path)
    wood, cloth = (a_helper(stage, "department-staff", department=name) for name in ("bois", "textile"))
    with stage.open():
        programs = {program.slug: program.name for program in db.session.scalars(select(Program))}

    assert "Comité de parrainage du bois" in text_of(wood.browser.get("/staff/applications/committees"))
    assert "Comité de parrainage du bois" not in text_of(cloth.browser.get("/staff/applications/committees"))
    assert len(programs) == 2


@pytest.mark.fact("C12")
@pytest.mark.fact("C11")
@pytest.mark.parametrize(
    ("outcome", "texts"),
    [
        ("approved", {}),
        ("declined", {"reason": f"{REASON}\n\nSecond part.", "next_steps": NEXT}),
        ("returned", {"reason": "Which *software* do you use?"}),
    ],
)
def test_the_letter_is_shown_word_for_word_before_it_goes(app, mail, tmp_path, outcome, texts):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee = a_helper(stage), a_person(stage, "Let")
    application = apply(mentee, "mentee", wants("payroll"))
    stage.work()
    before = len(mail.to(mentee.email))

    shown = post(staff.browser, f"{ADDRESS}{application}/decision", {"outcome": outcome, **texts})
    stage.work()
    assert (shown.status_code, len(mail.to(mentee.email))) == (200, before)
    assert "With the reviewers" in text_of(mentee.browser.get("/home"))
    decide(staff, application, outcome, **texts)
    stage.work()

    with stage.open():
        notice = db.session.scalars(select(Notice).where(Notice.template == f"application-{outcome}")).one()
    # Addresses are links on the page, so that the spaces around them differ.
    assert "".join(notice.text_body.split()) in "".join(text_of(shown).split())
    assert notice.subject in text_of(shown)
    assert len(mail.to(mentee.email)) == before + 1


def test_staff_beside_a_voting_committee_decide_where_the_program_lets_them(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=two_votes_and_staff)
    staff, (first, *_rest) = a_helper(stage), reviewers(stage)
    application = apply(a_person(stage, "Sta"), "mentee", wants("payroll"))
    with stage.open():
        program = db.session.scalars(select(Program)).one()
        outsider = a_helper(stage, "reviewer")
        assert program.committee_id is not None
        assert isinstance(outsider, Person)

    assert decide(first, application).status_code == 403
    assert decide(outsider, application).status_code == 403
    assert decide(staff, application).status_code == 303


def test_a_seat_taken_by_the_applicant_is_no_seat_for_their_own(stage):
    own = a_person(stage, "Own")
    with stage.open() as scope:
        account = db.session.scalars(select(Account).where(Account.member_id == own.id)).one()
        committee = db.session.scalars(select(Committee).where(Committee.key == COMMITTEE)).one()
        db.session.add(CommitteeMember(committee_id=committee.id, account_id=account.id))
        a_grant(account, "reviewer", committee_id=committee.id)
        account_id = account.id
        db.session.commit()
        browser = signed_in_client(stage.app, scope, account)
    application = apply(own, "mentee", wants("payroll"))
    staff = a_helper(stage)

    assert browser.get(f"{ADDRESS}{application}").status_code == 404
    given = post(staff.browser, f"{ADDRESS}{application}/reviewers", {"reviewer": account_id})
    assert given.status_code == 422
