"""Reading what people type: a day, a duration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta

from tandem.access.errors import InvalidError
from tandem.clocks import program_today
from tandem.plugin_api.dates import month_number
from tandem.web.formatting import ask_for_date

_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")
_WORDS = re.compile(
    r"(?:(\d{1,6}(?:[.,]\d{1,2})?)\s*(?:h|hours?|heures?)\.?)?\s*(?:(\d{1,9})\s*(?:m|min|minutes?)?\.?)?"
)


def parse_minutes(text: str) -> int | None:
    """Minutes from "45", "1:30", "1 h 30", "1.5 h" or "90 min"; ``None`` for anything else."""
    text = text.strip().casefold()
    if not text or len(text) > 20:
        return None
    clock = _CLOCK.fullmatch(text)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    words = _WORDS.fullmatch(text)
    if words is None or not (words[1] or words[2]):
        return None
    hours = float(words[1].replace(",", ".")) if words[1] else 0.0
    return round(hours * 60) + int(words[2] or 0)


def parse_day(typed: Mapping[str, str], name: str) -> date | None:
    """A day from its three fields ``NAME-day``, ``NAME-month`` (a number or a name) and ``NAME-year``, or ``None``."""
    try:
        day, year = (int(typed.get(f"{name}-{part}", "")) for part in ("day", "year"))
        return date(year, month_number(typed.get(f"{name}-month", "")) or 0, day)
    except (ValueError, OverflowError):
        return None


def sample_day() -> date:
    """A day that could be typed, for examples: in two weeks or soon after, with a number that is no month's."""
    day = program_today() + timedelta(days=14)
    return day if day.day > 12 else day.replace(day=13)


def typed_day(typed: Mapping[str, str], name: str) -> bool:
    """Whether anything was typed into the three fields of a day."""
    return any(typed.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year"))


def day_or_none(typed: Mapping[str, str], name: str) -> date | None:
    """A day that may be left out; ``None`` where nothing was typed. Raises ``InvalidError`` at ``name`` for what is no day."""
    day = parse_day(typed, name)
    if day is None and typed_day(typed, name):
        raise InvalidError({name: ask_for_date(sample_day())})
    return day


def half_is_missing(text: str) -> bool:
    """Whether a time between one and seven has no half of the day: where clocks have twelve hours, 4:00 may be either."""
    return re.fullmatch(r"[1-6](?:\s*[:.h]\s*(?:[0-5][0-9])?)?", text.strip().casefold()) is not None


def parse_time(text: str) -> time | None:
    """A time of day from "16:00", "9.30", "16h", "4 pm" or "4:00 p.m.", or ``None``."""
    found = re.fullmatch(
        r"([0-9]{1,2})(?:\s*[:.h]\s*([0-5][0-9])?)?\s*([ap])?(?(3)\.?\s?m\.?)", text.strip().casefold()
    )
    if found is None:
        return None
    hour, half = int(found[1]), found[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(found[2] or 0)) if hour < 24 else None
