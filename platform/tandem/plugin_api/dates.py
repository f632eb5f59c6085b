"""Arithmetic of days that rules share, so that Python and SQL, and two rules, never count a year differently."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


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
