"""``tandem account`` and ``tandem operator``."""

from __future__ import annotations

import secrets
from contextvars import Context

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tandem.audit.models import AuditEntry
from tandem.cli import main
from tandem.extensions import db
from tandem.identity.models import Account, RoleGrant, SignInSession
from tandem.identity.services.passwords import verify
from tests.app_fixtures import client_at
from tests.factories import a_committee, a_department, a_member, a_number, an_account
from tests.pages import post, session_for

GOOD = "pear candle otter brick"


@pytest.fixture
def command(database, monkeypatch, tmp_path):
    for name, value in {
        "ENV": "test", "DATABASE_URL": database.app_url, "VALKEY_URL": "redis://127.0.0.1:9/0",
        "SECRET_KEY": secrets.token_hex(32), "BASE_DOMAIN": "localhost", "SCHEME": "http", "FILES_DIR": str(tmp_path / "f"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"TANDEM_{name}", value)

    def run(*arguments, given=None):
        return Context().run(CliRunner().invoke, main, list(arguments), input=given)

    return run


def test_an_account_is_created_and_given_a_role(command, association):
    slug = association.slug
    made = command("account", "create", slug, "office@example.org", "--name", "Olive Office")
    again = command("account", "create", slug, "office@example.org", "--name", "Olive Office")
    granted = command("account", "grant", slug, "office@example.org", "association-staff")

    assert [(each.exit_code, each.output) for each in (made, again, granted)] == [
        (0, "Olive Office <office@example.org> has an account.\n"),
        (0, "Olive Office <office@example.org> has an account.\n"),
        (0, "office@example.org has the role association-staff.\n"),
    ]
    assert db.session.scalars(select(RoleGrant.role)).all() == ["association-staff"]
    assert {entry.actor_name for entry in db.session.scalars(select(AuditEntry))} == {"tandem account"}


def test_a_members_account_is_made_where_a_role_is_given(command, association):
    member = a_member(email="ada@example.org")
    department = a_department(slug="north")
    committee = a_committee()
    db.session.commit()

    first = command(
        "account", "grant", association.slug, "ADA@example.org", "department-staff", "--department", "north"
    )
    second = command("account", "grant", association.slug, "ada@example.org", "reviewer", "--committee", committee.key)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert db.session.scalars(select(Account.member_id)).all() == [member.id]
    grants = db.session.scalars(select(RoleGrant).order_by(RoleGrant.id)).all()
    assert [(grant.role, grant.department_id, grant.committee_id) for grant in grants] == [
        ("department-staff", department.id, None),
        ("reviewer", None, committee.id),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grant", "nowhere", "x@example.org", "reviewer"], "There is no association nowhere."),
        (["grant", "{slug}", "x@example.org", "reviewer"], "x@example.org has no account"),
        (["grant", "{slug}", "known@example.org", "king"], "'king' is not one of"),
        (
            ["grant", "{slug}", "known@example.org", "reviewer", "--department", "south"],
            "There is no department 'south'.",
        ),
        (["grant", "{slug}", "known@example.org", "department-staff"], "Choose the department."),
        (["create", "{slug}", "nope", "--name", "X"], "Enter an e-mail address like"),
        (["create", "{slug}", "x@example.org", "--name", " "], "Enter a name."),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(command, association, arguments, said):
    an_account(email="known@example.org")
    db.session.commit()

    result = command("account", *(argument.format(slug=association.slug) for argument in arguments))

    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output
    assert db.session.scalars(select(RoleGrant)).all() == []
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_a_password_is_asked_for_and_signs_the_browsers_out(command, association):
    account = an_account(email="ada@example.org")
    session_for(account)

    done = command("account", "set-password", association.slug, "ada@example.org", given=f"{GOOD}\n{GOOD}\n")

    db.session.expire_all()
    assert done.exit_code == 0, done.output
    assert GOOD not in done.output
    assert verify(account.password_hash, GOOD)
    assert db.session.scalars(select(SignInSession.ended_at)).one() is not None


def test_a_password_comes_from_the_standard_input(command, association):
    account = an_account(email="ada@example.org")
    db.session.commit()

    done = command(
        "account", "set-password", association.slug, "ada@example.org", "--password-file", "-", given=f"{GOOD}\n"
    )
    short = command(
        "account", "set-password", association.slug, "ada@example.org", "--password-file", "-", given="short\n"
    )

    db.session.expire_all()
    assert (done.exit_code, short.exit_code) == (0, 1)
    assert "at least 12 characters" in short.output
    assert verify(account.password_hash, GOOD)


def test_someone_is_signed_out(command, association):
    session_for(an_account(email="ada@example.org"))

    result = command("account", "sign-out", association.slug, "ada@example.org")

    assert (result.exit_code, result.output) == (0, "1 sessions ended.\n")


def test_an_operator_is_made(command, app):
    email = f"operator{a_number()}@example.org"

    made = command("operator", "set-password", email, "--name", "Otto", "--password-file", "-", given=f"{GOOD}\n")
    short = command("operator", "set-password", email, "--name", "Otto", "--password-file", "-", given="short\n")

    browser = client_at(app, "operator.localhost")
    assert (made.exit_code, made.output) == (0, f"{email} can sign in to the console.\n")
    assert short.exit_code == 1
    assert post(browser, "/operator/sign-in", {"email": email, "password": GOOD}).status_code == 303
