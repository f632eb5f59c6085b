"""Reads of the console: associations and the health of their work. No association's content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, column, func, select, true

from tandem.extensions import db
from tandem.jobs.models import JobState
from tandem.tenancy.models import Association, AssociationState, Host, Operator, OperatorSession

PAGE = 50
_WAITING = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class SignedInOperator:
    """The operator behind a request."""

    id: UUID
    session_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Health:
    """How an association's background work is doing: jobs by state, and since when the oldest waits."""

    counts: Mapping[str, int] = field(default_factory=dict)
    oldest_waiting: datetime | None = None

    @property
    def waiting(self) -> int:
        """Jobs that are queued or running."""
        return sum(self.counts.get(state, 0) for state in _WAITING)

    @property
    def dead(self) -> int:
        """Jobs that used up their attempts and wait for a person."""
        return self.counts.get(JobState.DEAD.value, 0)


@dataclass(frozen=True, slots=True)
class AssociationLine:
    """An association as the console lists it."""

    id: UUID
    slug: str
    name: str
    hostname: str
    suspended: bool
    created_at: datetime
    mail_held_at: datetime | None
    health: Health


@dataclass(frozen=True, slots=True)
class KindLine:
    """Jobs of one kind in one state."""

    kind: str
    state: str
    count: int
    oldest: datetime


def operator_by_session(token_hash: str, now: datetime) -> SignedInOperator | None:
    """The operator whose running session has ``token_hash``; one statement."""
    row = db.session.execute(
        select(Operator.id, OperatorSession.id.label("session_id"), Operator.name)
        .join(OperatorSession, OperatorSession.operator_id == Operator.id)
        .where(OperatorSession.token_hash == token_hash, OperatorSession.expires_at > now)
    ).one_or_none()
    return SignedInOperator(row.id, row.session_id, row.name) if row is not None else None


def operator_by_email(email_key: str) -> Operator | None:
    """The operator with this address."""
    return db.session.scalar(select(Operator).where(Operator.email_key == email_key))


def association_lines(*, search: str = "", state: str = "", page: int = 1) -> tuple[list[AssociationLine], int]:
    """One page of associations by name, and how many there are in all. Three statements, whatever their number."""
    statement = _lines().where(Association.state == state if state else true())
    if search:
        statement = statement.where(
            Association.name.icontains(search, autoescape=True)
            | Association.slug.icontains(search, autoescape=True)
            | Host.hostname.icontains(search, autoescape=True)
        )
    count = db.session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    rows = db.session.execute(
        statement.order_by(Association.name, Association.slug).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    healths = health_of()
    return [_line(row, healths) for row in rows], count


def association_line(slug: str) -> AssociationLine | None:
    """One association, ``None`` for an unknown short name."""
    row = db.session.execute(_lines().where(Association.slug == slug)).one_or_none()
    return _line(row, health_of()) if row is not None else None


def _lines() -> Select[UUID, str, str, str, AssociationState, datetime, datetime | None]:
    """What a line shows of an association, but for its background work."""
    return select(
        Association.id, Association.slug, Association.name, Host.hostname, Association.state, Association.created_at,
        Association.mail_held_at,
    ).outerjoin(Host, (Host.association_id == Association.id) & Host.canonical)  # fmt: skip


def _line(
    row: Row[UUID, str, str, str, AssociationState, datetime, datetime | None], healths: Mapping[UUID, Health]
) -> AssociationLine:
    return AssociationLine(
        row.id, row.slug, row.name, row.hostname or "", row.state is AssociationState.SUSPENDED, row.created_at,
        row.mail_held_at, healths.get(row.id, Health()),
    )  # fmt: skip


def mail_holds() -> tuple[list[UUID], list[UUID]]:
    """The associations whose mail the operator holds, and those whose mail goes."""
    rows = db.session.execute(select(Association.id, Association.mail_held_at).order_by(Association.slug)).all()
    return [row.id for row in rows if row.mail_held_at], [row.id for row in rows if not row.mail_held_at]


def health_of() -> dict[UUID, Health]:
    """The health of all associations' work, from one call of the definer function; those without any job are left out."""
    counts: dict[UUID, dict[str, int]] = {}
    oldest: dict[UUID, datetime] = {}
    for association_id, line in _job_counts():
        by_state = counts.setdefault(association_id, {})
        by_state[line.state] = by_state.get(line.state, 0) + line.count
        if line.state in _WAITING:
            oldest[association_id] = min(line.oldest, oldest.get(association_id, line.oldest))
    return {identifier: Health(by_state, oldest.get(identifier)) for identifier, by_state in counts.items()}


def kinds_of(association_id: UUID) -> Sequence[KindLine]:
    """An association's jobs by kind and state, the ones that wait for a person first."""
    order = {JobState.DEAD.value: 0, JobState.RUNNING.value: 1, JobState.QUEUED.value: 2}
    lines = [line for identifier, line in _job_counts() if identifier == association_id]
    return sorted(lines, key=lambda line: (order.get(line.state, 3), line.kind))


def _job_counts() -> list[tuple[UUID, KindLine]]:
    counted = func.job_counts().table_valued(
        column("association_id"), column("kind"), column("state"), column("count"), column("oldest")
    )
    return [
        (association_id, KindLine(kind, state, count, oldest))
        for association_id, kind, state, count, oldest in db.session.execute(select(counted))
    ]
