"""Concerns as those of the staff read and answer them who may."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.access.programs import may_in
from tandem.mentorships.concerns import answer_concern, answered_by, concern_for, concerns_page
from tandem.notices.telling import said_of_letters

blueprint = Blueprint("staff_concerns", __name__, template_folder="../templates", url_prefix="/staff/concerns")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What was raised, the newest first."""
    waiting = request.args.get("state") == "waiting"
    return render_template(
        "mentorships/staff_concerns.html",
        page=concerns_page(actor=signed_in(), waiting=waiting, after=request.args.get("after")),
        waiting=waiting,
    )


@blueprint.route("/<uuid:concern_id>", methods=["GET", "POST"])
def show(concern_id: UUID) -> ResponseReturnValue:
    """One concern, and its answer."""
    actor = signed_in()
    concern = concern_for(actor=actor, concern_id=concern_id)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            answer_concern(actor=actor, concern=concern, answer=request.form.get("answer", ""))
        except InvalidError as error:
            problems = error.problems
        else:
            flash(
                said_of_letters(
                    _("Your answer is on the person’s page. They have been told that it is there."),
                    _("Your answer is on the person’s page."),
                ),
                "success",
            )
            return redirect(url_for(".show", concern_id=concern.id), 303)
    page = render_template(
        "mentorships/staff_concern.html",
        concern=concern, problems=problems, typed=request.form, answered_by=answered_by(concern),
        opens_mentorship=may_in(actor, "mentorships.read", concern.mentorship.program),
        opens_person=may_in(actor, "members.read", concern.mentorship.program),
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip
    return (page, 422) if problems else page
