"""Raising a concern with staff, in confidence: the partner never learns of it, and few of the staff may read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, and_, func, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_where
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.identity.queries import staff_accounts_for
from tandem.mentorships.models import Concern, Mentorship, Participant
from tandem.mentorships.work import own_participant, record_private
from tandem.notices.services import write_notice
from tandem.paging import PAGE, Page, newest_first
from tandem.programs.models import Program
from tandem.texts import required_text

READ = "concerns.read"

#: The longest concern or answer, in characters.
MAX_CONCERN = 5000


def raise_concern(*, actor: Actor, mentorship: Mentorship, body: str) -> Concern:
    """Tell staff in confidence what is wrong; also after the end. Those who may read it are told that there is something.

    Neither their letter nor the audit trail holds what was written. Raises ``InvalidError`` at ``body``.
    """
    me = own_participant(actor, mentorship)
    concern = Concern(
        mentorship_id=mentorship.id, participant_id=me.id, body=required_text(body, field="body", most=MAX_CONCERN)
    )
    db.session.add(concern)
    db.session.flush()
    record_private(actor, mentorship, "concern.raised")
    for account in staff_accounts_for(mentorship.program, READ):
        write_notice(
            template="concern-received",
            to_account_id=account.id,
            context={},
            program_id=mentorship.program_id,
            path=f"/staff/concerns/{concern.id}",
            dedupe_key=f"concern-received:{concern.id}:{account.id}",
        )
    return concern


def answer_concern(*, actor: Actor, concern: Concern, answer: str) -> None:
    """Answer it, or change the answer; the person is told that there is one, without its words.

    Raises ``InvalidError`` at ``answer``.
    """
    concern.answer = required_text(answer, field="answer", most=MAX_CONCERN)
    concern.answered_by = actor.account_id
    concern.answered_at = program_now()
    db.session.flush()
    record_private(actor, concern.mentorship, "concern.answered")
    write_notice(
        template="concern-answered",
        to_member_id=concern.participant.member_id,
        context={},
        program_id=concern.mentorship.program_id,
        path=f"/mentorships/{concern.mentorship_id}/concern",
        dedupe_key=f"concern-answered:{concern.id}:{concern.answered_at.isoformat()}",
    )


def own_concerns(me: Participant) -> Sequence[Concern]:
    """What ``me`` raised, the newest first."""
    return db.session.scalars(
        select(Concern).where(Concern.participant_id == me.id).order_by(Concern.created_at.desc(), Concern.id.desc())
    ).all()


def concerns_page(*, actor: Actor, waiting: bool = False, after: str | None = None, size: int = PAGE) -> Page[Concern]:
    """Concerns in the programs in which the actor may read them, the newest first; with ``waiting`` those without an answer."""
    statement = _readable(actor, waiting=waiting).options(
        joinedload(Concern.participant).joinedload(Participant.member),
        joinedload(Concern.mentorship).joinedload(Mentorship.program),
    )
    return newest_first(statement, Concern.created_at, Concern.id, after=after, size=size)


def concerns_waiting(actor: Actor) -> tuple[int, datetime | None]:
    """How many concerns that the actor may read have no answer, and since when the oldest waits; nothing of their text."""
    row = db.session.execute(
        _readable(actor, waiting=True).with_only_columns(func.count(), func.min(Concern.created_at))
    ).one()
    return row[0], row[1]


def waiting_count(actor: Actor) -> ScalarSelect[int]:
    """How many concerns that the actor may read have no answer, as part of a statement."""
    return _readable(actor, waiting=True).with_only_columns(func.count(Concern.id)).scalar_subquery()


def answered_by(concern: Concern) -> str:
    """The name of whoever answered last; nothing where nobody did."""
    if concern.answered_by is None:
        return ""
    return db.session.scalar(select(Account.name).where(Account.id == concern.answered_by)) or ""


def _readable(actor: Actor, *, waiting: bool) -> Select[Concern]:
    statement = (
        select(Concern)
        .join(
            Mentorship,
            and_(Mentorship.association_id == Concern.association_id, Mentorship.id == Concern.mentorship_id),
        )
        .join(Program, and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id))
        .where(programs_where(actor, READ))
    )
    return statement.where(Concern.answered_at.is_(None)) if waiting else statement


def concern_for(*, actor: Actor, concern_id: UUID) -> Concern:
    """One concern that the actor may read. Raises ``NotYoursError``."""
    found = db.session.scalar(
        select(Concern)
        .where(Concern.id == concern_id)
        .options(
            joinedload(Concern.participant).joinedload(Participant.member),
            joinedload(Concern.mentorship).joinedload(Mentorship.program),
        )
    )
    if found is None or not may_in(actor, READ, found.mentorship.program):
        raise NotYoursError
    return found
