"""Pools, match runs, proposals and locks."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tandem.applications.models import Application, Role
from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.programs.models import Cohort, Program
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class PoolState(StrEnum):
    """``open`` entries take part in matching; a match took the last place of ``matched`` ones; ``left`` is final."""

    OPEN = "open"
    PAUSED = "paused"
    MATCHED = "matched"
    LEFT = "left"


class PoolEntry(TenantBase):
    """An approved application's place in the pool, apart from the application's own status.

    ``places`` is how many partners this entry can have at once; ``priority`` ranks those who come back from a reassignment;
    ``paused_until`` is the day on which a paused one is back, ``None`` where it is for somebody to say.
    """

    __tablename__ = "pool_entry"
    __table_args__ = (
        reference("application_id", "application"),
        reference("member_id", "member"),
        reference("program_id", "program"),
        reference("cohort_id", "cohort"),
        by_association("application_id", unique=True),
        by_association("program_id", "role", "state", "entered_at", "id"),
        by_association("member_id"),
        Index(
            "ix_pool_entry_rests", "association_id", "paused_until", postgresql_where=text("paused_until is not null")
        ),
        CheckConstraint("places >= 0 and places <= 50", name="places"),
    )

    application_id: Mapped[UUID]
    member_id: Mapped[UUID]
    program_id: Mapped[UUID]
    cohort_id: Mapped[UUID | None]
    role: Mapped[Role] = mapped_column(choice(Role))
    places: Mapped[int] = mapped_column(default=1)
    state: Mapped[PoolState] = mapped_column(choice(PoolState), default=PoolState.OPEN)
    state_reason: Mapped[str | None]
    paused_until: Mapped[date | None]
    priority: Mapped[int] = mapped_column(default=0)
    entered_at: Mapped[datetime] = mapped_column(default=program_now)
    left_at: Mapped[datetime | None]

    application: Mapped[Application] = related("Application", "application_id", "PoolEntry")
    member: Mapped[Member] = related("Member", "member_id", "PoolEntry")

    @property
    def name(self) -> str:
        """The person's name as people say it."""
        return self.member.name

    @property
    def submission_id(self) -> UUID:
        """The answers that the entry was made from."""
        return self.application.submission_id

    @property
    def program_revision_id(self) -> UUID:
        """The revision of the program that the entry was made under."""
        return self.application.program_revision_id


class RunState(StrEnum):
    """A run is computed by a worker, then its proposals are confirmed and published, or it is discarded."""

    QUEUED = "queued"
    RUNNING = "running"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    DISCARDED = "discarded"
    FAILED = "failed"


#: A worker has such a run in hand, or will.
COMPUTING = (RunState.QUEUED, RunState.RUNNING)


class MatchRun(TenantBase):
    """One computation over a program's pool.

    ``summary`` holds counts, the aim, points, the proof, the criteria with the most points each can give, and the duration; counts and
    points are those of the pairs as they stand, and ``computed`` what they were before staff changed pairs; ``unmatched``
    one item per person left over with the reason and its figures, by pool entry id. ``prices`` maps mentors' entries to what a
    place with them is worth in points; ``recruiting`` lists kinds of mentors of whom more places would place more people.
    ``last_change`` is how the pairs were that staff changed last, until it is taken back. ``decided`` is the list of pairs that was
    brought in last, with what its check found and what became of it (``decided.bringing``).
    """

    __tablename__ = "match_run"
    __table_args__ = (
        reference("program_id", "program"),
        reference("cohort_id", "cohort"),
        reference("program_revision_id", "program_revision"),
        by_association("program_id", "created_at"),
        # One run at a time: two staff members who start one at once get one run and one clear answer.
        Index(
            "uq_match_run_live",
            "association_id",
            "program_id",
            "cohort_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state in ('queued', 'running', 'proposed')"),
        ),
    )

    program_id: Mapped[UUID]
    cohort_id: Mapped[UUID | None]
    program_revision_id: Mapped[UUID]
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.QUEUED)
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unmatched: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    left_over: Mapped[int] = mapped_column(default=0)
    prices: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    recruiting: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    last_change: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    decided: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    job_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    published_at: Mapped[datetime | None]

    program: Mapped[Program] = related("Program", "program_id", "MatchRun")
    cohort: Mapped[Cohort | None] = related("Cohort", "cohort_id", "MatchRun")


class ProposalState(StrEnum):
    """Staff confirm or set aside each proposal before publication."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    PUBLISHED = "published"


class Proposal(TenantBase):
    """A pair that a run (or staff, by hand) proposes, with the parts of its score and the reasons.

    ``waived`` holds the ids of the constraints that staff set aside for a pair by hand, and ``waiver_reason`` why. ``missed`` is
    the mentee's best fit, if it is another mentor: their entry, the points, and what a place with either is worth (``price`` is
    null where no price decided). ``note`` is
    staff's own.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        reference("match_run_id", "match_run", ondelete="CASCADE"),
        by_association("match_run_id", "mentee_entry_id", "mentor_entry_id", unique=True),
        reference("mentee_entry_id", "pool_entry"),
        reference("mentor_entry_id", "pool_entry"),
    )

    match_run_id: Mapped[UUID]
    mentee_entry_id: Mapped[UUID]
    mentor_entry_id: Mapped[UUID]
    points: Mapped[int]
    parts: Mapped[list[Any]] = mapped_column(default=list)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    by_hand: Mapped[bool] = mapped_column(default=False)
    waived: Mapped[list[Any]] = mapped_column(default=list)
    waiver_reason: Mapped[str | None]
    missed: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]
    state: Mapped[ProposalState] = mapped_column(choice(ProposalState), default=ProposalState.PROPOSED)
    confirmed_by: Mapped[UUID | None]

    mentee_entry: Mapped[PoolEntry] = related("PoolEntry", "mentee_entry_id", "Proposal")
    mentor_entry: Mapped[PoolEntry] = related("PoolEntry", "mentor_entry_id", "Proposal")


class LockKind(StrEnum):
    """``together``: the next run must make the pair; ``apart``: it must not."""

    TOGETHER = "together"
    APART = "apart"


#: ``Lock.reason`` of a pair that staff's answer to a request took apart; nobody brings them together again.
REASSIGNED = "reassigned"
#: What a pair is refused for that staff keep apart for any other reason.
KEPT_APART = "kept-apart"


class Lock(TenantBase):
    """Staff's word on one pair of pool entries, obeyed by every later run."""

    __tablename__ = "lock"
    __table_args__ = (
        reference("mentee_entry_id", "pool_entry", ondelete="CASCADE"),
        reference("mentor_entry_id", "pool_entry", ondelete="CASCADE"),
        by_association("mentee_entry_id", "mentor_entry_id", unique=True),
    )

    mentee_entry_id: Mapped[UUID]
    mentor_entry_id: Mapped[UUID]
    kind: Mapped[LockKind] = mapped_column(choice(LockKind))
    reason: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class AskState(StrEnum):
    """A mentor is ``asked`` and says yes or no in time, or lets it lapse; staff can withdraw it."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class MentorAsk(TenantBase):
    """A mentor asked to take one mentee, in a program that fills all year round and has mentors accept.

    ``fit`` and ``scarcity`` are the points by which the mentor was chosen, ``reasons`` the sentences behind the fit. ``answer`` is
    what the mentor wrote with a no, for staff.
    """

    __tablename__ = "mentor_ask"
    __table_args__ = (
        reference("program_id", "program"),
        reference("mentee_entry_id", "pool_entry"),
        reference("mentor_entry_id", "pool_entry"),
        by_association("program_id", "state", "due_at"),
        by_association("mentor_entry_id", "state"),
        # One mentor at a time: two staff members who ask at once get one ask and one clear answer.
        Index(
            "uq_mentor_ask_open",
            "association_id",
            "mentee_entry_id",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
        by_association("mentee_entry_id", "asked_at"),
    )

    program_id: Mapped[UUID]
    mentee_entry_id: Mapped[UUID]
    mentor_entry_id: Mapped[UUID]
    state: Mapped[AskState] = mapped_column(choice(AskState), default=AskState.ASKED)
    fit: Mapped[int]
    scarcity: Mapped[int]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    then_next: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime] = mapped_column(default=program_now)
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]

    mentee_entry: Mapped[PoolEntry] = related("PoolEntry", "mentee_entry_id", "MentorAsk")
    mentor_entry: Mapped[PoolEntry] = related("PoolEntry", "mentor_entry_id", "MentorAsk")
    program: Mapped[Program] = related("Program", "program_id", "MentorAsk")
