"""Fixtures around the application: one app per worker, a fresh association per test.

Tests don't empty tables between them. Each works in associations of its own, so everything that earlier tests left behind is
data that could leak.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextvars import Context
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event

from tandem.app import create_app
from tandem.extensions import db
from tandem.garbage import collect_seldom
from tandem.programs import document
from tandem.programs.document import Document
from tandem.settings import Settings
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import Scope
from tests.factories import an_association

#: A port where no mail server listens.
NO_MAIL_SERVER = 9


class _Templates(FileSystemBytecodeCache):
    """Compiled templates, kept between applications, processes and runs; compiling was a quarter of the tests' time."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        # Letters and pages are compiled with different treatment of blanks, which is no part of Jinja's own key.
        return super().get_bucket(environment, f"{name}:{environment.trim_blocks}", filename, source)


def pytest_configure(config: pytest.Config) -> None:
    """Let every application that a test makes find its templates compiled, and every stage its YAML read."""
    kept = _Templates(str(config.cache.mkdir("templates")))
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": kept}
    document.read_text = _reading_once(document.read_text)


def _reading_once(read: Callable[[bytes | str, str], Document]) -> Callable[[bytes | str, str], Document]:
    """``read``, which gives a copy where the same content was read before: stages differ in a few lines from each other."""
    first = lru_cache(maxsize=256)(read)
    return lambda content, name: replace(first(content, name), data=deepcopy(first(content, name).data))


def pytest_collection_finish() -> None:
    """Look for garbage as seldom as a server does."""
    collect_seldom()


def settings_for(database_url: str, tmp: Path, **changes: Any) -> Settings:
    """Settings of a test process; ``changes`` replace single ones."""
    values: dict[str, Any] = {
        "environment": "test",
        "database_url": database_url,
        "owner_database_url": None,
        "valkey_url": "redis://127.0.0.1:9/0",
        "secret_key": secrets.token_hex(32),
        "base_domain": "localhost",
        "scheme": "http",
        "port": None,
        "smtp_host": "127.0.0.1",
        "smtp_port": NO_MAIL_SERVER,
        "smtp_username": None,
        "smtp_password": None,
        "mail_from_domain": "mail.example.org",
        "mailbox_dir": tmp / "mailbox",
        "files_dir": tmp / "files",
    }
    return Settings(**(values | changes))


class IsolatedClient(FlaskClient):
    """A client whose requests don't see the test's own open association: each runs in an empty context, as on a server."""

    hostname = "localhost"
    #: The sign-in's cookie, and the CSRF token that forms carry under it.
    kept_token = ("", "")

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if not args or isinstance(args[0], str):
            # The Host header follows from the base address; one in ``environ_base`` would be overwritten.
            kwargs.setdefault("base_url", f"http://{self.hostname}")
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture(scope="session")
def app(database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on this worker's database."""
    application = create_app(settings_for(database.app_url, tmp_path_factory.mktemp("tandem")))
    application.test_client_class = IsolatedClient
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def association(app: Flask) -> Iterator[Scope]:
    """A fresh association, open for the test's own code; commit before a request should see something."""
    with app.app_context():
        scope = an_association()
        with open_association(scope.association_id) as opened:
            yield opened


@pytest.fixture
def other_association(app: Flask) -> Scope:
    """A second association, not open."""

    def make() -> Scope:
        with app.app_context():
            return an_association()

    return Context().run(make)


@pytest.fixture
def in_association(app: Flask) -> Callable[[Scope, Callable[[], Any]], Any]:
    """Call a function inside another association and commit: ``in_association(scope, lambda: a_member())``."""

    def run(scope: Scope, function: Callable[[], Any]) -> Any:
        def inside() -> Any:
            with app.app_context(), open_association(scope.association_id):
                result = function()
                db.session.commit()
                return result

        return Context().run(inside)

    return run


@pytest.fixture
def client(app: Flask, association: Scope) -> FlaskClient:
    """A browser at the test association's host."""
    return client_at(app, association.hostname)


def client_at(app: Flask, hostname: str) -> IsolatedClient:
    """A browser at ``hostname``."""
    client = app.test_client()
    assert isinstance(client, IsolatedClient)
    client.hostname = hostname
    client.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    return client


@pytest.fixture
def statements(app: Flask) -> Iterator[Callable[[], int]]:
    """Counts SQL statements: call once to reset and read."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)

    def read() -> int:
        count = len(seen)
        seen.clear()
        return count

    yield read
    event.remove(engine, "before_cursor_execute", note)
