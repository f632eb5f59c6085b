"""What a person's page shows of their places in pools, and the ways from there to a pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.programs import may_in
from tandem.applications.models import Application
from tandem.directory.sections import register_person_section
from tandem.extensions import db
from tandem.matching.models import PoolEntry
from tandem.matching.pool import free_places
from tandem.matching.queries import proposed_runs


def pools_section(actor: Actor, member_id: UUID) -> Mapping[str, Any] | None:
    """Places in the pools that ``actor`` keeps, the latest first. ``None`` where there are none, or keeping pools is not theirs."""
    if not actor.may("pools.manage"):
        return None
    found = [
        entry
        for entry in db.session.scalars(
            select(PoolEntry)
            .where(PoolEntry.member_id == member_id)
            .options(
                joinedload(PoolEntry.member),
                joinedload(PoolEntry.application).options(
                    joinedload(Application.program), joinedload(Application.cohort)
                ),
            )
            .order_by(PoolEntry.entered_at.desc(), PoolEntry.id)
        )
        if may_in(actor, "pools.manage", entry.application.program)
    ]
    if not found:
        return None
    return {
        "entries": found,
        "places": free_places(found),
        "runs": proposed_runs(actor),
        "matched_programs": {
            entry.program_id for entry in found if may_in(actor, "matching.run", entry.application.program)
        },
    }


register_person_section("pools", pools_section, "matching/_person.html", position=15, title=lambda: _("Pools"))
