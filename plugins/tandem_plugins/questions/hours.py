"""``hours``: a length of time in hours and minutes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validates_schema

from tandem.plugin_api import (
    AnswerFact,
    Duration,
    FieldError,
    FieldType,
    Message,
    Minutes,
    Question,
    SettingsSchema,
    say,
    wrong,
)
from tandem_plugins.questions import _raw

_MOST = Minutes(10_000 * 60)


class HoursSchema(SettingsSchema):
    """The settings of ``hours``: the shortest and the longest time that can be given."""

    min = Duration(load_default=Minutes(0))
    max = Duration(load_default=_MOST)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The longest may not be below the shortest."""
        if data.get("max", _MOST).minutes < data.get("min", Minutes(0)).minutes:
            raise ValidationError(wrong("is below min"), "max")


class Hours(FieldType):
    """Stored as whole minutes. Reads the parts ``hours`` and ``minutes``, or one input with hours (``1.5``, ``1:30``)."""

    name = "hours"
    widget = "hours"
    settings_schema = HoursSchema

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> int | None:
        """The minutes, or ``None`` if nothing was entered."""
        minutes = _whole_input(_raw.single(raw)) if _raw.single(raw) else _two_inputs(raw)
        if minutes is None:
            return None
        least, most = question.settings["min"], question.settings["max"]
        if not least.minutes <= minutes <= most.minutes:
            raise FieldError(
                say("field.hours.between", "Enter between %(least)s and %(most)s.", least=least, most=most)
            )
        return minutes

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """The minutes as a number."""
        return [AnswerFact(question.id, number_value=Decimal(value))]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:  # noqa: ARG002 - nothing of it is needed
        """The time in words."""
        return [say("field.hours.show", "%(time)s", time=Minutes(value))]

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.hours.missing", "Enter a time for “%(question)s”.", question=question.label)


def _whole_input(text: str) -> int:
    if found := re.fullmatch(r"([0-9]{1,12}):([0-5][0-9])", text):
        return int(found[1]) * 60 + int(found[2])
    value = _raw.number(text)
    if value is None or value < 0 or _raw.places(value) > 2:
        raise FieldError(_invalid())
    return round(value * 60)


def _two_inputs(raw: Mapping[str, Sequence[str]]) -> int | None:
    total, given = 0, False
    for part, factor in (("hours", 60), ("minutes", 1)):
        text = _raw.single(raw, part)
        if not text:
            continue
        if not re.fullmatch(r"[0-9]{1,12}", text):
            raise FieldError(_invalid(), part)
        total, given = total + int(text) * factor, True
    return total if given else None


def _invalid() -> Message:
    return say("field.hours.invalid", "Enter the time in hours and minutes, for example 1 and 30.")
