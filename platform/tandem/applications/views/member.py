"""Applying: what the rules ask, the form section by section, the last look, and where it stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import NotYoursError
from tandem.applications.changing import is_as_sent, leave_as_sent, take_back_to_change, why_not_changed
from tandem.applications.errors import CannotApplyError
from tandem.applications.files import files_of, sent_by_item
from tandem.applications.models import Application, ApplicationStatus, FileAbout, Role
from tandem.applications.queries import (
    application_in_hand,
    decisions_of,
    newer_application,
    own_application,
    pool_entry_of,
)
from tandem.applications.services import (
    EDITABLE,
    answers_again,
    intake_of,
    save_section,
    send_application,
    start_application,
    visible_program,
    withdraw_application,
)
from tandem.applications.shown import labels_of, saved_and_unsent, shown_requirements, status_sentence
from tandem.applications.views.filling import (
    asked_of,
    busy_with_files,
    check_page,
    confirmed,
    files_sent,
    go_on_url,
    half_filled_in,
    next_url,
    not_changed,
    own_place,
    own_url,
    section_page,
    way_back,
)
from tandem.edge.requests import keep_changes
from tandem.forms.answers import FieldProblem
from tandem.forms.errors import DraftConflictError
from tandem.forms.queries import form_model, shown_submission
from tandem.notices.telling import said_of_letters
from tandem.programs.advice import advice_for
from tandem.programs.queries import association_document, current_revision, form_for

blueprint = Blueprint("applications", __name__, template_folder="../templates")


@blueprint.app_template_filter("options")
def options(asked: Any) -> list[dict[str, str]]:
    """A question's options as the form macros take them."""
    return [{"value": choice.key, "label": choice.label} for choice in asked.choices]


@blueprint.route("/programs/<slug>/apply/<role>", methods=["GET", "POST"])
def start(slug: str, role: str) -> ResponseReturnValue:
    """What is asked and what the directory already knows, before anything is filled in; posting begins the application."""
    actor = signed_in()
    if role not in set(Role):
        raise NotYoursError
    program = visible_program(slug)
    revision = current_revision(program)
    if role not in revision.resolved["roles"]:
        raise NotYoursError
    if actor.member_id is None:
        # The program's page says why somebody who is not a member has nothing to apply with, and what they can do instead.
        return redirect(url_for("programs.show", slug=slug), 303)
    in_hand = application_in_hand(actor.member_id, program.id, Role(role))
    if in_hand is not None:
        return redirect(url_for("applications.show", application_id=in_hand.id), 303)
    problem = ""
    if request.method == "POST":
        try:
            application = start_application(actor=actor, program_slug=slug, role=Role(role))
        except CannotApplyError as error:
            problem = str(error)
        else:
            return redirect(url_for("applications.show", application_id=application.id), 303)
    page = render_template(
        "applications/start.html",
        program=program, role=role, problem=problem, intake=intake_of(program, revision.resolved),
        advice=advice_for(revision.resolved, role, "applying"), words=revision.resolved.get("pages") or {},
        again=bool(
            answers_again(
                member_id=actor.member_id, program_id=program.id, role=Role(role),
                form_revision=form_for(revision.resolved, role),
            )
        ),
        **asked_of(program, role, actor.member_id),
    )  # fmt: skip
    return (page, 409) if problem else page


@blueprint.get("/applications/<uuid:application_id>")
def show(application_id: UUID) -> ResponseReturnValue:
    """What can be edited opens where it is to go on; anything else shows where it stands."""
    application = own_application(actor=signed_in(), application_id=application_id)
    if application.status in EDITABLE:
        return redirect(go_on_url(own_place(application), application), 303)
    resolved, labels, there = application.program_revision.resolved, labels_of(application), files_of(application.id)
    sentences = {one.id: one.text for one in shown_requirements(resolved["roles"][application.role.value], labels)}
    evidence = sent_by_item(there, FileAbout.RULE, own_url)
    waits = application.status is ApplicationStatus.SUBMITTED
    return render_template(
        "applications/status.html",
        application=application, resolved=resolved, said=status_sentence(application),
        entry=pool_entry_of(application.id), decisions=decisions_of(application.id),
        answers=shown_submission(application.submission, labels), files=sent_by_item(there, FileAbout.QUESTION, own_url),
        evidence=[(sentences.get(rule, rule), found) for rule, found in evidence.items()],
        newer=newer_application(application),
        fixed=why_not_changed(application) if waits else "",
        change_until=(resolved.get("review") or {}).get("change_until", "review"),
        contact=association_document()["contact"].get("email"),
    )  # fmt: skip


@blueprint.get("/applications/<uuid:application_id>/sections/<section_id>")
def section(application_id: UUID, section_id: str) -> ResponseReturnValue:
    """One section of the form."""
    application = own_application(actor=signed_in(), application_id=application_id)
    if application.status not in EDITABLE:
        return sent_already(application)
    return section_page(own_place(application), application, section_id, application.submission.answers, [])


@blueprint.post("/applications/<uuid:application_id>/sections/<section_id>")
def save(application_id: UUID, section_id: str) -> ResponseReturnValue:
    """Save a section; go on if it is complete, else say what to mend. What was typed is kept either way."""
    application = own_application(actor=signed_in(), application_id=application_id)
    if application.status not in EDITABLE:
        return sent_already(application)
    raw = request.form.to_dict(flat=False)
    try:
        problems = save_section(
            actor=signed_in(), application=application, section=section_id, raw=raw,
            expected_version=request.form.get("version", 0, type=int), files=files_sent(),
            partial=half_filled_in(),
        )  # fmt: skip
    except DraftConflictError as conflict:
        keep_changes()  # The files that came with it are kept; of the text nothing was touched.
        typed = {**conflict.stored, **conflict.typed}
        return section_page(own_place(application), application, section_id, typed, [], conflict=conflict), 409
    keep_changes()
    if busy_with_files(signed_in(), application, problems):
        return redirect(url_for("applications.section", application_id=application.id, section_id=section_id), 303)
    if request.form.get("then") == "leave":
        flash(saved_and_unsent(application), "success")
        return redirect(url_for("home.member"), 303)
    before = way_back(own_place(application), application, section_id, problems)
    if problems and not before:
        return section_page(
            own_place(application), application, section_id, application.submission.answers, problems
        ), 422
    return redirect(before or next_url(own_place(application), application, section_id), 303)


@blueprint.route("/applications/<uuid:application_id>/check", methods=["GET", "POST"])
def check(application_id: UUID) -> ResponseReturnValue:
    """The last look before sending, with what the rules say; posting sends it."""
    application = own_application(actor=signed_in(), application_id=application_id)
    if application.status not in EDITABLE:
        return sent_already(application)
    problems: list[FieldProblem] = []
    refused = ""
    if request.method == "POST":
        as_sent = application.changing and is_as_sent(application)
        try:
            if confirmed(application):
                problems = send_application(actor=signed_in(), application=application)
            else:
                refused = not_changed()
        except CannotApplyError as error:
            refused = str(error)
        else:
            if not problems and not refused:
                flash(
                    _as_sent()
                    if as_sent
                    else said_of_letters(
                        _("Your application is sent. We have written to you to confirm it."),
                        _("Your application is sent."),
                    ),
                    "success",
                )
                return redirect(url_for("applications.show", application_id=application.id), 303)
    page = check_page(own_place(application), application, problems, refused)
    return (page, 409 if refused else 422) if problems or refused else page


@blueprint.post("/applications/<uuid:application_id>/withdraw")
def withdraw(application_id: UUID) -> ResponseReturnValue:
    """Take the application back."""
    application = own_application(actor=signed_in(), application_id=application_id)
    withdraw_application(actor=signed_in(), application=application)
    done = _("Your application is withdrawn. You can apply again whenever you like.")
    if application.submitted_at is not None:
        done = said_of_letters(
            _(
                "Your application is withdrawn, and we have written to you to confirm it. You can apply again whenever you like."
            ),
            done,
        )
    flash(done, "success")
    return redirect(url_for("home.member"), 303)


def sent_already(application: Application) -> ResponseReturnValue:
    """Back to where it stands, for who comes by the browser's history or sends a form a second time."""
    if request.method == "POST":
        flash(_("This application is sent already. Nothing was changed."), "warning")
    return redirect(url_for("applications.show", application_id=application.id), 303)


@blueprint.post("/applications/<uuid:application_id>/change")
def change(application_id: UUID) -> ResponseReturnValue:
    """Take a sent application back to change it, or leave it as it was sent."""
    application = own_application(actor=signed_in(), application_id=application_id)
    do = request.form.get("do")
    if do == "begin":
        take_back_to_change(actor=signed_in(), application=application)
        first = form_model(application.submission.form_revision).sections[0].id
        return redirect(url_for("applications.section", application_id=application.id, section_id=first), 303)
    if do != "leave":
        abort(400)
    leave_as_sent(actor=signed_in(), application=application)
    flash(_as_sent(), "success")
    return redirect(url_for("applications.show", application_id=application.id), 303)


def _as_sent() -> str:
    return _("Your application is as you sent it, and with the reviewers again.")
