"""What people see when something breaks: a page of ours, that asks nothing of what broke."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tandem.extensions import db
from tests.factories import a_member, an_account
from tests.pages import signed_in_client, text_of


@pytest.fixture
def browser(app, association, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return signed_in_client(app, association, an_account(a_member()))


def breaks(app, monkeypatch, function):
    monkeypatch.setitem(app.view_functions, "account.page", lambda **_values: function())


def test_a_fault_in_a_statement_is_answered_with_a_page(app, browser, monkeypatch, caplog):
    breaks(app, monkeypatch, lambda: db.session.execute(text("select nothing from nowhere")))

    answer = browser.get("/account")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in text_of(answer)
    assert "nowhere" not in answer.get_data(as_text=True)
    assert browser.get("/sign-in").status_code == 303


def test_a_database_that_does_not_answer_is_said(app, browser, monkeypatch, caplog):
    def away():
        raise OperationalError("select secret", {}, Exception("server closed the connection unexpectedly"))

    breaks(app, monkeypatch, away)

    answer = browser.get("/account")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "secret" not in caplog.text
    assert "closed the connection" in caplog.text


def test_no_database_at_all_is_answered_with_a_page(app, browser, monkeypatch, caplog):
    def refuse(*_arguments, **_values):
        raise OperationalError("connect", {}, Exception("connection refused"))

    monkeypatch.setattr("tandem.edge.requests.scope_for_host", refuse)
    monkeypatch.setattr("tandem.edge.shell.association_document", refuse)

    answer = browser.get("/account")

    assert answer.status_code == 503
    assert "Try again in a few minutes" in text_of(answer)


def test_what_a_failed_request_wrote_is_taken_back(app, browser, association, monkeypatch, caplog):
    def write_and_fail():
        db.session.execute(text("update account set name = 'Half done'"))
        raise RuntimeError

    breaks(app, monkeypatch, write_and_fail)

    assert browser.get("/account").status_code == 500
    db.session.rollback()
    assert db.session.execute(text("select count(*) from account where name = 'Half done'")).scalar() == 0
