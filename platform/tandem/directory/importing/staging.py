"""Bringing a file's rows into the database beside the directory, and finding out what would change.

The rows are copied into temporary tables of the running transaction; everything that needs the directory is one statement over
all rows. Row security holds for each of these statements as for any other.
"""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection as PsycopgConnection
from sqlalchemy import text

from tandem.directory.importing import sql
from tandem.directory.importing.reading import Table, UnreadableFile
from tandem.directory.importing.rows import ParsedRow, RowParser
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.extensions import db
from tandem.tenancy.scope import current_scope

#: Called with the share that is done, 0 to 100. What it raises ends the import.
Progress = Callable[[int], None]

_BATCH = 5_000


@dataclass(slots=True)
class Staged:
    """A file in the temporary tables: what was read, and what is wrong by row."""

    table: Table
    lists: Mapping[str, Vocabulary]
    rows: int = 0
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    problems: dict[int, list[tuple[str, Problem]]] = field(default_factory=dict)

    def note(self, row: int, column: str, problem: Problem) -> None:
        """Add a problem that only the directory could show."""
        self.problems.setdefault(row, []).append((column, problem))

    def has(self, group: str, name: str | None = None) -> bool:
        """Whether the file has a column of this group (and field)."""
        return any(
            column.field.group == group and (name is None or column.field.field == name)
            for column in self.table.columns
        )

    def most(self, group: str) -> int:
        """How many memberships or positions a row has columns for."""
        return max((column.ordinal for column in self.table.columns if column.field.group == group), default=0)


def stage(table: Table, *, progress: Progress) -> Staged:
    """Read every row and copy what it says into the temporary tables.

    Raises ``UnreadableFile`` where the file stops being a table, and whatever ``progress`` raises.
    """
    lists = vocabularies()
    staged = Staged(table, lists)
    parser = RowParser(table, lists, language=current_scope().language)
    for statement in sql.CREATE:
        db.session.execute(text(statement))
    writers = _Writers()
    expected = max(1, table.estimated_rows)
    for number, cells in table.rows():
        parsed = parser.parse(number, cells)
        staged.rows += 1
        if parsed.problems:
            staged.problems[number] = parsed.problems
            person = parsed.person
            name = f"{person.get('given_name') or ''} {person.get('family_name') or ''}".strip()
            staged.names[number] = (person.get("number") or "", name)
        else:
            writers.add(parsed)
        if staged.rows % _BATCH == 0:
            writers.flush()
            progress(min(50, 50 * staged.rows // expected))
    if not staged.rows:
        raise UnreadableFile(Problem("file-no-rows"))
    writers.add_employers(parser)
    writers.flush()
    for name in sql.STAGED:
        db.session.execute(text(f"ANALYZE {name}"))
    progress(50)
    return staged


class _Writers:
    """Collects rows for each temporary table as CSV and copies them in batches."""

    def __init__(self) -> None:
        self._ids = _identifiers()
        self._buffers = {name: io.StringIO() for name in sql.STAGED}
        self._person = csv.writer(self._buffers["stage_person"])
        self._employer = csv.writer(self._buffers["stage_employer"])

    def add(self, parsed: ParsedRow) -> None:
        """Take a row without problems."""
        person, row, ids = parsed.person, parsed.row, self._ids
        get = person.get
        family, given = person["family_name"], get("given_name") or ""
        self._person.writerow((
            row, next(ids), next(ids), person["number"], given, family, person["email"], person["email_key"],
            name_key(family, given), get("phone"), get("language"), get("time_zone"),
        ))  # fmt: skip
        for name, parts in (
            ("stage_membership", parsed.memberships),
            ("stage_position", parsed.positions),
            ("stage_experience", parsed.experience),
        ):
            for part in parts:
                for line in part.lines:
                    self._buffers[name].write(f"{row},{next(ids)},{line}")

    def add_employers(self, parser: RowParser) -> None:
        """Take every employer that the file names."""
        for place in parser.employers.values():
            self._employer.writerow(
                (place.key, place.name, place.row, next(self._ids), next(self._ids), place.region, place.region_row)
            )

    def flush(self) -> None:
        """Copy what was collected."""
        for name, buffer in self._buffers.items():
            copy_csv(name, buffer)


def copy_csv(name: str, buffer: io.StringIO) -> None:
    """Copy a buffer of CSV lines into a temporary table, and empty the buffer."""
    content = buffer.getvalue()
    if not content:
        return
    connection: PsycopgConnection[Any] = db.session.connection().connection.driver_connection  # type: ignore[assignment]
    with connection.cursor() as cursor, cursor.copy(sql.copy_into(name)) as copy:
        copy.write(content)
    buffer.seek(0)
    buffer.truncate()


def _identifiers() -> Iterator[str]:
    """UUIDs of version 7 as text: what ``ids.uuid7`` makes, at a fifth of its cost."""
    while True:
        prefix = f"{time.time_ns() // 1_000_000:012x}7"
        random = os.urandom(10 * 256).hex()
        for at in range(0, len(random), 20):
            variant = "89ab"[int(random[at + 3], 16) & 3]
            yield f"{prefix}{random[at : at + 3]}{variant}{random[at + 4 : at + 19]}"


def write_problems(staged: Staged) -> None:
    """Put what is wrong with rows beside the other temporary tables."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    ids = _identifiers()
    for row, problems in sorted(staged.problems.items()):
        number, name = staged.names.get(row, ("", ""))
        plain = [{"column": column, "code": problem.code, "params": problem.params} for column, problem in problems]
        writer.writerow((row, next(ids), number, name, json.dumps(plain, default=str)))
    copy_csv("stage_problem", buffer)
