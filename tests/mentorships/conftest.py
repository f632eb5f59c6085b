"""A mail server for what is written to people in mentorships."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.mail_server import MailServer, serving


@pytest.fixture(scope="module")
def mail(app: Flask) -> Iterator[MailServer]:
    """A mail server to which everything goes that the module's associations send."""
    before = app.extensions["tandem.settings"]
    with serving() as server:
        app.extensions["tandem.settings"] = replace(before, smtp_host="127.0.0.1", smtp_port=server.port)
        yield server
    app.extensions["tandem.settings"] = before
