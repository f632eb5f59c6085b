"""``text``: words, on one line or on several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from tandem_plugins.questions._raw import single

_DEFAULT_LENGTH = {"one": 200, "many": 2000}


class TextSchema(SettingsSchema):
    """The settings of ``text``. Lengths are in letters."""

    lines = fields.String(
        load_default="one", validate=validate.OneOf(["one", "many"], error=wrong("must be one or many"))
    )
    min_length = whole(at_least=0, at_most=10_000, load_default=0)
    max_length = whole(at_least=1, at_most=10_000, load_default=None, allow_none=True)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """The longest may not be shorter than the shortest."""
        if data.get("max_length") is not None and data["max_length"] < data.get("min_length", 0):
            raise ValidationError(wrong("is below min_length"), "max_length")


class Text(FieldType):
    """Stored as it was written, every line end as a newline, blanks at both ends left out."""

    name = "text"
    widget = "text"
    settings_schema = TextSchema

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> str | None:
        """The text, or ``None`` if it is blank."""
        text = re.sub(r"\r\n?", "\n", single(raw))
        if not text:
            return None
        if question.settings["lines"] == "one":
            text = " ".join(text.split())
        limit = question.settings["max_length"] or _DEFAULT_LENGTH[question.settings["lines"]]
        if len(text) > limit:
            raise FieldError(
                say_many(
                    "field.text.long", "Use %(count)s character or fewer. You have written %(length)s.",
                    "Use %(count)s characters or fewer. You have written %(length)s.", limit, length=len(text),
                )
            )  # fmt: skip
        if len(text) < question.settings["min_length"]:
            raise FieldError(
                say_many(
                    "field.text.short", "Write at least %(count)s character.", "Write at least %(count)s characters.",
                    question.settings["min_length"],
                )
            )  # fmt: skip
        return text

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One text."""
        return [AnswerFact(question.id, text_value=value)]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:  # noqa: ARG002 - the text speaks for itself
        """The lines of the text."""
        lines: list[str] = value.split("\n")
        return lines

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.text.missing", "Write an answer to “%(question)s”.", question=question.label)
