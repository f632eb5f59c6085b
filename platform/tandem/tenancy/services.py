"""Verbs on associations themselves. They go through definer functions: the application's role cannot write these tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from tandem.extensions import db
from tandem.ids import uuid7

#: Host labels that no association may take.
RESERVED_SLUGS = frozenset(
    {
        "operator",
        "www",
        "mail",
        "mailbox",
        "api",
        "admin",
        "static",
        "assets",
        "status",
        "help",
        "support",
        "docs",
        "localhost",
    }
)


class ReservedSlugError(ValueError):
    """Raised when an association asks for a name that the platform keeps for itself."""


def create_association(*, slug: str, name: str, language: str, time_zone: str, hostname: str) -> UUID:
    """Register an association and its canonical host; returns its id. Needs no open association.

    Raises ``ReservedSlugError``; an existing slug or host raises ``sqlalchemy.exc.IntegrityError``.
    """
    if slug in RESERVED_SLUGS:
        raise ReservedSlugError(f"“{slug}” is kept for the platform. Choose another name.")
    identifier = uuid7()
    db.session.execute(select(func.association_create(identifier, slug, name, language, time_zone, hostname, uuid7())))
    return identifier


def update_association(*, association_id: UUID, name: str, language: str, time_zone: str) -> None:
    """Change an association's name, language and time zone."""
    db.session.execute(select(func.association_update(association_id, name, language, time_zone)))


def set_association_state(*, association_id: UUID, state: str) -> None:
    """Suspend an association or let it answer again (``active``/``suspended``)."""
    db.session.execute(select(func.association_set_state(association_id, state)))


def set_mail_held(*, association_id: UUID, since: datetime | None) -> None:
    """Note since when the operator holds an association's mail, so that the console can show it."""
    db.session.execute(select(func.association_set_mail_held(association_id, since)))


def set_clock_offset(*, association_id: UUID, offset: timedelta) -> None:
    """Move an association's program clock to ``offset`` ahead of the system's. Refused in production by the command."""
    db.session.execute(select(func.association_set_clock_offset(association_id, offset)))
