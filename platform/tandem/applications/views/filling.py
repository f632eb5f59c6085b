"""Filling in an application: one section, and the last look; for the applicant, and for staff who act for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError, NotYoursError
from tandem.applications.changing import is_as_sent, sendings_of
from tandem.applications.files import evidence_limits, files_of, held, limits_of, sent_by_item
from tandem.applications.models import Application, ApplicationFile, FileAbout
from tandem.applications.services import remove_file, restore_file
from tandem.applications.shown import labels_of, saved_and_unsent, shown_checks, shown_requirements
from tandem.clocks import program_today
from tandem.eligibility.services import check_tree, facts_for_member
from tandem.forms.answers import FieldProblem, answer_facts, inputs_of, load_answers, show_answers, visible_questions
from tandem.forms.definition import FormModel, Section
from tandem.forms.errors import DraftConflictError
from tandem.forms.queries import form_model, shown_submission, submission_facts
from tandem.plugin_api.facts import Facts
from tandem.programs.models import Program
from tandem.programs.queries import current_revision, form_for
from tandem.web.formatting import date_parts
from tandem.wording import Labels, at_question, in_words, labels_for


@dataclass(frozen=True, slots=True)
class Place:
    """Where an application is filled in: the addresses of its pages, and the pages they are made of.

    ``evidence`` is where files go that show a requirement to be met, ``file_url`` where a file is opened: only applicants do either.
    ``acting`` is what the banner shows of staff who act for the applicant.
    """

    section: Callable[[str], str]
    check: str
    withdraw: str = ""
    evidence: Callable[[str], str] | None = None
    file_url: Callable[[ApplicationFile], str] = lambda _one: ""
    base: str = "member.html"
    acting: Any = None


def own_place(application: Application) -> Place:
    """The applicant's own pages."""
    return Place(
        lambda section_id: url_for("applications.section", application_id=application.id, section_id=section_id),
        url_for("applications.check", application_id=application.id),
        url_for("applications.withdraw", application_id=application.id),
        lambda rule_id: url_for("application_files.evidence", application_id=application.id, rule_id=rule_id),
        own_url,
    )


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


def file_changed(actor: Actor, application: Application) -> bool:
    """Take a file away or put one back, if that is what was asked; whether it was."""
    for name, act in (("remove", remove_file), ("put-back", restore_file)):
        if name in request.form:
            file_id = request.form.get(name, type=UUID)
            if file_id is None:
                raise NotYoursError
            act(actor=actor, application=application, file_id=file_id)
            return True
    return False


def half_filled_in() -> bool:
    """Whether a section's form was sent while it is still being filled in: for its files alone, or on the way back."""
    return request.form.get("then") in ("upload", "back") or "remove" in request.form or "put-back" in request.form


def busy_with_files(actor: Actor, application: Application, problems: Sequence[FieldProblem]) -> bool:
    """Do what a section's form asks about its files; whether it was sent for that, and its page is shown once more."""
    try:
        return file_changed(actor, application) or (request.form.get("then") == "upload" and not _refused(problems))
    except InvalidError as error:
        flash(error.problems["file"], "warning")
        return True


def way_back(place: Place, application: Application, section_id: str, problems: Sequence[FieldProblem]) -> str:
    """The address of the section before, where that is asked for; none while a file was refused, which is kept nowhere."""
    before = _previous(application, section_id) if request.form.get("then") == "back" else None
    return place.section(before.id) if before is not None and not _refused(problems) else ""


def _refused(problems: Sequence[FieldProblem]) -> bool:
    return any(problem.message.id == "field.files.refused" for problem in problems)


def unchanged(application: Application) -> bool:
    """Whether the reviewers' question would come back to them with the same answers, which is asked about before it is sent."""
    return application.question is not None and is_as_sent(application)


def confirmed(application: Application) -> bool:
    """Whether an application may be sent as it stands: something was changed, or it was said that it shall go all the same."""
    return "unchanged" in request.form or not unchanged(application)


def not_changed() -> str:
    """What is said instead of sending a question back unanswered."""
    return _("Nothing is sent yet: you have changed nothing since the reviewers asked.")


def _last_sent(application: Application) -> datetime | None:
    sent = sendings_of(application.id) if application.changing else ()
    return sent[-1].sent_at if sent else None


def _at_its_question(problem: FieldProblem, model: FormModel, labels: Labels) -> str:
    label = next(asked.label for asked in model.questions() if asked.id == problem.question)
    return at_question(label, in_words(problem.message, labels))


def _filled_in_before(application: Application, model: FormModel) -> bool:
    """Whether what stands in the form comes from an earlier application, and nothing was saved since."""
    files = {asked.id for asked in model.questions() if asked.type.takes_files}
    return application.submission.version == 1 and bool(application.submission.answers.keys() - files)


def _asked_anew(model: FormModel) -> str:
    """What is not taken over from an earlier application, as far as the form asks for it."""
    promises = any(asked.widget == "attestation" for asked in model.questions())
    files = any(asked.type.takes_files for asked in model.questions())
    if promises and files:
        return _("Promises and files are asked for anew.")
    return _("Promises are asked for anew.") if promises else _("Files are asked for anew.") if files else ""


def _place_of(problem: FieldProblem, model: FormModel) -> str:
    """The id of the field beside which a problem is said: the small fields of a day or a time are one question to a reader."""
    whole = {asked.id for part in model.sections for asked in part.questions if asked.widget in {"date", "hours"}}
    return problem.question if problem.question in whole else problem.input


def asked_of(program: Program, role: str, member_id: UUID | None) -> dict[str, Any]:
    """What a program asks of whoever applies in ``role``, and what the directory says of a member so far, for a page.

    Raises ``NotYoursError`` for a role that the program does not have.
    """
    resolved = current_revision(program).resolved
    if role not in resolved["roles"]:
        raise NotYoursError
    form_revision = form_for(resolved, role)
    form = form_revision.definition
    labels = labels_for(form)
    checked: list[Any] = []
    if member_id is not None:
        facts = facts_for_member(member_id=member_id, today=program_today())
        checked = list(shown_checks(check_tree(resolved["roles"][role].get("eligibility") or {}, facts), labels))
    return {
        "resolved": resolved,
        "form": form,
        "asked_anew": _asked_anew(form_model(form_revision)),
        "checked": checked,
        "requirements": shown_requirements(resolved["roles"][role], labels),
    }


def section_page(
    place: Place,
    application: Application,
    section_id: str,
    raw: Mapping[str, Sequence[str]],
    problems: list[FieldProblem],
    *,
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
    said = {_place_of(problem, model): in_words(problem.message, labels) for problem in problems}
    for problem in problems:
        said.setdefault(
            problem.question, in_words(problem.message, labels) if problem.input == problem.question else ""
        )
    return render_template(
        "applications/section.html",
        application=application,
        place=place,
        resolved=application.program_revision.resolved,
        model=model,
        part=part,
        questions=[asked for asked in part.questions if asked.id in visible],
        raw=raw,
        problems=said,
        conflict=conflict,
        elsewhere=_saved_elsewhere(conflict, model, part, facts, labels) if conflict else [],
        version=conflict.version if conflict else submission.version,
        sections=_sections(place, application, model, facts, section_id, with_errors=bool(problems)),
        number=[one.id for one in model.sections].index(section_id) + 1,
        before=_previous(application, section_id),
        files={
            asked.id: held(
                [one for one in there if (one.about, one.item) == (FileAbout.QUESTION, asked.id)],
                limits_of(asked.settings), place.file_url,
            )
            for asked in part.questions if asked.type.takes_files
        },
        last_sent=_last_sent(application),
        again=_filled_in_before(application, model),
        asked_anew=_asked_anew(model),
        errors=[
            {"href": f"#{_place_of(problem, model)}", "text": _at_its_question(problem, model, labels)}
            for problem in problems
        ],
    )  # fmt: skip


def _saved_elsewhere(
    conflict: DraftConflictError, model: FormModel, part: Section, facts: Facts, labels: Labels
) -> list[tuple[str, str]]:
    """What is saved for the section's questions that were answered otherwise here: label and answer, as a reader sees it.

    An answer that cannot be read yet is shown as it was typed.
    """
    loaded = load_answers(model, conflict.stored, facts, partial=True)
    shown = {one.id: one.lines for section in show_answers(model, loaded, labels) for one in section.answers}
    return [
        (asked.label, ", ".join(shown.get(asked.id) or ()) or _as_typed(conflict.stored, asked.id))
        for asked in part.questions
        if asked.id in conflict.differing
    ]


def _as_typed(raw: Mapping[str, Sequence[str]], question_id: str) -> str:
    # What is stored keeps no order of the parts; those of a date are in the order of its fields.
    order = date_parts()
    inputs = sorted(
        inputs_of(raw, question_id).items(), key=lambda part: order.index(part[0]) if part[0] in order else -1
    )
    return " ".join(text for _part, texts in inputs for text in texts if text)


def check_page(
    place: Place,
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
    there, limits = files_of(application.id), evidence_limits(application) if place.evidence else None
    checked = check_tree(tree, known)
    return render_template(
        "applications/check.html",
        application=application,
        place=place,
        resolved=application.program_revision.resolved,
        model=model,
        refused=refused,
        answers=shown_submission(submission, labels),
        checked=shown_checks(checked, labels, sent_by_item(there, FileAbout.RULE, place.file_url)),
        evidence={
            rule.id: held(
                [one for one in there if (one.about, one.item) == (FileAbout.RULE, rule.id)], limits, place.file_url
            )
            for rule in checked
        }
        if limits is not None
        else {},
        files=sent_by_item(there, FileAbout.QUESTION, place.file_url),
        problems=evidence_problems,
        saved=saved_and_unsent(application),
        unchanged=unchanged(application),
        has_files=bool(there),
        last_sent=_last_sent(application),
        sections=_sections(place, application, model, facts, "check"),
        errors=[
            {"href": f"#evidence-{rule.id}", "text": at_question(in_words(rule.requirement.message, labels), text)}
            for rule in checked
            if (text := evidence_problems.get(rule.id))
        ]
        + [
            {
                "href": place.section(section_of[problem.question]) + f"#{_place_of(problem, model)}",
                "text": _at_its_question(problem, model, labels),
            }
            for problem in problems
        ],
    )


def _sections(
    place: Place, application: Application, model: Any, facts: Any, current: str, *, with_errors: bool = False
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
                "url": place.section(one.id),
            }
        )  # fmt: skip
    listed.append(
        {
            "title": _("Check and send"), "state": "open", "note": "", "current": current == "check",
            "url": place.check,
        }
    )  # fmt: skip
    return listed


def go_on_url(place: Place, application: Application) -> str:
    """Where to go on with an application: at the first section that is not complete, or at the last look where all of them are."""
    model = form_model(application.submission.form_revision)
    if application.submission.version == 1:
        # Nothing was saved yet; what stands in it comes from an earlier application and is to be looked through.
        return place.section(model.sections[0].id)
    facts = submission_facts(application.submission)
    for one in model.sections:
        if load_answers(model, application.submission.answers, facts, section=one.id).problems:
            return place.section(one.id)
    return place.check


def next_url(place: Place, application: Application, section_id: str) -> str:
    ids = [one.id for one in form_model(application.submission.form_revision).sections]
    at = ids.index(section_id) + 1
    if at < len(ids):
        return place.section(ids[at])
    return place.check


def _previous(application: Application, section_id: str) -> Section | None:
    sections = form_model(application.submission.form_revision).sections
    at = [one.id for one in sections].index(section_id)
    return sections[at - 1] if at else None
