"""The commands: what they print, what they leave behind, how they refuse."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from tandem.cli.tenant import tenant
from tandem.extensions import db
from tandem.programs.models import ProgramRevision
from tandem.programs.queries import association_document, program_by_slug
from tandem.tenancy.edge import open_association
from tandem.tenancy.models import Association
from tandem.tenants import establish, read
from tests.factories import a_number
from tests.programs.small_tenant import edit, write_tenant

Command = Callable[..., Result]


@pytest.fixture
def command(database: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """``tandem tenant …`` in a process's surroundings of its own."""
    for name, value in {
        "ENV": "test", "DATABASE_URL": database.app_url, "VALKEY_URL": "redis://127.0.0.1:9/0",
        "SECRET_KEY": secrets.token_hex(32), "BASE_DOMAIN": "localhost", "SCHEME": "http", "FILES_DIR": str(tmp_path / "f"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"TANDEM_{name}", value)

    def run(*arguments: str) -> Result:
        return Context().run(CliRunner().invoke, tenant, list(arguments))

    return run


@pytest.fixture
def slug() -> str:
    return f"society-{a_number()}"


@pytest.fixture
def source(tmp_path: Path, slug: str) -> Path:
    return write_tenant(tmp_path / "files", slug)


def inside(app: Flask, slug: str, read: Callable[[], Any]) -> Any:
    def run() -> Any:
        with app.app_context(), open_association(slug):
            return read()

    return Context().run(run)


def test_apply_registers_an_association_with_its_host(command: Command, source: Path, slug: str, app: Flask) -> None:
    result = command("apply", str(source))

    assert (result.exit_code, result.stdout) == (
        0,
        (
            "The association “Sample Society” is new.\nDepartment Eastern Chapter is new.\nForm apply is new.\n"
            "The program “The Year” is new.\n4 changes applied.\n"
        ),
    )
    assert inside(app, slug, lambda: association_document()["name"]) == "Sample Society"
    assert f"{slug}.localhost" in command("list").stdout


def test_apply_twice_says_that_nothing_changed(command: Command, source: Path) -> None:
    command("apply", str(source))

    assert command("apply", str(source)).stdout == "No change.\n"


def test_two_at_once_make_one_association(source: Path, slug: str, app: Flask) -> None:
    def apply() -> int:
        with app.app_context():
            return len(establish(tenant=read(str(source), app.extensions["tandem.registry"])).changes)

    with ThreadPoolExecutor(4) as pool:
        counts = sorted(future.result() for future in [pool.submit(apply) for _number in range(4)])

    assert counts == [0, 0, 0, 4]
    assert inside(app, slug, lambda: db.session.scalar(select(func.count()).select_from(ProgramRevision))) == 1


def test_an_unreachable_database_is_told(command: Command, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    result = command("apply", str(source))

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be reached: ")


def test_dry_run_and_diff_leave_nothing_behind(command: Command, source: Path, slug: str, app: Flask) -> None:
    results = [command("apply", "--dry-run", str(source)), command("diff", str(source))]

    assert [result.stdout.splitlines()[-1] for result in results] == ["4 changes. Nothing was applied."] * 2
    with app.app_context():
        assert db.session.scalar(select(Association.id).where(Association.slug == slug)) is None


def test_an_error_is_told_and_nothing_applied(command: Command, source: Path, slug: str, app: Flask) -> None:
    edit(source, "programs/year.yaml", "weight: 70", "weight: 170")
    edit(source, "association.yaml", "time_zone: UTC", "time_zone: Nowhere")

    result = command("apply", str(source))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "association.yaml:4: time_zone: must be a time zone's name such as Europe/Paris\n"
        "programs/year.yaml:31: matching.criteria[overlap].weight: must be 0–100\n"
        "Error: 2 problems. Nothing was changed.\n"
    )
    with app.app_context():
        assert db.session.scalar(select(Association.id).where(Association.slug == slug)) is None


def test_check_asks_no_database(command: Command, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    assert command("check", str(source)).stdout == "Sample Society: nothing wrong in 4 files.\n"
    assert command("check", "casbo").exit_code == 0


def test_levels_says_what_a_program_sets_differently(command: Command, source: Path) -> None:
    edit(source, "programs/year.yaml", "{id: tenure,", "{id: member, types: [full, student]}\n        - {id: tenure,")

    assert command("levels", str(source)).stdout == (
        "The Year, mentor, rule member: types full → full, student; now "
        "“You are a current Full Member or Student member, and your dues are paid.”\n"
    )


def test_an_unknown_name_is_told_with_the_known_ones(command: Command) -> None:
    result = command("check", "nobody")

    assert result.exit_code == 1
    assert "nobody:1: is neither a folder nor one of: atelier, casbo" in result.stderr


def test_export_apply_and_apply_again(command: Command, source: Path, slug: str, tmp_path: Path) -> None:
    command("apply", str(source))
    target = tmp_path / "exported"

    exported = command("export", slug, str(target))
    unchanged = command("apply", str(target))
    edit(target, "programs/year.yaml", "years: 5", "years: 3")
    first = command("apply", str(target))
    edit(target, "programs/year.yaml", "years: 3", "years: 2")
    second = command("apply", str(target))

    assert exported.stdout == f"4 files written to {target}.\n"
    assert unchanged.stdout == "No change.\n"
    assert first.stdout == (
        "The Year, mentor, rule tenure: years 5 → 3; now “You have been an individual member for 3 or more years.”\n"
        "1 change applied.\n"
    )
    assert second.exit_code == 0
    assert "exported_from: 3\n" in (target / "programs" / "year.yaml").read_text()


def test_a_file_from_before_a_change_is_refused(command: Command, source: Path, slug: str, tmp_path: Path) -> None:
    command("apply", str(source))
    target = tmp_path / "exported"
    command("export", slug, str(target))
    edit(source, "programs/year.yaml", "years: 5", "years: 4")
    command("apply", str(source))
    edit(target, "programs/year.yaml", "months: 9", "months: 12")

    result = command("apply", str(target))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "programs/year.yaml: was exported from revision 1, and the database is at revision 2:\n"
        "  mentor, rule tenure: years 5 → 4; now “You have been an individual member for 4 or more years.”\n"
        "Run “tandem tenant diff” to see all of it, or export again and make your changes there.\n"
        "Error: The database has moved on. Nothing was changed.\n"
    )


def test_export_refuses_what_is_not_there(command: Command, source: Path, slug: str, tmp_path: Path) -> None:
    unknown = command("export", "no-such-society", str(tmp_path / "x"))
    command("apply", str(source))
    full = command("export", slug, str(source))

    assert (unknown.exit_code, unknown.stderr) == (1, "Error: There is no association no-such-society.\n")
    assert (full.exit_code, full.stderr) == (1, f"Error: {source} is not empty. Name a new folder.\n")


def test_a_reserved_name_is_refused(command: Command, source: Path, slug: str) -> None:
    edit(source, "association.yaml", f"id: {slug}\n", "id: operator\n")

    result = command("apply", str(source))

    assert (result.exit_code, result.stderr) == (
        1,
        "Error: “operator” is kept for the platform. Choose another name.\n",
    )


def test_reworded_messages_are_flagged_until_confirmed(command: Command, source: Path, slug: str, app: Flask) -> None:
    words = "words:\n  messages:\n    - {id: membership.tenure.describe, text: You have been with us for five years.}\ndepartments:"
    edit(source, "association.yaml", "departments:", words)
    flagged = (
        "The words for “membership.tenure.describe” were written for other settings. "
        "Read them again; then apply with --confirm membership.tenure.describe.\n"
    )

    first = command("apply", str(source))
    edit(source, "programs/year.yaml", "years: 5", "years: 3")
    changed = command("apply", str(source))
    reminded = command("diff", str(source))
    confirmed = command("apply", str(source), "--confirm", "membership.tenure.describe")
    after = command("diff", str(source))

    assert flagged not in first.stdout
    assert flagged in changed.stdout
    assert flagged in reminded.stdout
    assert confirmed.exit_code == 0
    assert after.stdout == "No change.\n"
    assert inside(app, slug, lambda: program_by_slug("year") is not None)
