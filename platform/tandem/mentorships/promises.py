"""What a mentor promised on applying, shown again at the match with those whom it concerns (C7).

A question of the mentor's form says ``again_at_match: true``; the wording is that of the form the mentor answered. Whom it has come to
concern since (somebody who was on file and has retired meanwhile) is asked for the promise at the match.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.applications.models import Application
from tandem.audit.services import record
from tandem.directory.models import Member
from tandem.directory.queries import employers_of
from tandem.extensions import db
from tandem.forms.answers import load_answers
from tandem.forms.models import AnswerFact, Submission
from tandem.forms.queries import form_model, submission_facts
from tandem.mentorships.models import Mentorship, MentorshipState, Participant
from tandem.mentorships.queries import application_of
from tandem.web.formatting import say_list


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, word for word, and for each partner where they work at present. ``id`` is the question's, ``reason`` why it is asked."""

    id: str
    statement: str
    reason: str
    partners: tuple[tuple[str, tuple[str, ...]], ...]

    def sentences(self) -> list[str]:
        """Whom it concerns, in the reader's language."""
        return [
            _("%(person)s works for %(employers)s.", person=name, employers=say_list(employers))
            if employers
            else _("The directory does not say where %(person)s works; ask before you talk business.", person=name)
            for name, employers in self.partners
        ]


def promises_of(application: Application, partners: Sequence[Member]) -> list[Promise]:
    """The promises that were given with an application and are to be shown again at the match."""
    wanted = _wanted(application)
    given = _given(application, wanted)
    return _promises(application, [identifier for identifier in wanted if identifier in given], partners)


def owed_promises(application: Application, partners: Sequence[Member]) -> list[Promise]:
    """The promises that are asked of the applicant by what the directory says today, and were not given when they applied."""
    wanted = _wanted(application)
    open_now = wanted.keys() - _given(application, wanted) if wanted else set()
    if not open_now:
        return []
    submission = application.submission
    model = form_model(submission.form_revision, as_sent=True)
    asked = load_answers(model, submission.answers, submission_facts(submission), partial=True).visible
    return _promises(application, [identifier for identifier in asked if identifier in open_now], partners)


def give_promise(*, actor: Actor, mentorship: Mentorship, me: Participant, field: str, agreed: bool) -> None:
    """Give a promise that is owed, as the participant ``me``; it counts with the application from now on.

    Raises ``NotYoursError`` for one that is not owed or somebody else's, ``ConflictError`` where the mentorship has ended, and ``InvalidError`` at the
    question where the box is not ticked.
    """
    if me.member_id != actor.member_id or me.mentorship_id != mentorship.id:
        raise NotYoursError
    application = application_of(me)
    db.session.refresh(application.submission, with_for_update={"of": Submission}, attribute_names=["answers"])
    if field not in {promise.id for promise in owed_promises(application, [])}:
        raise NotYoursError
    if mentorship.state is MentorshipState.ENDED:
        raise ConflictError(_("This mentorship has ended. Nothing was changed."))
    if not agreed:
        raise InvalidError({field: _("Tick the box if you agree. If you cannot, write to staff.")})
    submission = application.submission
    submission.answers = {**submission.answers, field: ["yes"]}
    db.session.execute(delete(AnswerFact).where(AnswerFact.submission_id == submission.id, AnswerFact.field == field))
    db.session.add(
        AnswerFact(submission_id=submission.id, member_id=application.member_id, field=field, truth_value=True)
    )
    db.session.flush()
    record(
        actor=actor, action="promise.given", object_kind="application", object_id=application.id,
        program_id=application.program_id, visibility="committee", changes={"question": [None, field]},
    )  # fmt: skip


def _wanted(application: Application) -> dict[str, tuple[str, str]]:
    """The promises of the form that are to be shown at the match: question → its words, and why it is asked."""
    definition = application.submission.form_revision.definition
    return {
        question["id"]: (question.get("statement") or question["label"], question.get("hint") or question["label"])
        for section in definition.get("sections", ())
        for question in section.get("questions", ())
        if question.get("again_at_match")
    }


def _given(application: Application, wanted: Mapping[str, object]) -> set[str]:
    if not wanted:
        return set()
    return set(
        db.session.scalars(
            select(AnswerFact.field).where(
                AnswerFact.submission_id == application.submission_id,
                AnswerFact.field.in_(list(wanted)),
                AnswerFact.truth_value.is_(True),
            )
        )
    )


def _promises(application: Application, chosen: Sequence[str], partners: Sequence[Member]) -> list[Promise]:
    if not chosen:
        return []
    wanted = _wanted(application)
    employers = employers_of([member.id for member in partners])
    named = tuple((member.name, tuple(employers.get(member.id, ()))) for member in partners)
    return [Promise(identifier, *wanted[identifier], named) for identifier in chosen]


def in_a_letter(promises: Sequence[Promise]) -> str:
    """The promises as paragraphs of a letter; empty where there are none."""
    paragraphs = []
    for promise in promises:
        paragraphs += [f"“{promise.statement}”", " ".join(promise.sentences())]
    return "\n\n".join(paragraphs)
