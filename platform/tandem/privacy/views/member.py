"""My data: what is kept, where it comes from, who reads it; correcting it, taking a copy, leaving."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.clocks import program_now
from tandem.directory.services.members import change_own_details
from tandem.identity.requests import take_session
from tandem.mentorships.models import MentorshipState
from tandem.privacy import leaving, services
from tandem.privacy.kept import ASKED_ABOUT
from tandem.privacy.queries import content_of, corrections_of, kept_about, open_copy, person_for
from tandem.privacy.retention import periods
from tandem.programs.models import ProgramState
from tandem.tenancy.scope import current_scope
from tandem.web.zones import zone_options, zone_place
from tandem.wording import at_question

#: A day to show how a wish is worded. Written in the template Jinja would say it once, in the language of the first reader.
EXAMPLE = date(2021, 9, 1)

blueprint = Blueprint("my_data", __name__, template_folder="../templates", url_prefix="/my-data")


@blueprint.get("")
def page() -> ResponseReturnValue:
    """Everything that is kept about the reader."""
    member_id = services.own_member_id(signed_in())
    copy = open_copy(member_id)
    return render_template(
        "privacy/my_data.html",
        groups=kept_about(person_for(member_id)),
        corrections=corrections_of(member_id), about_words=ASKED_ABOUT, copy=copy,
        refresh_seconds=5 if copy is not None and copy.ready_at is None else None,
    )  # fmt: skip


@blueprint.route("/details", methods=["GET", "POST"])
def details() -> ResponseReturnValue:
    """What is the member's own to change in the directory: telephone and time zone."""
    member = person_for(services.own_member_id(signed_in())).member
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            change_own_details(
                actor=signed_in(), phone=request.form.get("phone", ""), time_zone=request.form.get("time_zone", "")
            )
        except InvalidError as error:
            problems = error.problems
        else:
            flash(_("Your details are changed."), "success")
            return redirect(url_for(".page", _anchor="person"), 303)
    own = current_scope().time_zone
    page = render_template(
        "privacy/details.html", member=member, typed=request.form, problems=problems, errors=_summary(problems),
        zones=zone_options([zone for zone in (member.time_zone, own) if zone], program_now()),
        association_zone=zone_place(own),
    )  # fmt: skip
    return (page, 422) if problems else page


@blueprint.route("/correction", methods=["GET", "POST"])
def correction() -> ResponseReturnValue:
    """Ask staff to correct what only they can change."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            services.ask_for_correction(
                actor=signed_in(), about=request.form.get("about", ""), wish=request.form.get("wish", "")
            )
        except InvalidError as error:
            problems = error.problems
        else:
            flash(_("Staff have your request. You get their answer by e-mail."), "success")
            return redirect(url_for(".page"), 303)
    page = render_template(
        "privacy/correction.html",
        about=request.form.get("about", request.args.get("about", "")), typed=request.form, problems=problems,
        errors=_summary(problems), most=services.MAX_TEXT, example=EXAMPLE,
        options=[{"value": key, "label": str(label)} for key, label in ASKED_ABOUT.items()],
    )  # fmt: skip
    return (page, 422) if problems else page


@blueprint.post("/correction/<uuid:request_id>/take-back")
def take_back(request_id: UUID) -> ResponseReturnValue:
    """Take a request back that is not answered yet."""
    services.take_back_correction(actor=signed_in(), request_id=request_id)
    flash(_("Your request is taken back."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/copy")
def ask_copy() -> ResponseReturnValue:
    """Have a copy made."""
    services.ask_for_copy(actor=signed_in())
    flash(_("Your copy is being made. We write to you when it can be downloaded."), "success")
    return redirect(url_for(".page", _anchor="copy"), 303)


@blueprint.get("/copy/<uuid:copy_id>.zip")
def download(copy_id: UUID) -> ResponseReturnValue:
    """The file of one's own copy, as long as its time is not over."""
    found = content_of(actor=signed_in(), copy_id=copy_id)
    if found is None:
        flash(_("This copy can no longer be downloaded. You can have a new one made."), "warning")
        return redirect(url_for(".page", _anchor="copy"), 303)
    content, made_at = found
    response = Response(content, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="my-data-{made_at.date().isoformat()}.zip"'
    return response


@blueprint.route("/leave", methods=["GET", "POST"])
def leave() -> ResponseReturnValue:
    """What leaving means, before; and doing it."""
    if request.method == "POST":
        return _left()
    found = leaving.would_end(signed_in())
    kept = [period for period in periods() if period.program is None or period.program.state is not ProgramState.DRAFT]
    return render_template("privacy/leave.html", found=found, periods=kept, paused=MentorshipState.PAUSED)


def _left() -> ResponseReturnValue:
    how = request.form.get("how")
    if how == "participation":
        leaving.stop_taking_part(actor=signed_in())
        flash(
            _("You take part in nothing any more. Your partners have been told. You can apply again at any time."),
            "success",
        )
        return redirect(url_for("home.member"), 303)
    if how != "altogether":
        abort(400)
    leaving.leave_altogether(actor=signed_in())
    response = Response(render_template("privacy/left.html"))
    take_session(response)
    return response


def _summary(problems: dict[str, str]) -> list[dict[str, str]]:
    labels = {
        "phone": _("Telephone"), "time_zone": _("Time zone"), "about": _("What is not right?"),
        "wish": _("What is wrong, and how should it read?"),
    }  # fmt: skip
    return [{"href": f"#{field}", "text": at_question(labels[field], text)} for field, text in problems.items()]
