"""What can be wrong with a value of the directory: one sentence for each, with what to do.

A problem is kept as a code with parameters, so that a report written by a job is read in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from tandem.web.formatting import say_date, say_number


class Problem(ValueError):
    """Raised for a value that cannot be taken. ``code`` is a key of ``SENTENCES``, ``params`` fill its sentence."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return say(self.code, self.params)


SENTENCES: Mapping[str, Any] = {
    # One value
    "missing": _l("This is missing. Fill it in."),
    "too-long": _l("This has %(length)s characters; at most %(limit)s fit. Shorten it."),
    "control": _l("This holds an invisible control character. Type it anew."),
    "email": _l("“%(value)s” is no e-mail address. Write it as name@example.org."),
    "date": _l("“%(value)s” is no date. Write it as %(iso)s or %(local)s."),
    "date-short-year": _l("“%(value)s” leaves the century open. Write the year with four digits, as in %(iso)s."),
    "date-absent": _l("There is no such day as “%(value)s”. Dates are read as %(local)s."),
    "date-range": _l("The year of “%(value)s” lies outside %(first)s to %(last)s."),
    "truth": _l("“%(value)s” is neither yes nor no. Write yes, no, or leave it empty."),
    "years": _l("“%(value)s” is no number of years. Write a number from 0 to 80, for example 7 or 7.5."),
    "phone": _l("“%(value)s” is not a telephone number: there is no digit in it."),
    "years-range": _l("%(value)s years lie outside 0 to 80."),
    "time-zone": _l("“%(value)s” is no time zone. Write it as Europe/Paris or America/Los_Angeles."),
    "language": _l("“%(value)s” is no language code. Write two letters, such as en or fr."),
    "term": _l("“%(value)s” is not in the list of %(vocabulary)s."),
    "term-meant": _l("“%(value)s” is not in the list of %(vocabulary)s. Did you mean “%(meant)s”?"),
    "term-empty": _l("There is no list of %(vocabulary)s to choose “%(value)s” from. Add it to the association’s lists first."),
    "term-early": _l("“%(value)s” can be chosen from %(day)s on, and this begins before."),
    "term-late": _l("“%(value)s” could be chosen until %(day)s, and this begins later. Choose another."),
    # Values together
    "ends-first": _l("This ends before it begins on %(day)s. Change one of the dates."),
    "paid-first": _l("Dues cannot be paid through a day before the membership begins on %(day)s."),
    "paid-earlier": _l("Dues were recorded as paid through %(day)s. If the earlier day is right, save it once more."),
    "paid-far": _l("Dues cannot be paid more than %(count)s years ahead. Look at the year again."),
    "overlap": _l(
        "This overlaps the %(type)s membership from %(first)s to %(last)s. Two of one type cannot hold at once: end one of them first."
    ),
    "overlap-open": _l(
        "This overlaps the %(type)s membership that runs since %(first)s. Two of one type cannot hold at once: end one of them first."
    ),
    "number-taken": _l("%(name)s has this number already. Numbers belong to one member each."),
    "email-taken": _l(
        "%(name)s (%(number)s) has this address already. Members sign in with it, so it belongs to one of them only."
    ),
    "discipline-twice": _l("“%(value)s” is recorded already. Change its years instead."),
    # Rows of a file
    "needs": _l("This is missing, and “%(column)s” stands beside it. Fill in both, or leave both empty."),
    "number-twice": _l("Row %(row)s has the same number. Each member stands in one row: put further memberships into “membership 2 …”."),
    "email-twice": _l("Row %(row)s has the same address. Members sign in with it, so it belongs to one of them only."),
    "region-differs": _l("Row %(row)s says that %(employer)s is in “%(region)s”. An employer has one region."),
    "too-many-cells": _l("This row has %(count)s cells and the file has %(columns)s columns. Is a %(delimiter)s in a text without quotes around it?"),
    "experience": _l("“%(value)s” cannot be read. Write a discipline, = and years, as in “Payroll = 7; Budget = 3.5”."),
    "experience-twice": _l("“%(value)s” stands here twice. Keep one of them."),
    "part-twice": _l("Two positions in this row are at one employer and begin on %(day)s. Keep one of them."),
    # A file as a whole
    "file-empty": _l("The file is empty. Choose another, or start from the template."),
    "file-no-rows": _l("The file has column names but no rows below them."),
    "file-nul": _l("This is no text file; it may be a picture or a document. Save the list as “CSV UTF-8” and send that file."),
    "file-workbook": _l("This is an Excel workbook. Open it, choose “Save as”, then “CSV UTF-8”, and send that file."),
    "file-encoding": _l("Line %(line)s is not %(encoding)s. Choose another encoding, or save the file as CSV UTF-8."),
    "file-quoting": _l('The quotes in row %(row)s (line %(line)s) do not fit: each text that begins with " ends with ", and a " inside is written twice.'),
    "file-cell": _l('A cell in row %(row)s (line %(line)s) is longer than %(limit)s characters. Is a closing " missing before it?'),
    "file-rows": _l("The file has more than %(limit)s rows. Split it into several."),
    "file-size": _l("The file is larger than %(limit)s MB. Split it into several."),
    "column-unknown": _l("There is no column “%(value)s”. Take it out, or name it as in the list of columns."),
    "column-meant": _l("There is no column “%(value)s”. Did you mean “%(meant)s”?"),
    "column-unnamed": _l("Column %(position)s has no name, and a value stands in it here. Name the column or empty it."),
    "column-twice": _l("The columns “%(first)s” and “%(second)s” mean the same. Keep one of them."),
    "column-missing": _l("The column “%(column)s” is missing. Every member needs it."),
    "column-lacking": _l("The column “%(column)s” is missing."),
    "column-needs": _l("The column “%(column)s” needs the column “%(other)s” beside it."),
    "delimiter": _l("No column was recognized. The first row must hold the column names, parted by commas, semicolons or tabs."),
}  # fmt: skip


#: What a sentence calls its days; years of a range and headings of a file have these names as well.
_DAYS = frozenset({"day", "first", "last"})
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def say(code: str, params: Mapping[str, Any]) -> str:
    """The sentence for a problem, in the language of the page."""
    sentence = str(SENTENCES[code])
    return sentence % {key: _in_words(key, value) for key, value in params.items()}


def _in_words(key: str, value: Any) -> Any:
    if key == "vocabulary":
        return say_vocabulary(value)
    if key == "limit" and isinstance(value, int):
        return say_number(value)
    # Days are kept as 2026-07-31 and said as pages say them.
    return say_date(value) if key in _DAYS and _ISO.fullmatch(str(value)) else value


def in_columns_alone(codes: Iterable[str]) -> bool:
    """Whether a file was read, and what is wrong with it is which columns it has."""
    return all(code.startswith("column-") for code in codes)


def say_vocabulary(vocabulary: str) -> str:
    """What a list of words is called in a sentence."""
    return str(VOCABULARIES.get(vocabulary, vocabulary))


VOCABULARIES: Mapping[str, Any] = {
    "membership-type": _l("membership types"),
    "membership-level": _l("membership levels"),
    "position-title": _l("position titles"),
    "region": _l("regions"),
    "discipline": _l("disciplines"),
}
