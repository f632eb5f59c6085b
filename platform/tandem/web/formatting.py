"""How days, times, durations and numbers are said, in the language of the page.

``say_day`` and its kin take dates; ``say_moment`` takes moments (with a time zone) and shows them in the reader's zone.
Every function is a Jinja filter of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, reduce
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_date_format, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from flask import Flask
from flask_babel import get_locale, get_timezone, ngettext
from flask_babel import gettext as _

from tandem.tenancy.scope import scope_or_none
from tandem.web import context

#: Beyond this a count of days says less than the date alone.
_COUNTED_DAYS = 60


def say_day(
    day: date, today: date | None = None, *, counted: bool = True, short: bool = False, weekday: bool = True
) -> str:
    """A day as a sentence names it: "today", "tomorrow", "yesterday" or "Wednesday, February 17, in 8 days".

    The year is said where it is not this one; a day of another year that is not near needs no weekday. ``counted=False`` gives
    the bare date always (in "until …"), ``short`` abbreviates weekday and month for tables; ``weekday=False`` leaves the weekday out
    of the bare date, for lists that look back.
    """
    day, today = _as_date(day), today or _today()
    if not counted:
        return _date(day, today, short=short, weekday=weekday)
    away = (day - today).days
    if abs(away) <= 1:
        return str({0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}[away])
    said = _date(day, today, short=short)
    return f"{said}, {say_distance(away)}" if abs(away) <= _COUNTED_DAYS else said


def say_date(day: date | str) -> str:
    """A date as a record holds it, always with its year: "July 1, 2019". A date written as text is in ISO form."""
    return _written(date.fromisoformat(day) if isinstance(day, str) else _as_date(day), year=True)


def say_full_day(day: date) -> str:
    """A day with all that names it, for letters, which are read at any time: "Wednesday, March 3, 2027"."""
    return _written(_as_date(day), weekday=True, year=True)


def date_parts() -> tuple[str, ...]:
    """The words "day", "month" and "year" in the order in which the association's language writes a date.

    A language with a country has that country's order: ``en`` and ``en_US`` begin with the month, ``en_GB`` with the day. Where no
    association is open, the language of the page decides.
    """
    scope = scope_or_none()
    return _date_parts(scope.language if scope is not None else str(get_locale() or "en"))


@cache
def _date_parts(language: str) -> tuple[str, ...]:
    # The long form, since the short one of some countries (Canada) is the machine's order, in which nobody is asked for a date.
    pattern = re.sub(r"'[^']*'", "", str(get_date_format("long", locale=Locale.parse(language)).pattern)).lower()
    return tuple(sorted(("day", "month", "year"), key=lambda part: pattern.index(part[0])))


def say_as_typed(day: date) -> str:
    """A day as it is typed into the fields of a date, in their order: "17 2 2027", "2 17 2027"."""
    return " ".join(str(getattr(day, part)) for part in date_parts())


def ask_for_date(day: date) -> str:
    """What to do where no date can be read: its parts in the order of the fields, and ``day`` as one that could be typed there."""
    example = say_as_typed(day)
    match date_parts()[0]:
        case "month":
            return _("Enter a date with month, day and year, for example %(example)s.", example=example)
        case "year":
            return _("Enter a date with year, month and day, for example %(example)s.", example=example)
        case _other:
            return _("Enter a date with day, month and year, for example %(example)s.", example=example)


def say_distance(days: int) -> str:
    """How far a day is away: "in 8 days", "8 days ago", "today"."""
    if days == 0:
        return str(_("today"))
    if days > 0:
        return str(ngettext("in %(num)d day", "in %(num)d days", days))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", -days))


def say_span(first: date, last: date, today: date | None = None) -> str:
    """Two days as a span: "January 18 – January 31", with the year where it is not this one."""
    today = today or _today()
    return f"{_date(_as_date(first), today, weekday=False)} – {_date(_as_date(last), today, weekday=False)}"


def say_month(day: date) -> str:
    """Month and year: "April 2027"."""
    return format_skeleton("yMMMM", _as_date(day), locale=get_locale())


def say_moment(moment: datetime, today: date | None = None, *, zone: str | None = None, short: bool = False) -> str:
    """A moment with its day: "today, 10:42", "Wednesday, March 3, 11:02", in ``zone`` or the reader's own."""
    local = _local(moment, zone)
    said = say_day(local.date(), today, counted=abs((local.date() - (today or _today())).days) <= 1, short=short)
    return f"{said}, {say_time(local, zone=zone)}"


def say_time(moment: datetime, *, zone: str | None = None) -> str:
    """The time of day: "16:00", or "4:00 PM" where the language says so.

    English says both, and the association's own language decides between them, as it does for dates: "16:00" in Great Britain, and on
    the English pages of an association that speaks another one.
    """
    scope, locale = scope_or_none(), get_locale()
    if _language() == "en" and scope is not None:
        locale = Locale.parse(scope.language)
    of_the_day = _language() == "en" and locale is not None and locale.language != "en"
    said = format_time(_local(moment, zone), "HH:mm" if of_the_day else "short", locale=locale)
    # Babel's narrow space is missing in some fonts and in some mail; the one of durations is in all.
    return said.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


def say_zone(zone: str) -> str:
    """The name of a time zone: “Pacific Time”."""
    return get_timezone_name(ZoneInfo(zone), width="long", zone_variant="generic", locale=get_locale())


def say_hours(minutes: int) -> str:
    """A long duration in hours: "40 hours", "16 h 30 min", "45 minutes"."""
    if minutes % 60 == 0 and minutes:
        return str(ngettext("%(num)d hour", "%(num)d hours", minutes // 60))
    if 0 <= minutes < 60:
        return str(ngettext("%(num)d minute", "%(num)d minutes", minutes))
    return say_duration(minutes)


def say_length(days: int) -> str:
    """A long time in days, in whole years or months where it is so many: "5 years", "6 months", "45 days"."""
    if days and days % 365 == 0:
        return str(ngettext("%(num)s year", "%(num)s years", days // 365))
    if days and days % 30 == 0:
        return str(ngettext("%(num)s month", "%(num)s months", days // 30))
    return str(ngettext("%(num)s day", "%(num)s days", days))


def say_duration(minutes: int) -> str:
    """A duration, briefly: "1 h 30 min", "45 min", "2 h"."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [_("%(num)d h", num=hours)] if hours else []
    if rest or not hours:
        parts.append(_("%(num)d min", num=rest))
    said = "\N{NO-BREAK SPACE}".join(parts)
    return f"−{said}" if minutes < 0 else said


def say_number(number: float | Decimal) -> str:
    """A number with the language's separators: "15,842"."""
    return format_decimal(number, locale=get_locale())


def say_percent(share: float) -> str:
    """A share of one as a percentage: "55 %" in the language's way."""
    return format_percent(share, locale=get_locale())


def say_list(words: Sequence[str]) -> str:
    """Words in a row: "budgeting, payroll and purchasing"."""
    said = format_list([str(word) for word in words], locale=get_locale())
    # Babel's English puts a comma before the last "and"; the texts here do not.
    return said.replace(", and ", " and ") if _language() == "en" else said


def say_series(parts: Sequence[str]) -> str:
    """In a row what has commas of its own, as moments have: "Wednesday, May 5, 4:30 PM; Thursday, May 6, 9:00 AM"."""
    said = [str(part) for part in parts]
    return reduce(lambda first, rest: _("%(first)s; %(rest)s", first=first, rest=rest), said) if said else ""


def day_leaf(day: date) -> tuple[str, str, str]:
    """Weekday, day and month for a calendar leaf: ("Thu", "11", "Feb")."""
    day, locale = _as_date(day), get_locale()
    return (
        format_date(day, "EEE", locale=locale).rstrip("."),
        str(day.day),
        format_date(day, "MMM", locale=locale).rstrip("."),
    )


def iso(value: date | datetime) -> str:
    """The machine's form, for ``<time datetime>``."""
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()


def _date(day: date, today: date, *, short: bool = False, weekday: bool = True) -> str:
    near = day.year == today.year or abs((day - today).days) <= _COUNTED_DAYS
    return _written(day, short=short, weekday=weekday and near, year=day.year != today.year)


def _written(day: date, *, short: bool = False, weekday: bool = False, year: bool = False) -> str:
    """The words of a date in the order of the page's language. Every date that people read comes from here.

    English has two orders, and the association's own decides between them: where its dates begin with the month they are
    "Wednesday, March 3, 2027", else "Wednesday 3 March 2027". So a date reads as it is typed.
    """
    locale = get_locale()
    month = format_date(day, "MMM" if short else "MMMM", locale=locale)
    name = format_date(day, "EEE" if short else "EEEE", locale=locale) if weekday else ""
    if _language() == "en" and date_parts()[0] == "month":
        return ", ".join(part for part in (name, f"{month} {day.day}", str(day.year) if year else "") if part)
    return " ".join(part for part in (name, _day_of_month(day), month, str(day.year) if year else "") if part)


def _day_of_month(day: date) -> str:
    # French says the first of a month as an ordinal, which date patterns cannot.
    return "1er" if day.day == 1 and _language() == "fr" else str(day.day)


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else "en"


def _as_date(value: date) -> date:
    if isinstance(value, datetime):
        return _local(value, None).date()
    return value


def _local(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    target = ZoneInfo(zone) if zone else get_timezone()
    return moment.astimezone(target)


def _today() -> date:
    return context.current_today()


def days_until(day: date, today: date | None = None) -> int:
    """Whole days from today to ``day``; negative when it has passed."""
    return (_as_date(day) - (today or _today())) // timedelta(days=1)


FILTERS: tuple[Callable[..., object], ...] = (
    say_day, say_date, say_full_day, say_as_typed, say_distance, say_span, say_month, say_moment, say_time, say_hours, say_length, say_duration, say_number, say_percent,
    say_list, say_series, say_zone, day_leaf, iso, days_until,
)  # fmt: skip


def init_formatting(app: Flask) -> None:
    """Make every function here a filter of ``app``'s templates, and the order of a date's fields known to them."""
    app.add_template_global(date_parts)
    for function in FILTERS:
        app.add_template_filter(function)
