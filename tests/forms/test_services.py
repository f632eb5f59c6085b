"""Drafts are kept as typed, two browsers are noticed, sending writes typed facts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from tandem.access.actor import SYSTEM, Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.clocks import program_today
from tandem.directory.models import Member, VocabularyTerm
from tandem.extensions import db
from tandem.forms.errors import DraftConflictError
from tandem.forms.models import AnswerFact, Submission, SubmissionState
from tandem.forms.queries import form_model, loaded_submission, shown_submission
from tandem.forms.services import save_draft, submit_answers
from tandem.ids import uuid7
from tests.factories import a_form_revision, a_member, a_membership, a_term, an_account, an_actor

DEFINITION = {
    "id": "sample",
    "title": "Apply",
    "sections": [
        {
            "id": "first",
            "title": "First",
            "questions": [
                {
                    "id": "needs", "type": "choices", "label": "What do you need?", "required": True, "years": True,
                    "choices": {"vocabulary": "discipline"},
                },
                {"id": "why", "type": "text", "label": "Why?", "condition": {"field": "needs", "includes": "payroll"}, "required": True},
            ],
        },
        {
            "id": "second",
            "title": "Second",
            "questions": [
                {"id": "name", "type": "text", "label": "Name?", "required": True, "max_length": 10},
                {"id": "promise", "type": "attestation", "label": "I will not.", "required": True,
                 "condition": {"fact": "membership.type", "in": ["retiree"]}},
            ],
        },
    ],
}  # fmt: skip

FIRST = {"needs": ["payroll"], "needs.years.payroll": ["3"], "why": ["New"]}


@pytest.fixture
def submission(association) -> Submission:
    for position, key in enumerate(("payroll", "budgeting")):
        a_term("discipline", key, position=position)
    made = Submission(form_revision_id=a_form_revision(DEFINITION).id, member_id=a_member().id)
    db.session.add(made)
    db.session.flush()
    return made


def applicant(submission: Submission) -> Actor:
    return Actor(account_id=uuid7(), member_id=submission.member_id, name="Alex")


@pytest.fixture
def save(submission):
    """Save a section as the applicant, with the version at hand."""
    actor = applicant(submission)

    def do(section, raw, *, version=None, as_actor=actor):
        expected = submission.version if version is None else version
        return save_draft(actor=as_actor, submission=submission, section=section, raw=raw, expected_version=expected)

    return do


def test_draft_keeps_what_was_typed_complete_or_not(submission, save):
    problems = save("first", {"needs": ["payroll"], "needs.years.payroll": ["three"], "csrf_token": ["x"]})

    assert submission.answers == {"needs": ["payroll"], "needs.years.payroll": ["three"]}
    assert [(one.input, one.revealed) for one in problems] == [("needs.years.payroll", False)]
    assert submission.version == 2


def test_draft_takes_the_form_as_flask_gives_it(submission, save):
    save("first", MultiDict([("needs", "payroll"), ("needs", "budgeting"), ("needs.years.payroll", "3")]))

    assert submission.answers == {"needs": ["payroll", "budgeting"], "needs.years.payroll": ["3"]}


def test_question_that_this_save_reveals_is_marked(save):
    problems = save("first", {"needs": ["payroll"], "needs.years.payroll": ["3"]})

    assert [(one.question, one.revealed) for one in problems] == [("why", True)]


def test_saving_one_section_leaves_the_other(submission, save):
    save("first", FIRST)
    save("second", {"name": ["Alex"]})

    assert submission.answers == {**FIRST, "name": ["Alex"]}


def test_box_that_is_unticked_is_forgotten(submission, save):
    save("first", FIRST)
    problems = save("first", {})

    assert submission.answers == {}
    assert [one.question for one in problems] == ["needs"]


def test_hidden_answers_stay_in_the_draft(submission, save):
    save("first", FIRST)
    save("first", {"needs": ["budgeting"], "needs.years.budgeting": ["2"], "why": ["New"]})
    save("first", {"needs": ["budgeting"], "needs.years.budgeting": ["3"]})

    assert submission.answers["why"] == ["New"]
    assert loaded_submission(submission)[1].visible == ("needs", "name")


def test_two_browsers_are_noticed_and_both_versions_kept(submission, save):
    save("second", {"name": ["Alex"]}, version=1)

    with pytest.raises(DraftConflictError) as refused:
        save("second", {"name": ["Robin"]}, version=1)

    conflict = refused.value
    assert (conflict.stored, conflict.typed) == ({"name": ["Alex"]}, {"name": ["Robin"]})
    assert (conflict.differing, conflict.version) == (("name",), 2)
    assert "saved in another window" in str(conflict)
    assert submission.answers == {"name": ["Alex"]}

    save("second", {"name": ["Robin"]}, version=conflict.version)
    assert submission.answers == {"name": ["Robin"]}


def test_saving_the_same_again_is_no_conflict(submission, save):
    save("second", {"name": ["Alex"]}, version=1)
    save("second", {"name": ["Alex"]}, version=1)

    assert submission.version == 2


def test_characters_that_cannot_be_stored_are_told_and_left_out(submission, save):
    problems = save("second", {"name": ["Al\0ex"]})

    assert submission.answers == {"name": ["Alex"]}
    assert [one.message.id for one in problems] == ["field.characters"]


def test_overlong_text_is_kept_and_told(submission, save):
    problems = save("second", {"name": ["x" * 11]})

    assert submission.answers == {"name": ["x" * 11]}
    assert [one.message.id for one in problems] == ["field.text.long"]


def test_answers_beyond_all_measure_are_refused(submission, save):
    raw = {f"name.{number}": ["x" * 90_000] for number in range(12)}

    with pytest.raises(InvalidError):
        save("second", raw)
    assert submission.answers == {}


def test_section_that_is_not_there_and_strangers_are_turned_away_alike(save):
    with pytest.raises(NotYoursError):
        save("third", {})
    with pytest.raises(NotYoursError):
        save("first", {}, as_actor=an_actor(an_account(a_member())))


def send(submission):
    return submit_answers(actor=applicant(submission), submission=submission)


def facts_of(submission):
    rows = db.session.scalars(
        select(AnswerFact)
        .where(AnswerFact.submission_id == submission.id)
        .order_by(AnswerFact.field, AnswerFact.position)
    )
    return [(row.field, row.position, row.key, row.text_value, row.number_value, row.truth_value) for row in rows]


def test_sending_writes_typed_facts(submission, save):
    save(
        "first",
        {
            "needs": ["budgeting", "payroll"],
            "needs.years.payroll": ["3"],
            "needs.years.budgeting": ["1.5"],
            "why": ["New"],
        },
    )
    save("second", {"name": ["Alex"], "promise": ["yes"]})

    assert send(submission) == []

    assert submission.state is SubmissionState.SUBMITTED
    assert facts_of(submission) == [
        ("name", 0, None, "Alex", None, None),
        ("needs", 0, "payroll", "payroll", Decimal(3), None),
        ("needs", 1, "budgeting", "budgeting", Decimal("1.5"), None),
        ("why", 0, None, "New", None, None),
    ]


def test_sending_incomplete_answers_changes_nothing(submission, save):
    save("first", FIRST)

    problems = send(submission)

    assert [one.input for one in problems] == ["name"]
    assert submission.state is SubmissionState.DRAFT
    assert facts_of(submission) == []


def test_promise_is_asked_of_whom_it_concerns_and_checked_on_sending(submission, save):
    save("first", FIRST)
    save("second", {"name": ["Alex"]})
    a_membership(db.session.scalar(select(Member).where(Member.id == submission.member_id)), type="retiree")

    assert [one.question for one in send(submission)] == ["promise"]


def test_sending_twice_is_refused(submission, save):
    save("first", FIRST)
    save("second", {"name": ["Alex"]})
    send(submission)

    with pytest.raises(ConflictError):
        send(submission)
    with pytest.raises(ConflictError):
        save("second", {"name": ["Robin"]})


def test_sending_again_after_a_return_replaces_the_facts(submission, save):
    save("first", FIRST)
    save("second", {"name": ["Alex"]})
    send(submission)
    submission.state = SubmissionState.DRAFT

    save("first", {"needs": ["budgeting"], "needs.years.budgeting": ["2"]})
    send(submission)

    assert [(field, key) for field, _, key, *_ in facts_of(submission)] == [("name", None), ("needs", "budgeting")]


def test_strangers_cannot_send_and_the_program_itself_can(submission, save):
    save("first", FIRST)
    save("second", {"name": ["Alex"]})

    with pytest.raises(NotYoursError):
        submit_answers(actor=an_actor(an_account(a_member())), submission=submission)
    assert submit_answers(actor=SYSTEM, submission=submission) == []


def test_sent_answers_are_shown_with_labels_of_ended_terms(submission, save):
    save("first", FIRST)
    save("second", {"name": ["Alex"]})
    send(submission)
    term = db.session.scalar(select(VocabularyTerm).where(VocabularyTerm.key == "payroll"))
    term.valid_to = program_today() - timedelta(days=1)
    db.session.flush()

    shown = {one.id: one.lines for section in shown_submission(submission) for one in section.answers}

    assert shown == {"needs": ["Payroll, 3 years"], "why": ["New"], "name": ["Alex"]}
    assert [choice.key for choice in form_model(submission.form_revision).section("first").questions[0].choices] == [
        "budgeting"
    ]


def test_term_that_begins_later_is_not_offered_yet(submission):
    a_term("discipline", "robotics", valid_from=program_today() + timedelta(days=1))
    a_term("discipline", "today", valid_from=program_today(), valid_to=program_today(), position=5)
    a_term("region", "north", valid_from=date(2000, 1, 1))

    needs = form_model(submission.form_revision).section("first").questions[0]

    assert [choice.key for choice in needs.choices] == ["payroll", "budgeting", "today"]
