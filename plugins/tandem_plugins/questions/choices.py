"""``choices``: any number of options, with years for each of them if wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

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
from tandem_plugins.questions.choice import check_offered


class ChoicesSchema(SettingsSchema):
    """The settings of ``choices``. ``years`` asks for how many years belong to each option that is chosen."""

    at_least = whole(at_least=0, at_most=200, load_default=0)
    at_most = whole(at_least=1, at_most=200, load_default=None, allow_none=True)
    years = fields.Boolean(load_default=False)
    years_max = whole(at_least=1, at_most=80, load_default=60)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The most may not be below the least."""
        if data.get("at_most") is not None and data["at_most"] < data.get("at_least", 0):
            raise ValidationError(wrong("is below at_least"), "at_most")


class SeveralChoices(FieldType):
    """Stored as ``[{"key": "payroll", "years": "7"}, …]`` in the order of the options; without years, the keys alone.

    The years of an option come in the part ``years.<key>``; those of options that are not chosen are not looked at.
    """

    name = "choices"
    widget = "choices"
    settings_schema = ChoicesSchema
    takes_choices = True

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> list[dict[str, str]] | None:
        """The chosen options, or ``None`` if there are none."""
        sent = {value for value in raw.get("", ()) if value}
        if not sent:
            return None
        check_offered(sorted(sent), question)
        chosen = [choice.key for choice in question.choices if choice.key in sent]
        _check_count(len(chosen), question)
        if not question.settings["years"]:
            return [{"key": key} for key in chosen]
        values: list[dict[str, str]] = []
        errors: list[FieldError] = []
        for key in chosen:
            try:
                values.append({"key": key, "years": _years(raw, key, question)})
            except FieldError as error:
                errors.append(error)
        if errors:
            raise FieldError(errors[0].message, errors[0].part, also=errors[1:])
        return values

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One row for each option, with its years as the number."""
        return [
            AnswerFact(
                question.id, key=one["key"], text_value=one["key"],
                number_value=Decimal(one["years"]) if "years" in one else None,
            )
            for one in value
        ]  # fmt: skip

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:
        """The labels, with years."""
        return [_show(one, question) for one in value]

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.choices.missing", "Choose at least one answer to “%(question)s”.", question=question.label)


def _check_count(given: int, question: Question) -> None:
    at_least, at_most = question.settings["at_least"], question.settings["at_most"]
    if given < at_least:
        raise FieldError(
            say_many("field.choices.few", "Choose at least %(count)s.", "Choose at least %(count)s.", at_least)
        )
    if at_most is not None and given > at_most:
        raise FieldError(
            say_many("field.choices.many", "Choose at most %(count)s.", "Choose at most %(count)s.", at_most)
        )


def _years(raw: Mapping[str, Sequence[str]], key: str, question: Question) -> str:
    part = f"years.{key}"
    text = _raw.single(raw, part)
    label, most = question.label_of(key), question.settings["years_max"]
    if not text:
        raise FieldError(
            say("field.choices.years", "Enter how many years in %(option)s, for example 4.", option=label), part
        )
    value = _raw.number(text)
    if value is None or _raw.places(value) > 1 or not 0 <= value <= most:
        message = say(
            "field.choices.years.invalid", "Enter the years in %(option)s as a number from 0 to %(most)s, for example 4.",
            option=label, most=most,
        )  # fmt: skip
        raise FieldError(message, part)
    return f"{value.normalize():f}"


def _show(one: Mapping[str, str], question: Question) -> Message | str:
    label = question.label_of(one["key"])
    if "years" not in one:
        return label
    years = Decimal(one["years"])
    if years != years.to_integral_value():
        return say("field.choices.show.part", "%(option)s, %(years)s years", option=label, years=years)
    return say_many(
        "field.choices.show", "%(option)s, %(count)s year", "%(option)s, %(count)s years", int(years), option=label
    )
