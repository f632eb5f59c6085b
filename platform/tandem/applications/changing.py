"""Changing an application that was sent: taken back to be changed, sent again, and what reviewers see of it.

Until the first reviewer has done something about it, or until the decision, or never: ``review.change_until`` of the program says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import exists, or_, select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError
from tandem.applications.files import evidence_now, only_these
from tandem.applications.models import (
    Application,
    ApplicationStatus,
    Decision,
    Review,
    Sending,
    Vote,
    Waiver,
)
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.eligibility.services import requirements_of
from tandem.extensions import db
from tandem.forms.answers import load_answers, show_answers
from tandem.forms.models import SubmissionState
from tandem.forms.queries import form_model, submission_facts
from tandem.wording import Labels, in_words

#: So many of the latest sendings are compared.
SHOWN = 5


def why_not_changed(application: Application) -> str:
    """Why an application that was sent cannot be changed by its applicant, and what helps; empty where it can."""
    until = (application.program_revision.resolved.get("review") or {}).get("change_until", "review")
    if application.status is not ApplicationStatus.SUBMITTED:
        return _("This application no longer waits for a decision, so it cannot be changed.")
    if until == "never":
        return _(
            "In this program an application is not changed once it is sent. If something is wrong, write to staff; or "
            "withdraw it and apply again."
        )
    if until == "review" and review_begun(application):
        return _(
            "A reviewer has begun to work on it, so it can no longer be changed. If something is wrong, write to staff; or "
            "withdraw it and apply again."
        )
    return ""


def review_begun(application: Application) -> bool:
    """Whether a reviewer has done anything about it: voted, noted, set a rule aside, asked. One statement."""
    return bool(
        db.session.scalar(
            select(
                or_(
                    *(exists().where(table.application_id == application.id) for table in (Vote, Review, Waiver, Decision))
                )
            )
        )
    )  # fmt: skip


def take_back_to_change(*, actor: Actor, application: Application) -> None:
    """Open an application that was sent for its applicant to change, with all answers. Reviewers see that it is being changed.

    Raises ``ConflictError`` with the reason where it can no longer be changed. Doing it twice changes nothing.
    """
    lock_application(application)
    if application.changing:
        return
    reason = why_not_changed(application)
    if reason:
        raise ConflictError(reason)
    if application.status_since not in {one.sent_at for one in sendings_of(application.id)}:
        keep_sending(application)  # It was sent before sendings were kept.
    application.status = ApplicationStatus.RETURNED
    application.status_since = program_now()
    application.submission.state = SubmissionState.DRAFT
    db.session.flush()
    _record(actor, application, "application.changing")


def leave_as_sent(*, actor: Actor, application: Application) -> None:
    """Give an application back to the reviewers as it was sent, in its old place; what was changed meanwhile is dropped.

    Raises ``ConflictError`` where it is not being changed.
    """
    lock_application(application)
    if not application.changing:
        raise ConflictError(_("This application is not being changed at present. Nothing was done."))
    last = sendings_of(application.id)[-1]
    submission = application.submission
    submission.answers = last.answers
    submission.state = SubmissionState.SUBMITTED
    submission.version += 1
    only_these(application, _file_ids(application, last))
    application.status = ApplicationStatus.SUBMITTED
    application.status_since = last.sent_at
    db.session.flush()
    _record(actor, application, "application.left-as-sent")


def lock_application(application: Application) -> None:
    """Lock an application and read again what others may have changed of it and of its answers."""
    db.session.refresh(
        application, with_for_update={"of": Application}, attribute_names=["status", "status_since", "question"]
    )
    db.session.refresh(application.submission, attribute_names=["version", "answers", "state"])


def keep_sending(application: Application) -> None:
    """Keep the application as it was sent just now."""
    db.session.add(
        Sending(
            application_id=application.id, sent_at=application.status_since,
            answers=dict(application.submission.answers), evidence=evidence_now(application.id),
        )
    )  # fmt: skip
    db.session.flush()


def sendings_of(application_id: UUID) -> Sequence[Sending]:
    """Every sending of an application, the first one first."""
    return db.session.scalars(
        select(Sending).where(Sending.application_id == application_id).order_by(Sending.sent_at, Sending.id)
    ).all()


def is_as_sent(application: Application) -> bool:
    """Whether the application is, in answers and files, as it was last sent."""
    sent = sendings_of(application.id)
    return bool(sent) and (sent[-1].answers, sent[-1].evidence) == (
        dict(application.submission.answers), evidence_now(application.id),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One question or requirement that was answered otherwise: its words, the lines before and the lines now."""

    label: str
    before: Sequence[str]
    now: Sequence[str]


@dataclass(frozen=True, slots=True)
class ChangedSending:
    """What was changed when an application was sent again."""

    sent_at: datetime
    changes: Sequence[Change]


def changes_of(application: Application, labels: Labels) -> list[ChangedSending]:
    """What changed from one sending to the next, the latest first; nothing for an application that was sent once."""
    sent = list(sendings_of(application.id))[-SHOWN:]
    if len(sent) < 2:
        return []
    model = form_model(application.submission.form_revision, as_sent=True)
    facts = submission_facts(application.submission)
    role = application.program_revision.resolved["roles"][application.role.value]
    rules = {requirement.id: in_words(requirement.message, labels) for requirement in requirements_of(role)}
    told: list[dict[str, tuple[str, list[str]]]] = []
    for one in sent:
        shown = show_answers(model, load_answers(model, one.answers, facts, partial=True), labels)
        lines = {answer.id: (answer.label, list(answer.lines)) for section in shown for answer in section.answers}
        lines |= {
            f"rule {rule}": (rules.get(rule, rule), [raw.partition(" ")[2] for raw in files])
            for rule, files in one.evidence.items()
        }
        told.append(lines)
    return [
        ChangedSending(sent[place].sent_at, _compared(told[place - 1], told[place]))
        for place in range(len(sent) - 1, 0, -1)
    ]


def _compared(before: Mapping[str, tuple[str, list[str]]], now: Mapping[str, tuple[str, list[str]]]) -> list[Change]:
    nothing: tuple[str, list[str]] = ("", [])
    return [
        Change((now.get(key) or before[key])[0], before.get(key, nothing)[1], now.get(key, nothing)[1])
        for key in dict.fromkeys([*now, *before])
        if before.get(key, nothing)[1] != now.get(key, nothing)[1]
    ]


def _file_ids(application: Application, sending: Sending) -> set[UUID]:
    questions = [
        asked.id for asked in form_model(application.submission.form_revision).questions() if asked.type.takes_files
    ]
    raw: list[Any] = [value for question in questions for value in sending.answers.get(question, ())]
    raw += [value for files in sending.evidence.values() for value in files]
    return {UUID(value.partition(" ")[0]) for value in raw}


def _record(actor: Actor, application: Application, action: str) -> None:
    record(
        actor=actor, action=action, object_kind="application", object_id=application.id,
        program_id=application.program_id, visibility="committee",
    )  # fmt: skip
