"""Goals and follow-ups, on the page of their mentorship."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.mentorships.goals import add_goal, agree_follow_up, change_goal, remove_follow_up, tick_follow_up
from tandem.mentorships.inputs import parse_day, sample_day, typed_day
from tandem.mentorships.models import GoalState
from tandem.mentorships.queries import own_mentorship
from tandem.mentorships.views.member import mentorship_page
from tandem.web.formatting import say_as_typed

blueprint = Blueprint("goals", __name__, template_folder="../templates")


@blueprint.post("/mentorships/<uuid:mentorship_id>/goals")
def add(mentorship_id: UUID) -> ResponseReturnValue:
    """Write a goal down."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    owner = request.form.get("owner", type=UUID)
    try:
        add_goal(actor=signed_in(), mentorship=mentorship, body=request.form.get("body", ""), owner_id=owner)
    except InvalidError as error:
        return mentorship_page(mentorship, part="goal", problems=error.problems), 422
    flash(_("The goal is noted."), "success")
    return _back(mentorship_id, "goals")


@blueprint.post("/mentorships/<uuid:mentorship_id>/goals/<uuid:goal_id>")
def change(mentorship_id: UUID, goal_id: UUID) -> ResponseReturnValue:
    """Change a goal's words or its state."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    state = request.form.get("state", "")
    if state not in set(GoalState):
        problems = {"state": _("Choose where the goal stands.")}
        return mentorship_page(mentorship, part=f"goal-{goal_id}", problems=problems), 422
    try:
        change_goal(
            actor=signed_in(), mentorship=mentorship, goal_id=goal_id, body=request.form.get("body", ""),
            state=GoalState(state),
        )  # fmt: skip
    except InvalidError as error:
        return mentorship_page(mentorship, part=f"goal-{goal_id}", problems=error.problems), 422
    flash(_("The goal is changed. What it said before stays in its history."), "success")
    return _back(mentorship_id, "goals")


@blueprint.post("/mentorships/<uuid:mentorship_id>/follow-ups")
def agree(mentorship_id: UUID) -> ResponseReturnValue:
    """Note what somebody will do."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    due_on = parse_day(request.form, "due_on")
    if due_on is None and typed_day(request.form, "due_on"):
        problems = {"due_on": _("Enter a day, for example %(day)s, or leave it empty.", day=say_as_typed(sample_day()))}
        return mentorship_page(mentorship, part="follow-up", problems=problems), 422
    try:
        agree_follow_up(
            actor=signed_in(), mentorship=mentorship, body=request.form.get("body", ""),
            owner_id=request.form.get("owner", type=UUID), due_on=due_on,
        )  # fmt: skip
    except InvalidError as error:
        return mentorship_page(mentorship, part="follow-up", problems=error.problems), 422
    flash(_("What you agreed is noted."), "success")
    return _back(mentorship_id, "follow-ups")


@blueprint.post("/mentorships/<uuid:mentorship_id>/follow-ups/<uuid:follow_up_id>")
def tick(mentorship_id: UUID, follow_up_id: UUID) -> ResponseReturnValue:
    """Mark a follow-up done or open, or take it off."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    if request.form.get("do") == "remove":
        remove_follow_up(actor=signed_in(), mentorship=mentorship, follow_up_id=follow_up_id)
    else:
        tick_follow_up(
            actor=signed_in(), mentorship=mentorship, follow_up_id=follow_up_id, done=request.args.get("done") != "0"
        )
    return _back(mentorship_id, "follow-ups")


def _back(mentorship_id: UUID, anchor: str) -> ResponseReturnValue:
    return redirect(url_for("mentorships.show", mentorship_id=mentorship_id, _anchor=anchor), 303)
