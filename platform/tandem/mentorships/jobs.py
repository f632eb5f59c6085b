"""Background work of mentorships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext

from tandem.jobs.registry import JobContext, job_handler
from tandem.mentorships import enclosures as enclosures  # noqa: PLC0414 - importing it makes its letters bring their files
from tandem.mentorships import reasons as reasons  # noqa: PLC0414 - importing it makes its reminders look again before they go
from tandem.mentorships.dues import check_dues
from tandem.mentorships.ending import end_due
from tandem.mentorships.evaluations import write_offers
from tandem.mentorships.goals import remind_of_follow_ups
from tandem.mentorships.planning import write_about
from tandem.mentorships.touch import ask_the_silent
from tandem.notices.services import in_batches


@job_handler(
    "mentorships.check-dues", title=lazy_gettext("Check that dues cover the mentorships"), daily_at=time(5, 30)
)
def check_all_dues(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Check everybody, or the ``member_ids`` that an import or a payment names."""
    ids = arguments.get("member_ids")
    check_dues(member_ids={UUID(identifier) for identifier in ids} if ids is not None else None)


@job_handler("mentorships.end-due", title=lazy_gettext("End the mentorships whose time is over"), daily_at=time(0, 30))
def end_all_due(_arguments: Mapping[str, Any], _context: JobContext) -> None:
    """End what has had its last day."""
    end_due()


@job_handler("mentorships.remind", title=lazy_gettext("Write what is due in mentorships"), daily_at=time(7, 0))
def write_what_is_due(_arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Offers and reminders of the day."""
    with in_batches():
        write_offers()
        remind_of_follow_ups()
        ask_the_silent()


@job_handler("mentorships.meeting-soon", title=lazy_gettext("Remind of a meeting"))
def remind_of_a_meeting(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """The letter a day before a planned meeting."""
    write_about(plan_id=UUID(arguments["plan_id"]), sequence=arguments["sequence"], template="meeting-soon")


@job_handler("mentorships.meeting-after", title=lazy_gettext("Ask whether a meeting took place"))
def ask_after_a_meeting(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """The letter after a planned meeting."""
    write_about(plan_id=UUID(arguments["plan_id"]), sequence=arguments["sequence"], template="meeting-after")
