"""``tandem database``: bringing the schema up to date."""

from __future__ import annotations

import os

import click


@click.group()
def database() -> None:
    """Look after the database's schema."""


@database.command()
def upgrade() -> None:
    """Run the migrations that the database does not have yet.

    Needs TANDEM_OWNER_DATABASE_URL, the address with the role that owns the tables. Several may run at once; one does the
    work and the others wait for it.
    """
    url = os.environ.get("TANDEM_OWNER_DATABASE_URL")
    if not url:
        raise click.ClickException(
            "TANDEM_OWNER_DATABASE_URL is not set. Migrations run as the role that owns the tables, "
            "which the serving processes do not have."
        )
    # Imported late, so that help and the message above come without loading the application.
    from sqlalchemy.exc import OperationalError

    from tandem.database import upgrade as run_migrations

    try:
        run_migrations(url)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"The database cannot be reached as its owner: {reason}") from error
    click.echo("The database is up to date.")
