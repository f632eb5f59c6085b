"""What a person's page shows of their mentorships: those in the programs of whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.access.programs import may_in
from tandem.directory.sections import register_person_section
from tandem.mentorships.queries import mentorships_of, minutes_of, people_in


def mentorships_section(actor: Actor, member_id: UUID) -> Mapping[str, Any] | None:
    """Mentorships that ``actor`` may see, with the others in them. ``None`` where seeing them is not theirs at all."""
    if not actor.may("mentorships.read"):
        return None
    found = [row for row in mentorships_of(member_id) if may_in(actor, "mentorships.read", row.program)]
    people = people_in([row.id for row in found])
    minutes = minutes_of([row.id for row in found])
    return {
        "mentorships": [
            {
                "mentorship": row,
                "minutes": minutes.get(row.id, 0),
                "partners": [person.member for person in people[row.id] if person.member_id != member_id],
                "side": next(person.side.value for person in people[row.id] if person.member_id == member_id),
            }
            for row in found
        ]
    }


register_person_section(
    "mentorships", mentorships_section, "mentorships/_person.html", position=10, title=lambda: _("Mentorships")
)
