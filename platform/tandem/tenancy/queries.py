"""Reads on platform tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, func, select

from tandem.extensions import db
from tandem.tenancy.models import Association, AssociationState, Host


def active_associations() -> Sequence[Row[str, str, str]]:
    """Slug, name and canonical host of every association that answers, by name."""
    return db.session.execute(
        select(Association.slug, Association.name, Host.hostname)
        .join(Host, Host.association_id == Association.id)
        .where(Association.state == AssociationState.ACTIVE, Host.canonical)
        .order_by(Association.name)
    ).all()


def find_associations(*, search: str, limit: int) -> tuple[Sequence[Row[str, str]], int]:
    """Name and canonical host of the first ``limit`` associations that answer and have ``search`` in their name or short
    name, by name; and how many there are.
    """
    statement = (
        select(Association.name, Host.hostname)
        .join(Host, Host.association_id == Association.id)
        .where(Association.state == AssociationState.ACTIVE, Host.canonical)
    )
    if search:
        statement = statement.where(
            Association.name.icontains(search, autoescape=True) | Association.slug.icontains(search, autoescape=True)
        )
    rows = db.session.execute(statement.order_by(Association.name, Association.slug).limit(limit)).all()
    if len(rows) < limit:
        return rows, len(rows)
    count = db.session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    return rows, count
