"""The program clock: ``tandem clock show``, ``advance`` and ``set``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from tandem.app import create_app
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.jobs.clock import ClockRefused, Step, advance, parse_span
from tandem.jobs.runner import Outcome
from tandem.settings import load_settings
from tandem.tenancy.edge import UnknownAssociationError, open_association
from tandem.tenancy.queries import active_associations
from tandem.tenancy.scope import Scope

_association = click.option(
    "--association", "slugs", multiple=True, metavar="SLUG", help="Only this one; may be repeated."
)


@click.group()
def clock() -> None:
    """Show or move the program clock, on which deadlines and reminders run. Not in production."""


@clock.command()
@_association
def show(slugs: tuple[str, ...]) -> None:
    """Show each association's program time, in its own time zone."""
    app = create_app(load_settings())
    with app.app_context():
        for slug in _chosen(slugs):
            with _opened(slug) as scope:
                ahead = f", {_days(scope.clock_offset.total_seconds())} ahead" if scope.clock_offset else ""
                click.echo(f"{slug}: {_local(program_now(), scope.time_zone)}{ahead}")


@clock.command("advance")
@click.argument("span")
@_association
def advance_command(span: str, slugs: tuple[str, ...]) -> None:
    """Move the clock forward by SPAN (45d, 3w, 12h), through everything that falls due on the way."""
    try:
        length = parse_span(span)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SPAN") from error
    app = create_app(load_settings())
    with app.app_context():
        for slug in _chosen(slugs):
            with _opened(slug):
                try:
                    until = program_now() + length
                except OverflowError as error:
                    raise click.BadParameter("That is later than calendars go.", param_hint="SPAN") from error
            _go(slug, until)


@clock.command("set")
@click.argument("moment", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]))
@_association
def set_command(moment: datetime, slugs: tuple[str, ...]) -> None:
    """Move the clock forward to MOMENT (a day, or a day and a time, on the association's own clocks)."""
    app = create_app(load_settings())
    with app.app_context():
        for slug in _chosen(slugs):
            with _opened(slug) as scope:
                until = moment.replace(tzinfo=scope.zone).astimezone(UTC)
            _go(slug, until)


def _go(slug: str, until: datetime) -> None:
    with _opened(slug) as scope:
        zone = scope.time_zone

    def tell(step: Step) -> None:
        click.echo(f"{slug}: {_local(step.at, zone)}  {step.fired}{_jobs(step.jobs)}")

    try:
        stops = advance(slug, until=until, tell=tell)
    except ClockRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{slug}: {_local(until, zone)}, {stops} {'thing' if stops == 1 else 'things'} fell due on the way.")


def _jobs(jobs: Sequence[tuple[str, Outcome]]) -> str:
    counts = Counter(f"{kind} {outcome.value}" for kind, outcome in jobs)
    said = ", ".join(f"{count} × {words}" if count > 1 else words for words, count in sorted(counts.items()))
    return f"  ({said})" if said else ""


def _chosen(slugs: tuple[str, ...]) -> Sequence[str]:
    found = slugs or tuple(row.slug for row in active_associations())
    db.session.rollback()
    if not found:
        raise click.ClickException("There is no association yet.")
    return found


@contextmanager
def _opened(slug: str) -> Iterator[Scope]:
    try:
        with open_association(slug) as scope:
            yield scope
    except UnknownAssociationError as error:
        raise click.BadParameter(str(error), param_hint="--association") from error


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%A %-d %B %Y, %H:%M} ({zone})"


def _days(seconds: float) -> str:
    days, rest = divmod(round(seconds / 60) * 60, 86400)
    parts = [f"{days} d" if days else "", f"{rest // 3600} h" if rest // 3600 else "", f"{rest % 3600 // 60} min"]
    return " ".join(part for part in parts if part)
