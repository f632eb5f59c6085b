"""Reads on background work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.jobs.models import Job, JobState, Schedule
from tandem.paging import Page, newest_first

_BUSY = (JobState.QUEUED, JobState.RUNNING)


def may_see_job(actor: Actor, job: Job) -> bool:
    """Whether ``actor`` may watch and stop ``job``: association staff any, everyone else what they asked for."""
    return may_see_all(actor) or (actor.account_id is not None and job.requested_by == actor.account_id)


def may_see_all(actor: Actor) -> bool:
    """Whether ``actor`` may watch every job, and so open what each of them concerns."""
    return actor.may_everywhere("jobs.read")


def job_for(*, actor: Actor, job_id: UUID) -> Job:
    """A job that ``actor`` may watch. Raises ``NotYoursError``."""
    job = db.session.execute(select(Job).where(Job.id == job_id)).scalar_one_or_none()
    if job is None or not may_see_job(actor, job):
        raise NotYoursError
    return job


def recent_jobs(*, kind: str, argument: tuple[str, str], since: datetime) -> Sequence[Job]:
    """Jobs of a kind with one of their arguments like this that were asked for since then, the newest first, at most fifty.

    Whoever asks has seen to it that they are the reader's to see.
    """
    name, value = argument
    return (
        db.session.execute(
            select(Job)
            .where(Job.kind == kind, Job.created_at >= since, Job.arguments[name].astext == value)
            .order_by(Job.created_at.desc(), Job.id.desc())
            .limit(50)
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )


def job_standing(job_id: UUID) -> tuple[JobState | None, int]:
    """How a job stands, and how far it is; ``None`` for one that is cleared away."""
    row = db.session.execute(select(Job.state, Job.progress).where(Job.id == job_id)).one_or_none()
    return (row[0], row[1]) if row is not None else (None, 0)


def jobs_page(*, actor: Actor, state: str = "", kind: str = "", after: str | None = None) -> Page[Job]:
    """Jobs that ``actor`` may watch, newest first."""
    statement = select(Job).where(_visible(actor))
    if state in set(JobState):
        statement = statement.where(Job.state == JobState(state))
    if kind:
        statement = statement.where(Job.kind == kind)
    return newest_first(statement, Job.created_at, Job.id, after=after)


def job_counts(*, actor: Actor) -> Mapping[str, int]:
    """How many jobs that ``actor`` may watch are in each state."""
    rows = db.session.execute(select(Job.state, func.count()).where(_visible(actor)).group_by(Job.state))
    return {state.value: 0 for state in JobState} | {state.value: count for state, count in rows}


def requesters(jobs: Iterable[Job]) -> Mapping[UUID, str]:
    """The names of those who asked for ``jobs``, by account."""
    ids = {job.requested_by for job in jobs if job.requested_by is not None}
    rows = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all() if ids else []
    return {row.id: row.name for row in rows}


def busy_jobs(*, due_before: datetime | None = None) -> int:
    """How many of the open association's jobs wait or run; with ``due_before``, waiting ones that are due by then."""
    statement = select(func.count()).select_from(Job).where(Job.state.in_(_BUSY))
    if due_before is not None:
        statement = statement.where((Job.state == JobState.RUNNING) | (Job.run_after <= due_before))
    return db.session.execute(statement).scalar_one()


def next_schedule(*, until: datetime) -> Schedule | None:
    """The schedule of the open association that fires next, if it is due by ``until`` on the program clock."""
    return db.session.execute(
        select(Schedule)
        .where(Schedule.fired_at.is_(None), Schedule.due_at <= until)
        .order_by(Schedule.due_at, Schedule.id)
        .limit(1)
    ).scalar_one_or_none()


def _visible(actor: Actor) -> ColumnElement[bool]:
    return true() if may_see_all(actor) else Job.requested_by == actor.account_id
