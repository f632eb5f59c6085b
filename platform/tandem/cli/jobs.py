"""Background work from the command line: ``tandem jobs list`` and ``run``."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import func, select, text

from tandem.app import create_app
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.runner import Outcome, run_pending
from tandem.settings import load_settings


@click.group()
def jobs() -> None:
    """Look after background work."""


@jobs.command("list")
def list_command() -> None:
    """Count the jobs of all associations by kind and state, with the age of the oldest."""
    app = create_app(load_settings())
    with app.app_context():
        rows = db.session.execute(select(text("*")).select_from(func.job_counts())).all()
    counts: Counter[tuple[str, str]] = Counter()
    oldest: dict[tuple[str, str], datetime] = {}
    for row in rows:
        key = (row.kind, row.state)
        counts[key] += row._mapping["count"]  # noqa: SLF001 - "count" is a method of rows
        oldest[key] = min(oldest.get(key, row.oldest), row.oldest)
    table = Table("Kind", "State", "Jobs", "Oldest")
    for key in sorted(counts):
        table.add_row(*key, str(counts[key]), f"{(system_now() - oldest[key]).total_seconds() / 3600:.1f} h")
    Console().print(table if counts else "There is no background work.")


@jobs.command()
@click.option("--limit", default=1000, type=click.IntRange(1, 100_000), show_default=True, help="Attempts at most.")
def run(limit: int) -> None:
    """Do everything that is due here and now, without workers."""
    app = create_app(load_settings())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    done: list[tuple[str, Outcome]] = []
    with app.app_context(), Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Working", total=None)
        while len(done) < limit:
            some = run_pending(min(20, limit - len(done)))
            done += some
            progress.update(task, completed=len(done))
            if not some:
                break
    for (kind, outcome), count in sorted(Counter(done).items()):
        click.echo(f"{count:6} × {kind} {outcome.value}")
    click.echo(f"{len(done)} done.")
