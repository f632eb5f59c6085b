"""Whose data the letters are shown with."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.members import members_where
from tandem.access.programs import programs_where
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.letters.samples import READ
from tandem.mentorships.models import Mentorship, Participant
from tandem.programs.models import Program


def member_to_show(*, actor: Actor, member_id: UUID | None) -> Member | None:
    """The member whom ``actor`` chose; else one in the newest mentorship, else anybody they may see; ``None`` where there is nobody.

    Raises ``NotYoursError`` for one whom they may not see.
    """
    seen = select(Member).where(members_where(actor, READ), Member.state == MemberState.ACTIVE)
    if member_id is not None:
        member = db.session.scalar(seen.where(Member.id == member_id))
        if member is None:
            raise NotYoursError
        return member
    paired = db.session.scalar(
        seen.join(
            Participant, (Participant.association_id == Member.association_id) & (Participant.member_id == Member.id)
        )
        .join(
            Mentorship,
            (Mentorship.association_id == Participant.association_id) & (Mentorship.id == Participant.mentorship_id),
        )
        .join(Program, (Program.association_id == Mentorship.association_id) & (Program.id == Mentorship.program_id))
        .where(programs_where(actor, READ))
        .order_by(Mentorship.started_at.desc(), Mentorship.id, Participant.side, Participant.id)
        .limit(1)
    )
    return paired or db.session.scalar(seen.order_by(Member.name_key, Member.id).limit(1))
