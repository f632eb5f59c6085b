"""The one next thing for somebody who opens the page of their mentorship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.clocks import program_now, program_today
from tandem.mentorships.models import FollowUp, MeetingPlan, Mentorship, MentorshipState, Participant, PlanState
from tandem.mentorships.planning import say_when
from tandem.web.formatting import say_day


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is next, why, by when, and the address that does it; ``also`` is a second way."""

    title: str
    text: str
    label: str
    url: str
    due: date | None = None
    also: tuple[str, str] | None = None


def next_step(mentorship: Mentorship, me: Participant, shown: Mapping[str, Any]) -> NextStep | None:
    """The most pressing of what the page shows; ``shown`` are the page's own variables. Nothing while the mentorship rests."""
    if mentorship.state is MentorshipState.ENDED:
        return _after_the_end(mentorship, shown)
    if mentorship.state is MentorshipState.PAUSED:
        return None
    identifier = mentorship.id
    if shown["check_in"] is not None:
        return NextStep(
            _("Are you still in touch?"),
            _("Nothing has been noted for a while. One tap is enough."),
            _("Answer"),
            url_for("confidence.in_touch", mentorship_id=identifier),
        )
    return (
        _of_plans(mentorship, me, shown["plans"])
        or _of_follow_ups(mentorship, me, shown["follow_ups"])
        or _of_messages(mentorship, shown)
        or (
            None
            if shown["plans"]
            else NextStep(
                _("Agree when you talk next") if shown["meetings"] else _("Agree on a first conversation"),
                _("Propose up to three times; the other side picks one. Reminders and a calendar entry follow."),
                _("Plan a meeting"),
                url_for("plans.propose", mentorship_id=identifier),
                also=(_("Write a message"), url_for("messages.index", mentorship_id=identifier, _anchor="newest")),
            )
        )
    )


def _of_plans(mentorship: Mentorship, me: Participant, plans: Sequence[MeetingPlan]) -> NextStep | None:
    now = program_now()
    for plan in plans:
        if plan.state is PlanState.AGREED and plan.starts_at is not None and plan.starts_at <= now:
            return NextStep(
                _("Did you meet?"),
                _("You planned to meet on %(when)s. One button notes it.", when=say_when(plan.starts_at)),
                _("Note it"),
                url_for("plans.met", mentorship_id=mentorship.id, plan_id=plan.id),
            )
    for plan in plans:
        if plan.state is PlanState.PROPOSED and plan.proposed_by != me.id:
            return NextStep(
                _("Pick a time to meet"),
                ngettext("%(num)s time is proposed.", "%(num)s times are proposed.", len(plan.times)),
                _("Pick a time"),
                url_for("plans.show", mentorship_id=mentorship.id, plan_id=plan.id),
            )
    for plan in plans:
        if plan.state is PlanState.AGREED and plan.starts_at is not None:
            return NextStep(
                _("You meet on %(when)s", when=say_when(plan.starts_at)),
                _("Put it into your calendar, or change the time while there is time."),
                _("Open the meeting"),
                url_for("plans.show", mentorship_id=mentorship.id, plan_id=plan.id),
            )
    return None


def _of_follow_ups(mentorship: Mentorship, me: Participant, follow_ups: Sequence[FollowUp]) -> NextStep | None:
    today = program_today()
    for item in follow_ups:
        if item.done_at is None and item.participant_id == me.id and item.due_on is not None and item.due_on <= today:
            return NextStep(
                item.body,
                _("You said that you would do this."),
                _("See what you agreed"),
                url_for("mentorships.show", mentorship_id=mentorship.id, _anchor="follow-ups"),
                due=item.due_on,
            )
    return None


def _of_messages(mentorship: Mentorship, shown: Mapping[str, Any]) -> NextStep | None:
    count = shown["unread"].count
    if not count:
        return None
    return NextStep(
        ngettext("%(num)s new message", "%(num)s new messages", count),
        _("Only the people of this mentorship can read it."),
        _("Read it"),
        url_for("messages.index", mentorship_id=mentorship.id, _anchor="newest"),
    )


def _after_the_end(mentorship: Mentorship, shown: Mapping[str, Any]) -> NextStep | None:
    waiting = [offer for offer in shown["offers"] if offer.given is None and offer.is_open]
    if not waiting:
        return None
    offer = waiting[0]
    return NextStep(
        _("How was it?"),
        _("If you like, say so until %(day)s. It is up to you.", day=say_day(offer.until, counted=False)),
        offer.item["title"],
        url_for(
            "evaluations.give",
            mentorship_id=mentorship.id,
            key=offer.item["id"],
            about=offer.about.id if offer.about else None,
        ),
    )
