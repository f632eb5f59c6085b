"""A form that is sent twice makes one thing: a double press, a slow line, a page sent again."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from tandem.extensions import db
from tandem.mentorships.models import Hours, Meeting, MeetingPlan, Mentorship, Message

Row = TypeVar("Row", Hours, Meeting, MeetingPlan, Message)


def made_before(
    model: type[Row], key: UUID | None, mentorship: Mentorship, **content: Any
) -> tuple[Row | None, dict[str, UUID]]:
    """What the same form made before with the same content, if it did; else the id that the new row is to get.

    ``key`` is the form's own and becomes the id of what it makes; without one nothing is compared. Waits for whoever else is at
    this mentorship, so that of two that come at once the second sees what the first made. What is another by now,
    or was taken off since, was sent from a page that somebody went back to: that is made anew, with an id of its own.
    """
    if key is None:
        return None, {}
    here = mentorship.association_id
    db.session.execute(
        select(Mentorship.id).where(Mentorship.association_id == here, Mentorship.id == mentorship.id).with_for_update()
    )
    row = db.session.get(model, (here, key))
    if row is None:
        return None, {"id": key}
    same = row.mentorship_id == mentorship.id and all(getattr(row, name) == value for name, value in content.items())
    return (row if same else None), {}
