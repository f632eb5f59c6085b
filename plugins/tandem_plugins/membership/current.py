"""``membership.current``: the person is a member of one of the named types today, with dues paid if that is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, and_, case, false, null, or_, true

from tandem.plugin_api import (
    AnyOf,
    Days,
    EligibilityRule,
    Evidence,
    Facts,
    MembershipFact,
    Message,
    Settings,
    SettingsSchema,
    Source,
    SqlFacts,
    Term,
    Truth,
    Verdict,
    keys,
    say,
    say_many,
    wrong,
)


class OnLapseSchema(SettingsSchema):
    """What follows for a mentorship under way when the rule no longer holds."""

    grace = Days(load_default=0)
    then = fields.String(
        load_default="pause", validate=validate.OneOf(["pause", "tell"], error=wrong("must be pause or tell"))
    )


class CurrentMembershipSchema(SettingsSchema):
    """The settings of ``membership.current``."""

    types = keys(load_default=None, metadata={"vocabulary": "membership-type"})
    levels = keys(load_default=None, metadata={"vocabulary": "membership-level"})
    dues = fields.String(
        load_default="current",
        validate=validate.OneOf(
            ["throughout", "current", "ignore"], error=wrong("must be throughout, current or ignore")
        ),
    )
    organisational = fields.Boolean(load_default=False)
    on_lapse = fields.Nested(OnLapseSchema, load_default=None)


class CurrentMembership(EligibilityRule):
    """A membership that runs today. Dues are paid when they cover today; where no date is on record, that is unknown."""

    name = "membership.current"
    settings_schema = CurrentMembershipSchema

    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """Met by any one membership that runs today and is paid."""
        fitting = [membership for membership in facts.memberships if _fits(membership, settings)]
        running = [membership for membership in fitting if membership.runs_on(facts.today)]
        if not running:
            return _not_a_member(fitting, facts.today, settings)
        if settings["dues"] == "ignore":
            return Verdict(Truth.MET, evidence=(_runs(running[0]),))
        paid = [membership for membership in running if membership.paid_through is not None]
        covered = [membership for membership in paid if membership.paid_through >= facts.today]  # type: ignore[operator]
        if covered:
            return Verdict(Truth.MET, evidence=tuple(_paid(membership) for membership in covered[:1]))
        if len(paid) < len(running):
            unclear = next(membership for membership in running if membership.paid_through is None)
            return Verdict(
                Truth.UNKNOWN,
                reason=say("membership.current.no-dues", "The directory does not say until when the dues are paid."),
                remedy=say("membership.current.no-dues.remedy", "Ask staff to put the date on your record."),
                evidence=(_runs(unclear),),
            )
        last = max(paid, key=lambda membership: membership.paid_through or date.min)
        assert last.paid_through is not None  # noqa: S101 - ``paid`` holds only those with a date
        return Verdict(
            Truth.NOT_MET,
            reason=say("membership.current.lapsed", "Dues were paid through %(day)s.", day=last.paid_through),
            remedy=say("membership.current.lapsed.remedy", "Pay the dues; the membership counts again the same day."),
            evidence=(_runs(last),),
        )

    def describe(self, settings: Settings) -> Message:
        """The requirement, with what a lapse leads to."""
        return _describe(settings, _who(settings))

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool]:
        """The same in SQL."""

        def runs(row: Any) -> ColumnElement[bool]:
            return and_(
                _fits_sql(row, settings),
                row.valid_from <= facts.today,
                or_(row.valid_to.is_(None), row.valid_to >= facts.today),
            )

        if settings["dues"] == "ignore":
            return facts.exists("memberships", runs)
        return case(
            (facts.exists("memberships", lambda row: and_(runs(row), row.paid_through >= facts.today)), true()),
            (facts.exists("memberships", lambda row: and_(runs(row), row.paid_through.is_(None))), null()),
            else_=false(),
        )


def _fits(membership: MembershipFact, settings: Settings) -> bool:
    return (
        (settings["organisational"] or not membership.organisational)
        and (settings["types"] is None or membership.type in settings["types"])
        and (settings["levels"] is None or membership.level in settings["levels"])
    )


def _fits_sql(row: Any, settings: Settings) -> ColumnElement[bool]:
    return and_(
        true() if settings["organisational"] else row.organisational.is_(False),
        true() if settings["types"] is None else row.type.in_(settings["types"]),
        # A membership without a level is at none of them: false, not NULL.
        true() if settings["levels"] is None else and_(row.level.is_not(None), row.level.in_(settings["levels"])),
    )


def _not_a_member(fitting: list[MembershipFact], today: date, settings: Settings) -> Verdict:
    remedy = say("membership.current.none.remedy", "A new membership counts from the day it begins.")
    ended = [m for m in fitting if m.valid_to is not None and m.valid_to < today]
    coming = [m for m in fitting if m.valid_from > today]
    if coming:
        begins = min(membership.valid_from for membership in coming)
        reason = say("membership.current.coming", "The membership begins on %(day)s.", day=begins)
    elif ended:
        last = max(ended, key=lambda membership: membership.valid_to or date.min)
        assert last.valid_to is not None  # noqa: S101 - ``ended`` holds only those with a last day
        reason = say(
            "membership.current.ended", "The %(type)s membership ended on %(day)s.",
            type=Term("membership-type", last.type), day=last.valid_to,
        )  # fmt: skip
    elif (who := _who(settings)) is None:
        reason = say("membership.current.none.any", "The directory has no current individual membership.")
    else:
        reason = say("membership.current.none", "The directory has no current %(types)s membership.", types=who)
    return Verdict(Truth.NOT_MET, reason=reason, remedy=remedy)


def _runs(membership: MembershipFact) -> Evidence:
    return Evidence(
        Source.DIRECTORY,
        say(
            "membership.current.evidence", "%(type)s since %(day)s.",
            type=Term("membership-type", membership.type), day=membership.valid_from,
        ),
    )  # fmt: skip


def _paid(membership: MembershipFact) -> Evidence:
    assert membership.paid_through is not None  # noqa: S101 - called for paid ones alone
    return Evidence(
        Source.DIRECTORY,
        say(
            "membership.current.evidence.paid", "%(type)s since %(day)s, dues paid through %(paid)s.",
            type=Term("membership-type", membership.type), day=membership.valid_from, paid=membership.paid_through,
        ),
    )  # fmt: skip


def _who(settings: Settings) -> AnyOf | None:
    if settings["levels"] is not None:
        return AnyOf(tuple(Term("membership-level", level) for level in settings["levels"]))
    if settings["types"] is not None:
        return AnyOf(tuple(Term("membership-type", kind) for kind in settings["types"]))
    return None


def _describe(settings: Settings, who: AnyOf | None) -> Message:
    # Each sentence is written out whole: words cannot be cut from a sentence, or added to it, in every language.
    if settings["dues"] == "ignore":
        if who is None:
            return say("membership.current.describe.any", "You are a current individual member.")
        return say("membership.current.describe", "You are a current %(types)s member.", types=who)
    if settings["dues"] == "current":
        if who is None:
            return say(
                "membership.current.describe.paid.any", "You are a current individual member, and your dues are paid."
            )
        return say(
            "membership.current.describe.paid", "You are a current %(types)s member, and your dues are paid.", types=who
        )
    if who is None:
        return say(
            "membership.current.describe.throughout.any",
            "You are a current individual member, and your dues stay paid throughout the mentorship.",
        )
    return _describe_throughout(settings["on_lapse"], who)


def _describe_throughout(on_lapse: Settings | None, who: AnyOf) -> Message:
    if on_lapse is None or on_lapse["then"] != "pause":
        return say(
            "membership.current.describe.throughout",
            "You are a current %(types)s member, and your dues stay paid throughout the mentorship.",
            types=who,
        )
    if on_lapse["grace"] == 0:
        return say(
            "membership.current.describe.pause",
            "You are a current %(types)s member, and your dues stay paid throughout the mentorship. "
            "If they lapse, the mentorship pauses until they are paid.",
            types=who,
        )
    return say_many(
        "membership.current.describe.grace",
        "You are a current %(types)s member, and your dues stay paid throughout the mentorship. "
        "If they lapse, you have %(count)s day before the mentorship pauses.",
        "You are a current %(types)s member, and your dues stay paid throughout the mentorship. "
        "If they lapse, you have %(count)s days before the mentorship pauses.",
        on_lapse["grace"],
        types=who,
    )
