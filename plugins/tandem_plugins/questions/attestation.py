"""``attestation``: a promise, given by ticking a box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, validate

from tandem.plugin_api import AnswerFact, FieldError, FieldType, Message, Question, SettingsSchema, say
from tandem_plugins.questions._raw import single


class AttestationSchema(SettingsSchema):
    """The settings of ``attestation``: the promise, where the label is a heading rather than the promise itself."""

    statement = fields.String(load_default=None, validate=validate.Length(min=1, max=2000))


class Attestation(FieldType):
    """Stored as ``true``; a box that is not ticked has no value. The wording is that of the form's pinned revision."""

    name = "attestation"
    widget = "attestation"
    settings_schema = AttestationSchema

    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> bool | None:  # noqa: ARG002 - a box has no settings
        """``True`` if it is ticked."""
        value = single(raw)
        if value not in {"", "yes"}:
            raise FieldError(say("field.attestation.invalid", "Tick the box, or leave it empty."))
        return True if value else None

    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """One truth."""
        return [AnswerFact(question.id, truth_value=bool(value))]

    def show(self, value: Any, question: Question) -> Sequence[Message | str]:  # noqa: ARG002 - ticked is ticked
        """That it was ticked."""
        return [say("field.attestation.show", "Agreed")]

    def missing(self, question: Question) -> Message:  # noqa: ARG002 - the promise stands beside the box
        """What to do."""
        return say("field.attestation.missing", "Tick the box if you agree.")
