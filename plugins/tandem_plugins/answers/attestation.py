"""``attestation``: the person gave a promise by ticking it in the form."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, case, null

from tandem.plugin_api import (
    EligibilityRule,
    Evidence,
    Facts,
    Message,
    Settings,
    SettingsSchema,
    Source,
    SqlFacts,
    Term,
    Truth,
    Verdict,
    key,
    say,
)


class AttestationSchema(SettingsSchema):
    """The settings of ``attestation``."""

    field = key(required=True, metadata={"question": True})


class Attestation(EligibilityRule):
    """Met when the box is ticked."""

    name = "attestation"
    settings_schema = AttestationSchema

    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """Unknown where no form is at hand."""
        if facts.answers is None:
            return Verdict(Truth.UNKNOWN, reason=say("attestation.no-form", "It depends on the answers in the form."))
        question = Term("question", settings["field"])
        if any(answer.truth_value for answer in facts.answered(settings["field"])):
            ticked = say("attestation.ticked", "Ticked: “%(question)s”", question=question)
            return Verdict(Truth.MET, evidence=(Evidence(Source.ANSWER, ticked),))
        return Verdict(
            Truth.NOT_MET,
            reason=say("attestation.not-ticked", "Not ticked: “%(question)s”", question=question),
            remedy=say("attestation.not-ticked.remedy", "Tick the box in the form if you agree."),
        )

    def describe(self, settings: Settings) -> Message:
        """The requirement, in the words of the question."""
        return say(
            "attestation.describe", "You agree to this: “%(question)s”", question=Term("question", settings["field"])
        )

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool]:
        """The same in SQL."""
        ticked = facts.exists("answers", lambda row: and_(row.field == settings["field"], row.truth_value.is_(True)))
        return case((facts.has_answers, ticked), else_=null())

    def fields(self, settings: Settings) -> Sequence[str]:
        """The question with the promise."""
        return [settings["field"]]
