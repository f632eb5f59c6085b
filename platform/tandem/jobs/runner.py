"""Doing a job: claim it, open its association, call its handler, and commit its rows together with ``done``.

The same code runs in a worker (``run``, called by RQ with a job's id), in tests, in the demonstration and in the clock command
(``run_pending``).
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import structlog
from flask import Flask, current_app
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.ids import uuid7
from tandem.jobs.errors import JobCancelled, JobRefused, LeaseLost, UnknownJobKindError
from tandem.jobs.models import Job, JobState
from tandem.jobs.registry import JobContext, job_kind
from tandem.jobs.running import LEASE, RunningJob, leased
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import reset_scope, scope_or_none, set_scope

log = structlog.get_logger(__name__)

#: Seconds before the second attempt; doubled for each further one, up to an hour.
FIRST_RETRY = timedelta(seconds=10)
LAST_RETRY = timedelta(hours=1)


class Outcome(StrEnum):
    """What became of one attempt. ``not-taken``: someone else has the job, or it needs no doing any more."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    CANCELLED = "cancelled"
    LOST = "lost"
    NOT_TAKEN = "not-taken"


@dataclass(frozen=True, slots=True)
class Claim:
    """A job as its claim returned it."""

    job_id: UUID
    token: UUID
    association_id: UUID
    kind: str
    arguments: dict[str, Any]
    attempts: int
    max_attempts: int


def run(job_id: str) -> str:
    """Do one job: what the transport calls. Needs an application context; returns the outcome's word."""
    return execute(UUID(job_id)).value


def execute(job_id: UUID, *, reraise: bool = False) -> Outcome:
    """Claim and do one job in a fresh application context, whatever association is open around it.

    With ``reraise`` a handler's error is raised after it has been written down: for tests.
    """
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    with no_association(), app.app_context():
        engine = db.engine
        claim = _claim(engine, job_id)
        if claim is None:
            return Outcome.NOT_TAKEN
        with structlog.contextvars.bound_contextvars(
            job_id=str(job_id), kind=claim.kind, association_id=str(claim.association_id), attempt=claim.attempts
        ):
            if claim.attempts > claim.max_attempts:
                log.error("job.dead", reason="its workers died")
                return Outcome.DEAD
            with open_association(claim.association_id):
                return _do(engine, claim, reraise=reraise)


def _do(engine: Engine, claim: Claim, *, reraise: bool) -> Outcome:
    context = JobContext(claim.job_id, claim.association_id, claim.kind, claim.attempts)
    running = RunningJob(claim.job_id, claim.token, engine, LEASE)
    try:
        with leased(running):
            job_kind(claim.kind).handler(claim.arguments, context)
            _mark_done(claim)
            db.session.commit()
    except LeaseLost:
        db.session.rollback()
        log.warning("job.lost")
        return Outcome.LOST
    except JobCancelled:
        db.session.rollback()
        log.info("job.cancelled")
        return _settle(engine, claim, Outcome.CANCELLED, error_kind=None)
    except Exception as error:
        db.session.rollback()
        outcome = _outcome_of(claim, error)
        # Without message and trace, which may quote what somebody wrote: kind and places are enough to find it.
        log.error("job.failed", outcome=outcome.value, error=type(error).__name__, at=_places(error))  # noqa: TRY400
        outcome = _settle(engine, claim, outcome, error_kind=type(error).__name__)
        if reraise:
            raise
        return outcome
    return Outcome.DONE


def _outcome_of(claim: Claim, error: Exception) -> Outcome:
    if isinstance(error, JobRefused | UnknownJobKindError) or claim.attempts >= claim.max_attempts:
        return Outcome.DEAD
    return Outcome.RETRY


def _claim(engine: Engine, job_id: UUID) -> Claim | None:
    token = uuid7()
    with engine.begin() as connection:
        row = connection.execute(
            select(text("*")).select_from(func.job_claim(job_id, system_now(), LEASE, token))
        ).one_or_none()
    if row is None:
        return None
    return Claim(job_id, token, row.association_id, row.kind, row.arguments, row.attempts, row.max_attempts)


def _mark_done(claim: Claim) -> None:
    # In the handler's own transaction, and only while the lease is ours: so it is done once or not at all.
    db.session.flush()
    found = db.session.execute(
        update(Job)
        .where(Job.id == claim.job_id, Job.lease_token == claim.token, Job.state == JobState.RUNNING)
        .values(
            state=JobState.DONE, finished_at=system_now(), lease_until=None, error_kind=None,
            progress=func.coalesce(Job.total, Job.progress),
        )
    )  # fmt: skip
    if found.rowcount == 0:  # type: ignore[attr-defined]
        raise LeaseLost


def _settle(engine: Engine, claim: Claim, outcome: Outcome, *, error_kind: str | None) -> Outcome:
    now = system_now()
    values: dict[str, Any] = {"lease_until": None, "error_kind": error_kind}
    if outcome is Outcome.RETRY:
        values |= {"state": JobState.QUEUED, "run_after": now + retry_delay(claim.attempts), "enqueued_at": None}
    else:
        values |= {"state": JobState(outcome.value), "finished_at": now}
    try:
        with engine.begin() as connection:
            found = connection.execute(
                update(Job)
                .where(Job.id == claim.job_id, Job.lease_token == claim.token, Job.state == JobState.RUNNING)
                .values(values)
            )
    except DBAPIError:
        # The database is away: the lease runs out by itself, and another attempt follows.
        log.warning("job.unsettled")
        return Outcome.LOST
    return outcome if found.rowcount else Outcome.LOST


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the given number of failed attempts."""
    return min(FIRST_RETRY * (1 << min(max(0, attempts - 1), 20)), LAST_RETRY)


def run_pending(limit: int = 1000, *, reraise: bool = False) -> list[tuple[str, Outcome]]:
    """Do everything that is due, here and now, until nothing is left or ``limit`` attempts were made.

    Where an association is open, only its jobs are done; else those of all associations. Jobs that the first ones ask for are done too; failed ones wait for their next attempt. **Commit first**: jobs run in
    transactions of their own, see committed rows only, and would wait for locks that the caller holds. Returns kind and
    outcome of each attempt in order.
    """
    done: list[tuple[str, Outcome]] = []
    while len(done) < limit:
        due = take_due(limit=min(50, limit - len(done)), stale_before=system_now() + timedelta(days=1))
        taken = 0
        for job_id, kind in due:
            outcome = execute(job_id, reraise=reraise)
            if outcome is not Outcome.NOT_TAKEN:
                taken += 1
                done.append((kind, outcome))
        if not taken:
            break
    if not (db.session.new or db.session.dirty or db.session.deleted):
        db.session.expire_all()  # What the caller holds may have been changed by the jobs.
    return done


def take_due(*, limit: int, stale_before: datetime) -> list[tuple[UUID, str]]:
    """Ids and kinds of jobs to be done now, of the open association or else of all, marked as handed over.

    Jobs that were handed over after ``stale_before`` are left out: someone has them. Two callers get different ones.
    """
    scope = scope_or_none()
    only = scope.association_id if scope is not None else None
    with no_association(), db.engine.begin() as connection:
        rows = connection.execute(
            select(text("*")).select_from(func.job_take_due(system_now(), stale_before, limit, only))
        ).all()
    return [(row.id, row.kind) for row in sorted(rows, key=lambda row: (row.run_after, row.id))]


@contextmanager
def no_association() -> Iterator[None]:
    # The edge of a job is the job: whatever is open around it (in a test, in the clock command) is put aside.
    token = set_scope(None)
    try:
        yield
    finally:
        reset_scope(token)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
