"""The demonstration: associations with a season to play, and that season, on the program clock and through the services.

An association has one where its folder under ``tenants/`` holds ``sample/season.py`` with a class ``Season``. What is played is the same each time: the people and their choices come from seeded generators, the days are fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import tandem_tenants
from tandem.app import create_app
from tandem.demo.stage import PASSWORD, Stage
from tandem.extensions import db
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
        for slug, season in seasons().items():
            if not _is_played(settings, slug):
                console.print(f"Playing a season of {slug} …")
                emails = _play(app.extensions["tandem.registry"], slug, season, console)
                _remember(settings, slug, emails)
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


def _play(registry: object, slug: str, season: type[Season], console: Console) -> dict[str, str]:
    establish(tenant=read(slug, registry))  # type: ignore[arg-type]
    with open_association(slug) as scope:
        stage = Stage(scope.association_id, scope.time_zone)
    return season(stage, lambda scene: console.print(f"  {scene}")).play()


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
