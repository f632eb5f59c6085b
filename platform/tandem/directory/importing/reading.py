"""From the bytes of a file to numbered rows of cells: encoding, delimiter, quotes."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tandem.directory.importing.columns import Column, match_headers, recognise
from tandem.directory.importing.meaning import Meaning
from tandem.directory.problems import Problem

#: The most rows of one file, and its most bytes.
MOST_ROWS = 200_000
MOST_BYTES = 32 * 1024 * 1024

#: The longest cell, in characters.
LONGEST_CELL = 10_000

#: Encodings that may be asked for, with the name people know them by.
ENCODINGS = {"utf-8": "UTF-8", "windows-1252": "Windows-1252 (Latin-1)", "utf-16": "UTF-16"}

DELIMITERS = (",", ";", "\t")


class UnreadableFile(ValueError):
    """Raised for a file that cannot be read as a table of members; ``problems`` says why, all at once where possible."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


@dataclass(slots=True)
class Table:
    """A file, read as far as its first row. ``guessed`` tells that nothing in the file says its encoding for certain."""

    text: str
    encoding: str
    guessed: bool
    delimiter: str
    width: int
    columns: list[Column]
    #: Whether a line before the column names announces the delimiter; spreadsheets hide it, so it does not count as a row.
    announced: bool
    #: What the file's own headings, dates and words mean, where somebody said so.
    meaning: Meaning | None = None
    #: The places of columns that are left out on purpose.
    ignored: frozenset[int] = frozenset()

    @property
    def estimated_rows(self) -> int:
        """About how many rows there are: exact where no cell holds a line break."""
        return max(0, self.text.count("\n") + (not self.text.endswith("\n")) - 1 - self.announced)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with its number as a spreadsheet counts it. Empty rows count and are left out.

        Raises ``UnreadableFile`` where the quotes stop making sense, for a cell or a file that is too long.
        """
        reader = _reader(self.text, self.delimiter, skip_line=self.announced)
        next(reader)
        number, line = 1, reader.line_num
        try:
            for cells in reader:
                number += 1
                line = reader.line_num
                if number > MOST_ROWS + 1:
                    raise UnreadableFile(Problem("file-rows", limit=MOST_ROWS))
                if any(cells):
                    yield number, cells
        except csv.Error as error:
            code = "file-cell" if "field limit" in str(error) else "file-quoting"
            raise UnreadableFile(
                Problem(code, row=number + 1, line=line + 1 + self.announced, limit=csv.field_size_limit())
            ) from None


@dataclass(frozen=True, slots=True)
class Head:
    """A file's first row as it stands, and the first values below each heading that has any."""

    headings: list[str]
    examples: dict[str, list[str]]


def read_head(content: bytes, *, encoding: str | None = None, examples: int = 3) -> Head:
    """The headings of a file, whatever they are called. Raises ``UnreadableFile`` where it is no table at all."""
    text, _used, _guessed = _decode(content, encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter, skip_line = _announced(text)
    candidates = [delimiter] if delimiter else list(DELIMITERS)
    best = max(candidates, key=lambda sign: len(_headers(text, sign, skip_line=skip_line)))
    headings = _headers(text, best, skip_line=skip_line)
    if len(headings) < 2:
        raise UnreadableFile(Problem("delimiter"))
    found: dict[str, list[str]] = {heading.strip(): [] for heading in headings if heading.strip()}
    for cells in _first_rows(text, best, skip_line=skip_line):
        for heading, cell in zip(headings, cells, strict=False):
            values = found.get(heading.strip())
            if values is not None and cell.strip() and len(values) < examples and cell.strip() not in values:
                values.append(cell.strip()[:60])
    return Head(list(found), found)


def _first_rows(text: str, delimiter: str, *, skip_line: bool, most: int = 20) -> list[list[str]]:
    reader = _reader(text, delimiter, skip_line=skip_line)
    try:
        return list(islice(reader, 1, most + 1))
    except csv.Error:
        return []


def open_table(content: bytes, *, encoding: str | None = None, meaning: Meaning | None = None) -> Table:
    """Read a file as far as its first row. ``encoding`` is a key of ``ENCODINGS``; without one it is found out.

    ``meaning`` says what headings stand for that are not ours. Raises ``UnreadableFile`` with everything that is wrong with the
    file as a whole and with its first row.
    """
    meant = meaning.columns if meaning is not None else {}

    def known(header: str) -> bool:
        return recognise(meant.get(header.strip(), header)) is not None

    table, headers = open_rows(content, encoding=encoding, known=known)
    columns, problems = match_headers(headers, meant)
    if problems:
        raise UnreadableFile(*problems)
    table.columns, table.meaning = columns, meaning
    table.ignored = frozenset(
        index for index, header in enumerate(headers) if header.strip() and not meant.get(header.strip(), header)
    )
    return table


def open_rows(
    content: bytes, *, known: Callable[[str], bool], encoding: str | None = None, most_bytes: int = MOST_BYTES
) -> tuple[Table, list[str]]:
    """A file without any columns of members in it yet, and its first row; cells are parted so that most headings are ``known``.

    Raises ``UnreadableFile`` for a file that is no table, is larger than ``most_bytes``, or has no heading that is known.
    """
    text, used, guessed = _decode(content, encoding, most_bytes)
    if not text.strip():
        raise UnreadableFile(Problem("file-empty"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter, skip_line = _announced(text)
    headers = {sign: _headers(text, sign, skip_line=skip_line) for sign in ([delimiter] if delimiter else DELIMITERS)}
    best = max(headers, key=lambda sign: sum(map(known, headers[sign])))
    if not any(map(known, headers[best])):
        raise UnreadableFile(Problem("delimiter"))
    return Table(text, used, guessed, best, len(headers[best]), [], skip_line), headers[best]


def _decode(content: bytes, encoding: str | None, most_bytes: int = MOST_BYTES) -> tuple[str, str, bool]:
    if not content.strip():
        raise UnreadableFile(Problem("file-empty"))
    if len(content) > most_bytes:
        raise UnreadableFile(Problem("file-size", limit=most_bytes // 1024 // 1024))
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(Problem("file-workbook"))
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if encoding == "utf-16" or (encoding is None and marked):
        return _decode_as(content, "utf-16"), "utf-16", False
    if b"\0" in content:
        raise UnreadableFile(Problem("file-nul"))
    if encoding is not None:
        return _decode_as(content, encoding), encoding, False
    try:
        return content.decode("utf-8-sig"), "utf-8", False
    except UnicodeDecodeError:
        return _western(content), "windows-1252", True


def _decode_as(content: bytes, encoding: str) -> str:
    if encoding == "windows-1252":
        return _western(content)
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(Problem("file-encoding", line=line, encoding=ENCODINGS[encoding])) from None
    if "\0" in text:
        raise UnreadableFile(Problem("file-nul"))
    return text


def _western(content: bytes) -> str:
    try:
        return content.decode("windows-1252")
    except UnicodeDecodeError:
        # Five bytes have no letter in Windows-1252; Latin-1 has one for every byte.
        return content.decode("latin-1")


def _announced(text: str) -> tuple[str | None, bool]:
    # Spreadsheets write "sep=;" as a first line of its own, and count it as a row.
    first = text.partition("\n")[0].strip().strip('"').lower()
    if first.startswith("sep=") and first[4:] in {",", ";", "", "\\t"}:
        return (first[4:] if first[4:] in {",", ";"} else "\t"), True
    return None, False


def _headers(text: str, delimiter: str, *, skip_line: bool) -> list[str]:
    reader = _reader(text, delimiter, skip_line=skip_line)
    try:
        return next(reader, [])
    except csv.Error:
        return []


def _reader(text: str, delimiter: str, *, skip_line: bool) -> Any:
    lines = io.StringIO(text)
    if skip_line:
        lines.readline()
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t")
