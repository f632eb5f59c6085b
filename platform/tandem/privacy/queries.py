"""Reads on what members ask about their own data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.require import require_everywhere
from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.directory.vocabularies import vocabularies
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.jobs.models import Job, JobState
from tandem.paging import Page, newest_first
from tandem.privacy.kept import SHOWN, Group, Person, groups_of
from tandem.privacy.kept_record import LAST
from tandem.privacy.kept_record import READERS as RECORD
from tandem.privacy.kept_rooms import READERS as ROOMS
from tandem.privacy.models import CorrectionRequest, CorrectionState, DataCopy

WRITE = "members.write"


def person_for(member_id: UUID, *, most: int | None = SHOWN) -> Person:
    """A member as ``kept`` reads them. Raises ``NotYoursError``."""
    member = db.session.scalar(select(Member).where(Member.id == member_id))
    if member is None:
        raise NotYoursError
    account = db.session.scalar(select(Account).where(Account.member_id == member_id))
    return Person(member, account, vocabularies(), most)


def kept_about(person: Person) -> list[Group]:
    """Everything that is kept about somebody, group by group."""
    return groups_of(person, (*RECORD, *ROOMS, *LAST))


def open_copy(member_id: UUID) -> DataCopy | None:
    """The newest copy that is being made or can be downloaded; one whose job was given up is neither."""
    copy = db.session.scalar(
        select(DataCopy).where(DataCopy.member_id == member_id).order_by(DataCopy.asked_at.desc(), DataCopy.id.desc()).limit(1)
    )  # fmt: skip
    if copy is not None and copy.ready_at is None and copy.job_id is not None:
        state = db.session.scalar(select(Job.state).where(Job.id == copy.job_id))
        if state in {JobState.DEAD, JobState.CANCELLED}:
            return None
    if copy is None or (copy.expires_at is not None and copy.expires_at <= program_now()):
        return None
    return copy


def content_of(*, actor: Actor, copy_id: UUID) -> tuple[bytes, datetime] | None:
    """The file of one's own copy and when it was made; ``None`` where its time is over. Raises ``NotYoursError``."""
    copy = db.session.scalar(select(DataCopy).where(DataCopy.id == copy_id, DataCopy.member_id == actor.member_id))
    if copy is None or actor.member_id is None or copy.ready_at is None or copy.expires_at is None:
        raise NotYoursError
    if copy.content is None or copy.expires_at <= program_now():
        return None
    return copy.content, copy.ready_at


def corrections_of(member_id: UUID) -> Sequence[CorrectionRequest]:
    """What a member asks and is not answered yet, the newest first."""
    return db.session.scalars(
        select(CorrectionRequest)
        .where(CorrectionRequest.member_id == member_id, CorrectionRequest.state == CorrectionState.OPEN)
        .order_by(CorrectionRequest.created_at.desc(), CorrectionRequest.id)
    ).all()


def corrections_page(
    *, actor: Actor, state: CorrectionState | None, after: str | None = None
) -> Page[CorrectionRequest]:
    """Corrections asked for, the newest first; ``state`` narrows. Raises ``ForbiddenError``."""
    require_everywhere(actor, WRITE)
    statement = select(CorrectionRequest).options(joinedload(CorrectionRequest.member))
    if state is not None:
        statement = statement.where(CorrectionRequest.state == state)
    return newest_first(statement, CorrectionRequest.created_at, CorrectionRequest.id, after=after)


def correction_for(*, actor: Actor, request_id: UUID) -> CorrectionRequest:
    """One of them. Raises ``ForbiddenError``, ``NotYoursError``."""
    require_everywhere(actor, WRITE)
    found = db.session.scalar(
        select(CorrectionRequest)
        .where(CorrectionRequest.id == request_id)
        .options(joinedload(CorrectionRequest.member))
    )
    if found is None:
        raise NotYoursError
    return found


def corrections_waiting() -> tuple[int, datetime | None]:
    """How many wait for staff, and since when the oldest does."""
    row = db.session.execute(
        select(func.count(), func.min(CorrectionRequest.created_at)).where(
            CorrectionRequest.state == CorrectionState.OPEN
        )
    ).one()
    return row[0], row[1]
