"""Moving an association's program clock: through everything that falls due on the way, in its order.

Never in production: the clock that members' deadlines run on is not to be moved there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app

from tandem.clocks import program_now, system_now
from tandem.extensions import db
from tandem.jobs.queries import busy_jobs, next_schedule
from tandem.jobs.runner import Outcome, run_pending
from tandem.jobs.services import ensure_daily, fire_due
from tandem.settings import Settings
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import current_scope
from tandem.tenancy.services import set_clock_offset

#: Seconds to wait for jobs that another process is doing before the clock goes on.
PATIENCE = 120.0


class ClockRefused(RuntimeError):
    """Raised where the clock may not be moved: in production, or backwards. ``args[0]`` says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on the way: the program time, what fired, and the jobs that were done there with their outcomes."""

    at: datetime
    fired: str
    jobs: tuple[tuple[str, Outcome], ...]


def advance(association: UUID | str, *, until: datetime, tell: Callable[[Step], None] = lambda _step: None) -> int:
    """Move an association's program clock forward to ``until``, stopping wherever something is due.

    At each stop the schedule fires and its jobs are done here, before the clock goes on. ``tell`` hears of each. Returns how
    many stops there were. Opens the association and commits as it goes. Raises ``ClockRefused``, ``UnknownAssociationError``.
    """
    _refuse_in_production()
    with open_association(association) as scope:
        association_id = scope.association_id
        if until < program_now():
            raise ClockRefused("The clock only goes forward. Start anew to begin earlier.")
        ensure_daily()
        db.session.commit()
    stops = 0
    while (step := _stop(association_id, until)) is not None:
        stops += 1
        tell(step)
    _move(association_id, until)
    with open_association(association_id):
        _idle()
    return stops


def _stop(association_id: UUID, until: datetime) -> Step | None:
    with open_association(association_id):
        due = next_schedule(until=until)
        if due is None:
            return None
        at, fired = due.due_at, due.kind
        _set(association_id, at)
    # Opened anew, so that its clock stands where it was moved to.
    with open_association(association_id):
        fire_due()
        db.session.commit()
        jobs = _idle()
        return Step(at, fired, tuple(jobs))


def _move(association_id: UUID, to: datetime) -> None:
    with open_association(association_id):
        _set(association_id, to)


def _set(association_id: UUID, to: datetime) -> None:
    offset = to - system_now()
    if offset > current_scope().clock_offset:
        set_clock_offset(association_id=association_id, offset=offset)
        db.session.commit()


def _idle() -> list[tuple[str, Outcome]]:
    """Do what is due, and wait for what other processes are doing."""
    done: list[tuple[str, Outcome]] = []
    patience = time.monotonic() + PATIENCE
    while True:
        done += run_pending()
        db.session.rollback()
        if not busy_jobs(due_before=system_now()) or time.monotonic() > patience:
            return done
        db.session.rollback()
        time.sleep(0.1)


def parse_span(text: str) -> timedelta:
    """A length of time such as ``45d``, ``3w``, ``12h`` or ``30m``. Raises ``ValueError`` that says so."""
    units = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
    number, unit = text[:-1], text[-1:]
    with suppress(OverflowError):
        if unit in units and number.isascii() and number.isdigit() and len(number) <= 5:
            return timedelta(**{units[unit]: int(number)})
    raise ValueError(f"{text!r} is no length of time: write 45d, 3w, 12h or 30m.")


def _refuse_in_production() -> None:
    settings: Settings = current_app.extensions["tandem.settings"]
    if settings.is_production:
        raise ClockRefused("In production the program clock is the real one and cannot be moved.")
