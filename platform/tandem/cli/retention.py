"""How long things are kept, from the command line: ``tandem retention show`` and ``run``."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from tandem.app import create_app
from tandem.extensions import db
from tandem.privacy.retention import due_now, erase_due, periods
from tandem.settings import load_settings
from tandem.tenancy.edge import UnknownAssociationError, open_association


@click.group()
def retention() -> None:
    """See and carry out how long things are kept."""


@retention.command()
@click.argument("slug")
def show(slug: str) -> None:
    """Say what would be erased of the association SLUG now. Changes nothing."""
    with create_app(load_settings()).app_context():
        try:
            with open_association(slug):
                _print()
        except UnknownAssociationError as error:
            raise click.ClickException(f"There is no association {slug!r}.") from error


@retention.command()
@click.argument("slug")
@click.confirmation_option(prompt="What is over its time is erased for good. Go on?")
def run(slug: str) -> None:
    """Erase now what is over its time, as the nightly job does."""
    with create_app(load_settings()).app_context():
        try:
            with open_association(slug):
                while done := erase_due(follow_up=False):
                    db.session.commit()
                    for period, count in done:
                        where = period.program.slug if period.program else "association"
                        click.echo(f"{count:8} × {period.kind} ({where})")
                click.echo("Nothing more is over its time.")
        except UnknownAssociationError as error:
            raise click.ClickException(f"There is no association {slug!r}.") from error


def _print() -> None:
    table = Table("What", "Where", "Kept for", "Would be erased")
    for due in due_now():
        where = due.period.program.slug if due.period.program else "association"
        table.add_row(due.period.kind, where, f"{due.period.days} days", str(due.count))
    for period in periods():
        if period.days is None:
            table.add_row(period.kind, period.program.slug if period.program else "association", "for good", "–")
    Console().print(table)
