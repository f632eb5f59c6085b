"""Applying: what the rules ask, the form section by section, the last look, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.applications.changing import leave_as_sent, sendings_of, take_back_to_change, why_not_changed
from tandem.applications.errors import CannotApplyError
from tandem.applications.files import evidence_limits, files_of, held, limits_of, sent_by_item
from tandem.applications.models import Application, ApplicationFile, ApplicationStatus, FileAbout, Role
from tandem.applications.queries import application_in_hand, decisions_of, own_application, pool_entry_of
from tandem.applications.services import (
    EDITABLE,
    intake_of,
    remove_file,
    restore_file,
    save_section,
    send_application,
    start_application,
    visible_program,
    withdraw_application,
)
from tandem.applications.shown import labels_of, shown_checks, shown_requirements, status_sentence
from tandem.clocks import program_today
from tandem.edge.requests import keep_changes
from tandem.eligibility.services import check_tree, facts_for_member
from tandem.forms.answers import FieldProblem, answer_facts, load_answers, visible_questions
from tandem.forms.errors import DraftConflictError
from tandem.forms.queries import form_model, shown_submission, submission_facts
from tandem.programs.advice import advice_for
from tandem.programs.queries import association_document, current_revision, form_for
from tandem.wording import in_words, labels_for

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
    if actor.member_id is not None:
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
    form_revision = form_for(revision.resolved, role)
    labels = labels_for(form_revision.definition)
    checked = []
    if actor.member_id is not None:
        facts = facts_for_member(member_id=actor.member_id, today=program_today())
        checked = shown_checks(check_tree(revision.resolved["roles"][role].get("eligibility") or {}, facts), labels)
    page = render_template(
        "applications/start.html",
        program=program, resolved=revision.resolved, role=role, problem=problem,
        intake=intake_of(program, revision.resolved), checked=checked,
        advice=advice_for(revision.resolved, role, "applying"), words=revision.resolved.get("pages") or {},
        requirements=shown_requirements(revision.resolved["roles"][role], labels), form=form_revision.definition,
    )  # fmt: skip
    return (page, 409) if problem else page


@blueprint.get("/applications/<uuid:application_id>")
def show(application_id: UUID) -> ResponseReturnValue:
    """A draft opens at its first unfinished section; anything else shows where it stands."""
    application = own_application(actor=signed_in(), application_id=application_id)
    if application.status in EDITABLE:
        return redirect(
            url_for("applications.section", application_id=application.id, section_id=_first_open(application)), 303
        )
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
    return _section_page(application, section_id, application.submission.answers, [])


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
        )  # fmt: skip
    except DraftConflictError as conflict:
        keep_changes()  # The files that came with it are kept; of the text nothing was touched.
        typed = {**conflict.stored, **conflict.typed}
        return _section_page(application, section_id, typed, [], conflict=conflict), 409
    keep_changes()
    refused = [problem for problem in problems if problem.message.id == "field.files.refused"]
    try:
        stays = file_changed(application) or (request.form.get("then") == "upload" and not refused)
    except InvalidError as error:
        flash(error.problems["file"], "warning")
        stays = True
    if stays:
        return redirect(url_for("applications.section", application_id=application.id, section_id=section_id), 303)
    if request.form.get("then") == "leave":
        flash(_("Your answers are saved. The application is not sent yet."), "success")
        return redirect(url_for("home.member"), 303)
    if problems:
        return _section_page(application, section_id, application.submission.answers, problems), 422
    return redirect(_next_url(application, section_id), 303)


@blueprint.route("/applications/<uuid:application_id>/check", methods=["GET", "POST"])
def check(application_id: UUID) -> ResponseReturnValue:
    """The last look before sending, with what the rules say; posting sends it."""
    application = own_application(actor=signed_in(), application_id=application_id)
    if application.status not in EDITABLE:
        return sent_already(application)
    problems: list[FieldProblem] = []
    refused = ""
    if request.method == "POST":
        try:
            problems = send_application(actor=signed_in(), application=application)
        except CannotApplyError as error:
            refused = str(error)
        else:
            if not problems:
                flash(_("Your application is sent. We have written to you to confirm it."), "success")
                return redirect(url_for("applications.show", application_id=application.id), 303)
    page = check_page(application, problems, refused)
    return (page, 409 if refused else 422) if problems or refused else page


@blueprint.post("/applications/<uuid:application_id>/withdraw")
def withdraw(application_id: UUID) -> ResponseReturnValue:
    """Take the application back."""
    application = own_application(actor=signed_in(), application_id=application_id)
    withdraw_application(actor=signed_in(), application=application)
    flash(_("Your application is withdrawn. You can apply again whenever you like."), "success")
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
    flash(_("Your application is as you sent it, and with the reviewers again."), "success")
    return redirect(url_for("applications.show", application_id=application.id), 303)


def own_url(one: ApplicationFile) -> str:
    """Where an applicant opens a file of theirs."""
    return url_for("application_files.own", application_id=one.application_id, file_id=one.id)


def files_sent() -> dict[str, list[tuple[str, bytes]]]:
    """The files of this request by the name of their field; fields that were left empty are left out."""
    return {
        field: [_read(one) for one in sent]
        for field in request.files
        if (sent := [one for one in request.files.getlist(field) if one.filename])
    }


def _read(sent: FileStorage) -> tuple[str, bytes]:
    with closing(sent):
        return sent.filename or "", sent.read()


def file_changed(application: Application) -> bool:
    """Take a file away or put one back, if that is what was asked; whether it was."""
    for name, act in (("remove", remove_file), ("put-back", restore_file)):
        if name in request.form:
            file_id = request.form.get(name, type=UUID)
            if file_id is None:
                raise NotYoursError
            act(actor=signed_in(), application=application, file_id=file_id)
            return True
    return False


def _last_sent(application: Application) -> datetime | None:
    sent = sendings_of(application.id) if application.changing else ()
    return sent[-1].sent_at if sent else None


def _section_page(
    application: Application,
    section_id: str,
    raw: Mapping[str, Sequence[str]],
    problems: list[FieldProblem],
    conflict: DraftConflictError | None = None,
) -> str:
    submission = application.submission
    model = form_model(submission.form_revision)
    facts = submission_facts(submission)
    try:
        part = model.section(section_id)
    except LookupError as error:
        raise NotYoursError from error
    visible = {asked.id for asked in visible_questions(model, raw, facts)}
    labels = labels_of(application)
    there = files_of(application.id) if any(asked.type.takes_files for asked in part.questions) else []
    said = {problem.input: in_words(problem.message, labels) for problem in problems}
    for problem in problems:
        said.setdefault(
            problem.question, in_words(problem.message, labels) if problem.input == problem.question else ""
        )
    return render_template(
        "applications/section.html",
        application=application,
        resolved=application.program_revision.resolved,
        model=model,
        part=part,
        questions=[asked for asked in part.questions if asked.id in visible],
        raw=raw,
        problems=said,
        conflict=conflict,
        version=conflict.version if conflict else submission.version,
        sections=_sections(application, model, facts, section_id, with_errors=bool(problems)),
        number=[one.id for one in model.sections].index(section_id) + 1,
        back=_previous_url(application, section_id),
        files={
            asked.id: held(
                [one for one in there if (one.about, one.item) == (FileAbout.QUESTION, asked.id)],
                limits_of(asked.settings), own_url,
            )
            for asked in part.questions if asked.type.takes_files
        },
        last_sent=_last_sent(application),
        errors=[
            {"href": f"#{problem.input}", "text": in_words(problem.message, labels)} for problem in problems
        ],
    )  # fmt: skip


def check_page(
    application: Application,
    problems: list[FieldProblem],
    refused: str,
    *,
    evidence_problems: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The last look before sending. ``evidence_problems`` are what is wrong with files that were to show a requirement."""
    submission = application.submission
    model = form_model(submission.form_revision)
    facts = submission_facts(submission)
    labels = labels_of(application)
    loaded = load_answers(model, submission.answers, facts, partial=True)
    known = facts_for_member(
        member_id=application.member_id, today=program_today(), answers=answer_facts(model, loaded.values)
    )
    tree = application.program_revision.resolved["roles"][application.role.value].get("eligibility") or {}
    section_of = {asked.id: asked.section for asked in model.questions()}
    there, limits = files_of(application.id), evidence_limits(application)
    checked = check_tree(tree, known)
    return render_template(
        "applications/check.html",
        application=application,
        resolved=application.program_revision.resolved,
        model=model,
        refused=refused,
        answers=shown_submission(submission, labels),
        checked=shown_checks(checked, labels, sent_by_item(there, FileAbout.RULE, own_url)),
        evidence={
            rule.id: held([one for one in there if (one.about, one.item) == (FileAbout.RULE, rule.id)], limits, own_url)
            for rule in checked
        }
        if limits is not None
        else {},
        files=sent_by_item(there, FileAbout.QUESTION, own_url),
        problems=evidence_problems,
        last_sent=_last_sent(application),
        sections=_sections(application, model, facts, "check"),
        errors=[{"href": f"#evidence-{rule}", "text": text} for rule, text in evidence_problems.items()]
        + [
            {
                "href": url_for(
                    "applications.section", application_id=application.id, section_id=section_of[problem.question]
                )
                + f"#{problem.input}",
                "text": in_words(problem.message, labels),
            }
            for problem in problems
        ],
    )


def _sections(
    application: Application, model: Any, facts: Any, current: str, *, with_errors: bool = False
) -> list[dict[str, Any]]:
    raw = application.submission.answers
    listed = []
    for one in model.sections:
        open_count = len(load_answers(model, raw, facts, section=one.id).problems)
        touched = any(name.partition(".")[0] in {asked.id for asked in one.questions} for name in raw)
        state = "done" if not open_count and touched else "open"
        if one.id == current and with_errors:
            state = "error"
        optional = not open_count and not any(asked.required for asked in one.questions)
        begun = _("Begun") if touched else _("Optional") if optional else _("Not started")
        note = {"done": _("Complete"), "error": _("To mend"), "open": begun}[state]
        listed.append(
            {
                "title": one.title, "state": state, "note": note, "current": one.id == current,
                "url": url_for("applications.section", application_id=application.id, section_id=one.id),
            }
        )  # fmt: skip
    listed.append(
        {
            "title": _("Check and send"), "state": "open", "note": "", "current": current == "check",
            "url": url_for("applications.check", application_id=application.id),
        }
    )  # fmt: skip
    return listed


def _first_open(application: Application) -> str:
    model = form_model(application.submission.form_revision)
    facts = submission_facts(application.submission)
    for one in model.sections:
        if load_answers(model, application.submission.answers, facts, section=one.id).problems:
            return one.id
    return str(model.sections[-1].id)


def _next_url(application: Application, section_id: str) -> str:
    ids = [one.id for one in form_model(application.submission.form_revision).sections]
    place = ids.index(section_id) + 1
    if place < len(ids):
        return url_for("applications.section", application_id=application.id, section_id=ids[place])
    return url_for("applications.check", application_id=application.id)


def _previous_url(application: Application, section_id: str) -> tuple[str, str] | None:
    sections = form_model(application.submission.form_revision).sections
    place = [one.id for one in sections].index(section_id)
    if place == 0:
        return None
    before = sections[place - 1]
    return (
        _("Back to %(section)s", section=before.title),
        url_for("applications.section", application_id=application.id, section_id=before.id),
    )
