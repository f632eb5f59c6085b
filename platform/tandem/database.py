"""Bringing the schema up to date, and refusing to start on a database that is not safe to serve from."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from tandem.models import Base as Base  # noqa: PLC0414 - importing it registers every table


class UnsafeDatabaseError(RuntimeError):
    """Raised at the start when the application's role could pass by row security."""


def migrations_folder() -> Path:
    """The folder with the migrations: beside the source tree, or inside the installed package."""
    beside = Path(__file__).resolve().parents[2] / "migrations"
    return beside if beside.is_dir() else Path(__file__).resolve().parent / "_migrations"


def alembic_config(owner_url: str) -> Config:
    """Alembic's configuration for the database at ``owner_url`` (the owner's role)."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def upgrade(owner_url: str) -> None:
    """Run all migrations that the database does not have yet. Several processes may call it at once; one does the work."""
    command.upgrade(alembic_config(owner_url), "head")


def verify_role(connection: Connection) -> None:
    """Check that the connected role is bound by row security.

    Raises ``UnsafeDatabaseError`` with what to change if it is a superuser, may bypass row security, owns a table, may make
    roles, or can become a role that could.
    """
    row = connection.execute(
        text(
            """
            select current_user as name,
                   bool_or(r.rolsuper) as is_super,
                   bool_or(r.rolbypassrls) as bypasses,
                   bool_or(r.rolcreaterole) as makes,
                   exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                           where n.nspname = 'public' and c.relkind in ('r', 'p')
                             and pg_has_role(current_user, c.relowner, 'member')) as owns
            from pg_roles r where pg_has_role(current_user, r.oid, 'member')
            """
        )
    ).one()
    problems = [
        sentence
        for wrong, sentence in (
            (row.is_super, "it is (or can become) a superuser"),
            (row.bypasses, "it has (or can take) BYPASSRLS"),
            (row.owns, "it owns tables"),
            # Before PostgreSQL 16 such a role can make itself a member of the owner.
            (row.makes, "it may make roles"),
        )
        if wrong
    ]
    if problems:
        raise UnsafeDatabaseError(
            f"The database role {row.name!r} could pass by row security: {' and '.join(problems)}. "
            "Set TANDEM_DATABASE_URL to a role with NOSUPERUSER NOBYPASSRLS NOCREATEROLE that owns nothing (see docs/operators.md)."
        )
