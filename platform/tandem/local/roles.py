"""Tandem's two database roles and its database, on a server where we are the superuser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import psycopg
from psycopg import sql

OWNER: Final = "tandem_owner"
APP: Final = "tandem_app"
DATABASE: Final = "tandem"

# The owner migrates and owns every table; the application owns nothing and cannot pass by row security.
_ATTRIBUTES = {
    OWNER: sql.SQL("NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB LOGIN"),
    APP: sql.SQL("NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOINHERIT LOGIN"),
}

_LOCK = 7_223_001  # any number of our own: two processes that make the same role at once wait for each other


def ensure_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Create ``tandem_owner`` and ``tandem_app`` or bring them to their attributes and passwords (role → password).

    ``connection`` is a superuser's, in autocommit mode.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for role, attributes in _ATTRIBUTES.items():
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            statement = sql.SQL("{verb} ROLE {role} {attributes} PASSWORD {password}").format(
                verb=sql.SQL("ALTER" if known else "CREATE"),
                role=sql.Identifier(role),
                attributes=attributes,
                password=sql.Literal(passwords[role]),
            )
            connection.execute(statement)


def ensure_database(connection: psycopg.Connection, name: str, template: str | None = None) -> bool:
    """Create the database ``name``, owned by ``tandem_owner``; the application may connect, nobody else.

    ``template`` is copied with all that is in it. Returns whether the database is new. ``connection`` is a superuser's, in
    autocommit mode.
    """
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return False
    database, owner, app = sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(APP)
    # `template0` has no rows of anybody and lets us state the encoding, whatever the server's default is.
    source = sql.Identifier(template) if template else sql.SQL("template0 ENCODING 'UTF8'")
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(database, owner, source))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, app))
    return True
