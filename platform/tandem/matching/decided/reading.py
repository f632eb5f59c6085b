"""From a file to its lines: who is to be paired with whom, as it stands in the cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tandem.directory.cells import text
from tandem.directory.importing.reading import UnreadableFile, open_rows
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem

#: The most bytes and lines of one list; more than any run has pairs.
MOST_BYTES = 8 * 1024 * 1024
MOST_LINES = 20_000

#: The columns that are read, in the order of the list that goes out.
MENTEE, MENTOR, STATE, REASON = "mentee", "mentor", "state", "reason"

#: What a line can say about its pair. Only the last takes it out.
KEPT, LOCKED, TAKEN_OUT = "kept", "locked", "taken out"

_HEADINGS = {name_key(name): name for name in (MENTEE, MENTOR, STATE, REASON)}
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: its number as a spreadsheet counts it, and its cells. ``extra`` counts cells beyond the headings."""

    row: int
    mentee: str
    mentor: str
    state: str
    reason: str
    extra: int = 0


def read_list(content: bytes) -> list[Line]:
    """The lines of a list. Columns that are not ours are left alone.

    Raises ``UnreadableFile`` for what is no table, too large, has no lines, or lacks a column or has one twice.
    """
    table, headings = open_rows(content, known=lambda heading: name_key(heading) in _HEADINGS, most_bytes=MOST_BYTES)
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        name = _HEADINGS.get(name_key(heading))
        if name in places:
            raise UnreadableFile(
                Problem("column-twice", first=headings[places[name]].strip(), second=heading.strip()[:80])
            )
        if name is not None:
            places[name] = at
    missing = [name for name in (MENTEE, MENTOR) if name not in places]
    if missing:
        raise UnreadableFile(*(Problem("column-lacking", column=name) for name in missing))
    read = text(_LONGEST)
    lines: list[Line] = []
    for number, cells in table.rows():
        if len(lines) == MOST_LINES:
            raise UnreadableFile(Problem("file-rows", limit=MOST_LINES))
        said = {name: _cell(read, cells[at]) if at < len(cells) else "" for name, at in places.items()}
        lines.append(
            Line(
                number, said[MENTEE], said[MENTOR], name_key(said.get(STATE, "")), said.get(REASON, ""),
                max(0, len(cells) - len(headings)),
            )
        )  # fmt: skip
    if not lines:
        raise UnreadableFile(Problem("file-no-rows"))
    return lines


def _cell(read: Callable[[str], str], cell: str) -> str:
    # What cannot be read as a line of text is nobody's number; it is said like any other, shortened.
    try:
        return read(cell)
    except Problem:
        return "".join(sign for sign in cell if sign.isprintable())[:_LONGEST]
