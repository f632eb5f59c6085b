"""Jobs and schedules: platform tables that hold ids, kinds and times only.

They lie under row security too, but not forced on their owner: the application writes and reads the rows of the open
association, and the functions that claim work across associations run as the owner.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import system_now
from tandem.ids import uuid7
from tandem.tenancy.base import Base, choice
from tandem.tenancy.scope import current_association_id


class JobState(StrEnum):
    """Where a job stands. ``dead`` has used up its attempts and waits for a person."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Job(Base):
    """One piece of background work, written in the same transaction as the change that asks for it.

    ``arguments`` holds ids and plain settings, never content; some kinds keep what they found there, as ids and figures. ``dedupe_key`` is unique per association and kind while the
    job is remembered. ``progress`` counts up to ``total``. All times are on the system clock.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("uq_job_dedupe", "association_id", "kind", "dedupe_key", unique=True),
        Index("ix_job_due", "run_after", postgresql_where=text("state in ('queued', 'running')")),
        Index("ix_job_association", "association_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"), default=current_association_id)
    kind: Mapped[str]
    queue: Mapped[str] = mapped_column(default="default")
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dedupe_key: Mapped[str | None]
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    run_after: Mapped[datetime] = mapped_column(default=system_now)
    enqueued_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    progress: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    error_kind: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=system_now)
    finished_at: Mapped[datetime | None]


class Schedule(Base):
    """Something that falls due on an association's program clock; firing it writes one job.

    ``repeat`` is ``daily`` or empty: when a daily row fires, the next day's row is written in the same transaction.
    ``(association_id, kind, dedupe_key)`` is unique, so two schedulers fire it once.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        Index("uq_schedule_dedupe", "association_id", "kind", "dedupe_key", unique=True),
        Index("ix_schedule_due", "due_at", postgresql_where=text("fired_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"), default=current_association_id)
    kind: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dedupe_key: Mapped[str]
    due_at: Mapped[datetime]
    repeat: Mapped[str | None]
    fired_at: Mapped[datetime | None]
