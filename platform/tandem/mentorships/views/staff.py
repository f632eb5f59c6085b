"""Mentorships as staff see them: that and when people met, never what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.programs import may_in, programs_for, require_in
from tandem.clocks import local_day
from tandem.directory.downloads import MOST_ROWS, list_file
from tandem.extensions import db
from tandem.mentorships.ending import end_mentorship
from tandem.mentorships.models import Mentorship, MentorshipState, ReassignmentRequest
from tandem.mentorships.queries import (
    Filters,
    Line,
    meetings_of,
    mentorships_all,
    mentorships_page,
    open_pauses,
    people_in,
    requests_of,
    staff_mentorship,
)
from tandem.mentorships.reassignment import grant_reassignment, refuse_reassignment
from tandem.mentorships.services import BY_HAND, DUES, pause_mentorship, resume_mentorship
from tandem.mentorships.time_spent import time_spent
from tandem.mentorships.touch import check_ins_of
from tandem.mentorships.views.member import summary
from tandem.mentorships.work import ways_of
from tandem.notices.services import write_notice
from tandem.notices.telling import said_of_letters
from tandem.programs.queries import role_word

blueprint = Blueprint("staff_mentorships", __name__, template_folder="../templates", url_prefix="/staff/mentorships")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """All mentorships in the actor's programs."""
    actor, filters = signed_in(), _filters()
    return render_template(
        "mentorships/staff_index.html",
        page=mentorships_page(actor=actor, filters=filters, after=request.args.get("after")),
        filters=filters, programs=programs_for(actor, "mentorships.read"), states=MentorshipState,
    )  # fmt: skip


@blueprint.get("/export")
def export() -> ResponseReturnValue:
    """The same list as a file: that and when people met, never what was said."""
    found = mentorships_all(actor=signed_in(), filters=_filters(), most=MOST_ROWS)
    return list_file(actor=signed_in(), name="mentorships", rows=_rows(found))


def _filters() -> Filters:
    return Filters.asked_for(request.args)


def _rows(lines: Sequence[Line]) -> Iterator[Sequence[object]]:
    mentor, mentees = role_word({}, "mentor").capitalize(), role_word({}, "mentee", 2).capitalize()
    yield [
        mentor, *_reached(mentor), mentees, *_reached(mentees), _("Program"), _("Cohort"), _("State"), _("Since"), _("Ended"),
        _("Meetings"), _("Last met"),
    ]  # fmt: skip
    words = {"active": _("Under way"), "paused": _("At rest"), "ended": _("Ended")}
    for line in lines:
        found = line.mentorship
        yield [
            *_side(line, "mentor"), *_side(line, "mentee"), found.program.name, found.cohort.name if found.cohort else None,
            words[found.state.value], local_day(found.started_at), local_day(found.ended_at), line.meetings, line.last_met,
        ]  # fmt: skip


def _reached(people: str) -> tuple[str, str]:
    return _("%(people)s: number", people=people), _("%(people)s: e-mail address", people=people)


def _side(line: Line, side: str) -> tuple[str, str, str]:
    """The names, numbers and addresses of a mentorship's people on one side, each in the same order."""
    members = [one.member for one in line.people if one.side.value == side]
    return (
        ", ".join(one.name for one in members),
        ", ".join(one.number or "–" for one in members),
        ", ".join(one.email or "–" for one in members),
    )


@blueprint.get("/<uuid:mentorship_id>")
def show(mentorship_id: UUID) -> ResponseReturnValue:
    """One mentorship."""
    return _page(staff_mentorship(actor=signed_in(), mentorship_id=mentorship_id))


@blueprint.post("/<uuid:mentorship_id>/pause")
def pause(mentorship_id: UUID) -> ResponseReturnValue:
    """Pause by hand; everybody in it is told."""
    mentorship = _manageable(mentorship_id)
    if pause_mentorship(actor=signed_in(), mentorship=mentorship, reason=BY_HAND):
        _tell(mentorship, "mentorship-paused")
        flash(
            said_of_letters(
                _("The mentorship is paused. Everybody in it has been told."), _("The mentorship is paused.")
            ),
            "success",
        )
    return redirect(url_for(".show", mentorship_id=mentorship.id), 303)


@blueprint.post("/<uuid:mentorship_id>/resume")
def resume(mentorship_id: UUID) -> ResponseReturnValue:
    """End a pause made by hand; everybody in it is told if the mentorship goes on."""
    mentorship = _manageable(mentorship_id)
    if resume_mentorship(actor=signed_in(), mentorship=mentorship, reason=BY_HAND):
        _tell(mentorship, "mentorship-resumed")
        flash(
            said_of_letters(_("The mentorship goes on. Everybody in it has been told."), _("The mentorship goes on.")),
            "success",
        )
    else:
        flash(_("Your pause is lifted. Another reason still keeps the mentorship at rest; see below."), "info")
    return redirect(url_for(".show", mentorship_id=mentorship.id), 303)


@blueprint.post("/<uuid:mentorship_id>/end")
def end(mentorship_id: UUID) -> ResponseReturnValue:
    """End a mentorship on somebody's behalf."""
    mentorship = _manageable(mentorship_id)
    try:
        end_mentorship(
            actor=signed_in(), mentorship=mentorship, reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _page(mentorship, problems=error.problems), 422
    flash(
        said_of_letters(_("The mentorship has ended. Everybody in it has been told."), _("The mentorship has ended.")),
        "success",
    )
    return redirect(url_for(".show", mentorship_id=mentorship.id), 303)


@blueprint.post("/<uuid:mentorship_id>/requests/<uuid:request_id>")
def answer(mentorship_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Grant or refuse a reassignment."""
    mentorship = _manageable(mentorship_id)
    found = db.session.scalar(
        select(ReassignmentRequest).where(
            ReassignmentRequest.id == request_id, ReassignmentRequest.mentorship_id == mentorship.id
        )
    )
    if found is None:
        raise NotYoursError
    try:
        if request.form.get("do") not in {"grant", "refuse"}:
            abort(400)
        if request.form["do"] == "grant":
            grant_reassignment(actor=signed_in(), request=found, answer=request.form.get("answer", ""))
            flash(_("The mentorship has ended and the mentee is back in the pool, ahead of newcomers."), "success")
        else:
            refuse_reassignment(actor=signed_in(), request=found, answer=request.form.get("answer", ""))
            flash(
                said_of_letters(_("Your answer is on its way. The mentorship goes on."), _("The mentorship goes on.")),
                "success",
            )
    except InvalidError as error:
        return _page(mentorship, problems=error.problems), 422
    return redirect(url_for(".show", mentorship_id=mentorship.id), 303)


def _manageable(mentorship_id: UUID) -> Mentorship:
    mentorship = staff_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    require_in(signed_in(), "mentorships.manage", mentorship.program)
    return mentorship


def _tell(mentorship: Mentorship, template: str) -> None:
    for participant in people_in([mentorship.id])[mentorship.id]:
        if participant.left_at is None:
            write_notice(
                template=template, to_member_id=participant.member_id,
                context={"by": signed_in().name}, about=("mentorship", mentorship.id),
            )  # fmt: skip


def _page(mentorship: Mentorship, *, problems: dict[str, str] | None = None) -> str:
    problems = problems or {}
    return render_template(
        "mentorships/staff_show.html",
        mentorship=mentorship,
        people=people_in([mentorship.id])[mentorship.id],
        meetings=meetings_of(mentorship.id),
        spent=time_spent(mentorship.id, mentorship.program_revision.resolved),
        pauses=open_pauses(mentorship.id),
        requests=requests_of(mentorship.id),
        check_ins=check_ins_of(mentorship.id),
        may_manage=may_in(signed_in(), "mentorships.manage", mentorship.program),
        may_record=signed_in().may_everywhere("members.write"),
        by_hand=BY_HAND,
        dues=DUES,
        ways=ways_of(mentorship),
        problems=problems,
        typed=request.form,
        errors=summary(problems),
    )
