"""``answer.count``: the person chose enough options in one question, and not too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, validates_schema
from sqlalchemy import ColumnElement, and_, case, null, true

from tandem.plugin_api import (
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


class AnswerCountSchema(SettingsSchema):
    """The settings of ``answer.count``."""

    field = key(required=True, metadata={"question": True})
    at_least = whole(at_least=0, at_most=200, load_default=1)
    at_most = whole(at_least=1, at_most=200, load_default=None, allow_none=True)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The most may not be below the least."""
        if data.get("at_most") is not None and data["at_most"] < data.get("at_least", 0):
            raise ValidationError(wrong("is below at_least"), "at_most")


class AnswerCount(EligibilityRule):
    """Counts what was answered: options chosen, or 1 for a question with a single value."""

    name = "answer.count"
    settings_schema = AnswerCountSchema

    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """Unknown where no form is at hand."""
        if facts.answers is None:
            return Verdict(Truth.UNKNOWN, reason=say("answer.count.no-form", "It depends on the answers in the form."))
        given = len(facts.answered(settings["field"]))
        question = Term("question", settings["field"])
        found = say_many(
            "answer.count.given",
            "“%(question)s” has %(count)s answer.",
            "“%(question)s” has %(count)s answers.",
            given,
            question=question,
        )
        if given < settings["at_least"]:
            reason = found if given else say("answer.count.none", "“%(question)s” is not answered.", question=question)
            remedy = say_many(
                "answer.count.more", "Choose at least %(count)s.", "Choose at least %(count)s.", settings["at_least"]
            )
            return Verdict(Truth.NOT_MET, reason=reason, remedy=remedy)
        if settings["at_most"] is not None and given > settings["at_most"]:
            remedy = say_many(
                "answer.count.fewer", "Choose at most %(count)s.", "Choose at most %(count)s.", settings["at_most"]
            )
            return Verdict(Truth.NOT_MET, reason=found, remedy=remedy)
        return Verdict(Truth.MET, evidence=(Evidence(Source.ANSWER, found),))

    def describe(self, settings: Settings) -> Message:
        """The requirement, with the question's own words."""
        question = Term("question", settings["field"])
        at_least, at_most = settings["at_least"], settings["at_most"]
        if at_most is None:
            return say_many(
                "answer.count.describe",
                "You choose at least %(count)s answer to “%(question)s”.",
                "You choose at least %(count)s answers to “%(question)s”.",
                at_least,
                question=question,
            )
        if at_least == at_most:
            return say_many(
                "answer.count.describe.exactly",
                "You choose %(count)s answer to “%(question)s”.",
                "You choose %(count)s answers to “%(question)s”.",
                at_least,
                question=question,
            )
        return say_many(
            "answer.count.describe.between",
            "You choose %(least)s to %(count)s answer to “%(question)s”.",
            "You choose %(least)s to %(count)s answers to “%(question)s”.",
            at_most,
            least=at_least,
            question=question,
        )

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool]:
        """The same in SQL."""
        given = facts.count("answers", lambda row: row.field == settings["field"])
        within = and_(
            given >= settings["at_least"], true() if settings["at_most"] is None else given <= settings["at_most"]
        )
        return case((facts.has_answers, within), else_=null())

    def fields(self, settings: Settings) -> Sequence[str]:
        """The question that is counted."""
        return [settings["field"]]
