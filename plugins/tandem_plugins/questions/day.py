"""``date``: one day, from a date input or from the three inputs day, month and year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, validates_schema

from tandem.plugin_api import (
    AnswerFact,
    Day,
    FieldError,
    FieldType,
    Message,
    Question,
    SettingsSchema,
    month_number,
    say,
    wrong,
)
from tandem_plugins.questions._raw import single

#: Beyond these a year is a slip of the finger (0024, 20244).
_EARLIEST, _LATEST = date(1900, 1, 1), date(2100, 12, 31)

#: The bound that moves with the calendar.
_TODAY = "today"


class Bound(Day):
    """A date, or ``today``: the day on which the question is answered."""

    refusal = wrong("must be a date such as 2026-07-01, or today")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return value if value == _TODAY else super()._deserialize(value, attr, data, **kwargs)


class DaySchema(SettingsSchema):
    """The settings of ``date``: the first and the last day that can be given, each a date or ``today``."""

    earliest = Bound(load_default=_EARLIEST)
    latest = Bound(load_default=_LATEST)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The last day may not be before the first."""
        first, last = data.get("earliest", _EARLIEST), data.get("latest", _LATEST)
        if _TODAY not in (first, last) and last < first:
            raise ValidationError(wrong("is before earliest"), "latest")


class DayQuestion(FieldType):
    """Stored as ``2026-07-01``. Reads the input named like the question, or its parts ``day``, ``month`` and ``year``.

    The month is taken as a number or by its name.
    """

    name = "date"
    widget = "date"
    settings_schema = DaySchema

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> str | None:
        """The day, or ``None`` if nothing was entered."""
        parts = [single(raw, part) for part in ("year", "month", "day")]
        if text := single(raw):
            found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", text)
            if found is None:
                raise FieldError(self._invalid(question))
            parts = list(found.groups())
        elif not any(parts):
            return None
        parts[1] = str(month_number(parts[1]) or "")
        for part, value in zip(("year", "month", "day"), parts, strict=True):
            if not re.fullmatch(r"[0-9]{4}" if part == "year" else r"[0-9]{1,2}", value):
                raise FieldError(self._invalid(question), None if text else part)
        try:
            day = date(*(int(part) for part in parts))
        except ValueError as error:
            raise FieldError(say("field.date.unreal", "There is no such day. Check the day and the month.")) from error
        _check_bounds(day, question)
        return day.isoformat()

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One day."""
        return [AnswerFact(question.id, date_value=date.fromisoformat(value))]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:  # noqa: ARG002 - nothing of it is needed
        """The day in the reader's language."""
        return [say("field.date.show", "%(day)s", day=date.fromisoformat(value))]

    def example(self, question: Question) -> str:
        """A day about two months ahead, or the nearest one that is taken, in the order of the fields: ``17 2 2027``."""
        today = question.today or date(2026, 7, 1)
        first, last = _bound(question, "earliest") or _EARLIEST, _bound(question, "latest") or _LATEST
        day = max(first, min(last, today + timedelta(days=60)))
        return " ".join(str(getattr(day, part)) for part in question.date_order)

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.date.missing", "Enter a date for “%(question)s”.", question=question.label)

    def _invalid(self, question: Question) -> Message:
        example = self.example(question)
        # In the order of the fields; each is written out, as translators need it.
        match question.date_order[0]:
            case "month":
                return say(
                    "field.date.invalid",
                    "Enter a date with month, day and year, for example %(example)s.",
                    example=example,
                )
            case "year":
                return say(
                    "field.date.invalid",
                    "Enter a date with year, month and day, for example %(example)s.",
                    example=example,
                )
            case _:
                return say(
                    "field.date.invalid",
                    "Enter a date with day, month and year, for example %(example)s.",
                    example=example,
                )


def _bound(question: Question, name: str) -> date | None:
    bound = question.settings[name]
    return question.today if bound == _TODAY else bound


def _check_bounds(day: date, question: Question) -> None:
    first, last = _bound(question, "earliest"), _bound(question, "latest")
    if first is not None and day < first:
        if question.settings["earliest"] == _TODAY:
            raise FieldError(say("field.date.past", "Enter today or a later day."))
        raise FieldError(say("field.date.early", "Enter a day from %(day)s on.", day=first))
    if last is not None and day > last:
        if question.settings["latest"] == _TODAY:
            raise FieldError(say("field.date.future", "Enter today or an earlier day."))
        raise FieldError(say("field.date.late", "Enter a day up to %(day)s.", day=last))
