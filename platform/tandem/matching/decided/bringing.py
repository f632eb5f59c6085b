"""Verbs on a list that staff bring into a run: have it checked, apply exactly what the check said, or leave it.

Checking and applying are jobs (``matching.jobs``); they look at the whole pool. The list stands in ``MatchRun.decided``: ``state``
(``State``), ``id`` of this upload, ``file``, ``by``, ``by_name``, ``at``, ``job``, its ``lines``, and what was found: ``findings``,
``counts``, ``digest``, ``moved`` where the run changed after the check that somebody read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.jobs.models import JobState
from tandem.jobs.queries import job_standing
from tandem.jobs.services import enqueue
from tandem.matching.decided.applying import apply_check
from tandem.matching.decided.checking import Check, Progress, check_lines
from tandem.matching.decided.reading import Line, read_list
from tandem.matching.engine import EngineError
from tandem.matching.models import MatchRun, RunState
from tandem.matching.runs import open_run

#: The kinds of job, as ``matching.jobs`` handles them.
CHECK, APPLY = "matching.check-list", "matching.apply-list"

#: The longest name of a file that is kept.
_LONGEST = 120


class State(StrEnum):
    """How a list stands. ``BROKEN`` is one that the program's own conditions could not be asked about."""

    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    BROKEN = "broken"


def bring_list(*, actor: Actor, run: MatchRun, filename: str, content: bytes) -> None:
    """Keep a list with a run that is open, in place of an earlier one, and ask for its check.

    Raises ``NotYoursError``, ``UnreadableFile``, and ``ConflictError`` where the run is closed or a list is being applied.
    """
    open_run(actor, run)
    _refuse_while_applied(_read(run))
    lines = read_list(content)
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    run.decided = {
        "file": "".join(sign for sign in last if sign.isprintable())[:_LONGEST] or "pairs.csv",
        "lines": [list(asdict(line).values()) for line in lines],
    }
    _ask(run, actor, CHECK, State.CHECKING)


def check_again(*, actor: Actor, run: MatchRun) -> None:
    """Ask for another check of the list that a run has. Raises ``NotYoursError`` and ``ConflictError``."""
    open_run(actor, run)
    decided = _read(run)
    if decided is None or standing_of(decided).busy or "lines" not in decided:
        raise ConflictError(_("There is no list to check. Reload the page to see how it stands."))
    _ask(run, actor, CHECK, State.CHECKING)


def request_apply(*, actor: Actor, run: MatchRun) -> None:
    """Ask for a checked list to be applied. Raises ``NotYoursError``, and ``ConflictError`` where it cannot be."""
    open_run(actor, run)
    decided = _read(run)
    if decided is None or decided["state"] != State.CHECKED:
        raise ConflictError(_("This list is not waiting to be applied. Reload the page to see how it stands."))
    if decided["counts"].get("refused"):
        raise ConflictError(_("Some rows are refused, so nothing can be applied. Mend the list and bring it in again."))
    _ask(run, actor, APPLY, State.APPLYING)


def discard_list(*, actor: Actor, run: MatchRun) -> None:
    """Forget the list that a run has; the run is as it was. Raises ``NotYoursError``, and ``ConflictError`` while it is applied."""
    open_run(actor, run, any_state=True)
    _refuse_while_applied(_read(run))
    run.decided = None
    db.session.flush()


def check_list(*, run_id: UUID, upload: str, progress: Progress) -> None:
    """Do the check of one upload: nothing but its own report is written. Does nothing for one that waits for no check."""
    run = _waiting(run_id, upload, State.CHECKING, lock=False)
    if run is None:
        return
    found = _found(run, progress)
    # The run was free for everybody meanwhile; only if it still waits for this check is its report kept.
    if _waiting(run_id, upload, State.CHECKING) is not None:
        _keep(run, found)


def apply_list(*, run_id: UUID, upload: str, progress: Progress) -> None:
    """Apply a checked list, all of it or nothing.

    The check is made anew first. If it now says something else, because the run or the pool changed in between, nothing is
    applied: the list is ``checked`` again with the new findings, and ``moved`` tells why.
    """
    run = _waiting(run_id, upload, State.APPLYING)
    if run is None:
        return
    seen = run.decided or {}
    check = _found(run, progress)
    _keep(run, check)
    if check is None:
        return
    found = run.decided or {}
    if found["digest"] != seen["digest"] or found["counts"].get("refused"):
        run.decided = {**found, "moved": True}
        db.session.flush()
        return
    # Whether they may was asked when they pressed the button; the grant may have ended since, the request stands.
    actor = Actor(account_id=UUID(seen["by"]) if seen["by"] else None, member_id=None, name=seen["by_name"])
    apply_check(actor=actor, run=run, check=check, file=seen["file"])
    run.decided = {key: found[key] for key in ("id", "file", "by", "by_name", "job", "counts")} | {
        "state": State.APPLIED.value,
        "at": program_now().isoformat(),
    }
    db.session.flush()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a list stands: ``broke_off`` where the work on it was stopped or died, ``progress`` in per cent while it goes on."""

    state: State
    broke_off: bool = False
    progress: int = 0

    @property
    def busy(self) -> bool:
        """A job has it in hand."""
        return self.state in (State.CHECKING, State.APPLYING) and not self.broke_off


def standing_of(decided: dict[str, Any]) -> Standing:
    """How a list stands, its job considered."""
    state = State(decided["state"])
    if state not in (State.CHECKING, State.APPLYING):
        return Standing(state)
    job, progress = job_standing(UUID(decided["job"]))
    return Standing(state, job in (None, JobState.DEAD, JobState.CANCELLED), progress)


def _found(run: MatchRun, progress: Progress) -> Check | None:
    """What a check of the run's list finds; ``None`` where the engine cannot make it."""
    try:
        return check_lines(run, [Line(*cells) for cells in (run.decided or {})["lines"]], progress=progress)
    except EngineError:
        return None


def _keep(run: MatchRun, check: Check | None) -> None:
    decided = run.decided or {}
    if check is None:
        run.decided = {**decided, "state": State.BROKEN.value}
        db.session.flush()
        return
    run.decided = {
        **decided,
        "state": State.CHECKED.value,
        "findings": [one.plain() for one in check.findings],
        "counts": check.counts,
        "digest": check.digest,
        "moved": False,
    }
    db.session.flush()


def _ask(run: MatchRun, actor: Actor, kind: str, state: State) -> None:
    upload = str(uuid4())
    job = enqueue(
        kind=kind,
        arguments={"match_run_id": run.id, "upload": upload},
        requested_by=actor.account_id,
        total=100,
    )
    run.decided = {
        **(run.decided or {}),
        "state": state.value,
        "id": upload,
        "by": str(actor.account_id) if actor.account_id else None,
        "by_name": actor.name,
        "at": program_now().isoformat(),
        "job": str(job.id),
    }
    db.session.flush()


def _waiting(run_id: UUID, upload: str, state: State, *, lock: bool = True) -> MatchRun | None:
    """The run, locked, if it is open and this very upload is what it waits for."""
    asked = select(MatchRun).where(MatchRun.id == run_id).execution_options(populate_existing=True)
    run = db.session.scalar(asked.with_for_update() if lock else asked)
    if run is None or run.state is not RunState.PROPOSED:
        return None
    decided = _read(run)
    return run if decided is not None and decided["state"] == state and decided["id"] == upload else None


def _read(run: MatchRun) -> dict[str, Any] | None:
    db.session.refresh(run, attribute_names=["decided"])
    return run.decided


def _refuse_while_applied(decided: dict[str, Any] | None) -> None:
    if decided is None:
        return
    standing = standing_of(decided)
    if standing.busy and standing.state is State.APPLYING:
        raise ConflictError(_("A list is being applied to this run. Reload the page to see how it stands."))
