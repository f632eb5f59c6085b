"""Files that spreadsheets open as they are meant: no cell becomes a formula, accents stay."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from xlsxwriter import Workbook

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


def xlsx_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as an Excel file with its head in bold: numbers are numbers, days are days, and text stays text, whatever it begins with."""
    out = io.BytesIO()
    # Text is written as text below; these settings keep the library from guessing all the same.
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, settings) as book:
        sheet = book.add_worksheet()
        head, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, bool) or cell is None:
                    sheet.write_string(number, place, "" if cell is None else str(cell))
                elif isinstance(cell, int | float):
                    sheet.write_number(number, place, cell)
                elif isinstance(cell, date) and not isinstance(cell, datetime):
                    sheet.write_datetime(number, place, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a day
                else:
                    sheet.write_string(number, place, _printable(str(cell)), head if number == 0 else None)
        sheet.autofit()
    return out.getvalue()


def _printable(text: str) -> str:
    # The longest that Excel keeps in a cell; control characters make the file unreadable.
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")[:32_767]
