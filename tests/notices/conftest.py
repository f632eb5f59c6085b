"""The mail server that notices are delivered to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.mail_server import MailServer, serving


@pytest.fixture
def mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that the application is set to use."""
    with serving() as server:
        settings = replace(app.extensions["tandem.settings"], smtp_host="127.0.0.1", smtp_port=server.port)
        monkeypatch.setitem(app.extensions, "tandem.settings", settings)
        yield server
