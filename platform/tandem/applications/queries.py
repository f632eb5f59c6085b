"""Reads on applications. Every list takes the actor and shows only their programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_where
from tandem.applications.models import (
    Application,
    ApplicationStatus,
    Decision,
    Recusal,
    Review,
    Role,
    VerdictRow,
    Waiver,
)
from tandem.directory.models import Member
from tandem.directory.normalise import name_key
from tandem.extensions import db
from tandem.forms.models import FormRevision, Submission
from tandem.identity.models import Account
from tandem.matching.models import PoolEntry, PoolState
from tandem.programs.models import Cohort, Program

#: Rows on one page of a list.
PAGE = 50

#: Statuses in which an application is in somebody's hands.
IN_HAND = (ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED)


def cohorts_of(program_id: UUID) -> Sequence[Cohort]:
    """The cohorts of a program, by the day they start."""
    return db.session.scalars(select(Cohort).where(Cohort.program_id == program_id).order_by(Cohort.starts_on)).all()


def own_application(*, actor: Actor, application_id: UUID) -> Application:
    """The actor's own application with program, submission and form. Raises ``NotYoursError``."""
    application = db.session.scalar(
        select(Application)
        .where(Application.id == application_id, Application.member_id == actor.member_id)
        .options(
            joinedload(Application.program),
            joinedload(Application.cohort),
            joinedload(Application.program_revision),
            joinedload(Application.submission).joinedload(Submission.form_revision),
        )
    )
    if application is None:
        raise NotYoursError
    return application


def application_in_hand(member_id: UUID, program_id: UUID, role: Role) -> Application | None:
    """The one application of a member to a program in a role that is not decided yet; the database keeps it the only one."""
    return db.session.scalar(
        select(Application).where(
            Application.member_id == member_id,
            Application.program_id == program_id,
            Application.role == role,
            Application.status.in_(IN_HAND),
        )
    )


def pool_state_of(application_id: UUID) -> PoolState | None:
    """Where an approved application stands in the pool; ``None`` for one that never came there."""
    return db.session.scalar(select(PoolEntry.state).where(PoolEntry.application_id == application_id))


def applications_of(member_id: UUID) -> Sequence[Application]:
    """All applications of a member with their programs, newest first."""
    return db.session.scalars(
        select(Application)
        .where(Application.member_id == member_id)
        .options(joinedload(Application.program), joinedload(Application.cohort))
        .order_by(Application.created_at.desc(), Application.id.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class Filters:
    """What the staff list is narrowed to; empty means all."""

    search: str = ""
    status: ApplicationStatus | None = ApplicationStatus.SUBMITTED
    program_id: UUID | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a keyset-paged list; ``after`` leads to the next, if there is one."""

    rows: Sequence[Application]
    total: int
    after: str | None


def applications_page(*, actor: Actor, filters: Filters, after: str | None = None) -> Page:
    """Applications in the actor's programs, the longest waiting first; drafts are their author's alone."""
    where = [
        programs_where(actor, "applications.read"),
        Application.status != ApplicationStatus.DRAFT,
    ]
    if filters.status is not None:
        where.append(Application.status == filters.status)
    if filters.program_id is not None:
        where.append(Application.program_id == filters.program_id)
    if filters.role is not None:
        where.append(Application.role == filters.role)
    if filters.search:
        key = name_key(filters.search)
        where.append(
            or_(and_(Member.name_key >= key, Member.name_key < key + "\U0010ffff"), Member.number == filters.search)
        )
    base = (
        select(Application)
        .join(Program, _same(Program, Application.program_id))
        .join(Member, _same(Member, Application.member_id))
        .where(*where)
    )
    total = db.session.scalar(select(func.count()).select_from(base.with_only_columns(Application.id).subquery())) or 0
    cursor = _parse_cursor(after)
    if cursor is not None:
        base = base.where(tuple_(Application.status_since, Application.id) > tuple_(*cursor))
    rows = db.session.scalars(
        base.options(joinedload(Application.member), joinedload(Application.program), joinedload(Application.cohort))
        .order_by(Application.status_since, Application.id)
        .limit(PAGE + 1)
    ).all()
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return Page(rows, total, _cursor(rows[-1]) if more else None)


def waiting_count(actor: Actor) -> tuple[int, datetime | None]:
    """How many applications wait for a decision in the actor's programs, and since when the oldest does."""
    row = db.session.execute(
        select(func.count(), func.min(Application.status_since))
        .join(Program, _same(Program, Application.program_id))
        .where(Application.status == ApplicationStatus.SUBMITTED, programs_where(actor, "applications.decide"))
    ).one()
    oldest: datetime | None = row[1]
    return row[0], oldest


@dataclass(frozen=True, slots=True)
class Packet:
    """Everything a reviewer reads of one application."""

    application: Application
    form_revision: FormRevision
    verdicts: Sequence[VerdictRow]
    waivers: dict[str, Waiver]
    reviews: Sequence[Review]
    decisions: Sequence[Decision]
    recused: bool
    may_decide: bool


def packet(*, actor: Actor, application_id: UUID) -> Packet:
    """An application with verdicts, answers, notes and decisions, for someone who may read it.

    Raises ``NotYoursError`` for drafts, other departments' applications and the actor's own.
    """
    application = db.session.scalar(
        select(Application)
        .where(Application.id == application_id, Application.status != ApplicationStatus.DRAFT)
        .options(
            joinedload(Application.member),
            joinedload(Application.program),
            joinedload(Application.cohort),
            joinedload(Application.program_revision),
            joinedload(Application.submission).joinedload(Submission.form_revision),
        )
    )
    if application is None or not may_in(actor, "applications.read", application.program):
        raise NotYoursError
    if application.member_id == actor.member_id:
        raise NotYoursError
    recused = bool(
        db.session.scalar(
            select(exists().where(Recusal.application_id == application_id, Recusal.account_id == actor.account_id))
        )
    )
    waivers = db.session.scalars(select(Waiver).where(Waiver.application_id == application_id)).all()
    return Packet(
        application=application,
        form_revision=application.submission.form_revision,
        verdicts=verdicts_of(application_id),
        waivers={waiver.rule_id: waiver for waiver in waivers},
        reviews=db.session.scalars(
            select(Review)
            .where(Review.application_id == application_id)
            .options(joinedload(Review.account))
            .order_by(Review.created_at)
        ).all(),
        decisions=decisions_of(application_id),
        recused=recused,
        may_decide=not recused and may_in(actor, "applications.decide", application.program),
    )


def verdicts_of(application_id: UUID) -> Sequence[VerdictRow]:
    """The verdicts of the last check, in the order of the rules."""
    return db.session.scalars(
        select(VerdictRow).where(VerdictRow.application_id == application_id).order_by(VerdictRow.position)
    ).all()


def decisions_of(application_id: UUID) -> Sequence[Decision]:
    """The decisions on an application with who took them, newest first."""
    return db.session.scalars(
        select(Decision)
        .where(Decision.application_id == application_id)
        .options(joinedload(Decision.account))
        .order_by(Decision.created_at.desc())
    ).all()


def neighbours(*, actor: Actor, application: Application) -> tuple[UUID | None, UUID | None, int, int]:
    """The waiting applications before and after this one, its place among them and their number."""
    ids = db.session.scalars(
        select(Application.id)
        .join(Program, _same(Program, Application.program_id))
        .where(
            Application.status == ApplicationStatus.SUBMITTED,
            programs_where(actor, "applications.decide"),
            Application.member_id.is_distinct_from(actor.member_id),
        )
        .order_by(Application.status_since, Application.id)
    ).all()
    if application.id not in ids:
        return None, (ids[0] if ids else None), 0, len(ids)
    place = ids.index(application.id)
    before = ids[place - 1] if place else None
    after = ids[place + 1] if place + 1 < len(ids) else None
    return before, after, place + 1, len(ids)


def reviewer_accounts(program: Program) -> Sequence[Account]:
    """Everyone who is told when an application arrives: the program's committee, or nobody where it has none."""
    from tandem.programs.models import CommitteeMember

    if program.committee_id is None:
        return []
    return db.session.scalars(
        select(Account)
        .join(
            CommitteeMember,
            and_(CommitteeMember.association_id == Account.association_id, CommitteeMember.account_id == Account.id),
        )
        .where(CommitteeMember.committee_id == program.committee_id)
        .order_by(Account.name)
    ).all()


def _same(target: type[Program | Member], column: Any) -> ColumnElement[bool]:
    return and_(target.association_id == Application.association_id, target.id == column)


def _cursor(application: Application) -> str:
    return f"{application.status_since.isoformat()}~{application.id}"


def _parse_cursor(after: str | None) -> tuple[datetime, UUID] | None:
    # A mangled cursor shows the first page rather than an error: it is only a place in a list.
    if not after:
        return None
    moment, _, identifier = after.partition("~")
    try:
        return datetime.fromisoformat(moment), UUID(identifier)
    except ValueError:
        return None
