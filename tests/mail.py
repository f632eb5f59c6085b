"""The fixture of a mail server that a whole module’s associations send to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app

from tandem.clocks import system_now
from tandem.jobs.models import Job
from tandem.jobs.services import enqueue
from tandem.notices import services
from tests.app_fixtures import NO_MAIL_SERVER
from tests.mail_server import MailServer, serving


@pytest.fixture(scope="session", autouse=True)
def letters_wait() -> Iterator[None]:
    """Where a test has no mail server, nobody tries to send: each try took as long as a page, and would fail."""

    def later(**asked: Any) -> Job:
        if current_app.extensions["tandem.settings"].smtp_port == NO_MAIL_SERVER:
            asked["run_after"] = system_now() + timedelta(days=1)
        return enqueue(**asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "enqueue", later)
        yield


@pytest.fixture(scope="module")
def mail(app: Flask) -> Iterator[MailServer]:
    """A mail server to which everything goes that the module's associations send."""
    before = app.extensions["tandem.settings"]
    with serving() as server:
        app.extensions["tandem.settings"] = replace(before, smtp_host="127.0.0.1", smtp_port=server.port)
        yield server
    app.extensions["tandem.settings"] = before
