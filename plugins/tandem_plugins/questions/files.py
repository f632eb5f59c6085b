"""``files``: files that show something, such as an employer's letter."""

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
    say_many,
    whole,
    wrong,
)


class FilesSchema(SettingsSchema):
    """The settings of ``files``: how many, how large each in megabytes, and of which kinds."""

    most = whole(at_least=1, at_most=5, load_default=3)
    max_mb = whole(at_least=1, at_most=6, load_default=5)
    kinds = fields.List(
        fields.String(validate=validate.OneOf(FieldType.file_kinds, error=wrong("must be one of: pdf, jpeg, png"))),
        load_default=lambda: list(FieldType.file_kinds),
        validate=validate.Length(min=1),
    )


class Files(FieldType):
    """Stored as the list of the files' ids and names. What is in them is kept, and looked at, by the application's room."""

    name = "files"
    widget = "files"
    settings_schema = FilesSchema
    takes_files = True

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> list[dict[str, str]] | None:
        """The files that are kept, or ``None`` if there are none."""
        found = [value.partition(" ") for value in raw.get("", ()) if value.strip()]
        if not found:
            return None
        if len(found) > question.settings["most"]:
            raise FieldError(
                say_many(
                    "field.files.many", "Keep %(count)s file at most.", "Keep %(count)s files at most.",
                    question.settings["most"],
                )
            )  # fmt: skip
        return [{"id": identifier, "name": name} for identifier, _blank, name in found]

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """How many files there are."""
        return [AnswerFact(question.id, number_value=Decimal(len(value)))]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:  # noqa: ARG002 - their names are enough
        """The names of the files."""
        return [str(one["name"]) for one in value]

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.files.missing", "Choose a file for “%(question)s”.", question=question.label)
