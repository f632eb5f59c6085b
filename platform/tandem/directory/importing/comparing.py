"""What a staged file would do to the directory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import text

from tandem.clocks import program_today
from tandem.directory.importing import sql
from tandem.directory.importing.columns import BY_FIELD, column_name
from tandem.directory.importing.staging import Progress, Staged, write_problems
from tandem.directory.models import RowOutcome
from tandem.directory.problems import Problem
from tandem.extensions import db
from tandem.tenancy.scope import current_association_id


@dataclass(frozen=True, slots=True)
class Report:
    """The totals of an import, as they are kept with it.

    ``outcomes`` counts rows by ``RowOutcome``; ``parts`` counts memberships, positions, experience and employers that are
    added and changed; ``others`` is how many members of the directory the file does not mention. ``problems`` are those of
    the file as a whole.
    """

    rows: int = 0
    encoding: str = ""
    encoding_guessed: bool = False
    delimiter: str = ""
    columns: list[list[str]] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    others: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """How many rows have errors."""
        return self.outcomes.get(RowOutcome.ERROR, 0)

    @property
    def changes_nothing(self) -> bool:
        """Whether applying would write nothing."""
        return not (self.outcomes.get(RowOutcome.NEW, 0) or self.outcomes.get(RowOutcome.CHANGED, 0) or self.errors)

    def plain(self) -> dict[str, Any]:
        """As kept in ``ImportRun.report``."""
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Report:
        """From ``ImportRun.report``, whatever is missing in it."""
        return cls(**{name: plain[name] for name in cls.__dataclass_fields__ if name in plain})


def plain_problem(problem: Problem, column: str = "") -> dict[str, Any]:
    """A problem as reports keep it."""
    return {"column": column, "code": problem.code, "params": problem.params}


def compare(staged: Staged, *, progress: Progress, lock: bool) -> tuple[Report, str]:
    """Find out what the staged rows would do; ``lock`` keeps the members they mean from changing until the transaction ends.

    Returns the totals and a digest of everything that would happen: two equal ones do the same.
    """
    if lock:
        _run(sql.TAKE_TURN, association=str(current_association_id()))
        _run(sql.LOCK)
    _run(sql.find_persons(person_columns(staged)))
    _run("ANALYZE found_person")
    progress(55)
    for statement in (sql.FIND_EMPLOYERS, sql.FIND_MEMBERSHIPS, sql.FIND_POSITIONS, sql.FIND_EXPERIENCE):
        _run(statement)
    _run("ANALYZE found_membership, found_position, found_experience, found_employer")
    progress(62)
    _find_conflicts(staged)
    write_problems(staged)
    _run("ANALYZE stage_problem")
    _run(sql.FIND_ROWS)
    progress(68)
    return _totals(staged)


def person_columns(staged: Staged) -> list[str]:
    """The columns of ``member`` that the file writes."""
    return [
        name
        for name in ("given_name", "family_name", "email", "phone", "language", "time_zone")
        if staged.has("person", name)
    ]


def _find_conflicts(staged: Staged) -> None:
    for row in _run(sql.EMAILS_TAKEN):
        staged.note(row.row, "email", Problem("email-taken", name=row.name, number=row.number))
    types = staged.lists["membership-type"]
    statements = (sql.OVERLAPS, sql.OVERLAPS_IN_FILE) if staged.most("membership") > 1 else (sql.OVERLAPS,)
    for statement in statements:
        for row in _run(statement):
            column = column_name(BY_FIELD["membership", "valid_from"], row.ordinal)
            params = {"type": types.label(row.type), "first": row.valid_from.isoformat()}
            if row.valid_to is None:
                problem = Problem("overlap-open", **params)
            else:
                problem = Problem("overlap", **params, last=row.valid_to.isoformat())
            staged.note(row.row, column, problem)
    today = program_today()
    for vocabulary, statement, column in (
        ("discipline", sql.NEW_DISCIPLINES, "experience"),
        ("region", sql.NEW_REGIONS, "region"),
    ):
        terms = staged.lists[vocabulary]
        ended = [term.key for term in terms.terms if not term.holds_on(today)]
        if not ended:
            continue
        for row in _run(statement, ended=ended):
            try:
                terms.read(row.term).check(today)
            except Problem as problem:
                staged.note(row.row, column, problem)


def _totals(staged: Staged) -> tuple[Report, str]:
    outcomes = {outcome.value: 0 for outcome in RowOutcome}
    seals = []
    for row in _run(sql.COUNT_ROWS):
        outcomes[row.outcome] = row.rows
        seals.append(f"{row.outcome}:{row.digest}")
    outcomes[RowOutcome.ERROR] = len(staged.problems)
    parts = {row.part: {"added": row.added, "changed": row.changed} for row in _run(sql.COUNT_PARTS)}
    table = staged.table
    report = Report(
        rows=staged.rows,
        encoding=table.encoding,
        encoding_guessed=table.guessed,
        delimiter=table.delimiter,
        columns=[[column.header, column.name] for column in table.columns],
        outcomes=outcomes,
        parts=parts,
        others=_run(sql.COUNT_OTHERS).scalar_one(),
    )
    sealed = f"{seals}{sorted(parts.items())}"
    return report, hashlib.sha256(sealed.encode()).hexdigest()


def _run(statement: str, **values: Any) -> Any:
    return db.session.execute(text(statement), values)
