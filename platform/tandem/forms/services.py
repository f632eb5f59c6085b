"""Saving drafts as they are typed, and taking answers in for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.forms.answers import (
    FieldProblem,
    answer_facts,
    clean,
    inputs_of,
    load_answers,
    visible_questions,
)
from tandem.forms.definition import Section
from tandem.forms.errors import DraftConflictError
from tandem.forms.models import AnswerFact, Submission, SubmissionState
from tandem.forms.queries import form_model, submission_facts

#: The most that all answers of one submission may hold together, in characters.
MAX_TOTAL = 1_000_000


def save_draft(
    *,
    actor: Actor,
    submission: Submission,
    section: str,
    raw: Mapping[str, Any],
    expected_version: int,
    partial: bool = False,
) -> list[FieldProblem]:
    """Keep what was typed in one section, complete or not, and return what still has to be mended there.

    ``raw`` is the posted form (a mapping of names to lists, or a ``MultiDict``); inputs that are not of this section's
    questions are left aside. What was typed for questions that are hidden now is kept. Saving the same again changes nothing. With ``partial`` answers may still be missing: only what is filled in
    wrongly is returned.

    Raises ``DraftConflictError`` if the draft was saved elsewhere since ``expected_version``, ``NotYoursError`` for somebody
    else's draft or an unknown section, ``ConflictError`` once it was sent, ``InvalidError`` if it grows beyond all measure.
    """
    _lock(actor, submission)
    model = form_model(submission.form_revision)
    try:
        part = model.section(section)
    except LookupError as error:
        raise NotYoursError from error
    facts = submission_facts(submission)
    before = {asked.id for asked in visible_questions(model, submission.answers, facts)}
    typed, unclean = _typed(part, raw)
    stored = {name: list(values) for name, values in submission.answers.items()}
    answers = _replaced(part, stored, typed, before)
    if answers != stored:
        if submission.version != expected_version:
            raise _conflict(part, stored, typed, submission.version)
        if sum(len(name) + sum(map(len, values)) for name, values in answers.items()) > MAX_TOTAL:
            raise InvalidError({"form": _("Your answers are too long to be stored together. Shorten the longest.")})
        submission.answers = answers
        submission.version += 1
        submission.saved_at = program_now()
        db.session.flush()
    problems = load_answers(model, answers, facts, section=section, partial=partial).problems
    told = {problem.question for problem in unclean}
    return unclean + [
        FieldProblem(one.question, one.input, one.message, revealed=one.question not in before)
        for one in problems
        if one.question not in told
    ]


def submit_answers(*, actor: Actor, submission: Submission) -> list[FieldProblem]:
    """Take a draft's answers in: check the whole form and write the typed facts that rules and matching read.

    Returns what has to be mended, and then changes nothing. Facts of an earlier sending are replaced. Raises
    ``NotYoursError`` for somebody else's draft and ``ConflictError`` if it was sent already.
    """
    _lock(actor, submission)
    model = form_model(submission.form_revision)
    loaded = load_answers(model, submission.answers, submission_facts(submission))
    if loaded.problems:
        return loaded.problems
    db.session.execute(delete(AnswerFact).where(AnswerFact.submission_id == submission.id))
    counted: dict[str, int] = {}
    for fact in answer_facts(model, loaded.values):
        position = counted.setdefault(fact.field, 0)
        counted[fact.field] += 1
        db.session.add(
            AnswerFact(
                submission_id=submission.id, member_id=submission.member_id, field=fact.field, position=position,
                key=fact.key, text_value=fact.text_value, number_value=fact.number_value, date_value=fact.date_value,
                truth_value=fact.truth_value,
            )
        )  # fmt: skip
    submission.state = SubmissionState.SUBMITTED
    submission.submitted_at = program_now()
    submission.version += 1
    db.session.flush()
    return []


def _lock(actor: Actor, submission: Submission) -> None:
    # The program itself (no account) may act for a member: it plays the demonstration's season.
    if actor.account_id is not None and actor.member_id != submission.member_id:
        raise NotYoursError
    db.session.flush()
    db.session.refresh(submission, with_for_update={"of": Submission}, attribute_names=["version", "answers", "state"])
    if submission.state is not SubmissionState.DRAFT:
        raise ConflictError(_("These answers have been sent and can no longer be changed. Reload the page."))


def _typed(section: Section, raw: Mapping[str, Any]) -> tuple[dict[str, list[str]], list[FieldProblem]]:
    """The inputs of the section's questions, cleaned, and the questions at which something had to be taken out."""
    sent: Mapping[str, Any] = raw.to_dict(flat=False) if hasattr(raw, "to_dict") else raw
    lists = {name: [values] if isinstance(values, str) else list(values) for name, values in sent.items()}
    typed: dict[str, list[str]] = {}
    problems: list[FieldProblem] = []
    for asked in section.questions:
        if asked.type.takes_files:
            continue  # What files there are is written by the room that keeps them, never by what a browser sends.
        for part, values in inputs_of(lists, asked.id).items():
            name = f"{asked.id}.{part}" if part else asked.id
            kept, problem = clean(values)
            if problem is not None:
                problems.append(FieldProblem(asked.id, name, problem))
            if any(kept):
                typed[name] = kept
    return typed, problems


def _replaced(
    section: Section, stored: Mapping[str, list[str]], typed: Mapping[str, list[str]], before: set[str]
) -> dict[str, list[str]]:
    """The stored answers with those of the section's questions replaced that were on the page.

    A box that is not ticked sends nothing, so the questions that were visible count as answered whether they sent or not;
    others only if they sent something.
    """
    sent = {name.partition(".")[0] for name in typed}
    on_page = {asked.id for asked in section.questions if asked.id in before and not asked.type.takes_files} | sent
    kept = {name: values for name, values in stored.items() if name.partition(".")[0] not in on_page}
    return {**kept, **typed}


def _conflict(
    section: Section, stored: Mapping[str, list[str]], typed: Mapping[str, list[str]], version: int
) -> DraftConflictError:
    differing = [asked.id for asked in section.questions if inputs_of(stored, asked.id) != inputs_of(typed, asked.id)]
    return DraftConflictError(
        _(
            "These answers were saved in another window since you opened this page. Nothing of either is lost: "
            "compare them below, then save the ones you want to keep."
        ),
        stored=stored,
        typed=typed,
        version=version,
        differing=differing,
    )


__all__ = [
    "DraftConflictError", "FieldProblem", "save_draft", "submit_answers",
]  # fmt: skip
