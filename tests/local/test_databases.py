"""The databases that tests run on."""

from __future__ import annotations

import psycopg
import pytest


def test_database_is_migrated_and_owned_by_the_owner(database):
    with psycopg.connect(database.superuser_url) as connection:
        owners = connection.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()

    assert owners == [("tandem_owner",)]


def test_application_role_cannot_create_or_pass_by(database):
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")

    assert row == (False, False, False, False)


def test_two_fresh_databases_are_apart(new_database):
    first, second = new_database(), new_database()

    with psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    with psycopg.connect(second.owner_url) as connection:
        found = connection.execute("SELECT to_regclass('only_here')").fetchone()

    assert first.name != second.name
    assert found == (None,)
