"""Evaluations as staff read them: a list of those of their programs, and one word for word."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_where
from tandem.directory.models import Member
from tandem.directory.named import person_begins
from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.mentorships.models import Evaluation, Mentorship, Participant
from tandem.paging import PAGE, Page, newest_first
from tandem.programs.models import Program

READ = "evaluations.read"


@dataclass(frozen=True, slots=True)
class EvaluationFilters:
    """What the list is narrowed to: the beginning of the author's name or address, and a program."""

    search: str = ""
    program_id: UUID | None = None


def evaluations_page(
    *, actor: Actor, filters: EvaluationFilters, after: str | None = None, size: int = PAGE
) -> Page[Evaluation]:
    """Evaluations in the actor's programs, the newest first; one statement."""
    statement = (
        select(Evaluation)
        .join(
            Mentorship,
            and_(Mentorship.association_id == Evaluation.association_id, Mentorship.id == Evaluation.mentorship_id),
        )
        .join(Program, and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id))
        .where(programs_where(actor, READ))
        .options(
            joinedload(Evaluation.participant).joinedload(Participant.member),
            joinedload(Evaluation.about).joinedload(Participant.member),
            joinedload(Evaluation.mentorship).joinedload(Mentorship.program),
            joinedload(Evaluation.mentorship).joinedload(Mentorship.program_revision),
        )
    )
    if filters.program_id is not None:
        statement = statement.where(Mentorship.program_id == filters.program_id)
    if filters.search:
        authors = (
            select(Participant.id)
            .join(Member, and_(Member.association_id == Participant.association_id, Member.id == Participant.member_id))
            .where(person_begins(Member, filters.search))
        )
        statement = statement.where(Evaluation.participant_id.in_(authors))
    return newest_first(statement, Evaluation.created_at, Evaluation.id, after=after, size=size)


def evaluation_for(*, actor: Actor, evaluation_id: UUID) -> Evaluation:
    """One evaluation in one of the actor's programs. Raises ``NotYoursError``."""
    found = db.session.scalar(
        select(Evaluation)
        .where(Evaluation.id == evaluation_id)
        .options(
            joinedload(Evaluation.participant).joinedload(Participant.member),
            joinedload(Evaluation.about).joinedload(Participant.member),
            joinedload(Evaluation.mentorship).joinedload(Mentorship.program),
            joinedload(Evaluation.mentorship).joinedload(Mentorship.program_revision),
            joinedload(Evaluation.submission).joinedload(Submission.form_revision),
        )
    )
    if found is None or not may_in(actor, READ, found.mentorship.program):
        raise NotYoursError
    return found


def title_of(evaluation: Evaluation) -> str:
    """What the configuration calls it."""
    items = (evaluation.mentorship.program_revision.resolved.get("mentorship") or {}).get("evaluations") or ()
    return next((item["title"] for item in items if item["id"] == evaluation.key), evaluation.key)
