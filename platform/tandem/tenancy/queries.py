"""Reads on platform tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select

from tandem.extensions import db
from tandem.tenancy.models import Association, AssociationState, Host


def active_associations() -> Sequence[Row[tuple[str, str, str]]]:
    """Slug, name and canonical host of every association that answers, by name."""
    return db.session.execute(
        select(Association.slug, Association.name, Host.hostname)
        .join(Host, Host.association_id == Association.id)
        .where(Association.state == AssociationState.ACTIVE, Host.canonical)
        .order_by(Association.name)
    ).all()
