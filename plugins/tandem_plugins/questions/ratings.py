"""``ratings``: each option rated on a scale, for example how well somebody knows each of several skills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from tandem.plugin_api import (
    AnswerFact,
    FieldError,
    FieldType,
    Message,
    Question,
    SettingsSchema,
    say,
    whole,
    wrong,
)
from tandem_plugins.questions import _raw


def _end_of_scale() -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=60, error=wrong("must have between 1 and 60 characters")),
    )


class RatingsSchema(SettingsSchema):
    """The settings of ``ratings``: how far the scale goes, from 1, and in words what its two ends mean."""

    scale = whole(at_least=2, at_most=7, load_default=5)
    low = _end_of_scale()
    high = _end_of_scale()


class Ratings(FieldType):
    """Stored as ``{"payroll": 3, …}`` in the order of the options; those that were not rated are left out.

    The rating of an option comes in the part ``<key>``. Where an answer is needed, each option that is offered has to be rated.
    Those that were withdrawn since somebody rated them are left aside: no field is there any more in which to mend them.
    """

    name = "ratings"
    widget = "ratings"
    settings_schema = RatingsSchema
    takes_choices = True

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> dict[str, int] | None:
        """The ratings by option, or ``None`` if there are none."""
        sent = {part: found for part, values in raw.items() if (found := {one.strip() for one in values} - {""})}
        if sent.keys() - {choice.key for choice in question.choices}:
            raise FieldError(say("field.ratings.unknown", "Rate only what is offered here."))
        offered = [choice.key for choice in question.choices if choice.offered]
        rated = [key for key in offered if key in sent]
        if not rated:
            return None  # One sentence at the question then says more than one at each option.
        values: dict[str, int] = {}
        errors: list[FieldError] = []
        for key in offered if _needs_all(question) else rated:
            try:
                values[key] = _rating(sent.get(key, set()), key, question)
            except FieldError as error:
                errors.append(error)
        if errors:
            raise FieldError(errors[0].message, errors[0].part, also=errors[1:])
        return values

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One number for each option that was rated."""
        return [AnswerFact(question.id, key=key, number_value=Decimal(rating)) for key, rating in value.items()]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:
        """The options, each with its rating and the top of the scale."""
        return [
            say(
                "field.ratings.show", "%(option)s: %(rating)s of %(top)s",
                option=question.label_of(key), rating=rating, top=question.settings["scale"],
            )
            for key, rating in value.items()
        ]  # fmt: skip

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.ratings.missing", "Choose a number on each line of “%(question)s”.", question=question.label)


def _needs_all(question: Question) -> bool:
    # An answer that was taken earlier is shown as it was given, also where an option has come since.
    return question.required and question.today is not None


def _rating(sent: set[str], key: str, question: Question) -> int:
    if len(sent) > 1:
        raise FieldError(
            say("field.ratings.several", "Choose one number only for %(option)s.", option=question.label_of(key)), key
        )
    value = _raw.number(next(iter(sent), ""))
    if value is None or _raw.places(value) or not 1 <= value <= question.settings["scale"]:
        message = say(
            "field.ratings.invalid", "Choose a number from 1 to %(top)s for %(option)s.",
            option=question.label_of(key), top=question.settings["scale"],
        )  # fmt: skip
        raise FieldError(message, key)
    return int(value)
