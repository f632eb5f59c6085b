"""Reads for acting on behalf: whether it is open, and what can be done within the reader's programs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.members import members_where
from tandem.access.programs import programs_where
from tandem.applications.models import Application, ApplicationStatus
from tandem.behalf.models import Acting
from tandem.clocks import system_now
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.matching.models import PoolEntry, PoolState
from tandem.mentorships.models import Mentorship, MentorshipState, Participant
from tandem.programs.models import Program, ProgramState

#: The permission that it takes, in the program that something is done in.
ACT = "members.act"


def may_act_for(actor: Actor, member_id: UUID) -> bool:
    """Whether ``actor`` may act for an active member who is not themselves."""
    if actor.account_id is None or actor.member_id == member_id or not actor.may(ACT):
        return False
    statement = select(Member.id).where(
        Member.id == member_id, Member.state == MemberState.ACTIVE, members_where(actor, ACT)
    )
    return db.session.scalar(statement) is not None


def open_for(actor: Actor, member_id: UUID) -> Acting | None:
    """The actor's open stretch for this member, if it has not run out."""
    return db.session.scalar(
        select(Acting).where(
            Acting.account_id == actor.account_id,
            Acting.member_id == member_id,
            Acting.ended_at.is_(None),
            Acting.until_at > system_now(),
        )
    )


def open_programs_of(actor: Actor) -> Sequence[Program]:
    """The open programs to which the actor may apply for somebody."""
    return db.session.scalars(
        select(Program).where(Program.state == ProgramState.OPEN, programs_where(actor, ACT)).order_by(Program.name)
    ).all()


def drafts_of(actor: Actor, member_id: UUID) -> Sequence[Application]:
    """Applications of the member that wait for them, in the actor's programs."""
    return db.session.scalars(
        select(Application)
        .join(Program, and_(Program.association_id == Application.association_id, Program.id == Application.program_id))
        .where(
            Application.member_id == member_id,
            Application.status.in_((ApplicationStatus.DRAFT, ApplicationStatus.RETURNED)),
            programs_where(actor, ACT),
        )
        .options(joinedload(Application.program))
        .order_by(Application.created_at, Application.id)
    ).all()


def mentorships_for(actor: Actor, member_id: UUID) -> Sequence[Mentorship]:
    """The member's mentorships that have not ended, in the actor's programs."""
    return db.session.scalars(
        select(Mentorship)
        .join(Program, and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id))
        .join(
            Participant,
            and_(Participant.association_id == Mentorship.association_id, Participant.mentorship_id == Mentorship.id),
        )
        .where(
            Participant.member_id == member_id,
            Participant.left_at.is_(None),
            Mentorship.state != MentorshipState.ENDED,
            programs_where(actor, ACT),
        )
        .options(joinedload(Mentorship.program), joinedload(Mentorship.program_revision))
        .order_by(Mentorship.started_at, Mentorship.id)
    ).all()


def entries_for(actor: Actor, member_id: UUID) -> Sequence[PoolEntry]:
    """The member's places in pools that can rest or come back, in the actor's programs."""
    return db.session.scalars(
        select(PoolEntry)
        .join(Program, and_(Program.association_id == PoolEntry.association_id, Program.id == PoolEntry.program_id))
        .where(
            PoolEntry.member_id == member_id,
            PoolEntry.state.in_((PoolState.OPEN, PoolState.PAUSED)),
            programs_where(actor, ACT),
        )
        .options(joinedload(PoolEntry.application).joinedload(Application.program))
        .order_by(PoolEntry.entered_at, PoolEntry.id)
    ).all()
