"""``position.holds``: the person holds one of the named posts, took it up lately, or retired from one not long ago."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields
from sqlalchemy import ColumnElement, and_, case, false, null, or_, true

from tandem.plugin_api import (
    AnyOf,
    EligibilityRule,
    Evidence,
    Facts,
    Message,
    PositionFact,
    Settings,
    SettingsSchema,
    Source,
    SqlFacts,
    Term,
    Truth,
    Verdict,
    add_months,
    add_years,
    keys,
    say,
    say_many,
    whole,
)


class HoldsSchema(SettingsSchema):
    """The settings of ``position.holds``."""

    titles = keys(required=True, metadata={"vocabulary": "position-title"})
    within_months = whole(at_least=1, at_most=240, load_default=None, allow_none=True)
    retired_within_years = whole(at_least=1, at_most=60, load_default=None, allow_none=True)
    acting = fields.Boolean(load_default=True)


class Holds(EligibilityRule):
    """A post counts while it is held; with ``within_months`` only if it was taken up that recently.

    With ``retired_within_years`` a post that ended in retirement counts for that long. A post that would count but has a
    title in free words leaves the rule unknown: somebody has to say whether it is equivalent.
    """

    name = "position.holds"
    settings_schema = HoldsSchema

    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """Names the position it rests on."""
        in_time = [position for position in facts.positions if _in_time(position, facts.today, settings)]
        fitting = [position for position in in_time if position.title in settings["titles"]]
        if fitting:
            return Verdict(Truth.MET, evidence=(_evidence(max(fitting, key=_latest), facts.today),))
        unnamed = [position for position in in_time if position.title is None]
        if unnamed:
            position = max(unnamed, key=_latest)
            return Verdict(
                Truth.UNKNOWN,
                reason=say(
                    "position.holds.free", "“%(title)s” is not one of the listed titles, but may be equivalent.",
                    title=position.title_text or "",
                ),
                remedy=say("position.holds.free.remedy", "Staff can say whether it is."),
                evidence=(_evidence(position, facts.today),),
            )  # fmt: skip
        if not facts.positions:
            return Verdict(
                Truth.UNKNOWN,
                reason=say("position.holds.nothing", "The directory has no position on file."),
                remedy=say("position.holds.nothing.remedy", "Tell staff which position you hold, and where."),
            )
        return _not_held(facts, settings)

    def describe(self, settings: Settings) -> Message:
        """The requirement."""
        titles = AnyOf(tuple(Term("position-title", title) for title in settings["titles"]))
        months, years = settings["within_months"], settings["retired_within_years"]
        if months is None and years is None:
            return say("position.holds.describe", "You hold one of these positions: %(titles)s.", titles=titles)
        if years is None:
            return say_many(
                "position.holds.describe.within",
                "You took up one of these positions within the last %(count)s month: %(titles)s.",
                "You took up one of these positions within the last %(count)s months: %(titles)s.",
                months,
                titles=titles,
            )
        if months is None:
            return say_many(
                "position.holds.describe.retired",
                "You hold one of these positions, or retired from one within the last %(count)s year: %(titles)s.",
                "You hold one of these positions, or retired from one within the last %(count)s years: %(titles)s.",
                years,
                titles=titles,
            )
        return say_many(
            "position.holds.describe.both",
            "You took up one of these positions no more than %(months)s months ago, or retired from one within the last "
            "%(count)s year: %(titles)s.",
            "You took up one of these positions no more than %(months)s months ago, or retired from one within the last "
            "%(count)s years: %(titles)s.",
            years,
            months=months,
            titles=titles,
        )

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool]:
        """The same in SQL."""

        def fits(row: Any) -> ColumnElement[bool]:
            known = and_(row.title.is_not(None), row.title.in_(settings["titles"]))
            return and_(known, _in_time_sql(row, facts.today, settings))

        def unnamed(row: Any) -> ColumnElement[bool]:
            return and_(row.title.is_(None), _in_time_sql(row, facts.today, settings))

        return case(
            (facts.exists("positions", fits), true()),
            (facts.exists("positions", unnamed), null()),
            (facts.exists("positions", lambda _: true()), false()),
            else_=null(),
        )


def _in_time(position: PositionFact, today: date, settings: Settings) -> bool:
    months, years = settings["within_months"], settings["retired_within_years"]
    if position.acting and not settings["acting"]:
        return False
    if position.runs_on(today):
        return months is None or position.valid_from >= add_months(today, -months)
    return (
        years is not None
        and position.retired
        and position.valid_to is not None
        and add_years(today, -years) <= position.valid_to < today
    )


def _in_time_sql(row: Any, today: date, settings: Settings) -> ColumnElement[bool]:
    months, years = settings["within_months"], settings["retired_within_years"]
    held = and_(
        row.valid_from <= today,
        or_(row.valid_to.is_(None), row.valid_to >= today),
        true() if months is None else row.valid_from >= add_months(today, -months),
    )
    counts = true() if settings["acting"] else row.acting.is_(False)
    if years is None:
        return and_(counts, held)
    ended = and_(row.valid_to.is_not(None), row.valid_to < today, row.valid_to >= add_years(today, -years))
    return and_(counts, or_(held, and_(row.retired.is_(True), ended)))


def _latest(position: PositionFact) -> tuple[date, date, str]:
    return position.valid_to or date.max, position.valid_from, position.employer


def _evidence(position: PositionFact, today: date) -> Evidence:
    title = position.title_text or "" if position.title is None else Term("position-title", position.title)
    if position.runs_on(today):
        message = say(
            "position.holds.evidence", "%(title)s, %(employer)s, since %(day)s.",
            title=title, employer=position.employer, day=position.valid_from,
        )  # fmt: skip
    else:
        message = say(
            "position.holds.evidence.ended", "%(title)s, %(employer)s, until %(day)s.",
            title=title, employer=position.employer, day=position.valid_to or position.valid_from,
        )  # fmt: skip
    return Evidence(Source.DIRECTORY, message)


def _not_held(facts: Facts, settings: Settings) -> Verdict:
    fitting = [position for position in facts.positions if position.title in settings["titles"]]
    running = [position for position in fitting if position.runs_on(facts.today)]
    ended = [p for p in fitting if p.valid_to is not None and p.valid_to < facts.today]
    if running and any(position.acting for position in running) and not settings["acting"]:
        reason = say("position.holds.acting", "The position is held in an acting capacity only.")
    elif running:
        since = max(position.valid_from for position in running)
        reason = say(
            "position.holds.too-long", "The position was taken up on %(day)s, longer ago than that.", day=since
        )
    elif ended:
        until = max(position.valid_to or date.min for position in ended)
        reason = say("position.holds.ended", "The position ended on %(day)s.", day=until)
    else:
        reason = say("position.holds.other", "None of the positions on file is one of those.")
    considered = sorted(fitting or facts.positions, key=_latest, reverse=True)[:3]
    return Verdict(
        Truth.NOT_MET,
        reason=reason,
        remedy=say("position.holds.remedy", "If your position has changed, ask staff to bring your record up to date."),
        evidence=tuple(_evidence(position, facts.today) for position in considered),
    )
