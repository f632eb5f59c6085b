"""The way to act for a member, on the person's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.behalf.queries import may_act_for, open_for
from tandem.behalf.services import MAX_REASON
from tandem.directory.sections import register_person_section


def behalf_section(actor: Actor, member_id: UUID) -> Mapping[str, Any] | None:
    """What is open, and a form to begin; ``None`` where acting for this member is not the actor's."""
    if not may_act_for(actor, member_id):
        return None
    return {"acting": open_for(actor, member_id), "most": MAX_REASON}


register_person_section(
    "behalf", behalf_section, "behalf/_person.html", position=60, title=lambda: _("On their behalf")
)
