"""Other weights and places for a pool that is too large to be matched while somebody waits: asked for, worked out by a worker, shown for a day.

What was found is kept with the job, as ids and figures; neither the run nor the pool changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.clocks import program_now, system_now
from tandem.extensions import db
from tandem.jobs.models import Job, JobState
from tandem.jobs.queries import recent_jobs
from tandem.jobs.services import enqueue, forget_results, keep_result, stop_job
from tandem.matching.comparing import Change, Trial, try_change
from tandem.matching.engine import EngineError
from tandem.matching.models import MatchRun
from tandem.matching.queries import PAGE, entries_by_id
from tandem.matching.runs import open_run

#: The kind of job, as ``matching.jobs`` handles it.
TRY = "matching.try-weights"

#: How long what was found can be seen.
LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A change that somebody had tried: how far it is (per cent), and what was found once it is done.

    ``failed``: the match could not be computed. ``broke_off``: stopped, or its worker died.
    """

    job_id: UUID
    change: Change
    busy: bool
    progress: int
    broke_off: bool
    failed: bool
    found: Trial | None
    at: datetime | None


def ask_for_trial(*, actor: Actor, run: MatchRun, change: Change) -> None:
    """Have the run's pool matched with a change by a worker; what is being worked out with the same one already is left to go on.

    Raises ``NotYoursError``, and ``ConflictError`` while another change is tried for this run.
    """
    open_run(actor, run, any_state=True)
    busy = [one for one in _attempts(run) if one.busy]
    if any(one.change == change for one in busy):
        return
    if busy:
        raise ConflictError(
            _(
                "Other changes are being tried for this pool at this moment. Wait until they are done, or stop them on the page of the run under “Try changes”."
            )
        )
    forget_trials()
    enqueue(
        kind=TRY,
        arguments={"match_run_id": run.id, **change.plain()},
        requested_by=actor.account_id,
        total=100,
    )


def forget_trials() -> None:
    """Drop what was found more than a day ago: it names people, and the pool has gone on."""
    forget_results(kind=TRY, before=system_now() - LASTS)


def stop_trial(*, actor: Actor, run: MatchRun, job_id: UUID) -> None:
    """Stop working out a change for a run; one that has ended stays as it is. Raises ``NotYoursError``."""
    open_run(actor, run, any_state=True)
    if job_id not in {one.job_id for one in _attempts(run)}:
        raise NotYoursError
    stop_job(job_id)


def attempt_with(run: MatchRun, change: Change) -> Attempt | None:
    """The last time that this change was tried for a run, within a day."""
    return next((one for one in _attempts(run) if one.change == change), None)


def busy_attempt(run: MatchRun) -> Attempt | None:
    """The change that a worker has in hand for a run, or will."""
    return next((one for one in _attempts(run) if one.busy), None)


def in_address(change: Change) -> dict[str, Any]:
    """A change as the address of the page has it; whose places it is about stands there by member number. One statement at most."""
    weights: dict[str, Any] = {f"weight-{key}": value for key, value in change.weights.items()}
    entries = entries_by_id(list(change.more))
    places = [
        {"mentor": entries[one].member.number, "more": count} for one, count in change.more.items() if one in entries
    ]
    return weights | (places[0] if places else {})


def do_trial(*, job_id: UUID, run_id: UUID, change: Change, progress: Callable[[int], None]) -> None:
    """Match the pool and keep with the job what came of it; a refusal of the engine is kept as one. ``progress`` is told per cent."""
    run = db.session.scalar(select(MatchRun).where(MatchRun.id == run_id))
    if run is None:
        return
    result: dict[str, Any]
    try:
        result = try_change(run.program, run.cohort_id, change, limit=PAGE, progress=progress).plain()
    except (EngineError, MemoryError):
        result = {"failed": True}  # The page of a run says why: it is computed in the same way.
    keep_result(job_id=job_id, result={**result, "at": program_now().isoformat()})


def _attempts(run: MatchRun) -> list[Attempt]:
    """The attempts of the last day, the newest first."""
    jobs = recent_jobs(kind=TRY, argument=("match_run_id", str(run.id)), since=system_now() - LASTS)
    return [_read(job) for job in jobs]


def _read(job: Job) -> Attempt:
    result = job.arguments.get("result") or {}
    failed = bool(result.get("failed"))
    return Attempt(
        job_id=job.id,
        change=Change.read(job.arguments),
        busy=job.state in (JobState.QUEUED, JobState.RUNNING),
        progress=job.progress,
        broke_off=job.state in (JobState.DEAD, JobState.CANCELLED) or (job.state is JobState.DONE and not result),
        failed=failed,
        found=Trial.read(result) if result and not failed else None,
        at=datetime.fromisoformat(result["at"]) if result else None,
    )
