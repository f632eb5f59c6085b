"""Searching across people, applications and mentorships, within what the searcher may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.applications.models import Application, ApplicationStatus
from tandem.directory.models import Member
from tandem.directory.queries import members_found
from tandem.extensions import db
from tandem.mentorships.models import Mentorship, Participant
from tandem.mentorships.queries import people_in
from tandem.programs.models import Program

#: Rows of each kind on the page, and people whose applications and mentorships are looked at.
SHOWN, LOOKED_AT = 10, 100


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, kind by kind; ``more`` says for which kinds there is more than shown."""

    people: Sequence[Member]
    applications: Sequence[Application]
    mentorships: Sequence[Mentorship]
    participants: Mapping[UUID, Sequence[Participant]]
    more: frozenset[str]

    @property
    def any(self) -> bool:
        """Whether anything was found."""
        return bool(self.people or self.applications or self.mentorships)


def search(*, actor: Actor, words: str) -> Found:
    """People found by name, number or address, with their applications and mentorships; at most four statements.

    Each kind is narrowed to the programs in which ``actor`` may read it; people are shown to those who may read the directory.
    """
    reads_people = actor.may("members.read")
    members = members_found(
        actor=actor,
        permission="members.read" if reads_people else "applications.read",
        search=words,
        size=LOOKED_AT,
    )
    # Nobody finds themselves among those they review.
    ids = [member.id for member in members if reads_people or member.id != actor.member_id]
    applications = _applications(actor, ids) if ids else []
    mentorships = _mentorships(actor, ids) if ids else []
    shown = mentorships[:SHOWN]
    lists: dict[str, Sequence[object]] = {
        "people": members if reads_people else [],
        "applications": applications,
        "mentorships": mentorships,
    }
    return Found(
        people=members[:SHOWN] if reads_people else [],
        applications=applications[:SHOWN],
        mentorships=shown,
        participants=people_in([row.id for row in shown]) if ids else {},
        more=frozenset(kind for kind, rows in lists.items() if len(rows) > SHOWN),
    )


def _applications(actor: Actor, member_ids: Sequence[UUID]) -> Sequence[Application]:
    return db.session.scalars(
        select(Application)
        .join(Program, and_(Program.association_id == Application.association_id, Program.id == Application.program_id))
        .where(
            Application.member_id.in_(member_ids),
            Application.member_id.is_distinct_from(actor.member_id),
            Application.status != ApplicationStatus.DRAFT,
            programs_where(actor, "applications.read"),
        )
        .options(joinedload(Application.member), joinedload(Application.program))
        .order_by(Application.status_since.desc(), Application.id)
        .limit(SHOWN + 1)
    ).all()


def _mentorships(actor: Actor, member_ids: Sequence[UUID]) -> Sequence[Mentorship]:
    takes_part = select(Participant.mentorship_id).where(Participant.member_id.in_(member_ids))
    return db.session.scalars(
        select(Mentorship)
        .join(Program, and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id))
        .where(Mentorship.id.in_(takes_part), programs_where(actor, "mentorships.read"))
        .options(joinedload(Mentorship.program))
        .order_by(Mentorship.started_at.desc(), Mentorship.id)
        .limit(SHOWN + 1)
    ).all()
