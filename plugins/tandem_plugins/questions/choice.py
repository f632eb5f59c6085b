"""``choice``: one of several options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, validate

from tandem.plugin_api import AnswerFact, FieldError, FieldType, Message, Question, SettingsSchema, say, wrong


class ChoiceSchema(SettingsSchema):
    """The settings of ``choice``."""

    look = fields.String(
        load_default="radios", validate=validate.OneOf(["radios", "list"], error=wrong("must be radios or list"))
    )


class OneChoice(FieldType):
    """Stored as the option's key."""

    name = "choice"
    widget = "choice"
    settings_schema = ChoiceSchema
    takes_choices = True

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> str | None:
        """The chosen key, or ``None``."""
        chosen = [value for value in raw.get("", ()) if value]
        if not chosen:
            return None
        if len(set(chosen)) > 1:
            raise FieldError(say("field.choice.several", "Choose one answer only."))
        check_offered(chosen, question)
        return chosen[0]

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One option."""
        return [AnswerFact(question.id, key=value, text_value=value)]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:
        """The option's label."""
        return [question.label_of(value)]

    def missing(self, question: Question) -> Message:
        """What to do."""
        return say("field.choice.missing", "Choose an answer to “%(question)s”.", question=question.label)


def check_offered(chosen: Sequence[str], question: Question) -> None:
    """Refuse options that the question does not have, or has no more."""
    offered = {choice.key: choice.offered for choice in question.choices}
    gone = [question.label_of(value) for value in chosen if offered.get(value) is False]
    if gone:
        raise FieldError(
            say("field.choice.gone", "No longer offered: %(options)s. Choose something else.", options=gone)
        )
    if any(value not in offered for value in chosen):
        raise FieldError(say("field.choice.unknown", "Choose from the answers that are offered."))
