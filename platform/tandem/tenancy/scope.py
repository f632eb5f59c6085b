"""The association a piece of work belongs to, carried in a context variable.

It is opened at the edge (a request's host, a job's row, a command's argument) and read by the database layer,
which hands it to PostgreSQL's row security at the start of each transaction. Without it, any statement on an
association's table is an error.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo


class NoAssociationError(RuntimeError):
    """Raised when code asks for the association and none has been opened."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The open association: what every layer below the edge may know about it without a query."""

    association_id: UUID
    slug: str
    name: str
    hostname: str
    language: str
    time_zone: str
    clock_offset: timedelta

    @property
    def zone(self) -> ZoneInfo:
        """The association's time zone."""
        return ZoneInfo(self.time_zone)


_scope: ContextVar[Scope | None] = ContextVar("tandem_scope", default=None)


def current_scope() -> Scope:
    """The open association.

    Raises ``NoAssociationError`` where none is open.
    """
    scope = _scope.get()
    if scope is None:
        raise NoAssociationError("No association is open: open one at the edge with open_association().")
    return scope


def scope_or_none() -> Scope | None:
    """The open association, or ``None`` on the finder's and the operator's hosts."""
    return _scope.get()


def current_association_id() -> UUID:
    """The open association's id: the default of every ``association_id`` column."""
    return current_scope().association_id


def set_scope(scope: Scope | None) -> Token[Scope | None]:
    """Make ``scope`` the open one. Only the edges call this; see ``tenancy.edge``."""
    return _scope.set(scope)


def reset_scope(token: Token[Scope | None]) -> None:
    """Undo one ``set_scope``."""
    _scope.reset(token)
