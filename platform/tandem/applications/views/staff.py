"""Reviewing: the list of applications and one application with verdicts, answers, decision and letter."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.access.programs import programs_for
from tandem.applications.models import ApplicationStatus, Outcome, Role
from tandem.applications.queries import Filters, Packet, applications_page, neighbours, packet
from tandem.applications.review import add_note, decide, may_decide, set_rule_aside, step_aside, take_back_waiver
from tandem.applications.shown import labels_of, shown_verdicts
from tandem.forms.queries import shown_submission

blueprint = Blueprint("staff_applications", __name__, template_folder="../templates", url_prefix="/staff/applications")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Applications in the actor's programs; those that wait for a decision unless asked otherwise."""
    actor = signed_in()
    status = request.args.get("status", "submitted")
    role = request.args.get("role", "")
    filters = Filters(
        search=request.args.get("q", "").strip()[:100],
        status=ApplicationStatus(status) if status in set(ApplicationStatus) - {ApplicationStatus.DRAFT} else None,
        program_id=request.args.get("program", type=UUID),
        role=Role(role) if role in set(Role) else None,
    )
    return render_template(
        "applications/staff_index.html",
        page=applications_page(actor=actor, filters=filters, after=request.args.get("after")),
        filters=filters, status=status, programs=programs_for(actor, "applications.read"),
    )  # fmt: skip


@blueprint.get("/<uuid:application_id>")
def show(application_id: UUID) -> ResponseReturnValue:
    """One application."""
    return _page(packet(actor=signed_in(), application_id=application_id))


@blueprint.post("/<uuid:application_id>/decision")
def decision(application_id: UUID) -> ResponseReturnValue:
    """Approve, decline, or ask for what is missing."""
    found = packet(actor=signed_in(), application_id=application_id)
    typed = request.form.get("outcome", "")
    if typed not in set(Outcome):
        return _page(found, problems={"outcome": _("Choose a decision.")}), 422
    try:
        decide(
            actor=signed_in(), application=found.application, outcome=Outcome(typed),
            reason=request.form.get("reason", ""), next_steps=request.form.get("next_steps", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _page(found, problems=error.problems), 422
    said = {
        "approved": _("%(name)s is approved and has been told.", name=found.application.member.name),
        "declined": _("%(name)s has been told, with the reason.", name=found.application.member.name),
        "returned": _("%(name)s has been asked.", name=found.application.member.name),
    }
    flash(said[typed], "success")
    _before, following, _place, left = neighbours(actor=signed_in(), application=found.application)
    if following is not None:
        flash(
            ngettext(
                "%(num)s application is left; this is the next.",
                "%(num)s applications are left; this is the next.",
                left,
            ),
            "info",
        )
        return redirect(url_for(".show", application_id=following), 303)
    return redirect(url_for(".index"), 303)


@blueprint.post("/<uuid:application_id>/rules/<rule_id>")
def rule(application_id: UUID, rule_id: str) -> ResponseReturnValue:
    """Waive a rule, accept evidence, or take that back."""
    found = packet(actor=signed_in(), application_id=application_id)
    if request.form.get("do") == "take-back":
        take_back_waiver(actor=signed_in(), application=found.application, rule_id=rule_id)
        return redirect(url_for(".show", application_id=application_id, _anchor=f"verdict-{rule_id}"), 303)
    try:
        set_rule_aside(
            actor=signed_in(), application=found.application, rule_id=rule_id, reason=request.form.get("reason", "")
        )
    except InvalidError as error:
        return _page(found, problems=error.problems, part=rule_id), 422
    return redirect(url_for(".show", application_id=application_id, _anchor=f"verdict-{rule_id}"), 303)


@blueprint.post("/<uuid:application_id>/notes")
def note(application_id: UUID) -> ResponseReturnValue:
    """Add a note for colleagues."""
    found = packet(actor=signed_in(), application_id=application_id)
    try:
        add_note(actor=signed_in(), application=found.application, note=request.form.get("note", ""))
    except InvalidError as error:
        return _page(found, problems=error.problems, part="note"), 422
    return redirect(url_for(".show", application_id=application_id, _anchor="notes"), 303)


@blueprint.post("/<uuid:application_id>/recusal")
def recuse(application_id: UUID) -> ResponseReturnValue:
    """Step aside."""
    found = packet(actor=signed_in(), application_id=application_id)
    try:
        step_aside(actor=signed_in(), application=found.application, reason=request.form.get("reason", ""))
    except InvalidError as error:
        return _page(found, problems={"recusal-reason": error.problems["reason"]}, part="recusal"), 422
    flash(_("You stepped aside. A colleague will decide."), "success")
    return redirect(url_for(".show", application_id=application_id), 303)


def _page(found: Packet, *, problems: dict[str, str] | None = None, part: str = "") -> str:
    problems = problems or {}
    application = found.application
    labels = labels_of(application)
    before, following, place, waiting = neighbours(actor=signed_in(), application=application)
    open_now = application.status is ApplicationStatus.SUBMITTED
    decides = (
        open_now
        and not found.recused
        and may_decide(signed_in(), application.program, application.program_revision.resolved)
    )
    return render_template(
        "applications/staff_show.html",
        packet=found,
        application=application,
        resolved=application.program_revision.resolved,
        verdicts=shown_verdicts(application, found.verdicts, found.waivers, labels),
        answers=shown_submission(application.submission, labels),
        before=before, following=following, place=place, waiting=waiting,
        decides=decides, open_now=open_now, part=part, problems=problems, typed=request.form,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip
