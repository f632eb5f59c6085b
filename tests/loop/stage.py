"""Setting a stage for whole runs: an association made from its YAML, with or without a change, and its people."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from ruamel.yaml import YAML

from tandem.clocks import program_now, system_now
from tandem.extensions import db
from tandem.jobs.clock import advance
from tandem.jobs.runner import run_pending
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import Scope
from tandem.tenancy.services import set_clock_offset
from tandem.tenants import establish, folder_of, read
from tests.factories import a_number

Edit = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One association on the stage."""

    app: Flask
    scope: Scope
    folder: Path

    @contextmanager
    def open(self) -> Iterator[Scope]:
        """The association, open for a test's own code; commit inside."""
        with self.app.app_context(), open_association(self.scope.association_id) as scope:
            yield scope

    def work(self) -> list[Any]:
        """Do all background work that is due, which must succeed. Mail waits where the test has no server for it."""
        with self.open():
            done = run_pending()
        failed = [(kind, outcome) for kind, outcome in done if outcome != "done"]
        assert failed == []
        return done

    def pass_until(self, day: date) -> None:
        """Let the program clock go on until noon of ``day`` where the association is, doing what is due on the way."""
        with self.open() as scope:
            zone = ZoneInfo(scope.time_zone)
            until = max(datetime.combine(day, time(12), zone), program_now())
        with self.app.app_context():
            advance(self.scope.association_id, until=until)

    def nobody_works_until(self, day: date) -> None:
        """Set the program clock to a quarter to noon of ``day`` at once: what fell due meanwhile is done, once, by ``pass_until``."""
        with self.open() as scope:
            until = datetime.combine(day, time(11, 45), ZoneInfo(scope.time_zone))
            offset = max(until - system_now(), scope.clock_offset)
            set_clock_offset(association_id=scope.association_id, offset=offset)
            db.session.commit()

    def wake_on(self, day: date) -> None:
        """Let the days until ``day`` pass, at noon, with nobody at work but on the last: each day's work takes half a second."""
        self.nobody_works_until(day - timedelta(days=1))
        self.pass_until(day)

    def reapply(self, **edits: Edit) -> None:
        """Change the YAML (file name with ``/`` as ``__`` and without ending → edit) and apply it again."""
        _edit(self.folder, edits)
        _apply(self.app, self.folder)


def set_stage(app: Flask, tenant: str, folder: Path, **edits: Edit) -> Stage:
    """An association like ``tenant`` under a slug of its own, with its YAML edited first.

    ``edits`` are named by file: ``programs__member_to_member`` edits ``programs/member-to-member.yaml``.
    """
    slug = f"{tenant}-{a_number()}"
    target = folder / slug
    shutil.copytree(folder_of(tenant), target, ignore=shutil.ignore_patterns("sample"))

    association = target / "association.yaml"
    association.write_text(
        re.sub(rf"^id: {tenant}$", f"id: {slug}", association.read_text(), count=1, flags=re.MULTILINE)
    )
    _edit(target, edits)
    _apply(app, target)
    with app.app_context(), open_association(slug) as scope:
        return Stage(app, scope, target)


def _edit(folder: Path, edits: dict[str, Edit]) -> None:
    yaml = YAML()
    for name, edit in edits.items():
        path = folder / f"{name.replace('__', '/').replace('_', '-')}.yaml"
        document = yaml.load(path)
        edit(document)
        with path.open("w") as stream:
            yaml.dump(document, stream)


def _apply(app: Flask, folder: Path) -> None:
    # In an empty context: the test's own association, if it has one open, is another one.
    def apply() -> None:
        with app.app_context():
            establish(tenant=read(str(folder), app.extensions["tandem.registry"]))

    Context().run(apply)
