"""The answers that matching goes by, for a list of those in the pools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from tandem.applications.models import Role
from tandem.extensions import db
from tandem.forms.models import AnswerFact, FormRevision
from tandem.matching.models import PoolEntry
from tandem.matching.queries import overlaps
from tandem.plugin_api import Term
from tandem.programs.models import Program, ProgramRevision
from tandem.tenancy.base import one_of
from tandem.wording import Labels, labels_for


def answers_compared(entries: Sequence[PoolEntry]) -> tuple[list[str], dict[UUID, list[str]]]:
    """What the programs compare by overlap, asked and offered: a heading for each, and by entry what was answered.

    The entries' applications are to be loaded with them. At most five statements, however many programs and entries there are.
    """
    questions: dict[str, list[tuple[UUID, Role, str]]] = {}
    labels: dict[UUID, Labels] = {}
    documents = _documents({entry.program_id for entry in entries})
    forms = _definitions(documents.values())
    for program_id, document in documents.items():
        labels[program_id] = labels_for(*(forms[one] for one in _form_ids(document) if one in forms))
        for mentee, mentor in overlaps(document):
            words = dict.fromkeys(labels[program_id].of(Term("question", one)) for one in (mentee, mentor))
            questions.setdefault(" / ".join(words), []).extend(
                [(program_id, Role.MENTEE, mentee), (program_id, Role.MENTOR, mentor)]
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


def _documents(program_ids: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """The newest document of each program, in the order of their names; one statement."""
    rows = db.session.execute(
        select(Program.id, ProgramRevision.resolved)
        .join(
            ProgramRevision,
            and_(
                Program.association_id == ProgramRevision.association_id,
                Program.id == ProgramRevision.program_id,
                Program.current_number == ProgramRevision.number,
            ),
        )
        .where(Program.id.in_(program_ids))
        .order_by(Program.name, Program.id)
    )
    return {row.id: row.resolved for row in rows}


def _form_ids(document: Mapping[str, Any]) -> list[UUID]:
    """The forms of a program's sides, mentees' first."""
    named = [one.get("form_revision") for _role, one in sorted(document["roles"].items())]
    return [UUID(one["id"]) for one in named if one]


def _definitions(documents: Iterable[Mapping[str, Any]]) -> dict[UUID, Mapping[str, Any]]:
    """The forms that these documents name; one statement."""
    ids = {one for document in documents for one in _form_ids(document)}
    rows = db.session.execute(select(FormRevision.id, FormRevision.definition).where(FormRevision.id.in_(ids)))
    return {row.id: row.definition for row in rows}


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
