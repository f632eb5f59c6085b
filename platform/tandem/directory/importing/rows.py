"""From cells to values: one row of a file becomes a person with memberships, positions and experience, or problems.

Most cells repeat what others say (types, employers, days), so each column remembers what it has read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tandem.directory import cells
from tandem.directory.importing.columns import Column
from tandem.directory.importing.reading import LONGEST_CELL, Table
from tandem.directory.normalise import email_key, name_key
from tandem.directory.problems import Problem
from tandem.directory.vocabularies import Term, Vocabulary

_EXPERIENCE = re.compile(r"(.+?)\s*[=:]\s*([\d.,]+)")
_SEPARATORS = re.compile(r"[;|\n]")

#: Beyond this many different values a column forgets what it has read.
_REMEMBERED = 20_000


@dataclass(slots=True)
class Part:
    """A membership or position of a row. ``values`` are the fields that the file has columns for."""

    ordinal: int
    values: dict[str, Any]


@dataclass(slots=True)
class ParsedRow:
    """What one row says. ``problems`` are pairs of a column's name and what is wrong there."""

    row: int
    person: dict[str, Any]
    memberships: list[Part] = field(default_factory=list)
    positions: list[Part] = field(default_factory=list)
    experience: list[tuple[Term, Decimal]] = field(default_factory=list)
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
        self.vocabularies = vocabularies
        self.employers: dict[str, Workplace] = {}
        self._numbers: dict[str, int] = {}
        self._emails: dict[str, int] = {}
        self._readers = self._make_readers(language)
        self._person = [column for column in table.columns if column.field.group == "person"]
        self._memberships = _grouped(table.columns, "membership")
        self._positions = _grouped(table.columns, "position")
        self._experience = next((column for column in table.columns if column.field.group == "experience"), None)

    def parse(self, row: int, given: Sequence[str]) -> ParsedRow:
        """Read one row. Never raises for what stands in it: that goes into its problems."""
        parsed = ParsedRow(row, {})
        width = self.table.width
        if len(given) != width:
            if any(cell.strip() for cell in given[width:]):
                sign = {",": ",", ";": ";", "\t": "Tab"}[self.table.delimiter]
                problem = Problem("too-many-cells", count=len(given), columns=width, delimiter=sign)
                parsed.problems.append(("", problem))
            given = [*given, *([""] * (width - len(given)))]
        for column in self._person:
            value = self._read(parsed, column, given[column.index])
            if value is None and column.field.required:
                self._missing(parsed, column, given[column.index])
            parsed.person[column.field.field] = value
        self._finish_person(parsed)
        for ordinal, columns in self._memberships.items():
            part = self._part(parsed, columns, ordinal, given)
            if part is not None:
                self._finish_membership(parsed, part, columns)
        for ordinal, columns in self._positions.items():
            part = self._part(parsed, columns, ordinal, given)
            if part is not None:
                self._finish_position(parsed, part, columns)
        if self._experience is not None and given[self._experience.index].strip():
            self._read_experience(parsed, self._experience, given[self._experience.index])
        return parsed

    def _read(self, parsed: ParsedRow, column: Column, cell: str) -> Any:
        if not cell or cell.isspace():
            return None
        try:
            return self._readers[column.index](cell)
        except Problem as problem:
            parsed.problems.append((column.name, problem))
            return None

    def _missing(self, parsed: ParsedRow, column: Column, cell: str) -> None:
        if not cell.strip():
            parsed.problems.append((column.name, Problem("missing")))

    def _finish_person(self, parsed: ParsedRow) -> None:
        person, row = parsed.person, parsed.row
        if "given_name" in person:
            person["given_name"] = person["given_name"] or ""
        number, email = person["number"], person["email"]
        if number is not None:
            first = self._numbers.setdefault(number, row)
            if first != row:
                parsed.problems.append(("number", Problem("number-twice", row=first)))
        if email is not None:
            person["email_key"] = email_key(email)
            first = self._emails.setdefault(person["email_key"], row)
            if first != row:
                parsed.problems.append(("email", Problem("email-twice", row=first)))

    def _part(
        self, parsed: ParsedRow, columns: Mapping[str, Column], ordinal: int, given: Sequence[str]
    ) -> Part | None:
        filled = {name for name, column in columns.items() if given[column.index].strip()}
        if not filled:
            return None
        before = len(parsed.problems)
        values = {name: self._read(parsed, column, given[column.index]) for name, column in columns.items()}
        for name in _FLAGS & values.keys():
            values[name] = bool(values[name])
        if filled <= _FLAGS and not any(values[name] for name in filled) and len(parsed.problems) == before:
            return None  # Only a "no" stands here, as spreadsheets fill such columns down to the end.
        for name, column in columns.items():
            needed = column.field.needs
            if name in filled and needed is not None and needed not in filled:
                parsed.problems.append((columns[needed].name, Problem("needs", column=column.name)))
                break
        return Part(ordinal, values) if len(parsed.problems) == before else None

    def _finish_membership(self, parsed: ParsedRow, part: Part, columns: Mapping[str, Column]) -> None:
        values = part.values
        first: date = values["valid_from"]
        for name in ("type", "level"):
            term: Term | None = values.get(name)
            if term is not None:
                try:
                    term.check(first)
                except Problem as problem:
                    parsed.problems.append((columns[name].name, problem))
                values[name] = term.key
        for name, code in (("valid_to", "ends-first"), ("paid_through", "paid-first")):
            day: date | None = values.get(name)
            if day is not None and day < first:
                parsed.problems.append((columns[name].name, Problem(code, day=first.isoformat())))
        parsed.memberships.append(part)

    def _finish_position(self, parsed: ParsedRow, part: Part, columns: Mapping[str, Column]) -> None:
        values = part.values
        first: date = values["valid_from"]
        last: date | None = values.get("valid_to")
        if last is not None and last < first:
            parsed.problems.append((columns["valid_to"].name, Problem("ends-first", day=first.isoformat())))
        title: Term | str | None = values.pop("title", None)
        if "title" in columns:
            if isinstance(title, Term):
                try:
                    title.check(first)
                except Problem as problem:
                    parsed.problems.append((columns["title"].name, problem))
            values["title"] = title.key if isinstance(title, Term) else None
            values["title_text"] = None if isinstance(title, Term) else title
        self._place(parsed, values, columns)
        if any(other.values["employer"] == values["employer"] and other.values["valid_from"] == first
               for other in parsed.positions):  # fmt: skip
            twice = Problem("part-twice", part="positions", day=first.isoformat())
            parsed.problems.append((columns["valid_from"].name, twice))
        parsed.positions.append(part)

    def _place(self, parsed: ParsedRow, values: dict[str, Any], columns: Mapping[str, Column]) -> None:
        name, key = values["employer"]
        values["employer"] = key
        workplace = self.employers.get(key)
        if workplace is None:
            workplace = self.employers[key] = Workplace(key, name, parsed.row)
        region: Term | None = values.pop("region", None)
        if region is None:
            return
        if workplace.region is None:
            workplace.region, workplace.region_row = region.key, parsed.row
        elif workplace.region != region.key:
            label = self.vocabularies["region"].label(workplace.region)
            differs = Problem("region-differs", row=workplace.region_row, employer=workplace.name, region=label)
            parsed.problems.append((columns["region"].name, differs))

    def _read_experience(self, parsed: ParsedRow, column: Column, cell: str) -> None:
        seen: set[str] = set()
        for piece in _SEPARATORS.split(cell):
            if not piece.strip():
                continue
            try:
                term, years = self._readers[column.index](piece.strip())
            except Problem as problem:
                parsed.problems.append((column.name, problem))
                continue
            if term.key in seen:
                parsed.problems.append((column.name, Problem("experience-twice", value=term.label)))
            seen.add(term.key)
            parsed.experience.append((term, years))

    def _make_readers(self, language: str) -> dict[int, Callable[[str], Any]]:
        day = cells.date_reader(language)
        lists = self.vocabularies
        kinds: dict[str, Callable[[str], Any]] = {
            "number": cells.text(cells.NUMBER_LENGTH), "given_name": cells.text(cells.NAME_LENGTH),
            "family_name": cells.text(cells.NAME_LENGTH), "email": cells.email, "phone": cells.text(cells.PHONE_LENGTH),
            "language": cells.language, "time_zone": cells.time_zone,
            "type": lists["membership-type"].read, "level": lists["membership-level"].read,
            "organisational": cells.truth, "acting": cells.truth, "retired": cells.truth,
            "valid_from": day, "valid_to": day, "paid_through": day,
            "title": self._read_title, "employer": _read_employer, "region": lists["region"].read,
            "experience": self._read_years,
        }  # fmt: skip
        single = {"number", "email", "given_name", "family_name", "phone"}
        return {
            column.index: _short(kinds[column.field.field])
            if column.field.field in single
            else _remembering(_short(kinds[column.field.field]))
            for column in self.table.columns
        }

    def _read_title(self, words: str) -> Term | str:
        return self.vocabularies["position-title"].find(words.strip()) or cells.text(cells.LONG_LENGTH)(words)

    def _read_years(self, piece: str) -> tuple[Term, Decimal]:
        found = _EXPERIENCE.fullmatch(piece)
        if found is None:
            raise Problem("experience", value=piece[:80])
        return self.vocabularies["discipline"].read(found[1]), cells.years(found[2])


_FLAGS = frozenset({"organisational", "acting", "retired"})


def _read_employer(words: str) -> tuple[str, str]:
    name = cells.text(cells.LONG_LENGTH)(words)
    key = name_key(name)
    if not key:
        raise Problem("missing")
    return name, key


def _grouped(columns: Sequence[Column], group: str) -> dict[int, dict[str, Column]]:
    found: dict[int, dict[str, Column]] = {}
    for column in columns:
        if column.field.group == group:
            found.setdefault(column.ordinal, {})[column.field.field] = column
    return dict(sorted(found.items()))


def _short(reader: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(cell: str) -> Any:
        if len(cell) > LONGEST_CELL:
            raise Problem("too-long", length=len(cell), limit=LONGEST_CELL)
        return reader(cell)

    return read


def _remembering(reader: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def read(cell: str) -> Any:
        try:
            return known[cell]
        except KeyError:
            pass
        if len(known) >= _REMEMBERED:
            known.clear()
        value = known[cell] = reader(cell)
        return value

    return read
