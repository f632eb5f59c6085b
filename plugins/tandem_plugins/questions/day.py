"""``date``: one day, from a date input or from the three inputs day, month and year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from marshmallow import ValidationError, validates_schema

from tandem.plugin_api import AnswerFact, Day, FieldError, FieldType, Message, Question, SettingsSchema, say, wrong
from tandem_plugins.questions._raw import single

#: Beyond these a year is a slip of the finger (0024, 20244).
_EARLIEST, _LATEST = date(1900, 1, 1), date(2100, 12, 31)


class DaySchema(SettingsSchema):
    """The settings of ``date``: the first and the last day that can be given."""

    earliest = Day(load_default=_EARLIEST)
    latest = Day(load_default=_LATEST)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The last day may not be before the first."""
        if data.get("latest", _LATEST) < data.get("earliest", _EARLIEST):
            raise ValidationError(wrong("is before earliest"), "latest")


class DayQuestion(FieldType):
    """Stored as ``2026-07-01``. Reads the input named like the question, or its parts ``day``, ``month`` and ``year``."""

    name = "date"
    widget = "date"
    settings_schema = DaySchema

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> str | None:
        """The day, or ``None`` if nothing was entered."""
        parts = [single(raw, part) for part in ("year", "month", "day")]
        if text := single(raw):
            found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", text)
            if found is None:
                raise FieldError(_invalid())
            parts = list(found.groups())
        elif not any(parts):
            return None
        for part, value in zip(("year", "month", "day"), parts, strict=True):
            if not re.fullmatch(r"[0-9]{4}" if part == "year" else r"[0-9]{1,2}", value):
                raise FieldError(_invalid(), None if text else part)
        try:
            day = date(*(int(part) for part in parts))
        except ValueError as error:
            raise FieldError(say("field.date.unreal", "There is no such day. Check the day and the month.")) from error
        if day < question.settings["earliest"]:
            raise FieldError(say("field.date.early", "Enter a day from %(day)s on.", day=question.settings["earliest"]))
        if day > question.settings["latest"]:
            raise FieldError(say("field.date.late", "Enter a day up to %(day)s.", day=question.settings["latest"]))
        return day.isoformat()

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One day."""
        return [AnswerFact(question.id, date_value=date.fromisoformat(value))]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:  # noqa: ARG002 - nothing of it is needed
        """The day in the reader's language."""
        return [say("field.date.show", "%(day)s", day=date.fromisoformat(value))]

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.date.missing", "Enter a date for “%(question)s”.", question=question.label)


def _invalid() -> Message:
    return say("field.date.invalid", "Enter a date with day, month and year, for example 1 7 2026.")
