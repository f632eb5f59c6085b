"""``tandem database upgrade``."""

from __future__ import annotations

from click.testing import CliRunner

from tandem.cli import main


def test_upgrade_of_a_current_database_changes_nothing(database):
    result = CliRunner(env={"TANDEM_OWNER_DATABASE_URL": database.owner_url}).invoke(main, ["database", "upgrade"])

    assert (result.exit_code, result.output) == (0, "The database is up to date.\n")


def test_upgrade_without_the_owners_address_says_what_is_missing(monkeypatch):
    result = CliRunner(env={"TANDEM_OWNER_DATABASE_URL": "", "TANDEM_DATABASE_URL": "x"}).invoke(
        main, ["database", "upgrade"]
    )

    assert result.exit_code == 1
    assert result.output.startswith("Error: TANDEM_OWNER_DATABASE_URL is not set.")


def test_upgrade_of_an_unreachable_database_says_so():
    url = "postgresql://tandem_owner:x@127.0.0.1:9/tandem"
    result = CliRunner(env={"TANDEM_OWNER_DATABASE_URL": url}).invoke(main, ["database", "upgrade"])

    assert result.exit_code == 1
    assert result.output.startswith("Error: The database cannot be reached as its owner: connection failed")
