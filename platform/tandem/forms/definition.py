"""A form as its definition says it: sections of questions, each with its kind from a plugin, its options and its condition."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError

from tandem.plugin_api.registry import Registry
from tandem.plugin_api.rules import Choice, FieldType, Question
from tandem.programs.schemas.plugged import load_settings
from tandem.web.formatting import date_parts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with all that a page needs to draw it.

    Its inputs are named ``id`` and ``id.<part>``, and have the same HTML ids. ``visibility`` is who can read the answer.
    """

    question: Question
    type: FieldType
    section: str
    hint: str | None
    visibility: str
    condition: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """The question's id."""
        return self.question.id

    @property
    def label(self) -> str:
        """What is asked."""
        return self.question.label

    @property
    def required(self) -> bool:
        """Whether an answer is needed."""
        return self.question.required

    @property
    def widget(self) -> str:
        """The macro that draws it."""
        return self.type.widget

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of its kind, loaded."""
        return self.question.settings

    @property
    def example(self) -> str:
        """An answer as it could be typed, or nothing."""
        return self.type.example(self.question)

    @property
    def choices(self) -> list[Choice]:
        """The options that can be chosen now."""
        return [choice for choice in self.question.choices if choice.offered]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form, shown on one page."""

    id: str
    title: str
    intro: str | None
    questions: tuple[AskedQuestion, ...]


@dataclass(frozen=True, slots=True)
class FormModel:
    """A form that can be asked, loaded and shown."""

    id: str
    title: str
    intro: str | None
    sections: tuple[Section, ...]
    definition: Mapping[str, Any]

    def questions(self) -> Iterator[AskedQuestion]:
        """All questions in order."""
        for section in self.sections:
            yield from section.questions

    def section(self, section_id: str) -> Section:
        """The section of that id. Raises ``LookupError``."""
        for section in self.sections:
            if section.id == section_id:
                return section
        raise LookupError(section_id)


def vocabularies_of(definition: Mapping[str, Any]) -> set[str]:
    """The vocabularies from which questions take their options."""
    return {
        question["choices"]["vocabulary"]
        for section in definition.get("sections", ())
        for question in section.get("questions", ())
        if isinstance(question.get("choices"), Mapping)
    }


def build(
    definition: Mapping[str, Any],
    registry: Registry,
    vocabularies: Mapping[str, Sequence[Choice]] | None = None,
    today: date | None = None,
) -> FormModel:
    """The form of a stored definition; ``vocabularies`` holds the terms that its questions take their options from.

    ``today`` is the program's date where the form is asked, ``None`` where it is only shown.
    A question whose kind no plugin offers any more, or whose settings it no longer takes, is logged and left out.
    """
    sections = []
    for section in definition.get("sections", ()):
        asked = [
            _question(definition, section, item, registry, vocabularies or {}, today=today)
            for item in section.get("questions", ())
        ]
        sections.append(
            Section(
                section["id"],
                section.get("title", ""),
                section.get("intro"),
                tuple(one for one in asked if one is not None),
            )
        )
    return FormModel(
        str(definition.get("id", "")), definition.get("title", ""), definition.get("intro"), tuple(sections), definition
    )


def _question(
    definition: Mapping[str, Any],
    section: Mapping[str, Any],
    item: Mapping[str, Any],
    registry: Registry,
    vocabularies: Mapping[str, Sequence[Choice]],
    *,
    today: date | None,
) -> AskedQuestion | None:
    kind = registry.field_types.get(item["type"])
    if kind is None:
        log.error("no plugin offers questions of the type %r (question %r)", item["type"], item["id"])
        return None
    try:
        settings = load_settings(kind.settings_schema, item)
    except ValidationError as error:
        log.error("the settings of question %r cannot be read: %s", item["id"], error.messages)  # noqa: TRY400 - the messages say it all
        return None
    question = Question(
        item["id"],
        item["label"],
        bool(item.get("required", False)),
        settings,
        _choices(item.get("choices"), vocabularies),
        today,
        date_parts(),
    )
    return AskedQuestion(
        question,
        kind,
        section["id"],
        item.get("hint"),
        item.get("visibility") or definition.get("visibility") or "committee",
        item.get("condition"),
    )


def _choices(choices: Any, vocabularies: Mapping[str, Sequence[Choice]]) -> tuple[Choice, ...]:
    if isinstance(choices, Mapping):
        return tuple(vocabularies.get(choices["vocabulary"], ()))
    return tuple(Choice(choice["id"], choice["label"]) for choice in choices or ())
