"""Two clocks. The *system clock* times sessions, tokens and leases; the *program clock* times deadlines and milestones.

The program clock is the system clock plus an offset that is kept with the association in the database, so that every process
reads the same one. Nothing in program code calls ``datetime.now`` or SQL's ``now()``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tandem.tenancy.scope import current_scope, scope_or_none


def system_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def program_now() -> datetime:
    """The open association's program time, in UTC.

    Raises ``NoAssociationError`` where no association is open.
    """
    return system_now() + current_scope().clock_offset


def program_today() -> date:
    """The open association's program date, in its own time zone."""
    return program_now().astimezone(current_scope().zone).date()


def as_program_time(moment: datetime) -> datetime:
    """A moment of the system clock as people read it beside program dates: as far from the program's now as it is from the real one.

    So what security counts on the real clock (a sign-in an hour ago, acting for a member until ten to three) agrees with the
    calendar on the same page where that was moved. For showing alone; nothing is ever compared with it.
    """
    scope = scope_or_none()
    return moment + scope.clock_offset if scope is not None else moment


def local_day(moment: datetime | None, zone: str | None = None) -> date | None:
    """The day of ``moment`` in the open association's time zone, or in ``zone``; nothing of nothing."""
    return moment.astimezone(ZoneInfo(zone) if zone else current_scope().zone).date() if moment is not None else None
