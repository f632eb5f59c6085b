"""Reads on the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true, union

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.audit.models import AuditEntry
from tandem.directory.models import Member
from tandem.directory.named import person_begins
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.paging import PAGE, Page, newest_first
from tandem.programs.models import Program


def audit_page(
    *,
    actor: Actor,
    search: str = "",
    object_kind: str = "",
    action: str = "",
    after: str | None = None,
    size: int = PAGE,
) -> Page[AuditEntry]:
    """Entries that ``actor`` may read, newest first: all with a grant everywhere, else those of one's own programs.

    ``search`` is the beginning of a person's name or address (who acted, or whom it concerns), or an object's id.
    """
    statement: Any = select(AuditEntry).where(_readable(actor))
    if search.strip():
        statement = statement.where(_about(search.strip()))
    if object_kind:
        statement = statement.where(AuditEntry.object_kind == object_kind)
    if action:
        statement = statement.where(AuditEntry.action == action)
    return newest_first(statement, AuditEntry.happened_at, AuditEntry.id, after=after, size=size)


def kinds_and_actions(*, actor: Actor) -> tuple[Sequence[str], Sequence[str]]:
    """The kinds of object and the actions that occur in what ``actor`` may read, for the filters."""
    readable = _readable(actor)
    kinds = db.session.execute(select(AuditEntry.object_kind).where(readable).distinct()).scalars()
    actions = db.session.execute(select(AuditEntry.action).where(readable).distinct()).scalars()
    return sorted(kinds), sorted(actions)


def entries_about(*, object_kind: str, object_id: UUID, limit: int = 20) -> Sequence[AuditEntry]:
    """The newest entries about one object, for its page; the caller has checked that the actor may read them."""
    return (
        db.session.execute(
            select(AuditEntry)
            .where(AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id)
            .order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def _readable(actor: Actor) -> ColumnElement[bool]:
    if actor.may_everywhere("audit.read"):
        return true()
    return AuditEntry.program_id.in_(select(Program.id).where(programs_where(actor, "audit.read")))


def _about(search: str) -> ColumnElement[bool]:
    try:
        return AuditEntry.object_id == UUID(search)
    except ValueError:
        pass
    accounts, members = (select(model.id).where(person_begins(model, search)) for model in (Account, Member))
    # Each has an index of its own; joined by OR in one condition, the whole trail would be read.
    return AuditEntry.id.in_(
        union(
            select(AuditEntry.id).where(AuditEntry.account_id.in_(accounts)),
            select(AuditEntry.id).where(AuditEntry.object_id.in_(accounts)),
            select(AuditEntry.id).where(AuditEntry.object_id.in_(members)),
        )
    )
