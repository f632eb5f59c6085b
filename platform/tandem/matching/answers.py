"""The answers that matching goes by, for a list of those in the pools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from tandem.applications.models import Role
from tandem.extensions import db
from tandem.forms.models import AnswerFact
from tandem.matching.models import PoolEntry
from tandem.matching.queries import overlaps
from tandem.plugin_api import Term
from tandem.programs.queries import current_revision, form_for
from tandem.programs.queries import resolved as resolved_document
from tandem.tenancy.base import one_of
from tandem.wording import Labels, labels_for


def answers_compared(entries: Sequence[PoolEntry]) -> tuple[list[str], dict[UUID, list[str]]]:
    """What the programs compare by overlap, asked and offered: a heading for each, and by entry what was answered.

    The entries' applications are to be loaded with their programs. One statement for all answers, and a few for each program.
    """
    questions: dict[str, list[tuple[UUID, Role, str]]] = {}
    labels: dict[UUID, Labels] = {}
    for program in {entry.application.program_id: entry.application.program for entry in entries}.values():
        document = resolved_document(current_revision(program).id)
        labels[program.id] = labels_for(
            *(
                form_for(document, role).definition
                for role, one in sorted(document["roles"].items())
                if one.get("form_revision")
            )
        )
        for mentee, mentor in overlaps(document):
            words = dict.fromkeys(labels[program.id].of(Term("question", one)) for one in (mentee, mentor))
            questions.setdefault(" / ".join(words), []).extend(
                [(program.id, Role.MENTEE, mentee), (program.id, Role.MENTOR, mentor)]
            )
    chosen = _chosen(entries, {field for asked in questions.values() for _program, _role, field in asked})
    return list(questions), {
        entry.id: [
            ", ".join(
                sorted(
                    labels[program_id].of(Term(f"choice:{field}", key))
                    for program_id, role, field in asked
                    if (program_id, role) == (entry.program_id, entry.role)
                    for key in chosen.get((entry.application.submission_id, field), ())
                )
            )
            for asked in questions.values()
        ]
        for entry in entries
    }


def _chosen(entries: Sequence[PoolEntry], fields: Collection[str]) -> Mapping[tuple[UUID, str], list[str]]:
    """The options chosen in these questions, by submission and question; one statement."""
    found: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for submission_id, field, key in db.session.execute(
        select(AnswerFact.submission_id, AnswerFact.field, AnswerFact.key).where(
            one_of(AnswerFact.submission_id, {entry.application.submission_id for entry in entries}),
            AnswerFact.field.in_(fields),
            AnswerFact.key.is_not(None),
        )
    ):
        found[submission_id, field].append(str(key))
    return found
