"""A planned meeting as a calendar file. The same plan has the same UID, so that a later file changes or cancels the entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from icalendar import Calendar, Event

from tandem import __version__
from tandem.clocks import system_now
from tandem.mentorships.models import MeetingPlan, PlanState
from tandem.tenancy.scope import current_scope
from tandem.web.formatting import say_list


def calendar_file(plan: MeetingPlan, *, partners: Sequence[str], way: str, address: str) -> bytes:
    """The file for one of the people, who meets ``partners``; ``address`` is the page of the plan.

    Its method is PUBLISH, or CANCEL once the meeting was called off or is to be moved. Raises ``ValueError`` for a plan that
    never had a time.
    """
    starts_at = plan.starts_at
    if starts_at is None:
        raise ValueError("A plan without a time has no calendar entry.")
    cancelled = plan.state is PlanState.CANCELLED
    calendar = Calendar()
    calendar.add("prodid", f"-//Tandem {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    event = Event()
    event.add("uid", f"{plan.id}@{current_scope().hostname}")
    event.add("sequence", plan.sequence)
    event.add("dtstamp", system_now())
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + timedelta(minutes=plan.minutes))
    event.add("summary", _("Meeting with %(names)s", names=say_list(partners)))
    event.add("location", ": ".join(part for part in (way, plan.place) if part))
    event.add("url", address)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
