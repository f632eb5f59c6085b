"""Arithmetic of days that rules share, so that Python and SQL, and two rules, never count a year differently."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from babel.dates import get_month_names
from flask_babel import get_locale


@dataclass(frozen=True, slots=True)
class Span:
    """The days from ``start`` up to, and without, ``end``. Empty where ``end`` is not after ``start``."""

    start: date
    end: date


def add_months(day: date, months: int) -> date:
    """``day`` moved by whole months (may be negative), at most to the end of the month: 31 January + 1 = 28 February."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    """``day`` moved by whole years (may be negative); 29 February becomes the 28th where there is none."""
    return add_months(day, 12 * years)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same days without overlap, in order; empty spans are left out."""
    merged: list[Span] = []
    for span in sorted((span for span in spans if span.start < span.end), key=lambda span: (span.start, span.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def covered_days(spans: Iterable[Span]) -> int:
    """How many days the spans cover together, each day counted once."""
    return sum((span.end - span.start).days for span in merge(spans))


def years_and_months(start: date, days: int) -> tuple[int, int]:
    """How many whole years and months ``days`` are when they begin on ``start``."""
    end = start + timedelta(days=days)
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return divmod(months, 12)


def month_number(text: str) -> int | None:
    """The month that was typed, 1 to 12: as a number ("2", "02") or by its name, or the beginning of it ("Feb", "février").

    Names are those of English and of the language of the page; accents, capitals and a full stop make no difference.
    ``None`` for anything else, also where three letters would fit two months ("jui").
    """
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,2}", text):
        number = int(text)
        return number if 1 <= number <= 12 else None
    word = _plain(text)
    locale = get_locale()
    for language in dict.fromkeys((str(locale) if locale else "en", "en")):
        names = _month_names(language)
        if word in names:
            return names[word]
        begun = {number for name, number in names.items() if len(word) >= 3 and name.startswith(word)}
        if len(begun) == 1:
            return begun.pop()
    return None


@cache
def _month_names(language: str) -> dict[str, int]:
    return {
        _plain(name): number
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, context, locale=language).items()
    }


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.strip().rstrip(".").casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
