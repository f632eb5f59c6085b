"""Reads on imports and what was found in their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.directory.changes import say_changes
from tandem.directory.importing.comparing import Report
from tandem.directory.models import ImportRow, ImportRun, ImportState, RowOutcome
from tandem.directory.problems import say
from tandem.directory.services.imports import current_job, state_of
from tandem.directory.vocabularies import vocabularies
from tandem.directory.words import OUTCOME_WORDS
from tandem.extensions import db
from tandem.jobs.models import Job

#: Rows on one page of a report.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Import:
    """An import as it stands: the run, its job, the state that follows from both, and the report."""

    run: ImportRun
    job: Job | None
    state: ImportState
    report: Report

    @property
    def moved(self) -> bool:
        """Whether the directory changed between the check and the application, so that it was checked anew."""
        return bool(self.run.report.get("moved"))

    @property
    def broke_off(self) -> bool:
        """Whether the work ended by a fault of ours, rather than because the file cannot be read."""
        return self.state is ImportState.FAILED and self.run.state is not ImportState.FAILED


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows of a report; ``next`` is the number of the last one where more follow."""

    rows: Sequence[ImportRow]
    next: int | None


def import_for(*, actor: Actor, run_id: UUID) -> Import:
    """An import that ``actor`` may see. Raises ``NotYoursError``."""
    run = db.session.scalar(select(ImportRun).where(ImportRun.id == run_id))
    if run is None or not actor.may_everywhere("members.write"):
        raise NotYoursError
    return _with_job(run, current_job(run))


def recent_imports(*, limit: int = 10) -> Sequence[Import]:
    """The newest imports."""
    rows = db.session.execute(
        select(ImportRun, Job)
        .outerjoin(Job, Job.id == ImportRun.job_id)
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
        .limit(limit)
    )
    return [_with_job(run, job) for run, job in rows]


def rows_page(*, run_id: UUID, outcome: RowOutcome | None = None, after: int = 0) -> RowsPage:
    """What was found row by row, in the order of the file, from the row after ``after`` on."""
    statement = select(ImportRow).where(ImportRow.import_run_id == run_id, ImportRow.row > after)
    if outcome is not None:
        statement = statement.where(ImportRow.outcome == outcome)
    rows = db.session.scalars(statement.order_by(ImportRow.row).limit(PAGE + 1)).all()
    return RowsPage(rows[:PAGE], rows[PAGE - 1].row if len(rows) > PAGE else None)


def all_rows(run_id: UUID) -> Iterator[ImportRow]:
    """Everything that was found, in the order of the file, read in pieces."""
    after = 0
    while True:
        statement = (
            select(ImportRow)
            .where(ImportRow.import_run_id == run_id, ImportRow.row > after)
            .order_by(ImportRow.row)
            .limit(5_000)
        )
        rows = db.session.scalars(statement).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].row


def headings_of(report: Report) -> Mapping[str, str]:
    """For the name of each column the heading that it has in the file."""
    return {name: header for header, name in report.columns}


def problems_of(row: ImportRow, headings: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with a row: the column as the file calls it, and a sentence."""
    return [
        (
            headings.get(item["column"], item["column"]),
            say(item["code"], {key: _heading(key, value, headings) for key, value in item["params"].items()}),
        )
        for item in row.problems
    ]


def _heading(key: str, value: Any, headings: Mapping[str, str]) -> Any:
    return headings.get(value, value) if key == "column" else value


def report_lines(run: ImportRun) -> Iterator[list[Any]]:
    """The whole report as lines of a table: one for each problem or change, and one for a row with neither."""
    lists, headings = vocabularies(), headings_of(Report.read(run.report))
    yield [_("row"), _("outcome"), _("number"), _("name"), _("column"), _("problem or change"), _("before"), _("after")]
    for row in all_rows(run.id):
        head = [row.row, str(OUTCOME_WORDS[row.outcome]), row.number, row.name]
        lines = [[column, text, "", ""] for column, text in problems_of(row, headings)]
        lines += [["", change.label, change.before, change.after] for change in say_changes(row.changes, lists)]
        for line in lines or [["", "", "", ""]]:
            yield head + line


def _with_job(run: ImportRun, job: Job | None) -> Import:
    return Import(run, job, state_of(run, job), Report.read(run.report))
