"""``number``: one number, whole or with up to two decimal places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from tandem.plugin_api import (
    AnswerFact,
    FieldError,
    FieldType,
    Message,
    Question,
    SettingsSchema,
    say,
    say_many,
    whole,
    wrong,
)
from tandem_plugins.questions import _raw

#: What an answer's number column can hold with ease.
_LIMIT = Decimal(999_999_999)


class NumberSchema(SettingsSchema):
    """The settings of ``number``."""

    min = fields.Decimal(load_default=None, allow_none=True, validate=validate.Range(min=-_LIMIT, max=_LIMIT))
    max = fields.Decimal(load_default=None, allow_none=True, validate=validate.Range(min=-_LIMIT, max=_LIMIT))
    decimals = whole(at_least=0, at_most=2, load_default=0)
    unit = fields.String(load_default=None, validate=validate.Length(min=1, max=40))

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The largest may not be below the smallest."""
        least, most = data.get("min"), data.get("max")
        if least is not None and most is not None and most < least:
            raise ValidationError(wrong("is below min"), "max")


class Number(FieldType):
    """Stored as text (``"7"``, ``"2.5"``), so that no digit is lost on the way through JSON."""

    name = "number"
    widget = "number"
    settings_schema = NumberSchema

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> str | None:
        """The number, or ``None`` if nothing was entered."""
        text = _raw.single(raw)
        if not text:
            return None
        value = _raw.number(text)
        if value is None:
            raise FieldError(say("field.number.invalid", "Enter a number, for example 4."))
        decimals = question.settings["decimals"]
        if _raw.places(value) > decimals:
            if decimals == 0:
                raise FieldError(say("field.number.whole", "Enter a whole number, for example 4."))
            raise FieldError(
                say_many(
                    "field.number.places",
                    "Enter a number with at most %(count)s decimal place.",
                    "Enter a number with at most %(count)s decimal places.",
                    decimals,
                )
            )
        _check_range(value, question.settings["min"], question.settings["max"])
        return f"{value.normalize():f}"

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One number."""
        return [AnswerFact(question.id, number_value=Decimal(value))]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:
        """The number with its unit."""
        if question.settings["unit"] is None:
            return [say("field.number.show", "%(number)s", number=Decimal(value))]
        return [
            say("field.number.show.unit", "%(number)s %(unit)s", number=Decimal(value), unit=question.settings["unit"])
        ]

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.number.missing", "Enter a number for “%(question)s”.", question=question.label)


def _check_range(value: Decimal, least: Decimal | None, most: Decimal | None) -> None:
    least_allowed = -_LIMIT if least is None else least
    most_allowed = _LIMIT if most is None else most
    if least_allowed <= value <= most_allowed:
        return
    if least is not None and most is not None:
        raise FieldError(
            say("field.number.between", "Enter a number between %(least)s and %(most)s.", least=least, most=most)
        )
    if value < least_allowed:
        raise FieldError(say("field.number.least", "Enter %(least)s or more.", least=least_allowed))
    raise FieldError(say("field.number.most", "Enter %(most)s or less.", most=most_allowed))
