"""``tandem demo`` and ``tandem mailbox``: everything on this machine, with servers of our own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

import click
from rich.console import Console

from tandem.local import processes
from tandem.local.environment import LocalInstallation
from tandem.local.processes import LocalServerError
from tandem.local.supervisor import Program, Supervisor


class SignIn(Protocol):
    """A person of the demonstration who can sign in: what ``tandem.demo.play`` answers with."""

    @property
    def who(self) -> str:
        """What the person is there, for example "mentee"."""

    @property
    def address(self) -> str:
        """The page where to begin, with host and port."""

    @property
    def email(self) -> str:
        """The address to sign in with."""

    @property
    def password(self) -> str:
        """The password to sign in with."""


@click.command()
@click.option("--reset", is_flag=True, envvar="RESET", help="Remove what earlier runs left, and begin anew.")
def demo(*, reset: bool) -> None:
    """Play a season of two associations, and serve it until Ctrl-C.

    Starts PostgreSQL and Valkey of its own, migrates, loads the associations and their people, then starts the web server,
    a worker, the relay and a mail server that keeps every message. Started again, it goes on where it was.
    """
    console = Console(stderr=True, highlight=False)
    try:
        sys.exit(_run_demo(console, reset=reset))
    except LocalServerError as error:
        raise click.ClickException(str(error)) from error


def _run_demo(console: Console, *, reset: bool) -> int:
    installation = LocalInstallation()
    # Until the supervisor takes over, being told to end must unwind the servers' context, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with installation.locked():
        if reset:
            installation.wipe()
        console.print("Starting PostgreSQL and Valkey …")
        with installation.servers():
            own = installation.environment()
            if note := installation.port_note(int(own["TANDEM_PORT"])):
                console.print(note, soft_wrap=True)
            environment = os.environ | own
            # From here on this process is set up as its children are, but for the owner's address.
            os.environ.update(environment)
            console.print("Bringing the database up to date …")
            _migrate(installation.owner_url())
            with _taking_mail(environment):
                sign_ins = _play(console)
            console.print("Starting the mail server, the relay, a worker and the web server …")
            return Supervisor(_programs(environment), directory=installation.state).run(
                ready=lambda: _welcome(console, environment, sign_ins)
            )


def _migrate(owner_url: str) -> None:
    # Imported late: the other commands of this module should not load the whole application.
    from tandem.database import upgrade

    upgrade(owner_url)


@contextlib.contextmanager
def _taking_mail(environment: Mapping[str, str]) -> Iterator[None]:
    """Take the season's mail in a thread of our own; the program that does it later starts after the play."""
    from tandem.local import mailbox as server  # its library comes with the extra `local` only

    host, port = environment["TANDEM_SMTP_HOST"], int(environment["TANDEM_SMTP_PORT"])
    controller = server.serve(host, port, Path(environment["TANDEM_MAILBOX_DIR"]))
    try:
        yield
    finally:
        controller.stop()


def _play(console: Console) -> list[SignIn]:
    """Load the associations and play their season, unless that has been done; the sign-ins in either case."""
    play = import_module("tandem.demo").play
    people: Iterable[SignIn] = play(console)
    return list(people)


def _programs(environment: Mapping[str, str]) -> list[Program]:
    port, smtp_port = int(environment["TANDEM_PORT"]), int(environment["TANDEM_SMTP_PORT"])
    own = str(_command("tandem"))
    web = [
        *(str(_command("gunicorn")), "--config", "python:tandem.server", "--bind", f"127.0.0.1:{port}"),
        # Its words on starting and stopping would bury the worker's; errors are written all the same.
        *("--log-level", "warning", "--graceful-timeout", "5", "tandem.app:create_app()"),
    ]
    return [
        Program("mail", [own, "mailbox"], environment, lambda: processes.is_listening(smtp_port)),
        Program("relay", [own, "relay"], environment),
        Program("worker", [own, "worker"], environment),
        Program("web", web, environment, lambda: _answers(f"http://localhost:{port}/health")),
    ]


def _command(name: str) -> Path:
    """The script ``name`` of the environment that this process runs in, wherever the shell would look."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise LocalServerError(f"The command {name} is missing. Install Tandem with its dependencies first.")
    return Path(found)


def _answers(url: str) -> bool:
    """Whether the web server answers at all; what it answers is not our matter here."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - an address of our own on the loopback
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def _welcome(console: Console, environment: Mapping[str, str], sign_ins: Iterable[SignIn]) -> None:
    port = environment["TANDEM_PORT"]
    console.print()
    console.print("Ready to sign in:")
    place = ""
    for person in sign_ins:
        if person.address != place:
            place = person.address
            console.print(f"\n  {place}", soft_wrap=True)
        who = person.who.partition(": ")[2] or person.who
        console.print(f"    {who:<30}{person.email:<34}{person.password}", soft_wrap=True)
    console.print()
    console.print(f"Every association:  http://localhost:{port}/")
    console.print(f"Every message sent: http://localhost:{port}/mailbox")
    console.print("Ctrl-C stops everything. Started again it goes on from here; RESET=1 begins anew.", soft_wrap=True)
    console.print()


@click.command()
@click.option("--host", envvar="TANDEM_SMTP_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="TANDEM_SMTP_PORT", type=click.IntRange(1, 65535), default=2525, show_default=True)
@click.option(
    "--folder", envvar="TANDEM_MAILBOX_DIR", type=click.Path(path_type=Path, file_okay=False), default=Path("mailbox")
)
def mailbox(*, host: str, port: int, folder: Path) -> None:
    """Take every message sent here and keep it as a file; deliver none."""
    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise click.BadParameter("the development mailbox takes mail from this machine alone", param_hint="--host")
    try:
        from tandem.local import mailbox as server  # its library comes with the extra `local` only
    except ModuleNotFoundError as error:
        raise click.ClickException("The mailbox needs the extra `local`: pip install 'tandem[local]'") from error
    try:
        server.run(host, port, folder)
    except OSError as error:
        raise click.ClickException(f"Cannot take mail on {host}:{port}: {error.strerror or error}") from error
