"""The access table both ways: every route has a row and every row a route; every permission is used; every row does as it says.

The guard alone is asked: behind it stand views that only answer 200, so a page that refuses for reasons of its own cannot hide a
guard that lets everyone in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tandem import app as app_module
from tandem.access.actor import PERMISSIONS, ROLES
from tandem.access.roles import ROLE_WORDS, ScopeKind
from tandem.access.table import ACCESS, ANYWHERE, Access, HostKind, Who
from tandem.app import create_app
from tandem.edge.guard import UndeclaredEndpointError, check_declared
from tandem.extensions import db
from tandem.operator.services import set_operator, sign_in
from tests.app_fixtures import IsolatedClient, client_at, settings_for
from tests.factories import a_department, a_grant, a_member, a_number, an_account, an_association
from tests.pages import SESSION_COOKIE, session_for, signed_in_client

pytestmark = pytest.mark.long

CALLERS = (
    "anonymous", "member", "reviewer", "department-staff", "association-staff", "other-association-staff", "operator",
    "nobody-in-particular",
)  # fmt: skip
#: On a host that a row does not name nobody gets in; those who could most are enough to see it.
_STRONGEST = {"anonymous", "association-staff", "operator"}
_MISSING = UUID("01890000-0000-7000-8000-000000000000")


@pytest.fixture(scope="module")
def hollow(database, tmp_path_factory) -> Iterator[Flask]:
    """The application with every view replaced: who gets past the guard sees 200."""
    application = create_app(settings_for(database.app_url, tmp_path_factory.mktemp("hollow")))
    application.test_client_class = IsolatedClient
    application.config["WTF_CSRF_ENABLED"] = False
    for endpoint in application.view_functions:
        application.view_functions[endpoint] = lambda **_values: "past the guard"
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def callers(hollow) -> dict[str, IsolatedClient]:
    """A browser for each kind of caller, all at the first association's host; and the operator's at the console."""
    from contextvars import Context

    from tandem.tenancy.edge import open_association

    def make() -> dict[str, IsolatedClient]:
        with hollow.app_context():
            scope, other = an_association(), an_association()
            found = {"anonymous": client_at(hollow, scope.hostname)}
            with open_association(scope.association_id):
                department = a_department()
                accounts = {
                    "member": an_account(a_member()),
                    "reviewer": an_account(),
                    "department-staff": an_account(),
                    "association-staff": an_account(),
                    "nobody-in-particular": an_account(),
                }
                a_grant(accounts["reviewer"], "reviewer")
                a_grant(accounts["department-staff"], "department-staff", department_id=department.id)
                a_grant(accounts["association-staff"], "association-staff")
                for name, account in accounts.items():
                    found[name] = signed_in_client(hollow, scope, account)
            with open_association(other.association_id):
                stranger = an_account(a_member())
                a_grant(stranger, "association-staff")
                secret = session_for(stranger)
            found["other-association-staff"] = client_at(hollow, scope.hostname)
            found["other-association-staff"].set_cookie(SESSION_COOKIE, secret, domain=scope.hostname)
            email = f"operator{a_number()}@example.org"
            set_operator(email=email, name="Otto", password="granite teapot window nine")
            found["operator"] = client_at(hollow, "operator.localhost")
            secret = sign_in(address=email, password="granite teapot window nine", network="10.9.8.7")
            db.session.commit()
            assert secret
            # Carried to every host, to see that it counts on its own alone.
            for hostname in ("operator.localhost", scope.hostname, "localhost"):
                found["operator"].set_cookie(SESSION_COOKIE, secret, domain=hostname)
            return found

    return Context().run(make)


def address_of(rule: Rule) -> str:
    """An address that ``rule`` matches, of objects that don't exist."""
    values = {"uuid": str(_MISSING), "int": "1", "path": "x", "default": "x", "string": "x"}
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda match: values[match[1] or "default"], str(rule.rule))


def expected(access: Access, caller: str) -> int:
    """What the guard answers on a host that the row names: 200 past it, 303 to the sign-in, 403."""
    if access.who is Who.ANYONE:
        return 200
    if access.who is Who.OPERATOR:
        return 200 if caller == "operator" else 303
    if caller in {"anonymous", "other-association-staff", "operator"}:
        return 303
    if access.who is Who.SIGNED_IN:
        return 200
    if access.who is Who.MEMBER:
        return 200 if caller == "member" else 403
    return 200 if access.permission in ROLES.get(caller, frozenset()) else 403


def test_every_route_has_a_row_and_every_row_a_route(app, counted):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    counted(f"{len(endpoints)} routes, {len(ACCESS)} rows in the access table")
    assert endpoints == set(ACCESS)


def test_rows_are_sorted_and_stand_once():
    source = (Path(app_module.__file__).parent / "access" / "table.py").read_text()

    written = re.findall(r'^    "([a-z_.]+)": ', source, flags=re.MULTILINE)

    assert written == sorted(set(written))
    assert written == list(ACCESS)


def test_permissions_are_those_of_the_table_and_of_the_roles():
    used = {access.permission for access in ACCESS.values() if access.permission}

    assert {access.permission for access in ACCESS.values() if access.who is Who.STAFF} == used
    assert used <= set(PERMISSIONS)
    assert frozenset().union(*ROLES.values()) == set(PERMISSIONS)
    assert set(ROLE_WORDS) == set(ROLES)
    assert ROLE_WORDS["association-staff"].scopes == {ScopeKind.ASSOCIATION}


def test_every_permission_is_asked_for_somewhere():
    used = {access.permission for access in ACCESS.values() if access.permission}
    package = Path(app_module.__file__).parent
    code = "\n".join(path.read_text() for path in package.rglob("*.py") if path.name not in {"actor.py", "shell.py"})

    unused = {name for name in PERMISSIONS if name not in used and f'"{name}"' not in code}

    assert unused == set()


@pytest.mark.parametrize("endpoint", sorted(ACCESS))
def test_the_guard_does_as_the_row_says(hollow, callers, endpoint):
    access = ACCESS[endpoint]
    rules = [rule for rule in hollow.url_map.iter_rules() if rule.endpoint == endpoint]
    site = callers["anonymous"].hostname

    seen = {}
    wanted = {}
    for rule in rules:
        method = "GET" if "GET" in rule.methods else "POST"
        for caller, browser in callers.items():
            for kind, hostname in (
                (HostKind.ASSOCIATION, site), (HostKind.FINDER, "localhost"), (HostKind.OPERATOR, "operator.localhost")
            ):  # fmt: skip
                if kind not in access.hosts and caller not in _STRONGEST:
                    continue
                answer = browser.open(address_of(rule), method=method, base_url=f"http://{hostname}")
                seen[caller, kind.value] = answer.status_code
                wanted[caller, kind.value] = 404 if kind not in access.hosts else expected(access, caller)

    assert rules
    assert set(callers) == set(CALLERS)
    assert seen == wanted


def test_a_route_without_a_row_fails_the_start(app, monkeypatch):
    missing = dict(ACCESS)
    del missing["account.page"]
    monkeypatch.setattr("tandem.edge.guard.ACCESS", missing)

    with pytest.raises(UndeclaredEndpointError, match=r"account\.page"):
        check_declared(app)


def test_an_undeclared_route_fails_the_start_of_a_new_application(database, tmp_path, monkeypatch):
    import tests.tenancy_undeclared  # noqa: F401

    monkeypatch.setattr(app_module, "BLUEPRINTS", (*app_module.BLUEPRINTS, "tests.tenancy_undeclared"))

    with pytest.raises(UndeclaredEndpointError, match=r"undeclared\.page"):
        create_app(settings_for(database.app_url, tmp_path))


def test_an_undeclared_route_would_be_closed_even_if_the_start_let_it_through(hollow, callers, monkeypatch):
    missing = dict(ACCESS)
    del missing["account.page"]
    monkeypatch.setattr("tandem.edge.guard.ACCESS", missing)

    assert callers["association-staff"].get("/account").status_code == 404


def test_the_walk_finds_a_row_that_opens_too_much(hollow, callers, monkeypatch):
    """With one row opened to anyone the guard lets strangers past: the walk's comparison must see it."""
    monkeypatch.setitem(ACCESS, "accounts.index", Access(Who.ANYONE))

    status = callers["anonymous"].get("/staff/accounts").status_code

    assert status == 200
    assert status != expected(Access(Who.STAFF, "accounts.manage"), "anonymous")


def test_pages_for_everyone_are_named_here():
    """Opening a page to everyone is a decision: it is made twice."""
    open_to_all = {endpoint for endpoint, access in ACCESS.items() if access.who is Who.ANYONE}

    assert open_to_all == {
        "edge.health", "edge.home", "mail_choices.unsubscribe", "mail_choices.unsubscribe_page", "mailbox.file", "mailbox.index", "mailbox.mail", "mailbox.show", "operator.ask", "operator.sign_in",
        "operator.sign_out", "programs.index", "programs.show", "sign_in.ask", "sign_in.code", "sign_in.code_page",
        "sign_in.link", "sign_in.link_page", "sign_in.page", "sign_in.password", "sign_in.password_page", "sign_in.sign_out",
        "static", "web.brand", "web.language", "web.style_guide", "web.theme",
    }  # fmt: skip


def test_rows_for_every_host_are_open_to_all():
    assert {access.who for access in ACCESS.values() if access.hosts == ANYWHERE} == {Who.ANYONE}
