"""How long things are kept: what the configuration says, what is over its time today, and erasing it for good.

Six kinds, each only where a period is configured: without one nothing of its kind is ever erased. What is still under way is
never touched, however old: a running mentorship with its letters, an application in somebody's hands, a sign-in that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, text, update

from tandem.access.actor import SYSTEM
from tandem.applications.models import Application, ApplicationStatus
from tandem.applications.queries import IN_HAND
from tandem.audit.models import AuditEntry
from tandem.audit.services import record
from tandem.clocks import program_now, system_now
from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.identity.models import SignInSession, Token
from tandem.jobs.services import enqueue
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import (
    Concern,
    FollowUp,
    Goal,
    Hours,
    JournalEntry,
    MeetingPlan,
    Mentorship,
    MentorshipState,
    Message,
    ReassignmentRequest,
)
from tandem.notices.models import Delivery, DeliveryState, Notice
from tandem.programs.models import Program
from tandem.programs.queries import all_programs, association_document, current_revision
from tandem.programs.schemas.base import days
from tandem.tenancy.scope import current_association_id
from tandem.web.formatting import say_number

#: Things of one kind that one job erases; what is left is the next job's.
BATCH = 500

#: How the audit trail calls it.
ERASED = "retention.erased"

#: Kind → what it is called.
KINDS = {
    "private_texts": _l("Private texts of ended mentorships"),
    "declined_applications": _l("Applications not approved or withdrawn"),
    "drafts": _l("Drafts of applications"),
    "sign_ins": _l("Sign-in records"),
    "letters": _l("Letters"),
    "audit": _l("Audit trail"),
}
#: Kinds that each program sets for itself; the others are the association's.
OF_PROGRAMS = ("private_texts", "declined_applications", "drafts")
OF_THE_HOUSE = ("sign_ins", "letters", "audit")

#: Letters in these states are still to be delivered, or wait for a person to look.
_UNDELIVERED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Period:
    """How long things of ``kind`` are kept, in days; ``None`` for good. ``program`` is empty for the association's own."""

    kind: str
    program: Program | None
    days: int | None

    @property
    def title(self) -> str:
        """What the kind is called."""
        return str(KINDS[self.kind])


@dataclass(frozen=True, slots=True)
class Due:
    """What is over its time: how many things of a period's kind, and the moment before which they lie."""

    period: Period
    count: int
    before: datetime


def periods() -> list[Period]:
    """Every period of the open association, as configured now (live, not pinned)."""
    found = [
        Period(kind, program, (current_revision(program).resolved.get("retention") or {}).get(f"{kind}_days"))
        for program in all_programs()
        if program.current_number
        for kind in OF_PROGRAMS
    ]
    house = association_document()["retention"]
    return found + [Period(kind, None, days(house[kind]) if house.get(kind) else None) for kind in OF_THE_HOUSE]


def due_now() -> list[Due]:
    """What would be erased today; changes nothing. One statement for each period that is configured."""
    return [
        Due(period, db.session.scalar(_counting(period)) or 0, _before(period))
        for period in periods()
        if period.days is not None
    ]


def erase_due(*, batch: int = BATCH, follow_up: bool = True) -> list[tuple[Period, int]]:
    """Erase what is over its time, at most ``batch`` things of each kind; with ``follow_up`` the rest by a job right after.

    Returns how many of each period were erased. Side effects: one audit entry for each, with its number and nothing else.
    """
    done = []
    more = False
    for period in periods():
        if period.days is None:
            continue
        count = _ERASERS[period.kind](period, batch)
        if not count:
            continue
        done.append((period, count))
        more = more or count >= batch
        record(
            actor=SYSTEM, action=ERASED, object_kind="program" if period.program else "association",
            object_id=period.program.id if period.program else current_association_id(),
            program_id=period.program.id if period.program else None,
            changes={period.kind: [count, 0]},
        )  # fmt: skip
    if more and follow_up:
        enqueue(kind="privacy.erase", arguments={})
    return done


def last_erased() -> list[tuple[AuditEntry, str]]:
    """The newest entries about what was erased, with their numbers in words."""
    entries = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == ERASED)
        .order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc())
        .limit(5)
    ).all()
    return [
        (
            entry,
            ", ".join(f"{KINDS[kind]}: {say_number(pair[0])}" for kind, pair in entry.changes.items() if kind in KINDS),
        )
        for entry in entries
    ]


def _before(period: Period) -> datetime:
    # Sign-ins live on the system's clock, everything else on the program's.
    now = system_now() if period.kind == "sign_ins" else program_now()
    return now - timedelta(days=period.days or 0)


def _due(period: Period) -> Select[Any]:
    """The ids of what is over its time."""
    return _SELECTS[period.kind](period)


def _counting(period: Period) -> Select[Any]:
    return select(func.count()).select_from(_due(period).subquery())


#: Texts that only the people of a mentorship read, or few of the staff: table by table.
_TEXTS = (JournalEntry, Message, Goal, FollowUp, MeetingPlan)


def _private_texts(period: Period) -> Select[Any]:
    def holds(model: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(
            model.association_id == Mentorship.association_id, model.mentorship_id == Mentorship.id, *conditions
        )

    return select(Mentorship.id).where(
        Mentorship.program_id == _program_id(period),
        Mentorship.state == MentorshipState.ENDED,
        Mentorship.ended_at < _before(period),
        # A concern without its answer is not over.
        ~holds(Concern, Concern.answered_at.is_(None)),
        or_(
            *(holds(model) for model in (*_TEXTS, Concern, ReassignmentRequest)),
            holds(Hours, Hours.about.is_not(None)),
            Mentorship.end_note.is_not(None),
        ),
    )


def _erase_private_texts(period: Period, batch: int) -> int:
    ids = _locked(_private_texts(period), Mentorship, batch)
    for model in (*_TEXTS, Concern, ReassignmentRequest):
        db.session.execute(delete(model).where(model.mentorship_id.in_(ids)))
    db.session.execute(update(Hours).where(Hours.mentorship_id.in_(ids)).values(about=None))
    db.session.execute(update(Mentorship).where(Mentorship.id.in_(ids)).values(end_note=None))
    return len(ids)


def _over(period: Period, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Applications that led nowhere: none with a place in a pool."""
    return select(Application.id).where(
        Application.program_id == _program_id(period),
        ~exists().where(
            PoolEntry.association_id == Application.association_id, PoolEntry.application_id == Application.id
        ),
        *conditions,
    )


def _declined(period: Period) -> Select[Any]:
    return _over(
        period,
        Application.status.in_((ApplicationStatus.DECLINED, ApplicationStatus.WITHDRAWN)),
        Application.status_since < _before(period),
    )


def _drafts(period: Period) -> Select[Any]:
    saved = select(Submission.saved_at).where(
        Submission.association_id == Application.association_id, Submission.id == Application.submission_id
    )
    return _over(period, Application.status == ApplicationStatus.DRAFT, saved.scalar_subquery() < _before(period))


def _erase_applications(period: Period, batch: int) -> int:
    return erase_applications(_locked(_due(period), Application, batch))


def erase_applications(ids: Sequence[UUID]) -> int:
    """Erase applications with their answers, verdicts, notes and decisions. The caller knows that nothing hangs on them."""
    submissions = db.session.scalars(select(Application.submission_id).where(Application.id.in_(ids))).all()
    db.session.execute(delete(Application).where(Application.id.in_(ids)))
    db.session.execute(delete(Submission).where(Submission.id.in_(submissions)))
    return len(ids)


def _sign_ins(period: Period) -> Select[Any]:
    before = _before(period)
    return select(SignInSession.id).where(
        or_(SignInSession.ended_at < before, and_(SignInSession.ended_at.is_(None), SignInSession.expires_at < before))
    )


def _erase_sign_ins(period: Period, batch: int) -> int:
    ids = _locked(_sign_ins(period), SignInSession, batch)
    db.session.execute(delete(SignInSession).where(SignInSession.id.in_(ids)))
    spent = db.session.scalars(select(Token.id).where(Token.expires_at < _before(period)).limit(batch)).all()
    db.session.execute(delete(Token).where(Token.id.in_(spent)))
    return len(ids)


def _letters(period: Period) -> Select[Any]:
    before = _before(period)
    running = exists().where(
        Mentorship.association_id == Notice.association_id,
        Mentorship.id == Notice.about_id,
        or_(Mentorship.state != MentorshipState.ENDED, Mentorship.ended_at >= before),
    )
    in_hand = exists().where(
        Application.association_id == Notice.association_id,
        Application.id == Notice.about_id,
        or_(Application.status.in_(IN_HAND), Application.status_since >= before),
    )
    return select(Notice.id).where(
        Notice.created_at < before,
        ~exists().where(
            Delivery.association_id == Notice.association_id,
            Delivery.notice_id == Notice.id,
            Delivery.state.in_(_UNDELIVERED),
        ),
        # What a letter is about has to be over as well: a letter that is gone might be written anew.
        ~and_(Notice.about_kind == "mentorship", Notice.about_id.is_not(None), running),
        ~and_(Notice.about_kind == "application", Notice.about_id.is_not(None), in_hand),
    )


def _erase_letters(period: Period, batch: int) -> int:
    ids = _locked(_letters(period), Notice, batch)
    db.session.execute(delete(Notice).where(Notice.id.in_(ids)))
    return len(ids)


def _audit(period: Period) -> Select[Any]:
    return select(AuditEntry.id).where(AuditEntry.happened_at < _before(period))


def _erase_audit(period: Period, batch: int) -> int:
    # The application may only add to the trail: what is years old goes through a function that does this one thing.
    erased = db.session.scalar(text("SELECT audit_erase(:before, :most)"), {"before": _before(period), "most": batch})
    return int(erased or 0)


def _locked(statement: Select[Any], model: Any, batch: int) -> Sequence[UUID]:
    """At most ``batch`` of the rows, locked; those that somebody else holds are left for another day."""
    return db.session.scalars(
        statement.order_by(model.id).limit(batch).with_for_update(of=model, skip_locked=True)
    ).all()


def _program_id(period: Period) -> UUID:
    if period.program is None:
        raise ValueError(f"{period.kind} belongs to a program.")
    return period.program.id


_SELECTS: dict[str, Callable[[Period], Select[Any]]] = {
    "private_texts": _private_texts, "declined_applications": _declined, "drafts": _drafts, "sign_ins": _sign_ins,
    "letters": _letters, "audit": _audit,
}  # fmt: skip
_ERASERS: dict[str, Callable[[Period, int], int]] = {
    "private_texts": _erase_private_texts, "declined_applications": _erase_applications, "drafts": _erase_applications,
    "sign_ins": _erase_sign_ins, "letters": _erase_letters, "audit": _erase_audit,
}  # fmt: skip
