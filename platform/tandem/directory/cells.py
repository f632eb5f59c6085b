"""Reading single values as people type them: in a form and in a file alike, with the same problems.

Each reader takes text that is not empty and returns the value, or raises ``Problem``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import get_date_format

from tandem.directory.normalise import is_email
from tandem.directory.problems import Problem

FIRST_YEAR, LAST_YEAR = 1900, 2199

#: The longest texts, in characters.
NUMBER_LENGTH = 40
NAME_LENGTH = 100
PHONE_LENGTH = 40
LONG_LENGTH = 200

_SPACES = re.compile(r"\s+")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_PARTED = re.compile(r"(\d{1,4})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{1,4})\.?")
_DAY = re.compile(r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}(?!\d)")
_YEARS = re.compile(r"(\d{1,3})(?:[.,](\d))?0*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2})?")
#: How a text begins that a spreadsheet takes for a formula.
_FORMULA = frozenset("=+-@")
#: The last day of July 2026 in the orders that can be chosen.
_SAMPLES = {"mdy": "7/31/2026", "dmy": "31/07/2026"}
#: Joiners that some scripts need inside words, though they are invisible.
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_TRUTHS = {
    **dict.fromkeys(("yes", "y", "true", "1", "x", "oui", "o", "vrai"), True),
    **dict.fromkeys(("no", "n", "false", "0", "non", "faux", "-"), False),
}


def text(limit: int) -> Callable[[str], str]:
    """A reader of one line of text with at most ``limit`` characters: composed, with single spaces."""

    def read(value: str) -> str:
        value = value.strip()
        if value[:1] == "'" and value[1:2] in _FORMULA:
            value = value[1:]  # Put there by an export, so that a spreadsheet does not take it for a formula.
        if not value.isprintable() or "  " in value:
            value = _SPACES.sub(" ", value)
        if not value.isascii():
            value = unicodedata.normalize("NFC", value)
        if not value.isprintable() and not value.translate(_JOINERS).isprintable():
            raise Problem("control")
        if len(value) > limit:
            raise Problem("too-long", length=len(value), limit=limit)
        return value

    return read


def phone(value: str) -> str:
    """A telephone number, however it is written: what has no digit in it is none."""
    value = text(PHONE_LENGTH)(value)
    if not any(sign.isdigit() for sign in value):
        raise Problem("phone", value=value)
    return value


def email(value: str) -> str:
    """An e-mail address as it will be written to."""
    value = value.strip()
    if not is_email(value):
        raise Problem("email", value=value[:80])
    return value


def truth(value: str) -> bool:
    """Yes or no."""
    found = _TRUTHS.get(value.strip().casefold())
    if found is None:
        raise Problem("truth", value=value[:80])
    return found


def years(value: str) -> Decimal:
    """A number of years with at most one decimal, 0 to 80."""
    found = _YEARS.fullmatch(value.strip())
    if found is None:
        raise Problem("years", value=value[:80])
    number = Decimal(f"{found[1]}.{found[2] or 0}")
    if number > 80:
        raise Problem("years-range", value=value)
    return number


def time_zone(value: str) -> str:
    """A name of the time zone database."""
    value = value.strip()
    if value not in _zones():
        raise Problem("time-zone", value=value[:80])
    return value


def language(value: str) -> str:
    """A language code that the platform's texts know a name for."""
    value = value.strip()
    if _LANGUAGE.fullmatch(value) is None:
        raise Problem("language", value=value[:80])
    try:
        Locale.parse(value, sep="-")
    except (UnknownLocaleError, ValueError):
        raise Problem("language", value=value) from None
    return value


def begins_as_day(value: str) -> bool:
    """Whether a text begins as a day is written, in whatever order; a time of day may follow."""
    return _DAY.match(value.strip()) is not None


@cache
def date_reader(language: str, order: str = "") -> Callable[[str], date]:
    """A reader of days as ``2026-07-31`` or in the order of day, month and year that ``language`` has, with four-digit years.

    ``order`` is another one (``mdy``, ``dmy``), or ``iso`` for days written 2026-07-31 alone.
    """
    only_iso = order == "iso"
    local = "2026-07-31" if only_iso else _SAMPLES.get(order) or sample_date(language)
    order = order or date_order(language)

    def read(value: str) -> date:
        value = value.strip()
        found = _ISO.fullmatch(value)
        if found is not None:
            return _day(value, int(found[1]), int(found[2]), int(found[3]), local)
        found = None if only_iso else _PARTED.fullmatch(value)
        if found is None:
            raise Problem("date", value=value[:80], iso="2026-07-31", local=local)
        parts = dict(zip(order, found.groups(), strict=True))
        if len(parts["y"]) != 4:
            raise Problem("date-short-year", value=value, iso="2026-07-31")
        return _day(value, int(parts["y"]), int(parts["m"]), int(parts["d"]), local)

    return read


@cache
def date_order(language: str) -> str:
    """The order of day, month and year in ``language``: ``"mdy"``, ``"dmy"`` or ``"ymd"``."""
    pattern = str(get_date_format("short", locale=language.replace("-", "_")).pattern).lower()
    return "".join(sorted("dmy", key=pattern.index))


@cache
def sample_date(language: str) -> str:
    """The last day of July 2026 as ``date_reader(language)`` takes it, beside the ISO form."""
    pattern = str(get_date_format("short", locale=language.replace("-", "_")).pattern)
    separator = next((sign for sign in pattern if sign in "./-"), "/")
    parts = {"d": "31", "m": "07" if date_order(language)[0] == "d" else "7", "y": "2026"}
    return separator.join(parts[part] for part in date_order(language))


def _day(value: str, year: int, month: int, day: int, local: str) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise Problem("date-absent", value=value, local=local) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Problem("date-range", value=value, first=FIRST_YEAR, last=LAST_YEAR)
    return found


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
