"""Importing members: upload a file, watch its check, read what would happen, apply it or leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.clocks import program_today
from tandem.directory import cells
from tandem.directory.changes import say_changes
from tandem.directory.downloads import file_response
from tandem.directory.importing.columns import (
    BY_FIELD,
    FIELDS,
    Field,
    always_needed,
    column_name,
    say_column,
    say_group,
)
from tandem.directory.importing.meaning import choices, guess
from tandem.directory.importing.queries import (
    Import,
    headings_of,
    import_for,
    problems_of,
    recent_imports,
    report_lines,
    rows_page,
)
from tandem.directory.importing.reading import ENCODINGS, MOST_BYTES, MOST_ROWS, Head, UnreadableFile
from tandem.directory.models import ImportRun, ImportState, RowOutcome
from tandem.directory.problems import in_columns_alone, say, say_vocabulary
from tandem.directory.services import mappings
from tandem.directory.services.imports import cancel_import, request_apply, retry_import, upload_import
from tandem.directory.vocabularies import vocabularies
from tandem.directory.words import DELIMITER_WORDS, OUTCOME_WORDS, STATE_WORDS
from tandem.tenancy.scope import current_scope

blueprint = Blueprint("member_imports", __name__, template_folder="../templates", url_prefix="/staff/members/import")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Ask for a file; say which columns it may have; list earlier imports."""
    return _upload_page([])


@blueprint.post("")
def upload() -> ResponseReturnValue:
    """Take a file and have it checked."""
    actor = signed_in()
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return _upload_page([_("Choose a file first.")]), 422
    encoding = request.form.get("encoding") or None
    if encoding is not None and encoding not in ENCODINGS:
        return _upload_page([_("Choose an encoding of the list.")]), 422
    try:
        run = upload_import(actor=actor, filename=uploaded.filename, content=uploaded.read(), encoding=encoding)
    except UnreadableFile as error:
        codes = [problem.code for problem in error.problems]
        return _upload_page([str(problem) for problem in error.problems], _failing(codes)), 422
    return redirect(url_for(".columns" if run.state is ImportState.UPLOADED else ".show", run_id=run.id), 303)


@blueprint.get("/template.csv")
def template() -> ResponseReturnValue:
    """A file with all columns and one sample row, with words of the association's own lists."""
    return file_response([[field.name for field in FIELDS], list(_examples().values())], "members", "csv")


@blueprint.get("/<uuid:run_id>")
def show(run_id: UUID) -> ResponseReturnValue:
    """How an import stands: its progress, then its report."""
    found = import_for(actor=signed_in(), run_id=run_id)
    if found.state is ImportState.UPLOADED:
        return redirect(url_for(".columns", run_id=run_id), 303)
    return _report_page(found)


@blueprint.route("/<uuid:run_id>/columns", methods=["GET", "POST"])
def columns(run_id: UUID) -> ResponseReturnValue:
    """What the headings of a file mean that are not ours: guessed, or as it was saved for the same headings."""
    run = mappings.waiting_import(actor=signed_in(), run_id=run_id)
    head = mappings.head_of(run)
    if request.method == "GET":
        return _columns_page(run, head)
    chosen = {heading: request.form.get(f"column-{index}", "") for index, heading in enumerate(head.headings)}
    try:
        unknown = mappings.set_columns(
            actor=signed_in(), run=run, columns=chosen, dates=request.form.get("dates", ""),
            name=request.form.get("name", ""),
        )  # fmt: skip
    except mappings.UnsettledError as error:
        return _columns_page(run, head, chosen=chosen, problems=error.problems, sentences=error.sentences), 422
    return redirect(url_for(".words" if unknown else ".show", run_id=run.id), 303)


@blueprint.route("/<uuid:run_id>/words", methods=["GET", "POST"])
def words(run_id: UUID) -> ResponseReturnValue:
    """Which words of the association's lists the file's own ones stand for."""
    run = mappings.waiting_import(actor=signed_in(), run_id=run_id)
    if run.meaning is None:
        return redirect(url_for(".columns", run_id=run_id), 303)
    unknown = mappings.words_of(run)
    problems: dict[str, str] = {}
    if request.method == "POST":
        chosen = {
            name: {word: request.form.get(f"word-{name}-{index}", "") for index, word in enumerate(found)}
            for name, found in unknown.items()
        }
        try:
            mappings.set_words(actor=signed_in(), run=run, values=chosen)
        except InvalidError as error:
            problems = error.problems
        else:
            return redirect(url_for(".show", run_id=run.id), 303)
    page = render_template(
        "directory/import_words.html",
        run=run, unknown=unknown, lists=vocabularies(), say_vocabulary=say_vocabulary, typed=request.form,
        settled=run.meaning.get("values") or {},
        errors=[{"href": "#words", "text": text} for text in problems.values()], crumbs=_crumbs(run.filename),
    )  # fmt: skip
    return (page, 422) if problems else page


@blueprint.post("/<uuid:run_id>/columns/again")
def reopen(run_id: UUID) -> ResponseReturnValue:
    """Go back from a check to what the columns mean."""
    mappings.reopen_columns(actor=signed_in(), run_id=run_id)
    return redirect(url_for(".columns", run_id=run_id), 303)


@blueprint.post("/mappings/<uuid:mapping_id>/remove")
def forget_mapping(mapping_id: UUID) -> ResponseReturnValue:
    """Remove a saved mapping."""
    mapping = mappings.forget_mapping(actor=signed_in(), mapping_id=mapping_id)
    flash(_("“%(name)s” is removed.", name=mapping.name), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<uuid:run_id>/rows.csv")
def rows(run_id: UUID) -> ResponseReturnValue:
    """The report row by row, as a file."""
    found = import_for(actor=signed_in(), run_id=run_id)
    return file_response(list(report_lines(found.run)), f"import-{found.run.created_at.date().isoformat()}", "csv")


@blueprint.post("/<uuid:run_id>/apply")
def apply(run_id: UUID) -> ResponseReturnValue:
    """Have a checked import applied."""
    request_apply(actor=signed_in(), run_id=run_id)
    return redirect(url_for(".show", run_id=run_id), 303)


@blueprint.post("/<uuid:run_id>/cancel")
def cancel(run_id: UUID) -> ResponseReturnValue:
    """Stop what is under way, or discard a checked file."""
    run = cancel_import(actor=signed_in(), run_id=run_id)
    if run.state is ImportState.CANCELLED:
        flash(_("The file is discarded. Nothing in the directory was changed."), "success")
    return redirect(url_for(".show", run_id=run_id), 303)


@blueprint.post("/<uuid:run_id>/retry")
def retry(run_id: UUID) -> ResponseReturnValue:
    """Check a file anew whose import broke off."""
    retry_import(actor=signed_in(), run_id=run_id)
    return redirect(url_for(".show", run_id=run_id), 303)


def _failing(codes: Sequence[str]) -> str:
    """The headline above what is wrong with a file as a whole."""
    return str(
        _("The file was read, but it cannot be checked with these columns")
        if in_columns_alone(codes)
        else _("The file cannot be read")
    )


def _upload_page(problems: list[str], failing: str = "") -> str:
    scope = current_scope()
    return render_template(
        "directory/import_upload.html",
        problems=problems, errors=[{"href": "#file", "text": text} for text in problems], failing=failing,
        encodings=[{"value": key, "label": label} for key, label in ENCODINGS.items()],
        encoding=request.form.get("encoding", ""),
        columns=_columns(), column_name=column_name,
        date_sample=cells.sample_date(scope.language), most_rows=MOST_ROWS, most_megabytes=MOST_BYTES // 1024 // 1024,
        imports=recent_imports(), mappings=mappings.saved_mappings(), state_words=STATE_WORDS,
        crumbs=[(_("Members"), url_for("members.index")), (_("Import"), None)],
    )  # fmt: skip


def _report_page(found: Import) -> str:
    busy = found.state in {ImportState.CHECKING, ImportState.APPLYING}
    outcome = request.args.get("outcome", "")
    chosen = RowOutcome(outcome) if outcome in set(RowOutcome) else None
    if chosen is None and found.report.errors and "outcome" not in request.args:
        chosen = RowOutcome.ERROR  # What has to be mended comes first.
    page = None if busy else rows_page(run_id=found.run.id, outcome=chosen, after=_after())
    lists, headings = vocabularies(), headings_of(found.report)
    return render_template(
        "directory/import_show.html",
        found=found, run=found.run, report=found.report, busy=busy, page=page, chosen=chosen,
        changes=lambda row: say_changes(row.changes, lists), problems=lambda row: problems_of(row, headings), say_column=say_column,
        file_problems=[say(item["code"], item["params"]) for item in found.report.problems],
        failing=_failing([item["code"] for item in found.report.problems]),
        outcome_words=OUTCOME_WORDS, state_words=STATE_WORDS, outcomes=list(RowOutcome),
        encoding=ENCODINGS.get(found.report.encoding, ""), delimiter=DELIMITER_WORDS.get(found.report.delimiter, ""),
        next_url=url_for(".show", run_id=found.run.id, outcome=chosen.value if chosen else "", after=page.next)
        if page and page.next else None,
        refresh_seconds=3 if busy else None,
        crumbs=_crumbs(found.run.filename),
    )  # fmt: skip


def _columns_page(
    run: ImportRun,
    head: Head,
    *,
    chosen: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    sentences: Sequence[str] = (),
) -> str:
    saved, problems = mappings.saved_for(head.headings), problems or {}
    proposed = mappings.settled_before(run, head.headings)
    name = (run.meaning or {}).get("name", "") if run.meaning else saved.name if saved else ""
    columns = chosen or (proposed.columns if proposed else guess(head.headings, head.examples))
    return render_template(
        "directory/import_columns.html",
        run=run, head=head, columns=columns, saved=saved, needed=always_needed(), choices=_choices(), problems=problems, most=mappings.MAX_NAME,
        dates=request.form.get("dates", proposed.dates if proposed else ""),
        name=request.form.get("name", name),
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()]
        + [{"href": "#columns", "text": text} for text in sentences],
        crumbs=_crumbs(run.filename),
    )  # fmt: skip


def _crumbs(last: str) -> list[tuple[str, str | None]]:
    return [(_("Members"), url_for("members.index")), (_("Import"), url_for(".index")), (last, None)]


def _columns() -> list[tuple[str, list[tuple[Field, str]]]]:
    """The columns that a file may have with their examples, by what they are about."""
    examples = _examples()
    return [
        (say_group(group), [(field, examples[field.group, field.field]) for field in fields])
        for group, fields in groupby(FIELDS, lambda field: field.group)
    ]


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """What a heading can mean, by what it is about: names of columns with what people call them."""
    return [
        (say_group(*about), [(name, field.label) for field, _ordinal, name in found])
        for about, found in groupby(choices(), lambda choice: (choice[0].group, choice[1]))
    ]


def _examples() -> dict[tuple[str, str], str]:
    lists, today = vocabularies(), program_today()
    words = {
        ("membership", "type"): "membership-type", ("membership", "level"): "membership-level",
        ("position", "title"): "position-title", ("position", "region"): "region",
    }  # fmt: skip
    examples = {(field.group, field.field): str(field.example) for field in FIELDS}
    scope = current_scope()
    examples["person", "language"], examples["person", "time_zone"] = scope.language, scope.time_zone
    for key, name in words.items():
        current = [term.label for term in lists[name].terms if term.holds_on(today)]
        examples[key] = current[0] if current else ""
    disciplines = [term.label for term in lists["discipline"].terms if term.holds_on(today)][:2]
    years = dict(zip(disciplines, ("7", format_decimal(Decimal("3.5"))), strict=False))
    examples["experience", "experience"] = "; ".join(f"{label} = {count}" for label, count in years.items())
    if not examples["membership", "type"]:
        examples.update({key: "" for key in BY_FIELD if key[0] == "membership"})
    return examples


def _after() -> int:
    value = request.args.get("after", 0, type=int)
    return value if 0 <= value < 2**31 else 0
