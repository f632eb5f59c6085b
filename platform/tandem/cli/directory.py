"""Members from the command line: ``tandem members import``, ``export`` and ``template``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tandem.access.actor import Actor, Grant
from tandem.app import create_app
from tandem.directory.changes import say_changes
from tandem.directory.exporting import export_rows
from tandem.directory.importing.columns import template_rows
from tandem.directory.importing.comparing import Report
from tandem.directory.importing.meaning import Meaning
from tandem.directory.importing.queries import all_rows, headings_of, problems_of, report_lines
from tandem.directory.importing.reading import ENCODINGS
from tandem.directory.models import ImportRow, ImportRun, ImportState, RowOutcome
from tandem.directory.problems import say
from tandem.directory.services.imports import import_members_from
from tandem.directory.services.mappings import mapping_named, saved_mappings
from tandem.directory.spreadsheets import csv_bytes
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.directory.words import OUTCOME_WORDS
from tandem.extensions import db
from tandem.settings import load_settings
from tandem.tenancy.edge import UnknownAssociationError, open_association

#: Whoever may run commands on the server acts as the program itself, under this name in the audit trail.
COMMAND_LINE = Actor(account_id=None, member_id=None, name="Command line")

#: Rows that are shown on the screen; the whole report goes to a file.
_SHOWN = 30


@click.group()
def members() -> None:
    """Import and export an association's members."""


@members.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--encoding", type=click.Choice(list(ENCODINGS)), help="Found out unless given.")
@click.option("--mapping", help="The name under which the meaning of the file's headings was saved.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report row by row to this CSV file."
)
def import_command(
    slug: str, file: Path, *, dry_run: bool, encoding: str | None, mapping: str | None, report: Path | None
) -> None:
    """Import members of the association SLUG from the CSV FILE: all of it, or nothing where a row has an error.

    Leaves with status 1 if nothing could be imported.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with _association(slug):
        meaning = _meaning(mapping)
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Checking" if dry_run else "Importing", total=100)
            run = import_members_from(
                actor=COMMAND_LINE, path=file, dry_run=dry_run, encoding=encoding, meaning=meaning,
                progress=lambda done: progress.update(task, completed=done),
            )  # fmt: skip
        _show(run)
        if report is not None:
            report.write_bytes(csv_bytes(report_lines(run)))
            click.echo(f"The report is in {report}.")
        refused = run.state is ImportState.FAILED or Report.read(run.report).errors > 0
        if dry_run:
            db.session.rollback()
            click.echo("Nothing was changed: this was a dry run.")
        else:
            db.session.commit()
    if refused:
        raise click.ClickException("Nothing was changed. Mend the file and run the command again.")


@members.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export_command(slug: str, file: Path) -> None:
    """Write all members of the association SLUG to the CSV FILE, with the columns of the import."""
    with _association(slug):
        rows = list(export_rows(actor=_reader()))
        file.write_bytes(csv_bytes(rows))
    click.echo(f"{len(rows) - 1} members are in {file}.")


@members.command()
def template() -> None:
    """Print the columns that a file may have, with a sample row."""
    sys.stdout.write(csv_bytes(template_rows()).decode("utf-8-sig"))


@contextmanager
def _association(slug: str) -> Iterator[None]:
    with create_app(load_settings()).app_context():
        try:
            with open_association(slug):
                yield
        except UnknownAssociationError as error:
            raise click.ClickException(str(error)) from error


def _meaning(name: str | None) -> Meaning | None:
    if name is None:
        return None
    saved = mapping_named(name)
    if saved is None:
        known = ", ".join(mapping.name for mapping in saved_mappings()) or "none"
        raise click.ClickException(f"There is no saved mapping {name!r}. There are: {known}.")
    return Meaning.read(saved.meaning)


def _reader() -> Actor:
    # Reading asks for a grant, which the program itself has none of.
    return Actor(account_id=None, member_id=None, name=COMMAND_LINE.name, grants=(Grant("association-staff"),))


def _show(run: ImportRun) -> None:
    report, console = Report.read(run.report), Console()
    for item in report.problems:
        console.print(say(item["code"], item["params"]), style="red", markup=False)
    if report.problems:
        return
    said = f"{report.rows} rows, {ENCODINGS[report.encoding]}" + (", a guess" if report.encoding_guessed else "")
    console.print(f"{run.filename}: {said}", markup=False, highlight=False)
    totals = Table("Rows", "", box=None)
    for outcome in RowOutcome:
        if count := report.outcomes.get(outcome.value, 0):
            totals.add_row(str(OUTCOME_WORDS[outcome]), str(count))
    for name, found in report.parts.items():
        if any(found.values()):
            totals.add_row(name.capitalize(), f"{found['added']} new, {found['changed']} changed")
    totals.add_row("Members not in the file", f"{report.others}, left alone")
    console.print(totals)
    _show_rows(run, report, console)


def _show_rows(run: ImportRun, report: Report, console: Console) -> None:
    wanted = {RowOutcome.ERROR} if report.errors else {RowOutcome.CHANGED, RowOutcome.REMOVED}
    lists, headings = vocabularies(), headings_of(report)
    table, more = Table("Row", "Number", "Name", "What"), 0
    for row in all_rows(run.id):
        if row.outcome not in wanted:
            continue
        if table.row_count < _SHOWN:
            table.add_row(str(row.row), *map(escape, (row.number, row.name, _what(row, lists, headings))))
        else:
            more += 1
    if table.row_count:
        console.print(table)
    if more:
        console.print(f"… and {more} more. --report FILE has all of them.", markup=False)


def _what(row: ImportRow, lists: Mapping[str, Vocabulary], headings: Mapping[str, str]) -> str:
    if row.outcome is RowOutcome.REMOVED:
        return "This member was removed, and stays so."
    lines = [f"{column}: {sentence}".lstrip(": ") for column, sentence in problems_of(row, headings)]
    lines += [
        f"{change.label}: {change.before or '–'} → {change.after or '–'}" for change in say_changes(row.changes, lists)
    ]
    return "\n".join(lines)
