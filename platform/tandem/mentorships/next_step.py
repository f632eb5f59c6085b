"""The one next thing for somebody who opens the page of their mentorship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, exists, func, or_, select

from tandem.clocks import local_day, program_now, program_today
from tandem.extensions import db
from tandem.mentorships.evaluations import offers_after
from tandem.mentorships.messages import Unread
from tandem.mentorships.models import (
    CheckIn,
    FollowUp,
    Meeting,
    MeetingPlan,
    Mentorship,
    MentorshipState,
    Message,
    Participant,
    PlanState,
)
from tandem.mentorships.planning import open_plans, say_when
from tandem.mentorships.touch import nothing_since_asked
from tandem.web.formatting import say_day


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is next, why, by when, and the address that does it; ``also`` is a second way.

    Of several mentorships the step with the lowest ``rank`` presses most: an answer that somebody waits for before what rests with
    others. ``on`` is the day of what is planned, where nothing is due by a day. ``meeting`` is what is said of the next meeting that is
    agreed, with its address, where the step itself is another one.
    """

    title: str
    text: str
    label: str
    url: str
    due: date | None = None
    also: tuple[str, str] | None = None
    rank: int = 0
    on: date | None = None
    meeting: tuple[str, str] | None = None


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
            _("Answer the question"),
            url_for("confidence.in_touch", mentorship_id=identifier),
        )
    return (
        _of_plans(mentorship, me, shown["plans"])
        or _of_follow_ups(mentorship, me, shown["follow_ups"])
        or _of_messages(mentorship, shown)
        or _of_own_proposals(mentorship, shown["plans"])
        or NextStep(
            _("Agree when you talk next") if shown["meetings"] else _("Agree on a first conversation"),
            _("Propose up to three times; one of them is picked. Reminders and a calendar entry follow."),
            _("Plan a meeting"),
            url_for("plans.propose", mentorship_id=identifier),
            also=_to_messages(mentorship),
            rank=5,
        )
    )


def next_steps(member_id: UUID, mentorships: Sequence[Mentorship]) -> dict[UUID, NextStep]:
    """The next step of somebody in each of their running mentorships, by its id, the most pressing first; four statements in all."""
    running = {one.id: one for one in mentorships if one.state is MentorshipState.ACTIVE}
    if not running:
        return {}
    mine = {
        me.mentorship_id: me
        for me in db.session.scalars(
            select(Participant).where(
                Participant.mentorship_id.in_(running),
                Participant.member_id == member_id,
                Participant.left_at.is_(None),
            )
        )
    }
    shown: dict[UUID, dict[str, Any]] = {
        identifier: {"check_in": None, "plans": [], "follow_ups": [], "unread": Unread(0, None), "meetings": False}
        for identifier in mine
    }
    for plan in open_plans(list(mine)):
        shown[plan.mentorship_id]["plans"].append(plan)
    for item in db.session.scalars(
        select(FollowUp)
        .where(FollowUp.participant_id.in_([me.id for me in mine.values()]), FollowUp.done_at.is_(None))
        .order_by(FollowUp.due_on, FollowUp.id)
    ):
        shown[item.mentorship_id]["follow_ups"].append(item)
    for identifier, met, asked, unread in db.session.execute(_at_a_glance(member_id, list(mine))):
        shown[identifier] |= {"meetings": met, "check_in": asked or None, "unread": Unread(unread, None)}
    found = {
        identifier: replace(step, meeting=_meeting_to_come(me, step, shown[identifier]["plans"]))
        for identifier, me in mine.items()
        if (step := next_step(running[identifier], me, shown[identifier])) is not None
    }
    return dict(sorted(found.items(), key=lambda one: (one[1].rank, one[0])))


def steps_after(
    member_id: UUID, mentorships: Sequence[Mentorship], people: Mapping[UUID, Sequence[Participant]]
) -> dict[UUID, NextStep]:
    """What somebody can still do in each of their mentorships that ended lately, by its id; two statements at most."""
    offers = offers_after(member_id, mentorships, people)
    found = {one.id: _after_the_end(one, {"offers": offers.get(one.id, ())}) for one in mentorships}
    return {identifier: step for identifier, step in found.items() if step is not None}


def _at_a_glance(member_id: UUID, mentorship_ids: Sequence[UUID]) -> Select[UUID, bool, bool, int]:
    """Of each mentorship: whether a meeting was noted, whether a question waits for the member, how many messages are new."""
    here = Participant.association_id
    return select(
        Participant.mentorship_id,
        exists().where(
            Meeting.association_id == here,
            Meeting.mentorship_id == Participant.mentorship_id,
            Meeting.removed_at.is_(None),
        ),
        exists().where(
            CheckIn.association_id == here,
            CheckIn.participant_id == Participant.id,
            CheckIn.answered_at.is_(None),
            nothing_since_asked(),
        ),
        select(func.count())
        .where(
            Message.association_id == here,
            Message.mentorship_id == Participant.mentorship_id,
            Message.participant_id != Participant.id,
            or_(Participant.messages_read_at.is_(None), Message.created_at > Participant.messages_read_at),
        )
        .correlate(Participant)
        .scalar_subquery(),
    ).where(
        Participant.mentorship_id.in_(mentorship_ids), Participant.member_id == member_id, Participant.left_at.is_(None)
    )


def _meeting_to_come(me: Participant, step: NextStep, plans: Sequence[MeetingPlan]) -> tuple[str, str] | None:
    for plan in plans:
        if plan.state is PlanState.AGREED and plan.starts_at is not None and plan.starts_at > program_now():
            url = url_for("plans.show", mentorship_id=me.mentorship_id, plan_id=plan.id)
            return (
                (_("You meet on %(when)s", when=say_when(plan.starts_at, me.member.time_zone)), url)
                if url != step.url
                else None
            )
    return None


def _to_messages(mentorship: Mentorship) -> tuple[str, str]:
    return _("Write a message"), url_for("messages.index", mentorship_id=mentorship.id, _anchor="newest")


def _of_own_proposals(mentorship: Mentorship, plans: Sequence[MeetingPlan]) -> NextStep | None:
    """What remains of the plans once those that others proposed and those that are agreed are dealt with."""
    if not plans:
        return None
    plan = plans[0]
    gone = all(datetime.fromisoformat(time) <= program_now() for time in plan.times)
    return NextStep(
        _("The times you proposed have passed") if gone else _("Your proposal waits for an answer"),
        _("Nobody picked one of them. Propose others.")
        if gone
        else ngettext(
            "You proposed %(num)s time. Who picks it, and when, you hear by e-mail.",
            "You proposed %(num)s times. Which one is picked you hear by e-mail.",
            len(plan.times),
        ),
        _("Open the meeting"),
        url_for("plans.show", mentorship_id=mentorship.id, plan_id=plan.id),
        also=_to_messages(mentorship),
        rank=4 if gone else 6,
    )


def _of_plans(mentorship: Mentorship, me: Participant, plans: Sequence[MeetingPlan]) -> NextStep | None:
    now, zone = program_now(), me.member.time_zone
    for plan in plans:
        if plan.state is PlanState.AGREED and plan.starts_at is not None and plan.starts_at <= now:
            return NextStep(
                _("Did you meet?"),
                _("You planned to meet on %(when)s. One button notes it.", when=say_when(plan.starts_at, zone)),
                _("Note it"),
                url_for("plans.met", mentorship_id=mentorship.id, plan_id=plan.id),
                rank=1,
                on=local_day(plan.starts_at, zone),
            )
    for plan in plans:
        if plan.state is PlanState.PROPOSED and plan.proposed_by != me.id:
            return NextStep(
                _("Pick a time to meet"),
                ngettext("%(num)s time is proposed.", "%(num)s times are proposed.", len(plan.times)),
                _("Pick a time"),
                url_for("plans.show", mentorship_id=mentorship.id, plan_id=plan.id),
                rank=2,
            )
    for plan in plans:
        if plan.state is PlanState.AGREED and plan.starts_at is not None:
            return NextStep(
                _("You meet on %(when)s", when=say_when(plan.starts_at, zone)),
                _("Put it into your calendar, or change the time while there is time."),
                _("Open the meeting"),
                url_for("plans.show", mentorship_id=mentorship.id, plan_id=plan.id),
                also=_to_messages(mentorship),
                rank=7,
                on=local_day(plan.starts_at, zone),
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
                rank=3,
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
        rank=4,
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
