"""``tandem members``."""

from __future__ import annotations

import csv
import io
from contextvars import Context

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tandem.cli import directory
from tandem.directory.models import ImportRun, Member
from tandem.extensions import db

HEADER = "number,family name,email\n"


@pytest.fixture
def command(app, association, lists, monkeypatch):
    """Run the command on this test's association, as from a shell of its own."""
    db.session.commit()
    monkeypatch.setattr(directory, "load_settings", lambda: None)
    monkeypatch.setattr(directory, "create_app", lambda _settings: app)

    def run(*arguments):
        given = [argument.replace("SLUG", association.slug) for argument in arguments]
        result = Context().run(CliRunner().invoke, directory.members, given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def file(tmp_path):
    """A file of members with the given text; gives its path."""

    def write(text):
        path = tmp_path / "members.csv"
        path.write_text(text)
        return str(path)

    return write


def count():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Member))


def test_import_shows_totals_and_imports(command, file):
    result = command("import", "SLUG", file(f"{HEADER}1,Pettibone,alma@example.org\n"))

    assert (result.exit_code, count()) == (0, 1)
    assert "members.csv: 1 rows, UTF-8" in result.stdout
    assert db.session.scalars(select(ImportRun.applied_by_name)).one() == "Command line"


def test_dry_run_changes_nothing(command, file):
    result = command("import", "SLUG", file(f"{HEADER}1,Pettibone,alma@example.org\n"), "--dry-run")

    assert (result.exit_code, count()) == (0, 0)
    assert "Nothing was changed: this was a dry run." in result.stdout


def test_errors_are_shown_row_by_row_and_leave_with_status_1(command, file, tmp_path):
    report = tmp_path / "report.csv"

    result = command("import", "SLUG", file(f"{HEADER}1,[bold]P,broken\n2,B,b@example.org\n"), "--report", str(report))

    assert (result.exit_code, count()) == (1, 0)
    assert "is no e-mail address" in result.stdout
    assert "[bold]P" in result.stdout
    assert "Nothing was changed. Mend the file" in result.stderr
    lines = list(csv.reader(io.StringIO(report.read_text("utf-8-sig"))))
    assert [line[:5] for line in lines[1:]] == [["2", "Error", "1", "[bold]P", "email"], ["3", "New", "2", "B", ""]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", "nowhere", "FILE"), "There is no association nowhere."),
        (("import", "SLUG", "/no/such/file"), "does not exist"),
        (("import", "SLUG", "FILE", "--encoding", "ebcdic"), "Invalid value for '--encoding'"),
    ],
)
def test_wrong_arguments_are_named(command, file, arguments, said):
    path = file(HEADER)

    result = command(*(path if argument == "FILE" else argument for argument in arguments))

    assert result.exit_code != 0
    assert said in result.stderr


def test_file_that_is_no_table_is_named(command, file):
    result = command("import", "SLUG", file("a,b\n1,2\n"))

    assert (result.exit_code, "No column was recognized." in result.stdout.replace("\n", " ")) == (1, True)


def test_export_and_template_have_the_columns_of_the_import(command, file, tmp_path):
    command("import", "SLUG", file(f"{HEADER}1,Pettibone,alma@example.org\n"))
    out = tmp_path / "out.csv"

    result = command("export", "SLUG", str(out))

    assert "1 members are in" in result.stdout.replace("\n", " ")
    exported = out.read_text("utf-8-sig").splitlines()[0]
    assert command("template").stdout.splitlines()[0] == exported
