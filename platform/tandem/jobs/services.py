"""Verbs on background work: asking for it now or at a time, reporting from inside it, stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import cast, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.audit.services import record
from tandem.clocks import program_now, system_now
from tandem.extensions import db
from tandem.jobs.models import Job, JobState, Schedule
from tandem.jobs.queries import may_see_job
from tandem.jobs.registry import job_kind, job_kinds
from tandem.jobs.running import running_job
from tandem.tenancy.scope import current_association_id, current_scope


def enqueue(
    *,
    kind: str,
    arguments: Mapping[str, Any],
    dedupe_key: str | None = None,
    queue: str = "default",
    run_after: datetime | None = None,
    requested_by: UUID | None = None,
    total: int | None = None,
) -> Job:
    """Ask for a job, as a row in the caller's transaction: if that is rolled back, so is the job.

    ``arguments`` are ids and plain settings, never content (ids may be ``UUID``; they arrive as text). With a ``dedupe_key``
    there is one job of this kind and key: the one that is there already is returned. ``run_after`` is on the system clock,
    ``total`` the number of steps if known, ``requested_by`` the account that may watch it.

    Raises ``UnknownJobKindError`` for a kind without a handler.
    """
    limits = job_kind(kind)
    values = {
        "association_id": current_association_id(),
        "kind": kind,
        "queue": queue,
        "arguments": plain(arguments),
        "dedupe_key": dedupe_key,
        "max_attempts": limits.max_attempts,
        "run_after": run_after or system_now(),
        "requested_by": requested_by,
        "total": total,
    }
    statement = insert(Job).values(values)
    if dedupe_key is not None:
        statement = statement.on_conflict_do_nothing(index_elements=["association_id", "kind", "dedupe_key"])
    job = db.session.execute(statement.returning(Job)).scalar_one_or_none()
    if job is None:
        job = db.session.execute(select(Job).where(Job.kind == kind, Job.dedupe_key == dedupe_key)).scalar_one()
    return job


def schedule(
    *,
    kind: str,
    due_at: datetime,
    dedupe_key: str,
    arguments: Mapping[str, Any] | None = None,
    repeat: str | None = None,
) -> None:
    """Have a job written when the program clock reaches ``due_at``, once for this kind and ``dedupe_key``.

    Called again before it fires, it moves the row to the new time; afterwards it does nothing, unless it repeats.
    With ``repeat="daily"`` the next row follows on the next day at the same local time of the association;
    the key then stands for the whole series, and a series that exists already is left as it is.

    Raises ``UnknownJobKindError``, and ``ValueError`` for a time without a zone or an unknown ``repeat``.
    """
    job_kind(kind)
    if due_at.tzinfo is None:
        raise ValueError("due_at needs a time zone.")
    if repeat not in {None, "daily"}:
        raise ValueError(f"Schedules repeat daily or not at all, not {repeat!r}.")
    if repeat is not None:
        series = Schedule.dedupe_key.startswith(f"{dedupe_key}@", autoescape=True)
        waiting = select(Schedule.id).where(Schedule.kind == kind, series, Schedule.fired_at.is_(None)).limit(1)
        if db.session.execute(waiting).first() is not None:
            return
        # The local day: where clocks go forward, two of them can fall on one day of UTC.
        dedupe_key = f"{dedupe_key}@{due_at.astimezone(current_scope().zone).date().isoformat()}"
    statement = insert(Schedule).values(
        association_id=current_association_id(),
        kind=kind,
        arguments=plain(arguments or {}),
        dedupe_key=dedupe_key,
        due_at=due_at,
        repeat=repeat,
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["association_id", "kind", "dedupe_key"],
            set_={"due_at": statement.excluded.due_at, "arguments": statement.excluded.arguments},
            where=Schedule.fired_at.is_(None),
        )
    )


def ensure_daily() -> None:
    """Have a waiting row for every kind of job that is done daily, in the open association.

    A kind says so by ``job_handler(…, daily_at=…)``. Called by the relay and the clock command; costs one statement where all
    is in place.
    """
    kinds = {kind.kind: kind for kind in job_kinds().values() if kind.daily_at is not None}
    waiting = set(
        db.session.execute(
            select(Schedule.kind).where(
                Schedule.kind.in_(kinds), Schedule.repeat.is_not(None), Schedule.fired_at.is_(None)
            )
        ).scalars()
    )
    for name in sorted(set(kinds) - waiting):
        at = kinds[name].daily_at
        if at is not None:
            schedule(kind=name, due_at=next_daily(program_now(), at), dedupe_key="daily", repeat="daily")


def next_daily(after: datetime, at: time) -> datetime:
    """The first moment after ``after`` at which the association's clocks show ``at``.

    Where a clock change leaves that time out, it is the moment that many hours after midnight by the clock before the change;
    where it comes twice, the first.
    """
    zone = current_scope().zone
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
        if moment > after:
            return moment
        day += timedelta(days=1)


def fire_due() -> int:
    """Write the jobs of all schedules of the open association that are due on its program clock.

    A row is locked while it fires, so two schedulers fire it once; a daily one writes its successor. Returns how many fired.
    """
    due = (
        db.session.execute(
            select(Schedule)
            .where(Schedule.fired_at.is_(None), Schedule.due_at <= program_now())
            .order_by(Schedule.due_at, Schedule.id)
            .limit(200)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    for row in due:
        row.fired_at = system_now()
        enqueue(kind=row.kind, arguments=row.arguments, dedupe_key=f"schedule:{row.id}")
        if row.repeat is not None:
            _repeat(row)
    db.session.flush()
    return len(due)


def _repeat(row: Schedule) -> None:
    # Days that were missed (the relay was away) are not made up for one by one: the next row lies in the future.
    at = row.due_at.astimezone(current_scope().zone).time()
    daily = job_kind(row.kind).daily_at
    due_at = next_daily(max(row.due_at, program_now()), daily or at)
    schedule(
        kind=row.kind, due_at=due_at, dedupe_key=row.dedupe_key.rpartition("@")[0], arguments=row.arguments,
        repeat=row.repeat,
    )  # fmt: skip


def cancel_schedule(*, kind: str, dedupe_key: str) -> bool:
    """Take back a schedule that has not fired yet. Returns whether there was one."""
    found = db.session.execute(
        delete(Schedule).where(Schedule.kind == kind, Schedule.dedupe_key == dedupe_key, Schedule.fired_at.is_(None))
    )
    return bool(found.rowcount)  # type: ignore[attr-defined]


def report_progress(done: int, total: int | None = None) -> None:
    """Say how far the running job is. Seen at once, whatever becomes of the job; outside a job it does nothing.

    Call it often: it writes twice a second at most. Raises ``JobCancelled`` when somebody asked for the job to stop and
    ``LeaseLost`` when it was given to another worker: let both pass through.
    """
    job = running_job()
    if job is not None:
        job.report(done, total)


def keep_result(*, job_id: UUID, result: Mapping[str, Any]) -> None:
    """Keep with a job what it found, ids and figures only, as ``result`` among its arguments; seen when the job is done.

    The last thing that a handler does: the job's row is locked from here to the end, so ``report_progress`` would wait for itself.
    """
    db.session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(arguments=Job.arguments.op("||")(cast({"result": plain(result)}, JSONB)))
    )


def forget_results(*, kind: str, before: datetime) -> None:
    """Forget what jobs of a kind found that ended before a moment on the system clock."""
    db.session.execute(
        update(Job)
        .where(Job.kind == kind, Job.finished_at < before, Job.arguments.has_key("result"))
        .values(arguments=Job.arguments.op("-")("result"))
    )


def stop_job(job_id: UUID) -> None:
    """Stop a job because what it works on is given up; whoever gives it up has been asked whether they may.

    One that waits is cancelled at once, one that runs at its next report; one that has ended stays as it is.
    """
    db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED)
        .values(state=JobState.CANCELLED, finished_at=system_now())
    )
    db.session.execute(update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(cancel_requested=True))


def cancel_job(*, actor: Actor, job_id: UUID) -> Job:
    """Stop a job: one that waits is cancelled at once, one that runs at its next report, leaving nothing behind.

    Staff may stop any, everyone what they asked for themselves. Raises ``NotYoursError``, and ``ConflictError`` for a job
    that has ended. Written to the audit trail.
    """
    job = db.session.execute(select(Job).where(Job.id == job_id).with_for_update()).scalar_one_or_none()
    if job is None or not may_see_job(actor, job):
        raise NotYoursError
    if job.state is JobState.QUEUED:
        job.state = JobState.CANCELLED
        job.finished_at = system_now()
    elif job.state is JobState.RUNNING:
        job.cancel_requested = True
    else:
        raise ConflictError(str(job.state))
    record(actor=actor, action="job.cancelled", object_kind="job", object_id=job.id, changes={"kind": [None, job.kind]})
    db.session.flush()
    return job


def retry_job(*, actor: Actor, job_id: UUID) -> Job:
    """Give a dead job its attempts again. Raises ``NotYoursError``; ``ConflictError`` if it is not dead. Audited."""
    job = db.session.execute(select(Job).where(Job.id == job_id).with_for_update()).scalar_one_or_none()
    if job is None or not may_see_job(actor, job):
        raise NotYoursError
    if job.state is not JobState.DEAD:
        raise ConflictError(str(job.state))
    job.state = JobState.QUEUED
    job.attempts = 0
    job.run_after = system_now()
    job.enqueued_at = None
    job.finished_at = None
    job.error_kind = None
    record(actor=actor, action="job.retried", object_kind="job", object_id=job.id, changes={"kind": [None, job.kind]})
    db.session.flush()
    return job


def plain(value: Any) -> Any:
    """``value`` with every ``UUID`` as text, as the job table keeps it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value
