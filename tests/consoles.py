"""An operator of the platform, and the console on which one is signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tandem.extensions import db
from tandem.operator.services import set_operator
from tandem.tenancy.scope import Scope
from tests.app_fixtures import IsolatedClient, client_at
from tests.factories import a_number
from tests.pages import post

PASSWORD = "granite teapot window nine"


@pytest.fixture
def operator(app: Flask) -> str:
    """An operator's address; each test has one of its own."""
    email = f"operator{a_number()}@example.org"
    with app.app_context():
        set_operator(email=email, name="Otto Operator", password=PASSWORD)
        db.session.commit()
    return email


@pytest.fixture
def console(app: Flask, operator: str) -> IsolatedClient:
    """A browser on which the operator is signed in."""
    browser = client_at(app, "operator.localhost")
    answer = post(browser, "/operator/sign-in", {"email": operator, "password": PASSWORD})
    assert answer.status_code == 303
    return browser


@pytest.fixture
def held_by_operator(console: IsolatedClient) -> Callable[..., None]:
    """Hold the mail of an association on the console: ``held_by_operator(association, "Why.")``."""

    def hold(association: Scope, reason: str = "The mail server is mended.") -> None:
        answer = post(console, f"/operator/associations/{association.slug}/hold-mail", {"mail_reason": reason})
        assert answer.status_code == 303
        db.session.rollback()

    return hold
