"""``membership.tenure``: the person has been an individual member for enough years, added up over dated memberships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import ColumnElement, Date, and_, cast, false, func, or_, true
from sqlalchemy.types import Integer, Interval

from tandem.plugin_api import (
    AnyOf,
    Day,
    EligibilityRule,
    Evidence,
    Facts,
    MembershipFact,
    Message,
    Settings,
    SettingsSchema,
    Source,
    Span,
    SqlFacts,
    SqlSpan,
    Term,
    Truth,
    Verdict,
    add_years,
    covered_days,
    keys,
    merge,
    say,
    say_many,
    whole,
    wrong,
    years_and_months,
)


class CountsSchema(SettingsSchema):
    """Which memberships count, and between which dates (both included)."""

    types = keys(load_default=None, metadata={"vocabulary": "membership-type"})
    levels = keys(load_default=None, metadata={"vocabulary": "membership-level"})
    from_ = Day(data_key="from", load_default=None)
    to = Day(load_default=None)

    @validates_schema
    def check_dates(self, data: Mapping[str, Any], **_: Any) -> None:
        """The last day may not be before the first."""
        start, last = data.get("from_"), data.get("to")
        if start and last and last < start:
            raise ValidationError(wrong("is before from"), "to")
        if data.get("types") is None and data.get("levels") is None:
            raise ValidationError(wrong("name types or levels that count"), "types")


class TenureSchema(SettingsSchema):
    """The settings of ``membership.tenure``. Without ``counts``, every individual membership counts."""

    years = whole(at_least=1, at_most=60, required=True)
    counts = fields.List(fields.Nested(CountsSchema), load_default=None, validate=validate.Length(min=1, max=50))
    current_types = keys(load_default=None, metadata={"vocabulary": "membership-type"})


class Tenure(EligibilityRule):
    """Days of membership, each counted once however many memberships cover it; organisational ones never count.

    Enough is as many days as the years have that begin on the first counted day. So somebody without a gap meets the rule on
    the anniversary, leap years or not, and nobody who met it stops meeting it because a day has passed.
    """

    name = "membership.tenure"
    settings_schema = TenureSchema

    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """Compares the days counted up to today with the days that are needed."""
        counted = [(m, spans) for m in facts.memberships if (spans := _spans(m, facts.today, settings))]
        all_spans = merge(span for _, spans in counted for span in spans)
        evidence = tuple(_counted(membership, spans, facts.today) for membership, spans in counted)
        missing = _current_type_missing(facts, settings)
        if missing is not None:
            return Verdict(Truth.NOT_MET, reason=missing[0], remedy=missing[1], evidence=evidence)
        if not all_spans:
            return Verdict(
                Truth.NOT_MET,
                reason=say("membership.tenure.none", "The directory has no membership that counts."),
                remedy=say(
                    "membership.tenure.none.remedy", "If you were a member earlier, ask staff to add it to your record."
                ),
            )
        days, first = covered_days(all_spans), all_spans[0].start
        needed = (add_years(first, settings["years"]) - first).days
        if days >= needed:
            return Verdict(Truth.MET, evidence=(_summed(first, days), *evidence))
        return Verdict(
            Truth.NOT_MET,
            reason=_summed(first, days).message,
            remedy=_when_enough(facts, settings, needed, needed - days),
            evidence=evidence,
        )

    def describe(self, settings: Settings) -> Message:
        """The requirement; names the current types if they matter."""
        if settings["current_types"] is None:
            return say_many(
                "membership.tenure.describe",
                "You have been an individual member for %(count)s or more years.",
                "You have been an individual member for %(count)s or more years.",
                settings["years"],
            )
        return say_many(
            "membership.tenure.describe.current",
            "You are a current %(types)s member and have been an individual member for %(count)s or more years.",
            "You are a current %(types)s member and have been an individual member for %(count)s or more years.",
            settings["years"],
            types=AnyOf(tuple(Term("membership-type", kind) for kind in settings["current_types"])),
        )

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool]:
        """The same in SQL."""
        enough = facts.days(
            "memberships",
            lambda row: _sql_spans(row, facts.today, settings),
            lambda days, first: func.coalesce(days >= _needed_sql(first, settings["years"]), false()),
        )
        if settings["current_types"] is None:
            return enough
        holds = facts.exists(
            "memberships",
            lambda row: and_(
                row.organisational.is_(False),
                row.type.in_(settings["current_types"]),
                row.valid_from <= facts.today,
                or_(row.valid_to.is_(None), row.valid_to >= facts.today),
            ),
        )
        return and_(holds, enough)


#: What counts where the configuration does not say: any individual membership at any time.
_EVERYTHING: Sequence[Settings] = ({"types": None, "levels": None, "from_": None, "to": None},)


def _spans(membership: MembershipFact, today: date, settings: Settings) -> list[Span]:
    if membership.organisational:
        return []
    # Half-open: a membership that still runs has been held up to, not including, today.
    end = today if membership.valid_to is None else min(membership.valid_to + timedelta(days=1), today)
    spans = []
    for counts in settings["counts"] or _EVERYTHING:
        if counts["types"] is not None and membership.type not in counts["types"]:
            continue
        if counts["levels"] is not None and membership.level not in counts["levels"]:
            continue
        start = max(membership.valid_from, counts["from_"] or membership.valid_from)
        last = end if counts["to"] is None else min(end, counts["to"] + timedelta(days=1))
        if start < last:
            spans.append(Span(start, last))
    return merge(spans)


def _sql_spans(row: Any, today: date, settings: Settings) -> list[SqlSpan]:
    one_day = timedelta(days=1)
    spans = []
    for counts in settings["counts"] or _EVERYTHING:
        where = and_(
            row.organisational.is_(False),
            true() if counts["types"] is None else row.type.in_(counts["types"]),
            true() if counts["levels"] is None else and_(row.level.is_not(None), row.level.in_(counts["levels"])),
        )
        last_day = today - one_day if counts["to"] is None else min(today - one_day, counts["to"])
        start = row.valid_from if counts["from_"] is None else func.greatest(row.valid_from, counts["from_"])
        # LEAST leaves NULLs out, so a membership without a last day ends with the others' limit.
        spans.append(SqlSpan(where, cast(start, Date), cast(func.least(row.valid_to, last_day), Date) + 1))
    return spans


def _needed_sql(first: ColumnElement[date], years: int) -> ColumnElement[int]:
    until = cast(first + func.make_interval(years, type_=Interval), Date)
    return cast(until - first, Integer)


def _current_type_missing(facts: Facts, settings: Settings) -> tuple[Message, Message] | None:
    wanted = settings["current_types"]
    if wanted is None:
        return None
    individual = [m for m in facts.memberships if not m.organisational and m.type in wanted]
    if any(membership.runs_on(facts.today) for membership in individual):
        return None
    remedy = say("membership.tenure.not-current.remedy", "Years you have already collected count again once you renew.")
    ended = [m for m in individual if m.valid_to is not None and m.valid_to < facts.today]
    if ended:
        last = max(ended, key=lambda membership: membership.valid_to or date.min)
        assert last.valid_to is not None  # noqa: S101 - ``ended`` holds only those with a last day
        return (
            say(
                "membership.tenure.ended", "The %(type)s membership ended on %(day)s.",
                type=Term("membership-type", last.type), day=last.valid_to,
            ),
            remedy,
        )  # fmt: skip
    types = AnyOf(tuple(Term("membership-type", kind) for kind in wanted))
    return say(
        "membership.tenure.not-current", "The directory has no current %(types)s membership.", types=types
    ), remedy


def _summed(first: date, days: int) -> Evidence:
    years, months = years_and_months(first, days)
    if years == 0:
        message = say_many(
            "membership.tenure.months",
            "%(count)s month of membership counts.",
            "%(count)s months of membership count.",
            months,
        )
    elif months == 0:
        message = say_many(
            "membership.tenure.years",
            "%(count)s year of membership counts.",
            "%(count)s years of membership count.",
            years,
        )
    else:
        message = say(
            "membership.tenure.years-and-months",
            "%(years)s and %(months)s of membership count.",
            years=say_many("membership.tenure.so-many-years", "%(count)s year", "%(count)s years", years),
            months=say_many("membership.tenure.so-many-months", "%(count)s month", "%(count)s months", months),
        )
    return Evidence(Source.DIRECTORY, message)


def _counted(membership: MembershipFact, spans: Sequence[Span], today: date) -> Evidence:
    kind = Term("membership-type", membership.type)
    if membership.level is not None:
        kind = Term("membership-level", membership.level)
    first, end = spans[0].start, spans[-1].end
    if end == today and membership.runs_on(today):
        return Evidence(
            Source.DIRECTORY, say("membership.tenure.since", "%(type)s from %(day)s.", type=kind, day=first)
        )
    last = end - timedelta(days=1)
    text = say("membership.tenure.span", "%(type)s from %(day)s to %(last)s.", type=kind, day=first, last=last)
    return Evidence(Source.DIRECTORY, text)


def _when_enough(facts: Facts, settings: Settings, needed: int, short: int) -> Message:
    """The day on which it will be enough, if the memberships run on as they stand; else what may help."""
    day = facts.today + timedelta(days=short)
    if covered_days(span for m in facts.memberships for span in _spans(m, day, settings)) >= needed:
        return say("membership.tenure.when", "With an uninterrupted membership it is enough on %(day)s.", day=day)
    return say("membership.tenure.short.remedy", "If you were a member earlier, ask staff to add it to your record.")
