"""What a person's page shows of their applications: those sent to the programs of whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.access.programs import may_in
from tandem.applications.models import ApplicationStatus
from tandem.applications.queries import applications_of, verdict_counts
from tandem.directory.sections import register_person_section


def applications_section(actor: Actor, member_id: UUID) -> Mapping[str, Any] | None:
    """Applications that ``actor`` may read, newest first; drafts are left out. ``None`` where reading is not theirs at all."""
    if not actor.may("applications.read"):
        return None
    found = [
        application
        for application in applications_of(member_id)
        if application.status is not ApplicationStatus.DRAFT and may_in(actor, "applications.read", application.program)
    ]
    return {"applications": found, "verdicts": verdict_counts([application.id for application in found])}


register_person_section(
    "applications", applications_section, "applications/_person.html", position=20, title=lambda: _("Applications")
)
