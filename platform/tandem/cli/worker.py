"""The processes behind the pages: ``tandem worker`` and ``tandem relay``."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from types import FrameType

import click

from tandem.app import create_app
from tandem.jobs.relay import POLL, QUEUES, STALE, Relay
from tandem.jobs.worker import connector, work
from tandem.settings import load_settings


@click.command()
@click.option("--queue", "queues", multiple=True, type=click.Choice(QUEUES), help="Take work from these queues only.")
def worker(queues: tuple[str, ...]) -> None:
    """Do background work until told to stop. Run as many as there are processors."""
    settings = load_settings()
    app = create_app(settings)
    click.echo(f"Working on {', '.join(queues or QUEUES)}.")
    work(app, connector(settings.valkey_url), threading.Event(), queues=queues or QUEUES)


@click.command()
@click.option(
    "--poll", default=POLL, type=click.FloatRange(0.05, 60), help="Seconds between two looks.", show_default=True
)
@click.option(
    "--stale", default=STALE.total_seconds(), type=click.FloatRange(1, 3600), show_default=True,
    help="Seconds after which a job that no worker took is handed over again.",
)  # fmt: skip
def relay(poll: float, stale: float) -> None:
    """Hand due work to the workers and fire schedules, until told to stop. A second one does no harm."""
    settings = load_settings()
    stop = threading.Event()

    def finish(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's signature
        stop.set()

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, finish)
    app = create_app(settings)
    click.echo("Relaying.")
    Relay(app, connector(settings.valkey_url), poll=poll, stale=timedelta(seconds=stale)).work(stop)
