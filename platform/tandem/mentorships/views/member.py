"""A mentorship as its participants see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.clocks import program_today
from tandem.eligibility.services import HelpLink, lapse_link
from tandem.mentorships.applied import told_when_applying
from tandem.mentorships.ending import end_mentorship, may_end, next_steps_after, refuse_ending
from tandem.mentorships.evaluations import offers_for, told_about
from tandem.mentorships.goals import follow_ups_of, goals_of, history_of
from tandem.mentorships.inputs import parse_day, parse_minutes
from tandem.mentorships.messages import unread_for
from tandem.mentorships.models import JournalVisibility, Mentorship, MentorshipState, Participant
from tandem.mentorships.next_step import next_step
from tandem.mentorships.planning import agreed_times, called_off_plans, plans_of
from tandem.mentorships.promises import give_promise, owed_promises, promises_of
from tandem.mentorships.queries import (
    application_of,
    attendance_of,
    hours_of,
    journal_for,
    meetings_of,
    open_pauses,
    own_mentorship,
    people_in,
)
from tandem.mentorships.reassignment import ask_for_reassignment, may_ask, open_request, take_back_request
from tandem.mentorships.time_spent import recorded_by, time_spent
from tandem.mentorships.touch import open_check_in
from tandem.mentorships.work import (
    change_journal,
    log_meeting,
    may_note_time,
    note_time,
    own_participant,
    remove_journal,
    remove_meeting,
    remove_time,
    restore_meeting,
    ways_of,
    write_journal,
)
from tandem.programs.advice import advice_for
from tandem.programs.queries import current_revision

blueprint = Blueprint("mentorships", __name__, template_folder="../templates")


@blueprint.get("/mentorships/<uuid:mentorship_id>")
def show(mentorship_id: UUID) -> ResponseReturnValue:
    """The whole mentorship on one page."""
    return mentorship_page(own_mentorship(actor=signed_in(), mentorship_id=mentorship_id))


@blueprint.post("/mentorships/<uuid:mentorship_id>/meetings")
def meeting_log(mentorship_id: UUID) -> ResponseReturnValue:
    """Note a meeting."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    typed = request.form
    try:
        log_meeting(
            actor=signed_in(),
            mentorship=mentorship,
            held_on=parse_day(typed, "held_on"),
            minutes=parse_minutes(typed.get("minutes", "")),
            way=typed.get("way", ""),
            attended=_ids(typed.getlist("attended")) if "attended" in typed else None,
            key=typed.get("once", type=UUID),
            ask_again=typed.get("again") != "yes",
        )
    except InvalidError as error:
        return mentorship_page(mentorship, part="meeting", problems=error.problems), 422
    flash(_("The meeting is noted."), "success")
    return _back(mentorship, "meetings")


@blueprint.post("/mentorships/<uuid:mentorship_id>/meetings/<uuid:meeting_id>/remove")
def meeting_remove(mentorship_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """Take back a meeting noted by mistake; the page offers to undo it."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    remove_meeting(actor=signed_in(), mentorship=mentorship, meeting_id=meeting_id)
    return redirect(url_for(".show", mentorship_id=mentorship.id, removed=meeting_id, _anchor="meetings"), 303)


@blueprint.post("/mentorships/<uuid:mentorship_id>/meetings/<uuid:meeting_id>/restore")
def meeting_restore(mentorship_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """Undo the removal of a meeting."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    restore_meeting(actor=signed_in(), mentorship=mentorship, meeting_id=meeting_id)
    flash(_("The meeting is back."), "success")
    return _back(mentorship, "meetings")


@blueprint.post("/mentorships/<uuid:mentorship_id>/hours")
def time_note(mentorship_id: UUID) -> ResponseReturnValue:
    """Note time spent outside meetings."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    typed = request.form
    try:
        note_time(
            actor=signed_in(),
            mentorship=mentorship,
            spent_on=parse_day(typed, "spent_on"),
            minutes=parse_minutes(typed.get("minutes", "")),
            about=typed.get("about", ""),
            key=typed.get("once", type=UUID),
        )
    except InvalidError as error:
        return mentorship_page(mentorship, part="time", problems=error.problems), 422
    flash(_("The time is noted."), "success")
    return _back(mentorship, "hours")


@blueprint.post("/mentorships/<uuid:mentorship_id>/hours/<uuid:hours_id>/remove")
def time_remove(mentorship_id: UUID, hours_id: UUID) -> ResponseReturnValue:
    """Take back one's own note of time."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    remove_time(actor=signed_in(), mentorship=mentorship, hours_id=hours_id)
    flash(_("The time is taken off."), "success")
    return _back(mentorship, "hours")


@blueprint.post("/mentorships/<uuid:mentorship_id>/journal")
def journal_write(mentorship_id: UUID) -> ResponseReturnValue:
    """Write a private entry."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    typed = request.form.get("visibility", "self")
    if typed not in set(JournalVisibility):
        return mentorship_page(mentorship, part="journal", problems={"visibility": _("Choose who can read it.")}), 422
    try:
        write_journal(
            actor=signed_in(), mentorship=mentorship, body=request.form.get("body", ""),
            visibility=JournalVisibility(typed),
        )  # fmt: skip
    except InvalidError as error:
        return mentorship_page(mentorship, part="journal", problems=error.problems), 422
    flash(_("The entry is kept."), "success")
    return _back(mentorship, "journal")


@blueprint.post("/mentorships/<uuid:mentorship_id>/journal/<uuid:entry_id>")
def journal_change(mentorship_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Change or delete one's own entry."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    if request.form.get("do") == "remove":
        remove_journal(actor=signed_in(), mentorship=mentorship, entry_id=entry_id)
        flash(_("The entry is deleted."), "success")
        return _back(mentorship, "journal")
    try:
        change_journal(actor=signed_in(), mentorship=mentorship, entry_id=entry_id, body=request.form.get("body", ""))
    except InvalidError as error:
        return mentorship_page(mentorship, part=f"journal-{entry_id}", problems=error.problems), 422
    flash(_("The change is kept."), "success")
    return _back(mentorship, "journal")


@blueprint.post("/mentorships/<uuid:mentorship_id>/reassignment")
def reassignment(mentorship_id: UUID) -> ResponseReturnValue:
    """Ask staff for another partner, or take that back."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    if request.form.get("do") == "take-back":
        take_back_request(actor=signed_in(), mentorship=mentorship)
        flash(_("Your request is taken back."), "success")
        return _back(mentorship, "your-match")
    try:
        ask_for_reassignment(actor=signed_in(), mentorship=mentorship, reason=request.form.get("reason", ""))
    except InvalidError as error:
        return mentorship_page(mentorship, part="reassignment", problems=error.problems), 422
    flash(
        _("Staff have your request and will answer you. Nobody else in the mentorship is told that you asked."),
        "success",
    )
    return _back(mentorship, "your-match")


@blueprint.post("/mentorships/<uuid:mentorship_id>/promise")
def promise(mentorship_id: UUID) -> ResponseReturnValue:
    """Give a promise that has come to be asked since one applied."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    field = request.form.get("question", "")
    try:
        give_promise(
            actor=signed_in(), mentorship=mentorship, me=own_participant(signed_in(), mentorship), field=field,
            agreed=request.form.get(f"promise-{field}") == "yes",
        )  # fmt: skip
    except InvalidError as error:
        return mentorship_page(mentorship, part="promise", problems=error.problems), 422
    flash(_("Thank you. Your promise is kept with your application."), "success")
    return _back(mentorship, "promise-1")


@blueprint.route("/mentorships/<uuid:mentorship_id>/end", methods=["GET", "POST"])
def end(mentorship_id: UUID) -> ResponseReturnValue:
    """Say that the mentorship has ended."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    me = own_participant(signed_in(), mentorship)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            end_mentorship(
                actor=signed_in(),
                mentorship=mentorship,
                reason=request.form.get("reason", ""),
                note=request.form.get("note", ""),
            )
        except InvalidError as error:
            problems = error.problems
        else:
            flash(_("The mentorship has ended. Thank you for telling us."), "success")
            return _back(mentorship, "")
    elif mentorship.state is MentorshipState.ENDED:
        return _back(mentorship, "")
    else:
        refuse_ending(mentorship.program_revision.resolved, me.side)
    page = render_template(
        "mentorships/end.html",
        mentorship=mentorship, me=me, problems=problems, typed=request.form, errors=summary(problems),
        people=people_in([mentorship.id])[mentorship.id], agreed=agreed_times(mentorship.id),
        advice=advice_for(current_revision(mentorship.program).resolved, me.side.value, "closing"),
    )  # fmt: skip
    return (page, 422) if problems else page


def summary(problems: dict[str, str], prefix: str = "") -> list[dict[str, str]]:
    """The problems as the error summary lists them: a link to the field and the sentence."""
    return [{"href": f"#{prefix}{field}", "text": text} for field, text in problems.items()]


def mentorship_page(mentorship: Mentorship, *, part: str = "", problems: dict[str, str] | None = None) -> str:
    """The page of a mentorship; ``part`` is the form whose ``problems`` it shows."""
    actor = signed_in()
    me = own_participant(actor, mentorship)
    problems = problems or {}
    removed = request.args.get("removed", type=UUID) if request.method == "GET" else None
    people = people_in([mentorship.id])[mentorship.id]
    live = current_revision(mentorship.program).resolved
    application, partners = application_of(me), [person.member for person in people if person.side is not me.side]
    ended = mentorship.state is MentorshipState.ENDED
    shown: dict[str, Any] = {
        "mentorship": mentorship,
        "resolved": mentorship.program_revision.resolved,
        "me": me,
        "people": people,
        "advice": advice_for(live, me.side.value, "closing" if ended else "mentorship"),
        "words": live.get("pages") or {},
        "applied": [] if ended else told_when_applying(person for person in people if person.side is not me.side),
        "promises": promises_of(application, partners),
        "owed": [] if ended else owed_promises(application, partners),
        "unread": unread_for(me),
        "plans": [] if ended else plans_of(mentorship.id),
        "called_off": called_off_plans(mentorship.id) if ended else [],
        "next_steps": next_steps_after(mentorship, me) if ended else "",
        "check_in": None if ended else open_check_in(me),
        "goals": goals_of(mentorship.id),
        "goal_history": history_of(mentorship.id),
        "follow_ups": follow_ups_of(mentorship.id),
        "offers": offers_for(mentorship, me, people),
        "told_about_me": told_about(me) if ended else [],
        "meetings": meetings_of(mentorship.id),
        "attendance": attendance_of(mentorship.id),
        "hours": hours_of(mentorship.id),
        "spent": time_spent(mentorship.id, mentorship.program_revision.resolved),
        "journal": journal_for(actor=actor, mentorship_id=mentorship.id),
        "recorded": recorded_by(mentorship.id),
        "pauses": open_pauses(mentorship.id),
        "help_link": _help_link(mentorship, me) if mentorship.state is MentorshipState.PAUSED else None,
        "asked": open_request(mentorship.id, me.id),
        "may_ask": may_ask(mentorship.program_revision.resolved, me.side),
        "may_end": may_end(mentorship.program_revision.resolved, me.side),
        "may_note_time": may_note_time(mentorship.program_revision.resolved, me.side),
        "ways": ways_of(mentorship),
        "day": program_today(),
        "removed": removed,
        "part": part,
        "typed": request.form,
        "problems": problems,
        "errors": summary(_named(problems), f"{part}-"),
    }
    return render_template("mentorships/show.html", next=next_step(mentorship, me, shown), **shown)


def _named(problems: Mapping[str, str]) -> dict[str, str]:
    # The error summary stands far from the fields, so it says which question it means where the sentence alone does not.
    questions = {"minutes": _("How long?"), "about": _("What for?")}
    return {field: f"{questions[field]} {text}" if field in questions else text for field, text in problems.items()}


def _help_link(mentorship: Mentorship, me: Participant) -> HelpLink | None:
    return lapse_link(mentorship.program_revision.resolved["roles"].get(me.side.value) or {})


def _back(mentorship: Mentorship, anchor: str) -> ResponseReturnValue:
    return redirect(url_for(".show", mentorship_id=mentorship.id, _anchor=anchor or None), 303)


def _ids(values: list[str]) -> list[UUID]:
    try:
        return [UUID(value) for value in values]
    except ValueError:
        abort(404)
