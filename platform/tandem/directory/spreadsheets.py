"""CSV that spreadsheets open as it is meant: no cell becomes a formula, accents stay."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: With it spreadsheets know the encoding; our own import leaves it out.
MARK = "\ufeff"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as a UTF-8 file with the mark that spreadsheets look for."""
    out = io.StringIO()
    out.write(MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue().encode()


def safe(cell: object) -> str:
    """A cell's text; one that a spreadsheet would take for a formula is marked as text."""
    said = "" if cell is None else str(cell)
    return f"'{said}" if said.startswith(_FORMULA) else said
