"""Reading the cells of one membership, position or list of disciplines.

What such cells say depends on themselves alone, and most rows repeat what others say: so each reader remembers whole groups of
cells with their outcome, ready to be copied into the database.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any

from tandem.directory import cells
from tandem.directory.importing.columns import FLAGS, Column
from tandem.directory.importing.reading import LONGEST_CELL
from tandem.directory.importing.sql import BITS
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem
from tandem.directory.vocabularies import Term, Vocabulary

Reader = Callable[[str], Any]
Problems = tuple[tuple[str, Problem], ...]

#: Beyond this many different groups of cells a reader forgets what it has read.
_REMEMBERED = 50_000

_EXPERIENCE = re.compile(r"(.+?)\s*[=:]\s*([\d.,]+)")
_SEPARATORS = re.compile(r"[;|\n]")


@dataclass(frozen=True, slots=True)
class Part:
    """What a group of cells says: ``lines`` for its temporary table, without row and id; or problems by column.

    ``key`` tells positions of one row apart; ``employer`` is key and name, ``region`` a word of the list, where there are any.
    """

    lines: tuple[str, ...] = ()
    problems: Problems = ()
    key: Any = None
    employer: tuple[str, str] | None = None
    region: str | None = None


NOTHING = Part()


@dataclass(slots=True)
class GroupReader:
    """Reads one group of columns. ``finish`` checks the values together and renders them; it may raise ``Problem`` nowhere."""

    columns: Mapping[str, Column]
    readers: Mapping[str, Reader]
    finish: Callable[[GroupReader, dict[str, Any], list[tuple[str, Problem]]], Part]
    ordinal: int
    pick: Callable[[Sequence[str]], Any] = field(init=False)
    given: int = field(init=False)
    _known: dict[Any, Part] = field(init=False, default_factory=dict)
    _values: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        indexes = [column.index for column in self.columns.values()]
        self.pick = itemgetter(*indexes, indexes[0])  # One more, so that a single column also gives a tuple.
        self._values = {name: {} for name in self.columns}
        self.given = sum(bit for name, bit in BITS.items() if name in self.columns)

    def read(self, row: Sequence[str]) -> Part:
        """What the row's cells say."""
        picked = self.pick(row)
        part = self._known.get(picked)
        if part is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            part = self._known[picked] = self._read(picked)
        return part

    def _read(self, picked: Sequence[str]) -> Part:
        texts = {name: cell for name, cell in zip(self.columns, picked, strict=False) if cell.strip()}
        if not texts:
            return NOTHING
        problems: list[tuple[str, Problem]] = []
        values: dict[str, Any] = {}
        for name, cell in texts.items():
            try:
                values[name] = self._value(name, cell)
            except Problem as problem:
                problems.append((self.columns[name].name, problem))
        if texts.keys() <= FLAGS and not problems and not any(values.values()):
            return NOTHING  # Only a "no" stands here, as spreadsheets fill such columns down to the end.
        for name in texts:
            needed = self.columns[name].field.needs
            if needed is not None and needed not in texts:
                problems.append((self.columns[needed].name, Problem("needs", column=self.columns[name].name)))
                break
        return Part(problems=tuple(problems)) if problems else self.finish(self, values, problems)

    def _value(self, name: str, cell: str) -> Any:
        known = self._values[name]
        if cell not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[cell] = read_short(self.readers[name], cell)
        return known[cell]

    def check_term(self, name: str, values: Mapping[str, Any], problems: list[tuple[str, Problem]]) -> str | None:
        """The key of a dated word, which must hold on the first day of what it belongs to."""
        term = values.get(name)
        if not isinstance(term, Term):
            return None
        try:
            term.check(values["valid_from"])
        except Problem as problem:
            problems.append((self.columns[name].name, problem))
        return term.key

    def check_order(self, name: str, code: str, values: Mapping[str, Any], problems: list[tuple[str, Problem]]) -> None:
        """Note a day that lies before the first one."""
        first, day = values["valid_from"], values.get(name)
        if day is not None and day < first:
            problems.append((self.columns[name].name, Problem(code, day=first.isoformat())))


def finish_membership(reader: GroupReader, values: dict[str, Any], problems: list[tuple[str, Problem]]) -> Part:
    """Check a membership's words and days."""
    type_key = reader.check_term("type", values, problems)
    level = reader.check_term("level", values, problems)
    reader.check_order("valid_to", "ends-first", values, problems)
    reader.check_order("paid_through", "paid-first", values, problems)
    if problems:
        return Part(problems=tuple(problems))
    get = values.get
    line = csv_line(
        reader.ordinal, reader.given, type_key, get("valid_from"), level, get("valid_to"), get("paid_through"),
        get("organisational", False),
    )  # fmt: skip
    return Part((line,))


def finish_position(reader: GroupReader, values: dict[str, Any], problems: list[tuple[str, Problem]]) -> Part:
    """Check a position's title and days."""
    title = reader.check_term("title", values, problems)
    words = None if title is not None else values.get("title")
    reader.check_order("valid_to", "ends-first", values, problems)
    if problems:
        return Part(problems=tuple(problems))
    get = values.get
    name, key = values["employer"]
    line = csv_line(
        reader.ordinal, reader.given, key, get("valid_from"), title, words, get("valid_to"), get("acting", False),
        get("retired", False),
    )  # fmt: skip
    region: Term | None = get("region")
    return Part((line,), key=(key, get("valid_from")), employer=(key, name), region=region.key if region else None)


def finish_experience(reader: GroupReader, values: dict[str, Any], problems: list[tuple[str, Problem]]) -> Part:
    """Check that no discipline stands twice."""
    found: dict[str, Decimal] = {}
    for term, years in values["experience"]:
        if term.key in found:
            problems.append((reader.columns["experience"].name, Problem("experience-twice", value=term.label)))
        found[term.key] = years
    if problems:
        return Part(problems=tuple(problems))
    return Part(tuple(csv_line(key, years) for key, years in found.items()))


def membership_readers(lists: Mapping[str, Vocabulary], day: Reader) -> Mapping[str, Reader]:
    """How the cells of a membership are read."""
    return {
        "type": lists["membership-type"].read, "level": lists["membership-level"].read, "valid_from": day, "valid_to": day,
        "paid_through": day, "organisational": cells.truth,
    }  # fmt: skip


def position_readers(lists: Mapping[str, Vocabulary], day: Reader) -> Mapping[str, Reader]:
    """How the cells of a position are read."""
    words = cells.text(cells.LONG_LENGTH)

    def title(cell: str) -> Term | str:
        return lists["position-title"].find(cell.strip()) or words(cell)

    def employer(cell: str) -> tuple[str, str]:
        name = words(cell)
        key = name_key(name)
        if not key:
            raise Problem("missing")
        return name, key

    return {
        "title": title, "employer": employer, "region": lists["region"].read, "valid_from": day, "valid_to": day,
        "acting": cells.truth, "retired": cells.truth,
    }  # fmt: skip


def experience_readers(lists: Mapping[str, Vocabulary]) -> Mapping[str, Reader]:
    """How a list of disciplines with years is read: ``Payroll = 7; Budget = 3.5``."""

    def experience(cell: str) -> list[tuple[Term, Decimal]]:
        return [one(piece.strip()) for piece in _SEPARATORS.split(cell) if piece.strip()]

    def one(piece: str) -> tuple[Term, Decimal]:
        found = _EXPERIENCE.fullmatch(piece)
        if found is None:
            raise Problem("experience", value=piece[:80])
        return lists["discipline"].read(found[1]), cells.years(found[2])

    return {"experience": experience}


def read_short(reader: Reader, cell: str) -> Any:
    """``reader(cell)``, unless the cell is longer than any value can be."""
    if len(cell) > LONGEST_CELL:
        raise Problem("too-long", length=len(cell), limit=LONGEST_CELL)
    return reader(cell)


def csv_line(*values: Any) -> str:
    """Values as one line of CSV, with its end."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
