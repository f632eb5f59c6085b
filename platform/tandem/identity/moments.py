"""Saying when something happened on the system clock, in the program's time, so that a page has one calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask_babel import get_timezone

from tandem.clocks import as_program_time, system_now
from tandem.web.formatting import say_day, say_moment


def said_moment(moment: datetime) -> str:
    """Day and time, briefly: "today, 10:42", "Wed, Mar 3, 11:02"."""
    return say_moment(as_program_time(moment), _today(), short=True)


def said_day(moment: datetime) -> str:
    """The day, briefly: "today", "Wed, Mar 3, 8 days ago"."""
    return say_day(_local_day(moment), _today(), short=True)


def _today() -> date:
    return _local_day(system_now())


def _local_day(moment: datetime) -> date:
    return as_program_time(moment).astimezone(get_timezone() or UTC).date()
