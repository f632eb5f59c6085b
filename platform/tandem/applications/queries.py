"""Reads on applications. Every list takes the actor and shows only their programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select, tuple_
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
    ReviewAssignment,
    Role,
    VerdictRow,
    Vote,
    Waiver,
)
from tandem.applications.room import Room, room_of
from tandem.clocks import local_day, program_now
from tandem.directory.models import Member
from tandem.directory.normalise import name_key
from tandem.extensions import db
from tandem.forms.models import FormRevision, Submission
from tandem.identity.models import Account
from tandem.matching.models import PoolEntry
from tandem.programs.models import Cohort, CommitteeMember, Program

#: Rows on one page of a list.
PAGE = 50

#: Queues of waiting applications, besides all of them.
QUEUES = ("mine", "overdue", "unassigned")

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


def newer_application(application: Application) -> Application | None:
    """What its applicant sent or began after it, to the same program in the same role; nothing that came to nothing."""
    return db.session.scalar(
        select(Application)
        .where(
            Application.member_id == application.member_id,
            Application.program_id == application.program_id,
            Application.role == application.role,
            Application.status.not_in((ApplicationStatus.WITHDRAWN, ApplicationStatus.DECLINED)),
            Application.created_at > application.created_at,
        )
        .order_by(Application.created_at.desc(), Application.id.desc())
        .limit(1)
    )


def pool_entry_of(application_id: UUID) -> PoolEntry | None:
    """An approved application's place in the pool; ``None`` for one that never came there."""
    return db.session.scalar(select(PoolEntry).where(PoolEntry.application_id == application_id))


def applications_of(member_id: UUID) -> Sequence[Application]:
    """All applications of a member with their programs, newest first."""
    return db.session.scalars(
        select(Application)
        .where(Application.member_id == member_id)
        .options(joinedload(Application.program), joinedload(Application.cohort))
        .order_by(Application.created_at.desc(), Application.id.desc())
    ).all()


def due_day(application: Application) -> date | None:
    """The last day on which its applicant can answer, or send what was begun; nothing where there is none."""
    if application.status is ApplicationStatus.RETURNED:
        return local_day(application.answer_by)
    return application.cohort.applications_to if application.cohort else None


@dataclass(frozen=True, slots=True)
class Filters:
    """What the staff list is narrowed to; empty means all. ``queue`` is ``mine``, ``overdue``, ``unassigned`` or empty."""

    search: str = ""
    status: ApplicationStatus | None = ApplicationStatus.SUBMITTED
    program_id: UUID | None = None
    role: Role | None = None
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a keyset-paged list; ``after`` leads to the next, if there is one."""

    rows: Sequence[Application]
    total: int
    after: str | None


def applications_page(*, actor: Actor, filters: Filters, after: str | None = None) -> Page:
    """Applications in the actor's programs, the longest waiting first; drafts are their author's alone."""
    base = _listed(actor, filters)
    total = db.session.scalar(select(func.count()).select_from(base.with_only_columns(Application.id).subquery())) or 0
    cursor = _parse_cursor(after)
    if cursor is not None:
        base = base.where(tuple_(Application.status_since, Application.id) > tuple_(*cursor))
    rows = _in_order(base, PAGE + 1)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return Page(rows, total, _cursor(rows[-1]) if more else None)


def applications_all(*, actor: Actor, filters: Filters, most: int) -> Sequence[Application]:
    """The whole list of ``applications_page``, at most ``most`` of it, in one statement."""
    return _in_order(_listed(actor, filters), most)


def _in_order(statement: Select[Application], most: int) -> Sequence[Application]:
    return db.session.scalars(
        statement.options(
            joinedload(Application.member), joinedload(Application.program), joinedload(Application.cohort)
        )
        .order_by(Application.status_since, Application.id)
        .limit(most)
    ).all()


def _listed(actor: Actor, filters: Filters) -> Select[Application]:
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
    if filters.queue:
        where += queue_where(actor, filters.queue)
    if filters.search:
        key = name_key(filters.search)
        where.append(
            or_(and_(Member.name_key >= key, Member.name_key < key + "\U0010ffff"), Member.number == filters.search)
        )
    return (
        select(Application)
        .join(Program, _same(Program, Application.program_id))
        .join(Member, _same(Member, Application.member_id))
        .where(*where)
    )


def mine_since(actor: Actor) -> datetime | None:
    """Since when the oldest application of the queue ``mine`` waits, as the list that it narrows shows it."""
    return db.session.scalar(
        _listed(actor, Filters(queue="mine")).with_only_columns(func.min(Application.status_since))
    )


def queue_where(actor: Actor, queue: str) -> list[ColumnElement[bool]]:
    """Conditions on ``Application`` for a queue.

    ``mine``: what waits for this person's review: given to them or to nobody, not voted on by them, not one they stepped aside from;
    all that waits for somebody who gives applications out. ``overdue``: past the day by which to decide. ``unassigned``: given to
    nobody who has a seat.
    """
    waiting: list[ColumnElement[bool]] = [Application.status == ApplicationStatus.SUBMITTED]
    if queue == "overdue":
        return [*waiting, Application.decide_by < program_now()]
    if queue == "unassigned":
        return [*waiting, ~_given_to_somebody()]
    if queue != "mine":
        return []
    mine = _of_application(ReviewAssignment, actor)
    aside = _of_application(Recusal, actor)
    voted = _of_application(Vote, actor, Vote.sent_at == Application.status_since)
    own = Application.member_id.is_distinct_from(actor.member_id)
    if actor.may("applications.assign"):
        return [*waiting, own, ~aside]
    return [*waiting, own, ~aside, ~voted, or_(mine, ~_given_to_somebody())]


def _of_application(
    model: type[ReviewAssignment | Recusal | Vote], actor: Actor, *also: ColumnElement[bool]
) -> ColumnElement[bool]:
    return exists().where(
        model.association_id == Application.association_id,
        model.application_id == Application.id,
        model.account_id == actor.account_id,
        *also,
    )


def _given_to_somebody() -> ColumnElement[bool]:
    return exists().where(
        ReviewAssignment.association_id == Application.association_id,
        ReviewAssignment.application_id == Application.id,
        CommitteeMember.association_id == ReviewAssignment.association_id,
        CommitteeMember.account_id == ReviewAssignment.account_id,
        CommitteeMember.committee_id == Program.committee_id,
    )


def queue_counts(actor: Actor) -> dict[str, int]:
    """How many applications stand in each queue of the actor's programs, in one statement.

    ``mine-unassigned``: how many of ``mine`` are given to nobody.
    """
    queues = {queue: queue_where(actor, queue) for queue in QUEUES}
    queues["mine-unassigned"] = queues["mine"] + queues["unassigned"]
    row = db.session.execute(
        select(*[func.count().filter(and_(*conditions)) for conditions in queues.values()])
        .select_from(Application)
        .join(Program, _same(Program, Application.program_id))
        .where(Application.status == ApplicationStatus.SUBMITTED, programs_where(actor, "applications.read"))
    ).one()
    return dict(zip(queues, row, strict=True))


def mine_count(actor: Actor) -> ScalarSelect[int]:
    """How many applications the queue ``mine`` has, as part of a statement."""
    return (
        select(func.count(Application.id))
        .join(Program, _same(Program, Application.program_id))
        .where(programs_where(actor, "applications.read"), *queue_where(actor, "mine"))
        .scalar_subquery()
    )


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
    room: Room


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
        room=room_of(application),
        may_decide=not recused and may_in(actor, "applications.decide", application.program),
    )


def verdicts_of(application_id: UUID) -> Sequence[VerdictRow]:
    """The verdicts of the last check, in the order of the rules."""
    return db.session.scalars(
        select(VerdictRow).where(VerdictRow.application_id == application_id).order_by(VerdictRow.position)
    ).all()


def verdict_counts(application_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Application → how many of its requirements were met at the last check, of how many; one statement."""
    rows = db.session.execute(
        select(VerdictRow.application_id, func.count().filter(VerdictRow.truth == "met"), func.count())
        .where(VerdictRow.application_id.in_(application_ids))
        .group_by(VerdictRow.application_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def decisions_of(application_id: UUID) -> Sequence[Decision]:
    """The decisions on an application with who took them, newest first."""
    return db.session.scalars(
        select(Decision)
        .where(Decision.application_id == application_id)
        .options(joinedload(Decision.account))
        .order_by(Decision.created_at.desc())
    ).all()


def neighbours(*, actor: Actor, application: Application, since: datetime) -> tuple[UUID | None, UUID | None, int, int]:
    """The applications before and after this one in the actor's queue, its place in it and their number.

    ``since`` is since when it waits, or waited before it was decided: the way goes on from where it stood, and from the end of the
    queue to its beginning.
    """
    rows = db.session.execute(
        select(Application.status_since, Application.id)
        .join(Program, _same(Program, Application.program_id))
        .where(programs_where(actor, "applications.decide"), *queue_where(actor, "mine"))
        .order_by(Application.status_since, Application.id)
    ).all()
    here = (since, application.id)
    earlier = [row.id for row in rows if (row.status_since, row.id) < here]
    later = [row.id for row in rows if (row.status_since, row.id) > here]
    among = len(earlier) + len(later) < len(rows)
    # From one that is no longer in the queue the way leads on, and at the end back to the beginning.
    after = later[0] if later else (earlier[0] if earlier and not among else None)
    return (earlier[-1] if earlier else None), after, (len(earlier) + 1 if among else 0), len(rows)


def reviewer_accounts(program: Program) -> Sequence[Account]:
    """Everyone who is told when an application arrives: the program's committee, or nobody where it has none."""
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
