"""A planned meeting as a calendar file. The same plan has the same UID, so that a later file changes or cancels the entry."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from icalendar import Calendar, Event

from tandem import __version__
from tandem.clocks import system_now
from tandem.mentorships.models import MeetingPlan, Mentorship, PlanState
from tandem.mentorships.planning import way_of
from tandem.mentorships.queries import people_in
from tandem.notices.rendering import link_to
from tandem.tenancy.scope import current_scope
from tandem.web.formatting import say_list

#: What the file is called where it is taken or sent.
FILE_NAME = "meeting.ics"


def method_of(plan: MeetingPlan) -> str:
    """PUBLISH, or CANCEL once the time no longer holds: the meeting was called off, or other times are proposed for it.

    Nobody is asked for an answer, as a REQUEST would: the time was agreed on the site.
    """
    return "CANCEL" if plan.state in {PlanState.CANCELLED, PlanState.PROPOSED} else "PUBLISH"


def calendar_entry(mentorship: Mentorship, plan: MeetingPlan, *, reader: UUID) -> bytes:
    """The file for the member ``reader``, who meets the others. Raises ``ValueError`` for a plan that never had a time."""
    starts_at = plan.starts_at
    if starts_at is None:
        raise ValueError("A plan without a time has no calendar entry.")
    partners = [
        person.member.name for person in people_in([mentorship.id])[mentorship.id] if person.member_id != reader
    ]
    calendar = Calendar()
    calendar.add("prodid", f"-//Tandem {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method_of(plan))
    event = Event()
    event.add("uid", f"{plan.id}@{current_scope().hostname}")
    event.add("sequence", plan.sequence)
    event.add("dtstamp", system_now())
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + timedelta(minutes=plan.minutes))
    event.add("summary", _("Meeting with %(names)s", names=say_list(partners)))
    event.add("location", ": ".join(part for part in (way_of(mentorship, plan), plan.place) if part))
    event.add("url", link_to(f"/mentorships/{mentorship.id}/plans/{plan.id}"))
    event.add("status", "CANCELLED" if method_of(plan) == "CANCEL" else "CONFIRMED")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
