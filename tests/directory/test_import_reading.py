"""Reading files: encodings, delimiters, quotes, column names, single values."""

from __future__ import annotations

from datetime import date

import pytest

from tandem.directory import cells
from tandem.directory.importing.columns import match_headers, recognise
from tandem.directory.importing.reading import MOST_BYTES, UnreadableFile, open_table
from tandem.directory.importing.rows import RowParser
from tandem.directory.problems import SENTENCES, Problem
from tandem.directory.vocabularies import Term, Vocabulary

HEADER = "number,family name,email"
ROW = "1,Núñez,a@example.org"
LISTS = {
    name: Vocabulary(name, terms)
    for name, terms in {
        "membership-type": [Term("career", "Career Builder"), Term("access", "Access", None, date(2017, 6, 30))],
        "membership-level": [Term("gold", "Gold")],
        "position-title": [Term("director", "Director of Finance")],
        "region": [Term("north", "Northern"), Term("south", "Southern")],
        "discipline": [Term("payroll", "Payroll"), Term("budget", "Budget and finance")],
    }.items()
}


def problems_of(content, encoding=None):
    with pytest.raises(UnreadableFile) as caught:
        list(open_table(content, encoding=encoding).rows())
    return [(problem.code, problem.params) for problem in caught.value.problems]


def parsed(text, language="en"):
    table = open_table(text.encode())
    parser = RowParser(table, LISTS, language=language)
    return [parser.parse(number, given) for number, given in table.rows()]


def said(text, language="en"):
    return [[(column, problem.code) for column, problem in row.problems] for row in parsed(text, language)]


@pytest.mark.parametrize(
    ("content", "encoding", "guessed"),
    [
        (f"{HEADER}\n{ROW}\n".encode(), "utf-8", False),
        (b"\xef\xbb\xbf" + f"{HEADER}\r\n{ROW}".encode(), "utf-8", False),
        (f"{HEADER}\r{ROW}\r".encode("latin-1"), "windows-1252", True),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "utf-16", False),
    ],
)
def test_encoding_is_found_out(content, encoding, guessed):
    table = open_table(content)

    assert (table.encoding, table.guessed, list(table.rows())) == (
        encoding, guessed, [(2, ["1", "Núñez", "a@example.org"])])  # fmt: skip


def test_encoding_may_be_said():
    content = f"{HEADER}\n1,Nú,a@b.org".encode()

    assert list(open_table(content, encoding="windows-1252").rows()) == [(2, ["1", "NÃº", "a@b.org"])]
    assert problems_of(f"{HEADER}\n{ROW}".encode("latin-1"), "utf-8") == [
        ("file-encoding", {"line": 2, "encoding": "UTF-8"})
    ]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_delimiter_is_found_out(sign):
    text = f"{HEADER}\n1,Nú,a@b.org\n".replace(",", sign)

    assert list(open_table(text.encode()).rows()) == [(2, ["1", "Nú", "a@b.org"])]
    assert open_table(f"sep={sign}\n{text}".encode()).delimiter == sign


def test_delimiter_in_another_column_does_not_mislead():
    table = open_table(
        b"number;family name;email;position title;employer;position from\n1;a;b@c.org;CFO, acting;Hill, Dale;2020-01-01"
    )

    assert (table.delimiter, len(table.columns)) == (";", 6)


def test_rows_are_counted_as_spreadsheets_count_them():
    text = f'{HEADER}\n\n1,"line\nbreak, and ""quotes""",a@b.org\n,,\n2,b,c@d.org'

    assert list(open_table(text.encode()).rows()) == [
        (3, ["1", 'line\nbreak, and "quotes"', "a@b.org"]), (5, ["2", "b", "c@d.org"])]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b" \n\n ", "file-empty"),
        (b"\xef\xbb\xbf", "file-empty"),
        (b"PK\x03\x04rest of a workbook", "file-workbook"),
        (b"\xd0\xcf\x11\xe0old workbook", "file-workbook"),
        (f"{HEADER}\n1,a\0b,c@d.org".encode(), "file-nul"),
        (b"no,known,words\n1,2,3", "delimiter"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256)), "delimiter"),
        (b"x" * (MOST_BYTES + 1), "file-size"),
    ],
    ids=["nothing", "spaces", "mark", "xlsx", "xls", "nul", "words", "image", "large"],
)
def test_what_is_no_table_is_refused(content, code):
    assert [found for found, _ in problems_of(content)] == [code]


@pytest.mark.parametrize(
    ("rows", "row", "line"),
    [
        ('1,"Nú,a@b.org\n2,b,c@d.org\n', 2, 2),
        ('1,a,b@c.org\n2,"b"c,c@d.org\n', 3, 3),
        ('1,"a\nb",b@c.org\n2,"open,c@d.org\n', 3, 4),
    ],
)
def test_quotes_that_do_not_fit_are_named_with_their_row(rows, row, line):
    [(code, params)] = problems_of(f"{HEADER}\n{rows}".encode())

    assert (code, params["row"], params["line"]) == ("file-quoting", row, line)


def test_endless_cell_is_refused():
    [(code, params)] = problems_of(f"{HEADER}\n1,{'x' * 200_000},a@b.org".encode())

    assert (code, params["row"]) == ("file-cell", 2)


@pytest.mark.parametrize(
    ("header", "name", "ordinal"),
    [
        ("Member No.", "number", 1),
        (" E-MAIL ", "email", 1),
        ("First Name", "given_name", 1),
        ("Prénom", "given_name", 1),
        ("family_name", "family_name", 1),
        ("Dues paid through", "paid_through", 1),
        ("membership 2 type", "type", 2),
        ("membership 2 paid through", "paid_through", 2),
        ("Membership 2 Organizational", "organisational", 2),
        ("position 3 employer", "employer", 3),
        ("position 2 title", "title", 2),
        ("position 2 from", "valid_from", 2),
    ],
)
def test_columns_are_known_by_many_names(header, name, ordinal):
    found, place = recognise(header)

    assert (found.field, place) == (name, ordinal)


@pytest.mark.parametrize(
    "header", ["membership 0 type", "membership 10 type", "membership 2 employer", "position 2 email", "xyz"]
)
def test_other_columns_are_not_known(header):
    assert recognise(header) is None


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        (["numbr"], ("column-meant", {"value": "numbr", "meant": "number"})),
        (["qqqq"], ("column-unknown", {"value": "qqqq"})),
        (["Member ID"], ("column-twice", {"first": "number", "second": "Member ID"})),
        (["membership from"], ("column-needs", {"column": "membership from", "other": "membership type"})),
        (["employer"], ("column-needs", {"column": "employer", "other": "position from"})),
    ],
)
def test_column_names_are_checked(headers, problem):
    columns, problems = match_headers(["number", "family name", "email", *headers])

    assert [(found.code, found.params) for found in problems] == [problem]
    assert columns[0].name == "number"


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        (["membership 2 level"], [("membership 2 level", "membership 2 type"), ("membership 2 level", "membership 2 from")]),
        (["position title", "region"], [("position title", "employer"), ("position title", "position from")]),
        (["position title", "employer"], [("position title", "position from")]),
        (["paid through", "position to"], [
            ("paid through", "membership type"), ("paid through", "membership from"),
            ("position to", "employer"), ("position to", "position from"),
        ]),
    ],
)  # fmt: skip
def test_columns_that_have_to_stand_beside_others_are_named_all_at_once(headers, missing):
    _columns, problems = match_headers(["number", "family name", "email", *headers])

    assert [(found.code, found.params["column"], found.params["other"]) for found in problems] == [
        ("column-needs", *pair) for pair in missing
    ]


def test_missing_columns_are_all_named():
    assert problems_of(b"given name\nAlma") == [
        ("column-missing", {"column": name}) for name in ("number", "family name", "email")
    ]


def test_every_sentence_can_be_said(app):
    values = dict.fromkeys(
        ("value", "length", "limit", "iso", "local", "first", "last", "vocabulary", "meant", "day", "type", "name", "number",
         "column", "row", "employer", "count", "columns", "delimiter", "part", "line", "encoding", "position", "second",
         "other", "region"), "x",
    )  # fmt: skip
    with app.test_request_context():
        for code in SENTENCES:
            assert "%(" not in str(Problem(code, **values))


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "2026-07-31", date(2026, 7, 31)),
        ("en", "2026-7-1", date(2026, 7, 1)),
        ("en", "7/31/2026", date(2026, 7, 31)),
        ("fr", "31/07/2026", date(2026, 7, 31)),
        ("fr", "1.7.2026", date(2026, 7, 1)),
        ("de", "31.07.2026", date(2026, 7, 31)),
        ("fr", "2026-07-31 00:00:00", date(2026, 7, 31)),
        ("sv", "2026-07-31", date(2026, 7, 31)),
    ],
)
def test_days_are_read_as_iso_or_as_the_association_writes_them(language, text, day):
    assert cells.date_reader(language)(text) == day
    assert cells.date_reader(language)(cells.sample_date(language)) == date(2026, 7, 31)


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", "31/07/2026", "date-absent"),
        ("fr", "07/31/2026", "date-absent"),
        ("en", "7/31/26", "date-short-year"),
        ("en", "July 31", "date"),
        ("en", "2026-07", "date"),
        ("en", "46234", "date"),
        ("en", "2025-02-29", "date-absent"),
        ("en", "1800-01-01", "date-range"),
        ("en", "0000-01-01", "date-absent"),
        ("en", "９/９/２０２６x", "date"),
    ],
)
def test_other_days_are_refused(language, text, code):
    with pytest.raises(Problem) as caught:
        cells.date_reader(language)(text)

    assert caught.value.code == code


FULL = ("number,given name,family name,email,phone,language,time zone,membership type,membership level,membership from,"
        "membership to,paid through,organisational,position title,employer,region,position from,position to,acting,retired,"
        "experience")  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (0, "", ("number", "missing")),
        (0, "x" * 41, ("number", "too-long")),
        (1, "a\u0007b", ("given name", "control")),
        (2, " ", ("family name", "missing")),
        (3, "", ("email", "missing")),
        (3, "nobody", ("email", "email")),
        (4, "5" * 41, ("phone", "too-long")),
        (5, "klingon", ("language", "language")),
        (6, "Nowhere", ("time zone", "time-zone")),
        (7, "Carrer Builder", ("membership type", "term-meant")),
        (7, "", ("membership type", "needs")),
        (7, "Access", ("membership type", "term-late")),
        (8, "Bronze", ("membership level", "term")),
        (9, "soon", ("membership from", "date")),
        (9, "", ("membership from", "needs")),
        (10, "2019-01-01", ("membership to", "ends-first")),
        (11, "2019-01-01", ("paid through", "paid-first")),
        (12, "maybe", ("organisational", "truth")),
        (13, "x" * 201, ("position title", "too-long")),
        (14, "", ("employer", "needs")),
        (14, "---", ("employer", "missing")),
        (15, "Eastern", ("region", "term-meant")),
        (16, "x", ("position from", "date")),
        (17, "2001-01-01", ("position to", "ends-first")),
        (18, "2", ("acting", "truth")),
        (20, "Payroll", ("experience", "experience")),
        (20, "Payroll = 7; Payroll = 8", ("experience", "experience-twice")),
        (20, "Payroll = 99", ("experience", "years-range")),
        (20, "Alchemy = 7", ("experience", "term")),
        (20, "y" * 20_000, ("experience", "too-long")),
    ],
)
def test_wrong_cell_is_named_by_its_column(place, value, problem):
    row = ["1", "Zoë", "Núñez", "zoe@example.org", "+1 555", "en", "Europe/Paris", "Career Builder", "Gold", "2020-07-01", "",
           "2027-06-30", "no", "Director of Finance", "Hill", "Northern", "2021-01-01", "", "no", "no",
           "Payroll = 7; Budget and finance: 3,5"]  # fmt: skip
    good, bad = "\t".join(row), list(row)
    bad[place] = value

    assert said(f"{FULL}\n{good}".replace(",", "\t", FULL.count(","))) == [[]]
    assert said(f"{FULL}\n".replace(",", "\t") + "\t".join(bad)) == [[problem]]


def test_rows_are_checked_against_each_other():
    text = (f"{HEADER},employer,region,position from\n1,a,a@x.org,Hill,Northern,2020-01-01\n1,b,b@x.org,,,\n"
            "2,c,A@X.org,HILL,Southern,2020-01-01\n3,d,d@x.org,hill,Northern,2020-01-01")  # fmt: skip

    assert said(text) == [
        [],
        [("number", "number-twice")],
        [("email", "email-twice"), ("region", "region-differs")],
        [],
    ]


def test_too_many_cells_are_named_and_missing_ones_are_empty():
    assert said(f"{HEADER},phone\n1,a,a@x.org,5,6\n2,b,b@x.org\n3,c,c@x.org,,,") == [[("", "too-many-cells")], [], []]


def test_value_in_a_column_without_a_name_is_named():
    assert said(f"{HEADER},,\n1,a,a@x.org,,\n2,b,b@x.org,,5") == [[], [("", "column-unnamed")]]


def test_column_filled_with_no_is_no_membership():
    rows = parsed(f"{HEADER},membership type,membership from,organisational\n1,a,a@x.org,,,no\n2,b,b@x.org,,,yes")

    assert rows[0].memberships == []
    assert [(column, problem.code) for column, problem in rows[1].problems] == [("membership type", "needs")]


def test_mark_of_our_own_export_is_taken_off():
    assert parsed(f"{HEADER},phone\n1,a,a@x.org,'+1 555")[0].person["phone"] == "+1 555"
