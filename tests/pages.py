"""Using pages as a browser does: reading forms and sending them, being signed in."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tandem.extensions import db
from tandem.identity.models import Account
from tandem.identity.services.sessions import start_session
from tandem.tenancy.scope import Scope
from tests.app_fixtures import IsolatedClient, client_at

SESSION_COOKIE = "__Host-tandem"

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def token_in(response: TestResponse) -> str:
    """The CSRF token of a page's first form."""
    found = _TOKEN.search(response.get_data(as_text=True))
    assert found, response.get_data(as_text=True)[:2000]
    return found[1]


def token_for(client: FlaskClient, page: str | None = None) -> str:
    """A CSRF token for ``client`` in its present sign-in."""
    return token_in(client.get(page or "/style-guide/plain"))


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    """Send a form as the page would: with the CSRF token of the client's present sign-in, which is asked for once.

    Whatever is wrong with it, the summary of the answer calls each field by a name.
    """
    answer = client.post(path, data={"csrf_token": _kept_token(client), **(data or {})}, **more)
    if answer.status_code == 422:
        assert [said for said in mistakes_in(answer) if re.match(r"(None\s*:|$)", said)] == [], path
    return answer


def mistakes_in(response: TestResponse) -> list[str]:
    """What the summary at the top of a page says is wrong, one by one; nothing where there is no summary."""
    page = response.get_data(as_text=True)
    summary = re.search(r'<section class="td-errors".*?</section>', page, re.DOTALL)
    said = re.findall(r"<li>(.*?)</li>", summary[0], re.DOTALL) if summary else []
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in said]


def _kept_token(client: FlaskClient) -> str:
    if not isinstance(client, IsolatedClient):
        return token_for(client)
    who = client.get_cookie(SESSION_COOKIE, domain=client.hostname)
    if who is None:
        return token_for(client)
    if client.kept_token[0] != who.value:
        client.kept_token = (who.value, token_for(client))
    return client.kept_token[1]


def text_of(response: TestResponse) -> str:
    """What a page says, without markup, with single spaces. A place where a word may break is no space."""
    body = response.get_data(as_text=True).replace("<wbr>", "")
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", body, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def session_for(account: Account) -> str:
    """The cookie's value of a new session of ``account``, in the open association; commits."""
    secret = start_session(account_id=account.id, method="link", user_agent="Firefox/1 (Linux)")
    db.session.commit()
    return secret


def signed_in_client(app: Flask, scope: Scope, account: Account) -> IsolatedClient:
    """A browser at ``scope``'s host on which ``account`` is signed in. The association must be open; commits."""
    client = client_at(app, scope.hostname)
    client.set_cookie(SESSION_COOKIE, session_for(account), domain=scope.hostname)
    return client


__all__ = [
    "SESSION_COOKIE", "post", "session_for", "signed_in_client", "text_of",
    "token_for", "token_in",
]  # fmt: skip
