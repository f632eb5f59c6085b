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
    did_you_mean,
)
from tandem.programs.schemas.plugged import PluggedItem

#: Who may read an answer, from the narrowest to the widest.
VISIBILITIES = ("self", "pair", "committee", "staff", "public")


#: What a condition may ask of a person, and the vocabulary that answers it.
CONDITION_FACTS: Mapping[str, str] = {
    "membership.type": "membership-type",
    "membership.level": "membership-level",
    "position.title": "position-title",
    "region": "region",
}


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


class Condition(Worded, fields.Field[dict[str, Any]]):
    """When a question is asked: an earlier answer (``field`` with ``is``, ``includes`` or ``any_of``) or a fact (``in``)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(
                _("must be such as {field: membership, is: retiree} or {fact: membership.type, in: [retiree]}")
            )
        subject = "fact" if "fact" in value else "field"
        tests = ["in"] if subject == "fact" else ["is", "includes", "any_of"]
        errors = {
            key: [_("is not a known key.") + " " + did_you_mean(key, ["field", "fact", *tests])]
            for key in value
            if key not in {subject, *tests}
        }
        given = [test for test in tests if test in value]
        if subject not in value:
            errors["field"] = [_("is missing; name an earlier question, or a fact")]
        elif len(given) != 1:
            errors[subject] = [_("needs one of: %(tests)s", tests=", ".join(tests))]
        else:
            errors |= self._test(subject, value[subject], given[0], value[given[0]])
        if errors:
            raise ValidationError(errors)
        return {subject: value[subject], given[0]: value[given[0]]}

    def _test(self, subject: str, name: Any, test: str, wanted: Any) -> dict[str, list[str]]:
        if subject == "fact" and name not in CONDITION_FACTS:
            return {"fact": [_("must be one of: %(choices)s", choices=", ".join(CONDITION_FACTS))]}
        if subject == "field" and not isinstance(name, str):
            return {"field": [_("must be the id of an earlier question")]}
        if test in {"in", "any_of"}:
            if not (isinstance(wanted, list) and wanted and all(isinstance(key, str) for key in wanted)):
                return {test: [_("must be a list of words, such as [retiree]")]}
        elif not isinstance(wanted, str | bool | int):
            return {test: [_("must be one value")]}
        return {}


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
            "condition": Condition(),
            "choices": Choices(),
            "again_at_match": YesNo(),
        },
    )


class SectionSchema(ItemSchema):
    """A part of a form, shown on one page or under one heading."""

    title = Text(required=True)
    intro = Paragraphs()
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
