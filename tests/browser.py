"""Fixtures for walking through pages in a real Chromium, against the application served on the loopback address.

Mark such tests ``@pytest.mark.browser``: they are left out, and the run fails at its end, where there is no Chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tandem.app import create_app
from tandem.extensions import db
from tandem.local.processes import free_port
from tests.app_fixtures import settings_for
from tests.pages import SESSION_COOKIE
from tests.servers import Database
from tests.views import SIZES


@dataclass(frozen=True, slots=True)
class Site:
    """The application, served: ``url("casbo.localhost", "/programs")`` is an address that the browser can open."""

    app: Flask
    port: int

    def url(self, hostname: str = "localhost", path: str = "/") -> str:
        """The address of ``path`` on ``hostname``."""
        return f"http://{hostname}:{self.port}{path}"


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: requests would stand between the tests' own lines."""


@pytest.fixture(scope="session")
def site(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application on this process's database, served by threads; links carry its port."""
    port = free_port()
    application = create_app(settings_for(database.app_url, tmp_path_factory.mktemp("site"), port=port))
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Site(application, port)
    server.shutdown()
    thread.join()
    server.server_close()
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window and without calls of its own to anywhere."""
    named = (shutil.which(name) for name in ("chromium-headless-shell", "chromium", "google-chrome"))
    path = os.environ.get("TANDEM_CHROMIUM") or next(filter(None, named), None)
    if path is None:
        pytest.fail("The package chromium is missing; `make test` installs it where it may.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                # Every page is new and lives for a moment: what V8 optimizes for later costs a tenth of all work here.
                "--js-flags=--no-opt",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, each for a person of its own: ``new_page()``, ``new_page(size="phone", dark=True, scripts=False)``.

    At the end of the test no page may have had a script error, a refused resource or a violated content policy.
    """
    problems: list[str] = []
    contexts = []

    def make(*, size: str = "desk", dark: bool = False, scripts: bool = True, language: str = "en") -> Page:
        context = chromium.new_context(
            viewport=SIZES[size],
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale=language,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(problems, page, message))
        return page

    yield make
    for context in contexts:
        context.close()
    assert problems == []


def _note(problems: list[str], page: Page, message: Any) -> None:
    # Chromium also writes an error line for each page that answers 4xx or 503, which a test may be about.
    if message.type == "error" and not re.search(r"responded with a status of (4\d\d|503)", message.text):
        problems.append(f"{page.url}: {message.text}")


def sign_in(window: Page, hostname: str, secret: str) -> None:
    """Give ``window`` the cookie of a session at ``hostname`` (see :func:`tests.pages.session_for`)."""
    window.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": secret, "url": f"https://{hostname}/", "secure": True}]
    )


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page at desk width, in light colours."""
    return new_page()
