"""The job that this thread is doing: its lease, its progress, and whether it has been asked to stop.

All of it is written over connections of its own, so that it is seen at once and survives whatever becomes of the job's own
transaction.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, update
from sqlalchemy.exc import DBAPIError

from tandem.clocks import system_now
from tandem.jobs.errors import JobCancelled, LeaseLost
from tandem.jobs.models import Job, JobState

#: How long a worker may be silent before its job is given to another.
LEASE = timedelta(seconds=60)

#: Seconds between two writes of a job's progress; the last one is always written.
PROGRESS_INTERVAL = 0.5


@dataclass(slots=True)
class RunningJob:
    """A claimed job while it is being done. ``token`` is the lease's; whoever claims the job next has another."""

    job_id: UUID
    token: UUID
    engine: Engine
    lease: timedelta = LEASE
    lost: bool = False
    _written_at: float = field(default=0.0)

    def renew(self) -> None:
        """Extend the lease. Marks the job as lost when it is no longer ours."""
        with self.engine.begin() as connection:
            found = connection.execute(
                update(Job)
                .where(Job.id == self.job_id, Job.lease_token == self.token, Job.state == JobState.RUNNING)
                .values(lease_until=system_now() + self.lease)
            )
        if found.rowcount == 0:
            self.lost = True

    def report(self, done: int, total: int | None) -> None:
        """Write how far the job is. Raises ``JobCancelled`` when asked to stop, ``LeaseLost`` when it is no longer ours."""
        if self.lost:
            raise LeaseLost
        now = time.monotonic()
        if now - self._written_at < PROGRESS_INTERVAL and done != total:
            return
        self._written_at = now
        with self.engine.begin() as connection:
            cancelled = connection.execute(
                update(Job)
                .where(Job.id == self.job_id, Job.lease_token == self.token, Job.state == JobState.RUNNING)
                .values(progress=done, total=total if total is not None else Job.total)
                .returning(Job.cancel_requested)
            ).scalar_one_or_none()
        if cancelled is None:
            self.lost = True
            raise LeaseLost
        if cancelled:
            raise JobCancelled


_running: ContextVar[RunningJob | None] = ContextVar("tandem_running_job", default=None)


def running_job() -> RunningJob | None:
    """The job that is being done here, or ``None`` in a request or a command."""
    return _running.get()


@contextmanager
def leased(job: RunningJob) -> Iterator[RunningJob]:
    """Make ``job`` the running one for the body, and keep its lease alive from a thread of its own."""
    token = _running.set(job)
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(job.lease.total_seconds() / 3):
            try:
                job.renew()
            except DBAPIError:
                # The database is away for the moment. Whether the lease has run out is seen at the next beat.
                continue

    # The copied context carries the open association into the thread.
    thread = threading.Thread(target=copy_context().run, args=(beat,), name=f"lease-{job.job_id}", daemon=True)
    thread.start()
    try:
        yield job
    finally:
        stop.set()
        thread.join()
        _running.reset(token)


__all__ = ["LEASE", "RunningJob", "leased", "running_job"]
