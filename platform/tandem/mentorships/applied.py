"""What partners said of themselves and their need when they applied, as far as a partner may read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from tandem.applications.models import Application
from tandem.extensions import db
from tandem.forms.answers import Shown
from tandem.forms.models import Submission
from tandem.forms.queries import shown_submission
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import Participant
from tandem.wording import labels_for


@dataclass(frozen=True, slots=True)
class Applied:
    """The answers of one partner that are visible to ``pair`` or ``public``, in words."""

    name: str
    answers: list[Shown]


def told_when_applying(partners: Iterable[Participant]) -> list[Applied]:
    """What each of ``partners`` wrote for a partner to read, in their order; those who wrote nothing are left out."""
    people = {person.pool_entry_id: person for person in partners}
    rows = db.session.execute(
        select(PoolEntry.id, Application)
        .join(
            Application,
            and_(Application.association_id == PoolEntry.association_id, Application.id == PoolEntry.application_id),
        )
        .where(PoolEntry.id.in_(people))
        .options(joinedload(Application.submission).joinedload(Submission.form_revision))
    )
    applications = {row[0]: row[1] for row in rows}
    found = []
    for entry_id, person in people.items():
        submission = applications[entry_id].submission
        answers = [
            answer
            for section in shown_submission(submission, labels_for(submission.form_revision.definition))
            for answer in section.answers
            if answer.visibility in {"pair", "public"} and answer.lines
        ]
        if answers:
            found.append(Applied(person.member.name, answers))
    return found
