"""What a person's page shows of notices: those that were written to them, as they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.directory.models import Member
from tandem.directory.sections import register_person_section
from tandem.extensions import db
from tandem.notices.marking import mark_of
from tandem.notices.queries import staff_notices
from tandem.notices.templates_registry import TEMPLATES


def notices_section(actor: Actor, member_id: UUID) -> Mapping[str, Any] | None:
    """The newest notices to a member that ``actor`` may read. ``None`` where reading notices is not theirs at all."""
    if not actor.may("notices.read"):
        return None
    address = db.session.scalar(select(Member.email).where(Member.id == member_id)) or ""
    return {
        "page": staff_notices(actor=actor, member_id=member_id),
        "templates": TEMPLATES,
        "mark": mark_of(address),
    }


register_person_section("notices", notices_section, "notices/_person.html", position=70, title=lambda: _("Notices"))
