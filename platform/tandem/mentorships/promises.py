"""What a mentor promised on applying, shown again at the match with those whom it concerns (C7).

A question of the mentor's form says ``again_at_match: true``; the wording is that of the form the mentor answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.applications.models import Application
from tandem.directory.models import Member
from tandem.directory.queries import employers_of
from tandem.extensions import db
from tandem.forms.models import AnswerFact
from tandem.web.formatting import say_list


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, word for word, and for each partner where they work at present."""

    statement: str
    partners: tuple[tuple[str, tuple[str, ...]], ...]

    def sentences(self) -> list[str]:
        """Whom it concerns, in the reader's language."""
        return [
            _("%(person)s works for %(employers)s.", person=name, employers=say_list(employers))
            if employers
            else _("The directory does not say where %(person)s works; ask before you talk business.", person=name)
            for name, employers in self.partners
        ]


def promises_of(application: Application, partners: Sequence[Member]) -> list[Promise]:
    """The promises that were given with an application and are to be shown again at the match."""
    definition = application.submission.form_revision.definition
    wanted = {
        question["id"]: question.get("statement") or question["label"]
        for section in definition.get("sections", ())
        for question in section.get("questions", ())
        if question.get("again_at_match")
    }
    if not wanted:
        return []
    ticked = set(
        db.session.scalars(
            select(AnswerFact.field).where(
                AnswerFact.submission_id == application.submission_id,
                AnswerFact.field.in_(list(wanted)),
                AnswerFact.truth_value.is_(True),
            )
        )
    )
    given = [identifier for identifier in wanted if identifier in ticked]
    if not given:
        return []
    employers = employers_of([member.id for member in partners])
    named = tuple((member.name, tuple(employers.get(member.id, ()))) for member in partners)
    return [Promise(wanted[identifier], named) for identifier in given]


def in_a_letter(promises: Sequence[Promise]) -> str:
    """The promises as paragraphs of a letter; empty where there are none."""
    paragraphs = []
    for promise in promises:
        paragraphs += [f"“{promise.statement}”", " ".join(promise.sentences())]
    return "\n\n".join(paragraphs)
