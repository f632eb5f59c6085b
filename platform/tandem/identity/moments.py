"""Saying when something happened on the system clock: sign-ins don't follow an association's program clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask_babel import get_timezone

from tandem.clocks import system_now
from tandem.web.formatting import say_day, say_moment


def said_moment(moment: datetime) -> str:
    """Day and time, briefly: "today, 10:42", "Wed, Mar 3, 11:02"."""
    return say_moment(moment, _today(), short=True)


def said_day(moment: datetime) -> str:
    """The day, briefly: "today", "Wed, Mar 3, 8 days ago"."""
    return say_day(moment.astimezone(get_timezone() or UTC).date(), _today(), short=True)


def _today() -> date:
    return system_now().astimezone(get_timezone() or UTC).date()
