"""What the edge does around every answer: proxies of our own, caches, half-sent forms."""

from __future__ import annotations

import io

import pytest
from flask import request

from tandem.app import create_app
from tandem.extensions import db
from tandem.identity.services.limits import network_of
from tests.app_fixtures import IsolatedClient, client_at, settings_for
from tests.factories import a_member, an_account, an_association
from tests.pages import post, signed_in_client


@pytest.fixture
def behind_proxy(database, tmp_path):
    application = create_app(settings_for(database.app_url, tmp_path, proxies=1))
    application.test_client_class = IsolatedClient
    yield application
    with application.app_context():
        db.engine.dispose()


def test_no_host_is_taken_from_a_forwarded_header(behind_proxy):
    with behind_proxy.app_context():
        scope = an_association()

    answer = client_at(behind_proxy, "127.0.0.1").get("/sign-in", headers={"X-Forwarded-Host": scope.hostname})

    assert answer.status_code == 404


def test_callers_behind_a_proxy_are_counted_apart(behind_proxy):
    with behind_proxy.app_context():
        scope = an_association()
    seen = []
    behind_proxy.view_functions["sign_in.page"] = lambda: seen.append(request.remote_addr) or ""
    browser = client_at(behind_proxy, scope.hostname)

    browser.get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})

    assert seen == ["198.51.100.7"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_caller_is_counted_by_network(address, network):
    assert network_of(address) == network


def test_nothing_for_someone_signed_in_is_stored(app, client, association):
    browser = signed_in_client(app, association, an_account(a_member()))

    pages = [browser.get(path).headers["Cache-Control"] for path in ("/account", "/programs", "/nowhere", "/sign-in")]

    assert pages == ["no-store"] * 4
    assert client.get("/sign-in").headers["Cache-Control"] == "private, no-cache"


def test_what_a_stranger_sends_is_not_read(client, association):
    class Body(io.BytesIO):
        def read(self, *_size):
            raise AssertionError("The body was read before the guard had let anyone in.")

    answer = client.post(
        "/account", input_stream=Body(b"name=x"), content_length=6, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 303


def test_a_nul_in_a_form_of_ones_own_is_refused(app, association):
    browser = signed_in_client(app, association, an_account())

    assert post(browser, "/account", {"name": "a\0b"}).status_code == 400
