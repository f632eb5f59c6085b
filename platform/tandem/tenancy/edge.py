"""Opening an association at the edge: from a request's host, a job's row or a command's argument.

The scope is announced to PostgreSQL at the start of every transaction, so that row security sees it; a transaction that was
begun before the scope was opened is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, bindparam, event, select, text

from tandem.extensions import db
from tandem.tenancy.models import Association, AssociationState, Host
from tandem.tenancy.scope import Scope, reset_scope, scope_or_none, set_scope

_ANNOUNCE = text("select set_config('app.association_id', :association_id, true)")


class UnknownAssociationError(LookupError):
    """Raised when no active association has the given id or slug."""


def announce_scope(engine: Engine) -> None:
    """Have ``engine`` tell PostgreSQL the open association at the start of each transaction."""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        scope = scope_or_none()
        if scope is not None:
            connection.execute(_ANNOUNCE, {"association_id": str(scope.association_id)})


def scope_for_host(hostname: str) -> tuple[Scope, AssociationState] | None:
    """The association behind ``hostname`` and its state, or ``None``; one indexed statement."""
    return _loaded(db.session().execute(_BY_HOST, {"hostname": hostname}).one_or_none())


def enter_scope(scope: Scope) -> Any:
    """Open ``scope`` for the running request; returns the token for ``reset_scope``."""
    token = set_scope(scope)
    session = db.session()
    if session.in_transaction():
        session.execute(_ANNOUNCE, {"association_id": str(scope.association_id)})
    return token


@contextmanager
def open_association(association: UUID | str) -> Iterator[Scope]:
    """Open an association by id or slug for the body; needs an application context.

    The body owns its transactions: what it does not commit is rolled back at the end. Raises ``UnknownAssociationError``.
    Opening a second one inside is refused by PostgreSQL's row security only where the ids differ, so it is refused here.
    """
    already = scope_or_none()
    if already is not None:
        if association in (already.association_id, already.slug):
            yield already
            return
        raise RuntimeError("Another association is open: work on one at a time.")
    db.session.remove()
    condition = Association.id == association if isinstance(association, UUID) else Association.slug == association
    found = _loaded(db.session().execute(_described().where(condition)).one_or_none())
    if found is None:
        raise UnknownAssociationError(f"There is no association {association!s}.")
    db.session.rollback()
    token = set_scope(found[0])
    try:
        yield found[0]
    finally:
        db.session.remove()
        reset_scope(token)


def _described() -> Select[*tuple[Any, ...]]:
    # The canonical host is wanted for links even where an alias was asked for.
    canonical = (
        select(Host.hostname)
        .where(Host.association_id == Association.id, Host.canonical)
        .correlate(Association)
        .scalar_subquery()
    )
    return select(
        Association.id, Association.slug, Association.name, canonical, Association.language, Association.time_zone,
        Association.clock_offset, Association.state,
    )  # fmt: skip


#: Asked at the beginning of every request, so it is put together once.
_BY_HOST = _described().join(Host, Host.association_id == Association.id).where(Host.hostname == bindparam("hostname"))


def _loaded(row: Row[*tuple[Any, ...]] | None) -> tuple[Scope, AssociationState] | None:
    if row is None:
        return None
    return Scope(row[0], row[1], row[2], row[3] or "", row[4], row[5], row[6]), row[7]
