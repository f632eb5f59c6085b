"""Still in touch, and what is said to staff in confidence."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.mentorships.concerns import own_concerns, raise_concern
from tandem.mentorships.ending import may_end
from tandem.mentorships.queries import own_mentorship, people_in
from tandem.mentorships.reassignment import may_ask
from tandem.mentorships.touch import answer_check_in, open_check_in
from tandem.mentorships.work import own_participant

blueprint = Blueprint("confidence", __name__, template_folder="../templates")


@blueprint.route("/mentorships/<uuid:mentorship_id>/in-touch", methods=["GET", "POST"])
def in_touch(mentorship_id: UUID) -> ResponseReturnValue:
    """The page of the letter that asks; only its buttons answer."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    me = own_participant(signed_in(), mentorship)
    if request.method == "POST":
        answer = request.form.get("answer")
        if answer not in {"yes", "no"}:
            abort(400)
        answer_check_in(actor=signed_in(), mentorship=mentorship, still=answer == "yes")
        if answer == "yes":
            flash(_("Thank you. We do not ask again for now."), "success")
            return redirect(url_for("mentorships.show", mentorship_id=mentorship.id), 303)
        return redirect(url_for(".in_touch", mentorship_id=mentorship.id, said="no"), 303)
    resolved = mentorship.program_revision.resolved
    return render_template(
        "mentorships/in_touch.html",
        mentorship=mentorship,
        me=me,
        people=people_in([mentorship.id])[mentorship.id],
        asked=open_check_in(me),
        may_ask=may_ask(resolved, me.side),
        may_end=may_end(resolved, me.side),
    )


@blueprint.route("/mentorships/<uuid:mentorship_id>/concern", methods=["GET", "POST"])
def concern(mentorship_id: UUID) -> ResponseReturnValue:
    """Raise a concern, and read what staff answered."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    me = own_participant(signed_in(), mentorship)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            raise_concern(actor=signed_in(), mentorship=mentorship, body=request.form.get("body", ""))
        except InvalidError as error:
            problems = error.problems
        else:
            flash(
                _("Staff have what you wrote. Their answer appears here, and we write to you when it is there."),
                "success",
            )
            return redirect(url_for(".concern", mentorship_id=mentorship.id), 303)
    page = render_template(
        "mentorships/concern.html",
        mentorship=mentorship, concerns=own_concerns(me), problems=problems, typed=request.form,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip
    return (page, 422) if problems else page
