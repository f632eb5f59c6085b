"""``experience.within_one``: enough years within one discipline; years in different ones are never added together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import ColumnElement, and_, case, false, func, not_, null, true

from tandem.plugin_api import (
    AnswerFact,
    EligibilityRule,
    Evidence,
    Facts,
    Message,
    Settings,
    SettingsSchema,
    Source,
    SqlFacts,
    Term,
    Truth,
    Verdict,
    key,
    say,
    say_many,
    whole,
    wrong,
)


class WithinOneSchema(SettingsSchema):
    """The settings of ``experience.within_one``."""

    years = whole(at_least=1, at_most=60, required=True)
    field = key(load_default=None, metadata={"question": True})
    evidence = fields.String(
        load_default="any", validate=validate.OneOf(["any", "required"], error=wrong("must be any or required"))
    )
    offered = fields.String(
        load_default="one", validate=validate.OneOf(["one", "each"], error=wrong("must be one or each"))
    )

    @validates_schema
    def check_field(self, data: Mapping[str, Any], **_: Any) -> None:
        """Looking at each discipline offered needs the question in which they are."""
        if data.get("offered") == "each" and data.get("field") is None:
            raise ValidationError(wrong("offered: each needs the question that asks for the disciplines"), "field")


class WithinOne(EligibilityRule):
    """Reads the directory and, with ``field``, the years that the person gave for each discipline.

    The directory's years are taken as they are. Years that only an answer gives are enough too, and the verdict says where
    they come from; with ``evidence: required`` they leave the rule unknown until the directory, or staff, confirm them.
    """

    name = "experience.within_one"
    settings_schema = WithinOneSchema

    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """One discipline has enough years; with ``offered: each``, every one that is offered has.

        The evidence begins with the discipline that decides; the others that are offered follow, each with its years.
        """
        on_file = {known.discipline: known.years for known in facts.experience}
        answers = [] if settings["field"] is None else facts.answered(settings["field"])
        verdict = _verdict(facts, settings, answers, on_file)
        further = [one for one in _offered(answers, on_file) if one not in verdict.evidence]
        return replace(verdict, evidence=(*verdict.evidence, *further))

    def describe(self, settings: Settings) -> Message:
        """The requirement."""
        if settings["offered"] == "each":
            return say_many(
                "experience.describe.each",
                "You have %(count)s or more years of experience within each discipline that you offer. "
                "Years in different disciplines are not added together.",
                "You have %(count)s or more years of experience within each discipline that you offer. "
                "Years in different disciplines are not added together.",
                settings["years"],
            )
        return say_many(
            "experience.describe",
            "You have %(count)s or more years of experience within one discipline. "
            "Years in different disciplines are not added together.",
            "You have %(count)s or more years of experience within one discipline. "
            "Years in different disciplines are not added together.",
            settings["years"],
        )

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool]:
        """The same in SQL."""
        years, field = settings["years"], settings["field"]
        backed = facts.exists("experience", lambda row: row.years >= years)
        if field is None:
            return case((backed, true()), (facts.exists("experience", lambda _: true()), false()), else_=null())
        claimed = facts.exists(
            "answers", lambda row: and_(row.field == field, row.key.is_not(None), _at_least(row.number_value, years))
        )
        cases: list[tuple[ColumnElement[bool], Any]] = [
            (backed, true()),
            (claimed, null() if settings["evidence"] == "required" else true()),
            (not_(facts.has_answers), null()),
        ]
        if settings["offered"] == "each":
            cases.insert(0, (facts.exists("answers", lambda row: _too_short_sql(facts, row, field, years)), false()))
        return case(*cases, else_=false())

    def fields(self, settings: Settings) -> Sequence[str]:
        """The question that asks for the disciplines."""
        return [] if settings["field"] is None else [settings["field"]]


def _verdict(
    facts: Facts, settings: Settings, answers: Sequence[AnswerFact], on_file: Mapping[str, Decimal]
) -> Verdict:
    years, field = settings["years"], settings["field"]
    if settings["offered"] == "each" and (short := _too_short(answers, on_file, years)):
        return _short_offer(short, years)
    backed = _best(on_file.items())
    if backed is not None and backed[1] >= years:
        return Verdict(Truth.MET, evidence=(_evidence(Source.DIRECTORY, *backed),))
    claimed = _best((a.key, a.number_value) for a in answers if a.key is not None and a.number_value is not None)
    if claimed is not None and claimed[1] >= years:
        return _claimed(claimed, on_file, required=settings["evidence"] == "required")
    if field is not None and facts.answers is None:
        return Verdict(Truth.UNKNOWN, reason=say("experience.no-form", "It depends on the years given in the form."))
    best = max((found for found in (backed, claimed) if found is not None), key=lambda found: found[1], default=None)
    if best is None:
        return _nothing_known(field)
    return _not_enough(best, backed, claimed, years)


def _offered(answers: Sequence[AnswerFact], on_file: Mapping[str, Decimal]) -> Iterable[Evidence]:
    """Each discipline that is offered, with the years on file where these are at least those of the answer."""
    for answer in answers:
        if answer.key is None:
            continue
        known, claimed = on_file.get(answer.key), answer.number_value
        if known is not None and (claimed is None or known >= claimed):
            yield _evidence(Source.DIRECTORY, answer.key, known)
        elif claimed is not None:
            yield _evidence(Source.ANSWER, answer.key, claimed)


def _best(years: Iterable[tuple[str, Decimal]]) -> tuple[str, Decimal] | None:
    """The discipline with the most years, the first by name where several have."""
    return max(sorted(years), key=lambda item: item[1], default=None)


def _too_short(answers: Sequence[AnswerFact], on_file: Mapping[str, Decimal], years: int) -> list[str]:
    return [
        answer.key
        for answer in answers
        if answer.key is not None
        and (answer.number_value or Decimal(0)) < years
        and on_file.get(answer.key, Decimal(0)) < years
    ]


def _at_least(column: ColumnElement[Any], years: int) -> ColumnElement[bool]:
    return func.coalesce(column >= years, false())


def _too_short_sql(facts: SqlFacts, answer: Any, field: str, years: int) -> ColumnElement[bool]:
    backed = facts.exists("experience", lambda row: and_(row.discipline == answer.key, row.years >= years))
    return and_(
        answer.field == field, answer.key.is_not(None), not_(_at_least(answer.number_value, years)), not_(backed)
    )


def _evidence(source: Source, discipline: str, years: Decimal) -> Evidence:
    return Evidence(source, _years(discipline, years))


def _years(discipline: str, years: Decimal) -> Message:
    term = Term("discipline", discipline)
    if years != years.to_integral_value():
        return say(
            "experience.evidence.part", "%(discipline)s, %(years)s years.", discipline=term, years=years.normalize()
        )
    return say_many(
        "experience.evidence", "%(discipline)s, %(count)s year.", "%(discipline)s, %(count)s years.", int(years),
        discipline=term,
    )  # fmt: skip


def _claimed(claimed: tuple[str, Decimal], on_file: Mapping[str, Decimal], *, required: bool) -> Verdict:
    evidence = [_evidence(Source.ANSWER, *claimed)]
    if claimed[0] in on_file:
        evidence.append(_evidence(Source.DIRECTORY, claimed[0], on_file[claimed[0]]))
    if not required:
        return Verdict(Truth.MET, evidence=tuple(evidence))
    return Verdict(
        Truth.UNKNOWN,
        reason=say("experience.unconfirmed", "The answer would meet the rule, but nothing on file confirms it."),
        remedy=say(
            "experience.unconfirmed.remedy", "Send something that shows the years, for example a letter of an employer."
        ),
        evidence=tuple(evidence),
    )


def _short_offer(short: Sequence[str], years: int) -> Verdict:
    terms = [Term("discipline", discipline) for discipline in short]
    return Verdict(
        Truth.NOT_MET,
        reason=say_many(
            "experience.short-offer",
            "You offer %(disciplines)s with less than %(count)s year.",
            "You offer %(disciplines)s with less than %(count)s years.",
            years,
            disciplines=terms,
        ),
        remedy=say("experience.short-offer.remedy", "Offer only the disciplines in which you have worked long enough."),
    )


def _nothing_known(field: str | None) -> Verdict:
    if field is None:
        return Verdict(
            Truth.UNKNOWN,
            reason=say("experience.nothing-on-file", "The directory has no experience on file."),
            remedy=say("experience.nothing-on-file.remedy", "Ask staff to put your years on your record."),
        )
    return Verdict(
        Truth.NOT_MET,
        reason=say("experience.not-answered", "No discipline with its years was given."),
        remedy=say(
            "experience.not-answered.remedy", "Say in the form for how long you have worked in each discipline."
        ),
    )


def _not_enough(
    best: tuple[str, Decimal], backed: tuple[str, Decimal] | None, claimed: tuple[str, Decimal] | None, years: int
) -> Verdict:
    evidence = [
        _evidence(source, *found) for source, found in ((Source.ANSWER, claimed), (Source.DIRECTORY, backed)) if found
    ]
    return Verdict(
        Truth.NOT_MET,
        reason=say(
            "experience.not-enough", "The most is %(years)s in %(discipline)s.",
            years=best[1].normalize(), discipline=Term("discipline", best[0]),
        ),
        remedy=say_many(
            "experience.not-enough.remedy",
            "%(count)s year within one discipline is needed.",
            "%(count)s years within one discipline are needed.",
            years,
        ),
        evidence=tuple(evidence),
    )  # fmt: skip
