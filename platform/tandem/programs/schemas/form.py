"""A form: sections of questions. The kinds of question come from plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, fields, validates_schema

from tandem.programs.schemas.base import (
    ConfigurationSchema,
    Items,
    ItemSchema,
    NotedSchema,
    OneOf,
    Paragraphs,
    Text,
    Whole,
    Word,
    Worded,
    YesNo,
)
from tandem.programs.schemas.plugged import PluggedItem, Tree

#: Who may read an answer, from the narrowest to the widest.
VISIBILITIES = ("self", "pair", "committee", "staff", "public")


class ChoiceSchema(ItemSchema):
    """One option of a question; ``id`` is what is stored."""

    label = Text(required=True)


class FromVocabularySchema(ConfigurationSchema):
    """The options of a question are a vocabulary's terms of the day."""

    vocabulary = Word(required=True)


class Choices(Worded, fields.Field[Any]):
    """Options written out, or ``{vocabulary: discipline}``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, Mapping):
            return FromVocabularySchema().load(dict(value))
        return Items(ChoiceSchema).deserialize(value)


def question_field() -> PluggedItem:
    """A question, with the settings of its type beside Tandem's own keys."""
    return PluggedItem(
        key="type",
        offers="field_types",
        own={
            "label": Text(400, required=True),
            "hint": Paragraphs(1000),
            "required": YesNo(load_default=False),
            "visibility": OneOf(VISIBILITIES),
            "when": Tree(answers=True),
            "choices": Choices(),
        },
    )


class SectionSchema(ItemSchema):
    """A part of a form, shown on one page or under one heading."""

    title = Text(required=True)
    intro = Paragraphs()
    when = Tree(answers=True)
    questions = Items(question_field(), 100, required=True)


class FormSchema(NotedSchema):
    """One form of the association. ``visibility`` holds for every question that says nothing else."""

    id = Word(required=True)
    exported_from = Whole(0, 10_000_000)
    title = Text(required=True)
    intro = Paragraphs()
    visibility = OneOf(VISIBILITIES, load_default="committee")
    sections = Items(SectionSchema, 40, required=True)

    @validates_schema(skip_on_field_errors=True)
    def _questions_once(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        seen: dict[str, str] = {}
        errors: dict[int, Any] = {}
        for number, section in enumerate(data["sections"]):
            for place, question in enumerate(section.get("questions", ())):
                other = seen.setdefault(question["id"], section["id"])
                if other != section["id"]:
                    message = _("is the id of a question in section “%(section)s” already", section=other)
                    errors.setdefault(number, {}).setdefault("questions", {})[place] = {"id": [message]}
        if errors:
            raise ValidationError({"sections": errors})
