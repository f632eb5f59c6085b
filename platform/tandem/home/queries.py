"""What the home pages count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.applications.models import Application, Role
from tandem.applications.queries import mine_since, queue_counts
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.matching.models import AskState, MatchRun, MentorAsk, PoolEntry, PoolState, RunState
from tandem.mentorships.concerns import READ, concerns_waiting
from tandem.mentorships.models import Mentorship, MentorshipState, ReassignmentRequest, RequestState
from tandem.mentorships.queries import QUEUES, queue_where
from tandem.notices.models import AddressMark, Delivery
from tandem.notices.queries import troubled
from tandem.privacy.queries import corrections_waiting
from tandem.programs.models import Program


def own_entries(member_id: UUID) -> Sequence[PoolEntry]:
    """A member's places in pools, except those they left or that a match filled for good, with the revision each pinned."""
    return db.session.scalars(
        select(PoolEntry)
        .where(PoolEntry.member_id == member_id, PoolEntry.state.in_((PoolState.OPEN, PoolState.PAUSED)))
        .options(
            joinedload(PoolEntry.application).options(
                joinedload(Application.program), joinedload(Application.program_revision)
            )
        )
        .order_by(PoolEntry.entered_at)
    ).all()


def open_asks(member_id: UUID) -> Sequence[MentorAsk]:
    """The mentees whom a member is asked to take and who wait for the answer, the most urgent first."""
    return db.session.scalars(
        select(MentorAsk)
        .join(
            PoolEntry,
            and_(PoolEntry.association_id == MentorAsk.association_id, PoolEntry.id == MentorAsk.mentor_entry_id),
        )
        .where(PoolEntry.member_id == member_id, MentorAsk.state == AskState.ASKED, MentorAsk.due_at > program_now())
        .options(joinedload(MentorAsk.mentee_entry).joinedload(PoolEntry.member), joinedload(MentorAsk.program))
        .order_by(MentorAsk.due_at, MentorAsk.id)
    ).all()


@dataclass(slots=True)
class Queues:
    """What waits in the programs of one staff member: numbers with the age of the oldest."""

    applications: dict[str, int] = field(default_factory=dict)
    lapsed: int = 0
    silent: int = 0
    waiting_since: datetime | None = None
    requests: int = 0
    requests_since: datetime | None = None
    runs: list[tuple[UUID, str, int]] = field(default_factory=list)
    doubtful: int = 0
    concerns: int = 0
    concerns_since: datetime | None = None
    corrections: int = 0
    corrections_since: datetime | None = None
    marked: int = 0
    mentorships: dict[str, int] = field(default_factory=dict)
    pool: dict[tuple[str, str, UUID], int] = field(default_factory=dict)


def staff_queues(actor: Actor) -> Queues:
    """All queues of the actor's programs; a constant number of statements."""
    queues = Queues()
    if actor.may("applications.decide"):
        queues.applications = queue_counts(actor)
        queues.waiting_since = mine_since(actor)
    if actor.may("mentorships.read"):
        _fill_mentorships(queues, actor)
    if actor.may("matching.run"):
        _fill_matching(queues, actor)
    if actor.may(READ):
        queues.concerns, queues.concerns_since = concerns_waiting(actor)
    if actor.may_everywhere("members.write"):
        queues.corrections, queues.corrections_since = corrections_waiting()
    if actor.may_everywhere("notices.read"):
        doubtful = select(func.count()).select_from(Delivery).where(troubled()).scalar_subquery()
        marked = select(func.count()).select_from(AddressMark).where(AddressMark.cleared_at.is_(None)).scalar_subquery()
        queues.doubtful, queues.marked = db.session.execute(select(doubtful, marked)).one()
    return queues


def _fill_mentorships(queues: Queues, actor: Actor) -> None:
    row = db.session.execute(
        # Two in one mentorship may have asked: it is one row of the list.
        select(func.count(Mentorship.id.distinct()), func.min(ReassignmentRequest.created_at))
        .join(
            Mentorship,
            and_(
                Mentorship.association_id == ReassignmentRequest.association_id,
                Mentorship.id == ReassignmentRequest.mentorship_id,
            ),
        )
        .join(
            Program,
            and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id),
        )
        .where(ReassignmentRequest.state == RequestState.OPEN, programs_where(actor, "mentorships.read"))
    ).one()
    queues.requests, queues.requests_since = row[0], row[1]
    troubled = db.session.execute(
        select(*[func.count().filter(and_(*queue_where(queue))) for queue in QUEUES])
        .select_from(Mentorship)
        .join(
            Program,
            and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id),
        )
        .where(Mentorship.state != MentorshipState.ENDED, programs_where(actor, "mentorships.read"))
    ).one()
    queues.lapsed, queues.silent = troubled[0], troubled[1]
    queues.mentorships = {
        MentorshipState(state).value: count
        for state, count in db.session.execute(
            select(Mentorship.state, func.count())
            .join(
                Program,
                and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id),
            )
            .where(programs_where(actor, "mentorships.read"))
            .group_by(Mentorship.state)
        )
    }


def _fill_matching(queues: Queues, actor: Actor) -> None:
    queues.runs = [
        (run_id, name, left)
        for run_id, name, left in db.session.execute(
            select(MatchRun.id, Program.name, MatchRun.left_over)
            .join(Program, and_(Program.association_id == MatchRun.association_id, Program.id == MatchRun.program_id))
            .where(MatchRun.state == RunState.PROPOSED, programs_where(actor, "matching.run"))
            .order_by(MatchRun.created_at)
        )
    ]
    queues.pool = {
        (name, Role(role).value, program_id): count
        for name, role, program_id, count in db.session.execute(
            select(Program.name, PoolEntry.role, Program.id, func.count())
            .join(
                Program,
                and_(Program.association_id == PoolEntry.association_id, Program.id == PoolEntry.program_id),
            )
            .where(PoolEntry.state == PoolState.OPEN, programs_where(actor, "pools.manage"))
            .group_by(Program.name, PoolEntry.role, Program.id)
            .order_by(Program.name, Program.id, PoolEntry.role)
        )
    }
