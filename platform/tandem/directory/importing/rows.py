"""From cells to values: one row of a file becomes a person with memberships, positions and experience, or problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.directory import cells
from tandem.directory.importing import groups
from tandem.directory.importing.columns import Column
from tandem.directory.importing.groups import GroupReader, Part, Reader, read_short
from tandem.directory.importing.reading import Table
from tandem.directory.normalise import email_key
from tandem.directory.problems import Problem
from tandem.directory.vocabularies import Vocabulary


@dataclass(slots=True)
class ParsedRow:
    """What one row says. ``problems`` are pairs of a column's name and what is wrong there."""

    row: int
    person: dict[str, Any] = field(default_factory=dict)
    memberships: list[Part] = field(default_factory=list)
    positions: list[Part] = field(default_factory=list)
    experience: list[Part] = field(default_factory=list)
    problems: list[tuple[str, Problem]] = field(default_factory=list)


@dataclass(slots=True)
class Workplace:
    """An employer as the file knows it: the first spelling, and the region with the row that gave it."""

    key: str
    name: str
    row: int
    region: str | None = None
    region_row: int = 0


class RowParser:
    """Reads rows one after another and notices what they have in common: numbers, addresses, employers."""

    def __init__(self, table: Table, vocabularies: Mapping[str, Vocabulary], *, language: str) -> None:
        self.table = table
        if table.meaning is not None:
            vocabularies = table.meaning.lists(vocabularies)
        self.vocabularies = vocabularies
        self.employers: dict[str, Workplace] = {}
        self._numbers: dict[str, int] = {}
        self._emails: dict[str, int] = {}
        named = {column.index for column in table.columns} | table.ignored
        self._nameless = [index for index in range(table.width) if index not in named]
        day = cells.date_reader(language, table.meaning.dates if table.meaning else "")
        self._person = _person_plan(table.columns)
        self._memberships = _group_readers(
            table.columns, "membership", groups.membership_readers(vocabularies, day), groups.finish_membership
        )
        self._positions = _group_readers(
            table.columns, "position", groups.position_readers(vocabularies, day), groups.finish_position
        )
        self._experience = _group_readers(
            table.columns, "experience", groups.experience_readers(vocabularies), groups.finish_experience
        )

    def parse(self, row: int, given: Sequence[str]) -> ParsedRow:
        """Read one row. Never raises for what stands in it: that goes into its problems."""
        parsed = ParsedRow(row)
        if len(given) != self.table.width:
            given = self._fit(parsed, given)
        for index in self._nameless:
            if given[index].strip():
                parsed.problems.append(("", Problem("column-unnamed", position=index + 1)))
        self._read_person(parsed, given)
        for readers, kept in ((self._memberships, parsed.memberships), (self._experience, parsed.experience)):
            for reader in readers:
                part = reader.read(given)
                if part.lines:
                    kept.append(part)
                elif part.problems:
                    parsed.problems.extend(part.problems)
        for reader in self._positions:
            part = reader.read(given)
            if part.lines:
                self._place(parsed, part, reader.columns)
            elif part.problems:
                parsed.problems.extend(part.problems)
        return parsed

    def _fit(self, parsed: ParsedRow, given: Sequence[str]) -> Sequence[str]:
        width = self.table.width
        if any(cell.strip() for cell in given[width:]):
            sign = {",": ",", ";": ";", "\t": "Tab"}[self.table.delimiter]
            parsed.problems.append(("", Problem("too-many-cells", count=len(given), columns=width, delimiter=sign)))
        return [*given, *([""] * (width - len(given)))]

    def _read_person(self, parsed: ParsedRow, given: Sequence[str]) -> None:
        person, problems = parsed.person, parsed.problems
        for index, name, column, required, read in self._person:
            cell = given[index]
            value = None
            if cell and not cell.isspace():
                try:
                    value = read_short(read, cell)
                except Problem as problem:
                    problems.append((column, problem))
            elif required:
                problems.append((column, Problem("missing")))
            person[name] = value
        number, email = person["number"], person["email"]
        if number is not None:
            first = self._numbers.setdefault(number, parsed.row)
            if first != parsed.row:
                problems.append(("number", Problem("number-twice", row=first)))
        if email is not None:
            key = person["email_key"] = email_key(email)
            first = self._emails.setdefault(key, parsed.row)
            if first != parsed.row:
                problems.append(("email", Problem("email-twice", row=first)))

    def _place(self, parsed: ParsedRow, part: Part, columns: Mapping[str, Column]) -> None:
        if part.employer is None:
            return
        key, name = part.employer
        workplace = self.employers.get(key)
        if workplace is None:
            workplace = self.employers[key] = Workplace(key, name, parsed.row)
        if part.region is not None and part.region != workplace.region:
            if workplace.region is None:
                workplace.region, workplace.region_row = part.region, parsed.row
            else:
                label = self.vocabularies["region"].label(workplace.region)
                differs = Problem("region-differs", row=workplace.region_row, employer=workplace.name, region=label)
                parsed.problems.append((columns["region"].name, differs))
        if parsed.positions and any(other.key == part.key for other in parsed.positions):
            twice = Problem("part-twice", day=part.key[1].isoformat())
            parsed.problems.append((columns["valid_from"].name, twice))
        parsed.positions.append(part)


def _person_plan(columns: Sequence[Column]) -> list[tuple[int, str, str, bool, Reader]]:
    names = cells.text(cells.NAME_LENGTH)
    readers: dict[str, Reader] = {
        "number": cells.text(cells.NUMBER_LENGTH), "given_name": names, "family_name": names, "email": cells.email,
        "phone": cells.text(cells.PHONE_LENGTH), "language": cells.language, "time_zone": cells.time_zone,
    }  # fmt: skip
    return [
        (column.index, column.field.field, column.name, column.field.required, readers[column.field.field])
        for column in columns
        if column.field.group == "person"
    ]


def _group_readers(
    columns: Sequence[Column], group: str, readers: Mapping[str, Reader], finish: Any
) -> list[GroupReader]:
    found: dict[int, dict[str, Column]] = {}
    for column in columns:
        if column.field.group == group:
            found.setdefault(column.ordinal, {})[column.field.field] = column
    return [GroupReader(named, readers, finish, ordinal) for ordinal, named in sorted(found.items())]
