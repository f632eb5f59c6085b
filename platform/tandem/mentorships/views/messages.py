"""The thread of a mentorship on a page of its own."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.mentorships.messages import mark_seen, thread, write_message
from tandem.mentorships.models import Mentorship
from tandem.mentorships.queries import own_mentorship, people_in
from tandem.mentorships.work import own_participant

blueprint = Blueprint("messages", __name__, template_folder="../templates")


@blueprint.get("/mentorships/<uuid:mentorship_id>/messages")
def index(mentorship_id: UUID) -> ResponseReturnValue:
    """What was written, the newest at the bottom."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    page = _page(mentorship)
    if not request.args.get("before"):
        mark_seen(me=own_participant(signed_in(), mentorship))
    return page


@blueprint.post("/mentorships/<uuid:mentorship_id>/messages")
def write(mentorship_id: UUID) -> ResponseReturnValue:
    """Write a message."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    try:
        write_message(
            actor=signed_in(),
            mentorship=mentorship,
            body=request.form.get("body", ""),
            key=request.form.get("once", type=UUID),
        )
    except InvalidError as error:
        return _page(mentorship, error.problems), 422
    return redirect(url_for(".index", mentorship_id=mentorship.id, _anchor="newest"), 303)


def _page(mentorship: Mentorship, problems: dict[str, str] | None = None) -> str:
    problems = problems or {}
    before = request.args.get("before")
    page = thread(actor=signed_in(), mentorship=mentorship, before=before)
    me = own_participant(signed_in(), mentorship)
    return render_template(
        "mentorships/messages.html",
        mentorship=mentorship,
        me=me,
        people=people_in([mentorship.id])[mentorship.id],
        rows=list(reversed(page.rows)),
        earlier=page.next,
        before=before,
        problems=problems,
        typed=request.form,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )
