"""The demonstration: associations with a season to play, and that season, on the program clock and through the services.

An association has one where its folder under ``tenants/`` holds ``sample/season.py`` with a class ``Season``. What is played is the same each time: the people and their choices come from seeded generators, the days are fixed.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from rich.console import Console as Terminal

import tandem_tenants
from tandem.app import create_app
from tandem.demo.stage import PASSWORD, Stage
from tandem.extensions import db
from tandem.garbage import collect_seldom
from tandem.ids import repeatable
from tandem.local.processes import LocalServerError
from tandem.operator.services import set_operator
from tandem.settings import Settings, load_settings
from tandem.tenancy.edge import UnknownAssociationError, open_association
from tandem.tenants import establish, read

OPERATOR = "operator@tandem.example"
#: The file, in the folder for files, that says a season was played to its end, and who can sign in.
_PLAYED = "demonstration-{slug}.txt"


class Season(Protocol):
    """A season as ``sample/season.py`` writes it."""

    def __init__(self, stage: Stage, tell: Callable[[str], None]) -> None:
        """Get ready to play on ``stage``; ``tell`` hears of each scene."""

    def play(self) -> dict[str, str]:
        """Play it; returns the addresses of those who can sign in, by what they are."""


def seasons() -> dict[str, type[Season]]:
    """The season of every association that has one, by its id, in their order."""
    folder = Path(tandem_tenants.__file__).parent
    found = sorted(path.parent.parent.name for path in folder.glob("*/sample/season.py"))
    return {slug: import_module(f"tandem_tenants.{slug}.sample.season").Season for slug in found}


class Console(Protocol):
    """Where the play tells how far it is."""

    def print(self, *objects: object) -> None:
        """Print a line."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who can sign in: what they are, where, with which address and password."""

    who: str
    address: str
    email: str
    password: str


def play(console: Console) -> list[SignIn]:
    """Load what is missing, play what was not played yet, and return everybody who is ready to sign in.

    A mail server takes the season's letters meanwhile: the caller starts it.
    """
    settings = load_settings()
    app = create_app(settings)
    with app.app_context():
        waiting = [slug for slug in seasons() if not _is_played(settings, slug)]
    _side_by_side(waiting, console)
    with app.app_context():
        set_operator(email=OPERATOR, name="Operator", password=PASSWORD)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return sign_ins(settings)


def sign_ins(settings: Settings) -> list[SignIn]:
    """Everybody who can sign in to the seasons that were played."""
    ready = [
        SignIn(
            f"{slug}: {who}",
            settings.url_for_host(f"{slug}.{settings.base_domain}", "/sign-in/password"),
            email,
            PASSWORD,
        )
        for slug in seasons()
        for who, email in _remembered(settings, slug).items()
    ]
    return [*ready, SignIn("operator", settings.url_for_host(settings.operator_hostname), OPERATOR, PASSWORD)]


def _side_by_side(slugs: Sequence[str], console: Console) -> None:
    """Play each season in a process of its own: they have nothing in common, and together they take as long as the longest."""
    context = get_context("spawn")
    players = [context.Process(target=play_one, args=(slug,), name=slug) for slug in slugs]
    try:
        for player in players:
            console.print(f"Playing a season of {player.name} …")
            player.start()
        for player in players:
            player.join()
    finally:
        # Told to end, we end what we began.
        for player in players:
            if player.is_alive():
                player.terminate()
                player.join()
    failed = [player.name for player in players if player.exitcode]
    if failed:
        raise LocalServerError(f"The season of {', '.join(failed)} broke off; what went wrong stands above.")


def play_one(slug: str) -> None:
    """Play one season, in this process, and remember who can sign in. Tells each scene on the terminal."""
    # Not worth waiting for here: a play that is cut short begins anew.
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"
    collect_seldom()
    # Ctrl-C reaches us through whoever started us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = load_settings()
    app = create_app(settings)
    console = Terminal(stderr=True, highlight=False)
    with app.app_context():
        establish(tenant=read(slug, app.extensions["tandem.registry"]))
        with open_association(slug) as scope:
            stage = Stage(scope.association_id, scope.time_zone)
        # The same people meet each time: who comes first among equals is decided by their ids.
        with repeatable(slug):
            emails = seasons()[slug](stage, lambda scene: console.print(f"  {slug}: {scene}")).play()
        _remember(settings, slug, emails)


def _is_played(settings: Settings, slug: str) -> bool:
    try:
        with open_association(slug):
            return _file(settings, slug).exists()
    except UnknownAssociationError:
        return False


def _remembered(settings: Settings, slug: str) -> dict[str, str]:
    path = _file(settings, slug)
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("\t", 1) for line in lines)


def _remember(settings: Settings, slug: str, emails: dict[str, str]) -> None:
    path = _file(settings, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{who}\t{email}\n" for who, email in emails.items()))


def _file(settings: Settings, slug: str) -> Path:
    return settings.files_dir / _PLAYED.format(slug=slug)
