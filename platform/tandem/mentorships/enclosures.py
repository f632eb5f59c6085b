"""The calendar files that go with letters about planned meetings, as things stand when the mail goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.extensions import db
from tandem.mentorships.calendar_file import FILE_NAME, calendar_entry, method_of
from tandem.mentorships.models import MeetingPlan, Mentorship
from tandem.mentorships.planning import called_off_plans
from tandem.notices.enclosures import Enclosure, enclosed_with


@enclosed_with("meeting-agreed", "meeting-moved", "meeting-cancelled")
def file_of_meeting(reason: Mapping[str, Any], member_id: UUID) -> Sequence[Enclosure]:
    """The entry of the meeting, or what takes its time off the calendar; none for one that never had a time."""
    plan = db.session.scalar(
        select(MeetingPlan)
        .where(MeetingPlan.id == UUID(reason["plan"]))
        .options(joinedload(MeetingPlan.mentorship).joinedload(Mentorship.program_revision))
    )
    return _files(plan.mentorship, [plan], member_id) if plan is not None and plan.starts_at is not None else ()


@enclosed_with("mentorship-ended", "reassignment-granted")
def files_called_off(reason: Mapping[str, Any], member_id: UUID) -> Sequence[Enclosure]:
    """A file for each meeting still to come that was called off: one cancellation names one meeting (RFC 5546, 3.2.5)."""
    mentorship = db.session.scalar(
        select(Mentorship)
        .where(Mentorship.id == UUID(reason["mentorship"]))
        .options(joinedload(Mentorship.program_revision))
    )
    return _files(mentorship, called_off_plans(mentorship.id), member_id) if mentorship is not None else ()


def _files(mentorship: Mentorship, plans: Sequence[MeetingPlan], member_id: UUID) -> Sequence[Enclosure]:
    return [
        Enclosure(
            name=FILE_NAME if number == 1 else FILE_NAME.replace(".", f"-{number}."),
            content=calendar_entry(mentorship, plan, reader=member_id),
            subtype="calendar",
            parameters={"method": method_of(plan)},
        )
        for number, plan in enumerate(plans, 1)
    ]
