"""Meetings to come: proposing, picking, calling off, and noting afterwards that they took place."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.clocks import local_day, program_now
from tandem.mentorships.calendar_file import FILE_NAME, calendar_entry
from tandem.mentorships.inputs import half_is_missing, parse_day, parse_minutes, parse_time, sample_day, typed_day
from tandem.mentorships.models import MeetingPlan, Mentorship, MentorshipState, PlanState
from tandem.mentorships.planning import (
    MOST_TIMES,
    cancel_plan,
    note_held,
    pick_time,
    plan_for,
    propose_meeting,
    say_when,
)
from tandem.mentorships.queries import own_mentorship, people_in
from tandem.mentorships.work import own_participant, ways_of
from tandem.tenancy.scope import current_scope
from tandem.web.formatting import say_as_typed, say_time

blueprint = Blueprint("plans", __name__, template_folder="../templates")


@blueprint.app_template_filter("say_when")
def _say_when(moment: datetime | str, zone: str | None = None) -> str:
    return say_when(datetime.fromisoformat(moment) if isinstance(moment, str) else moment, zone)


@blueprint.app_template_filter("moment")
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@blueprint.app_template_filter("local_day")
def _local_day(moment: datetime, zone: str | None = None) -> date | None:
    return local_day(moment, zone)


@blueprint.route("/mentorships/<uuid:mentorship_id>/plan", methods=["GET", "POST"])
def propose(mentorship_id: UUID) -> ResponseReturnValue:
    """Propose times for a meeting."""
    return _propose(own_mentorship(actor=signed_in(), mentorship_id=mentorship_id), None)


@blueprint.route("/mentorships/<uuid:mentorship_id>/plans/<uuid:plan_id>/times", methods=["GET", "POST"])
def change(mentorship_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """Propose other times for a meeting that is planned already."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    return _propose(mentorship, plan_for(mentorship, plan_id))


@blueprint.route("/mentorships/<uuid:mentorship_id>/plans/<uuid:plan_id>", methods=["GET", "POST"])
def show(mentorship_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """One planned meeting; posting picks a time or calls it off."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    plan = plan_for(mentorship, plan_id)
    problems: dict[str, str] = {}
    if request.method == "POST":
        if request.form.get("do") == "cancel":
            cancel_plan(actor=signed_in(), mentorship=mentorship, plan=plan)
            # To the page of the meeting: whoever calls it off gets no letter, and finds the file that takes it off the calendar there.
            flash(_called_off(mentorship), "success")
            return _to_plan(mentorship, plan)
        try:
            pick_time(actor=signed_in(), mentorship=mentorship, plan=plan, time=request.form.get("time", ""))
        except InvalidError as error:
            problems = error.problems
        else:
            flash(_agreed(mentorship), "success")
            return _to_plan(mentorship, plan)
    page = _render("plan.html", mentorship, plan, problems)
    return (page, 422) if problems else page


@blueprint.get("/mentorships/<uuid:mentorship_id>/plans/<uuid:plan_id>/calendar.ics")
def calendar(mentorship_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """The planned meeting for the reader's calendar."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    plan = plan_for(mentorship, plan_id)
    if plan.starts_at is None:
        raise NotYoursError
    me = own_participant(signed_in(), mentorship)
    return Response(
        calendar_entry(mentorship, plan, reader=me.member_id),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'},
    )


@blueprint.route("/mentorships/<uuid:mentorship_id>/plans/<uuid:plan_id>/met", methods=["GET", "POST"])
def met(mentorship_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """The note after a meeting, filled in already: one button."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    plan = plan_for(mentorship, plan_id)
    if request.method == "GET":
        return _render("met.html", mentorship, plan, {})
    if request.form.get("do") == "cancel":
        cancel_plan(actor=signed_in(), mentorship=mentorship, plan=plan)
        flash(_("Noted: you did not meet. Propose another time when it suits you."), "success")
        return _back(mentorship)
    try:
        note_held(
            actor=signed_in(),
            mentorship=mentorship,
            plan=plan,
            minutes=parse_minutes(request.form.get("minutes", "")),
            attended=request.form.getlist("attended", type=UUID) if "attendance" in request.form else None,
            ask_again=request.form.get("again") != "yes",
        )
    except InvalidError as error:
        return _render("met.html", mentorship, plan, error.problems), 422
    flash(_("The meeting is noted."), "success")
    return _back(mentorship)


def _propose(mentorship: Mentorship, plan: MeetingPlan | None) -> ResponseReturnValue:
    problems: dict[str, str] = {}
    if request.method == "POST":
        times, unread = _typed_times()
        try:
            proposed = propose_meeting(
                actor=signed_in(), mentorship=mentorship, times=times, unread=unread,
                minutes=parse_minutes(request.form.get("minutes", "")), way=request.form.get("way", ""),
                place=request.form.get("place", ""), plan=plan, key=request.form.get("once", type=UUID),
            )  # fmt: skip
        except InvalidError as error:
            problems = error.problems
        else:
            flash(_proposed(mentorship), "success")
            # Whoever moves an agreed meeting has its old time in a calendar, and no letter takes it off.
            return _back(mentorship) if proposed.starts_at is None else _to_plan(mentorship, proposed)
    elif mentorship.state is MentorshipState.ENDED:
        return _back(mentorship)
    page = _render("propose.html", mentorship, plan, problems)
    return (page, 422) if problems else page


def _others(mentorship: Mentorship) -> list[str]:
    """The names of those who are in it with the reader."""
    member_id = signed_in().member_id
    return [person.member.name for person in people_in([mentorship.id])[mentorship.id] if person.member_id != member_id]


def _called_off(mentorship: Mentorship) -> str:
    others = _others(mentorship)
    if len(others) == 1:
        return _("The meeting is called off. %(name)s has been told.", name=others[0])
    return _("The meeting is called off. The others have been told.")


def _agreed(mentorship: Mentorship) -> str:
    others = _others(mentorship)
    if len(others) == 1:
        return _("Agreed. %(name)s has been told; put it into your calendar here.", name=others[0])
    return _("Agreed. Everybody has been told; put it into your calendar here.")


def _proposed(mentorship: Mentorship) -> str:
    others = _others(mentorship)
    if len(others) == 1:
        return _("Proposed. %(name)s has been told and picks a time.", name=others[0])
    return _("Proposed. The others have been told, and one of them picks a time.")


def _sample_time() -> str:
    """Four in the afternoon, as it is said and can be typed."""
    zone = current_scope().zone
    return say_time(datetime.combine(sample_day(), time(16), tzinfo=zone), zone=zone.key)


def _typed_times() -> tuple[list[datetime | None], dict[str, str]]:
    """The times that were typed, in the association's zone, ``None`` for each that was not; and what is wrong with those that cannot be read."""
    found: list[datetime | None] = []
    unread: dict[str, str] = {}
    for number in range(1, MOST_TIMES + 1):
        name = f"time{number}"
        day, clock = parse_day(request.form, name), request.form.get(f"{name}-clock", "").strip()
        at = parse_time(clock)
        found.append(None)
        if not clock and not typed_day(request.form, name):
            continue
        if not _sample_time().startswith("16") and half_is_missing(clock):
            unread[name] = _(
                "Write AM or PM behind %(time)s, for example %(sample)s.", time=clock, sample=_sample_time()
            )
        elif day is None or at is None or not 2000 < day.year < 2200:
            unread[name] = _(
                "Enter a day and a time, for example %(day)s and %(time)s.",
                day=say_as_typed(sample_day()), time=_sample_time(),
            )  # fmt: skip
        else:
            found[-1] = datetime.combine(day, at, tzinfo=current_scope().zone).astimezone(UTC)
    return found, unread


def _render(template: str, mentorship: Mentorship, plan: MeetingPlan | None, problems: dict[str, str]) -> str:
    me = own_participant(signed_in(), mentorship)
    people = people_in([mentorship.id])[mentorship.id]
    now = program_now()
    return render_template(
        f"mentorships/{template}",
        mentorship=mentorship,
        plan=plan,
        me=me,
        people=people,
        others=[person.member.name for person in people if person.id != me.id],
        ways=ways_of(mentorship),
        zone=current_scope().time_zone,
        own_zone=me.member.time_zone,
        is_over=bool(plan and plan.starts_at and plan.starts_at <= now and plan.state is not PlanState.PROPOSED),
        in_calendars=bool(plan and plan.starts_at and plan.starts_at > now),
        states=PlanState,
        problems=problems,
        typed=request.form,
        sample=sample_day(),
        sample_time=_sample_time(),
        time_words=_time_words(),
        errors=[{"href": f"#{field}", "text": _named(field, text)} for field, text in problems.items()],
    )


def _time_words() -> dict[str, str]:
    """What the places for times are called, by their field."""
    return {"time1": _("First time"), "time2": _("Second time"), "time3": _("Third time")}


def _named(field: str, text: str) -> str:
    # The error summary stands far from the fields, so it says which of the three times it means.
    label = _time_words().get(field)
    return _("%(field)s: %(problem)s", field=label, problem=text) if label else text


def _to_plan(mentorship: Mentorship, plan: MeetingPlan) -> ResponseReturnValue:
    return redirect(url_for(".show", mentorship_id=mentorship.id, plan_id=plan.id), 303)


def _back(mentorship: Mentorship) -> ResponseReturnValue:
    # To the top of the page, where it says what was done and what is next.
    return redirect(url_for("mentorships.show", mentorship_id=mentorship.id), 303)
