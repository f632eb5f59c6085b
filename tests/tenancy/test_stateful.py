"""Any sequence of what people do at two associations, against a model that never heard of the other one.

The model is a pair of plain dictionaries. After every step the answer must be the model's, and no answer at one association
may hold a word that was only ever written at the other. The control plants a hole: the same machine on a role that row
security does not bind must find it.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from tandem import app as app_module
from tandem.app import create_app
from tandem.extensions import db
from tandem.identity.services.sessions import start_session
from tandem.tenancy.edge import open_association
from tests.app_fixtures import IsolatedClient, client_at, settings_for
from tests.factories import a_department, a_grant, a_member, an_account, an_association
from tests.pages import SESSION_COOKIE, post, session_for, text_of

MISSING = "01890000-0000-7000-8000-000000000000"
_numbers = itertools.count(1)


@dataclass
class Side:
    """What the model knows of one association: who has an account, with which roles, and which browsers are signed in."""

    hostname: str
    word: str
    staff: IsolatedClient
    office: str
    department: str
    accounts: dict[str, str] = field(default_factory=dict)
    grants: dict[str, tuple[str, str]] = field(default_factory=dict)
    browsers: list[tuple[str, IsolatedClient]] = field(default_factory=list)

    def has_role(self, account: str) -> bool:
        """Whether the account has any role."""
        return any(holder == account for holder, _role in self.grants.values())


class TwoAssociations(RuleBasedStateMachine):
    """Steps of staff and members at association 0 and association 1."""

    app: Flask
    steps = 0
    divergences = 0

    accounts = Bundle("accounts")
    grants = Bundle("grants")

    @initialize(target=accounts)
    def begin(self) -> Any:
        """Two associations with the same people, each with someone on the staff."""
        self.sides = [_side(self.app) for _n in range(2)]
        return multiple(*((side, account) for side, each in enumerate(self.sides) for account in each.accounts))

    @rule(target=accounts, side=st.integers(0, 1))
    def staff_make_an_account(self, side: int) -> Any:
        """Staff create an account whose name holds the association's word."""
        here = self.sides[side]
        number = next(_numbers)
        name = f"{here.word} {number}"
        answer = self.seen(
            side, post(here.staff, "/staff/accounts/new", {"name": name, "email": f"person{number}@example.org"})
        )
        self.expect(answer.status_code == 303, text_of(answer))
        identifier = answer.location.rsplit("/", 1)[1]
        here.accounts[identifier] = name
        return side, identifier

    @rule(side=st.integers(0, 1), account=accounts)
    def staff_look_at_an_account(self, side: int, account: tuple[int, str]) -> None:
        """Their own they see, another association's they don't."""
        here, (home, identifier) = self.sides[side], account
        answer = self.seen(side, here.staff.get(f"/staff/accounts/{identifier}"))
        if side == home:
            self.expect(answer.status_code == 200)
            self.expect(here.accounts[identifier] in text_of(answer))
        else:
            self.missing(answer, here.staff.get(f"/staff/accounts/{MISSING}"))

    @rule(
        target=grants, side=st.integers(0, 1), account=accounts, role=st.sampled_from(["reviewer", "department-staff"])
    )
    def staff_give_a_role(self, side: int, account: tuple[int, str], role: str) -> Any:
        """To their own accounts alone."""
        here, (home, identifier) = self.sides[side], account
        place = "association" if role == "reviewer" else f"department:{here.department}"
        answer = self.seen(
            side, post(here.staff, f"/staff/accounts/{identifier}/roles", {"role": role, "scope": place})
        )
        if side != home:
            self.expect(answer.status_code == 404)
            return multiple()
        self.expect(answer.status_code == 303)
        known = set(here.grants)
        page = here.staff.get(f"/staff/accounts/{identifier}").get_data(as_text=True)
        shown = set(re.findall(rf"/staff/accounts/{identifier}/roles/([0-9a-f-]+)/end", page))
        for grant in shown - known:
            here.grants[grant] = (identifier, role)
        self.expect(shown == {grant for grant, (holder, _role) in here.grants.items() if holder == identifier})
        return multiple(*((side, identifier, grant) for grant in shown - known))

    @rule(side=st.integers(0, 1), role=st.integers(0, 1), account=accounts)
    def staff_give_a_role_in_the_others_department(self, side: int, role: int, account: tuple[int, str]) -> None:
        """A department of the other association is not there."""
        here, there = self.sides[side], self.sides[1 - side]
        answer = post(
            here.staff, f"/staff/accounts/{account[1]}/roles",
            {"role": ["reviewer", "department-staff"][role], "scope": f"department:{there.department}"},
        )  # fmt: skip
        self.expect(self.seen(side, answer).status_code == 404)

    @rule(side=st.integers(0, 1), grant=grants)
    def staff_take_a_role_back(self, side: int, grant: tuple[int, str, str]) -> None:
        """Their own alone; twice is as good as once."""
        here, (home, account, identifier) = self.sides[side], grant
        answer = self.seen(side, post(here.staff, f"/staff/accounts/{account}/roles/{identifier}/end"))
        if side != home:
            self.expect(answer.status_code == 404)
            return
        self.expect(answer.status_code == 303)
        here.grants.pop(identifier, None)

    @rule(account=accounts, method=st.sampled_from(["link", "password"]))
    def somebody_signs_in(self, account: tuple[int, str], method: str) -> None:
        """A new browser at the account's own association."""
        side, identifier = account
        here = self.sides[side]
        browser = client_at(self.app, here.hostname)
        browser.set_cookie(SESSION_COOKIE, _session(self.app, here.hostname, identifier, method), domain=here.hostname)
        here.browsers.append((identifier, browser))
        self.expect(here.accounts[identifier] in text_of(self.seen(side, browser.get("/account"))))

    @rule(side=st.integers(0, 1), which=st.integers(0, 50))
    def somebody_carries_the_cookie_over(self, side: int, which: int) -> None:
        """A session of one association is nothing at the other."""
        here, there = self.sides[side], self.sides[1 - side]
        if not there.browsers:
            return
        cookie = there.browsers[which % len(there.browsers)][1].get_cookie(SESSION_COOKIE, domain=there.hostname)
        if cookie is None:
            return
        browser = client_at(self.app, here.hostname)
        browser.set_cookie(SESSION_COOKIE, cookie.value, domain=here.hostname)
        answer = self.seen(side, browser.get("/account"))
        self.expect((answer.status_code, answer.location) == (303, "/sign-in?next=%2Faccount"))

    @rule(
        side=st.integers(0, 1),
        which=st.integers(0, 50),
        path=st.sampled_from(["/account", "/staff/", "/notices", "/staff/accounts"]),
    )
    def somebody_opens_a_page(self, side: int, which: int, path: str) -> None:
        """Open to those whose role the model has."""
        here = self.sides[side]
        if not here.browsers:
            return
        account, browser = here.browsers[which % len(here.browsers)]
        answer = self.seen(side, browser.get(path))
        wanted = {
            "/account": 200,
            "/notices": 200,
            "/staff/": 200 if here.has_role(account) else 403,
            "/staff/accounts": 403,
        }
        self.expect(answer.status_code == wanted[path], text_of(answer))

    @rule(side=st.integers(0, 1), account=accounts)
    def staff_sign_somebody_out(self, side: int, account: tuple[int, str]) -> None:
        """Their own alone: the other association's people stay signed in."""
        here, (home, identifier) = self.sides[side], account
        answer = self.seen(side, post(here.staff, f"/staff/accounts/{identifier}/sign-out"))
        self.expect(answer.status_code == (303 if side == home else 404))
        if side == home:
            gone = [browser for holder, browser in here.browsers if holder == identifier]
            here.browsers = [(holder, browser) for holder, browser in here.browsers if holder != identifier]
            self.expect(all(browser.get("/account").status_code == 303 for browser in gone[:3]))

    @rule(
        side=st.integers(0, 1),
        search=st.sampled_from(["", "person", "Ostwort", "Westwort"]),
        role=st.sampled_from(["", "any", "reviewer"]),
    )
    def staff_search(self, side: int, search: str, role: str) -> None:
        """The list holds their own people alone."""
        here = self.sides[side]
        answer = self.seen(side, here.staff.get(f"/staff/accounts?q={search}&role={role}"))
        self.expect(answer.status_code == 200)
        listed = set(re.findall(r'href="/staff/accounts/([0-9a-f-]{36})"', answer.get_data(as_text=True)))
        self.expect(listed <= {*here.accounts, here.office})

    @rule(
        side=st.integers(0, 1),
        path=st.sampled_from(["/staff/members", "/staff/audit", "/staff/notices", "/staff/jobs", "/staff/", "/"]),
    )
    def staff_open_a_list(self, side: int, path: str) -> None:
        """Whatever staff open, it is theirs."""
        self.expect(self.seen(side, self.sides[side].staff.get(path)).status_code in {200, 303})

    def seen(self, side: int, answer: TestResponse) -> TestResponse:
        """Count the step and look for the other association's word."""
        type(self).steps += 1
        self.expect(answer.status_code < 500)
        other = self.sides[1 - side].word
        self.expect(other not in answer.get_data(as_text=True), f"{other} at {self.sides[side].hostname}")
        return answer

    def expect(self, holds: bool, said: str = "") -> None:
        """What the model says; anything else is counted and ends the run."""
        if not holds:
            type(self).divergences += 1
            raise AssertionError(said)

    def missing(self, answer: TestResponse, nothing: TestResponse) -> None:
        """A foreign object's answer is that of an object nobody has."""
        self.expect((answer.status_code, answer.get_data()) == (404, nothing.get_data()))


def _side(app: Flask) -> Side:
    def make() -> Side:
        with app.app_context():
            number = next(_numbers)
            scope = an_association()
            word = f"{'Ostwort' if number % 2 else 'Westwort'}{number}x"
            with open_association(scope.association_id):
                department = str(a_department(name=f"{word} department").id)
                office = an_account(name=f"{word} office")
                a_grant(office, "association-staff")
                person = an_account(a_member(given_name=word, family_name="Same", email="same@example.org"))
                staff = client_at(app, scope.hostname)
                staff.set_cookie(SESSION_COOKIE, session_for(office), domain=scope.hostname)
                accounts = {str(person.id): person.name}
                db.session.commit()
                return Side(scope.hostname, word, staff, str(office.id), department, accounts)

    return Context().run(make)


def _session(app: Flask, hostname: str, account: str, method: str) -> str:
    def make() -> str:
        with app.app_context(), open_association(hostname.removesuffix(".localhost")):
            secret = start_session(account_id=UUID(account), method=method, user_agent=None)
            db.session.commit()
            return secret

    return Context().run(make)


def machine(app: Flask) -> type[TwoAssociations]:
    """The machine on one application, with counts of its own."""
    return type("Machine", (TwoAssociations,), {"app": app, "steps": 0, "divergences": 0})


def run(kind: type[TwoAssociations], *, examples: int, steps: int) -> None:
    """Play ``examples`` sequences of ``steps`` steps."""
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        ),
    )  # fmt: skip


@pytest.mark.proof
def test_two_associations_never_meet(app, proof_count, monkeypatch, counted):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    kind = machine(app)

    run(kind, examples=proof_count(8, 330), steps=50)

    counted(f"{kind.steps:,} answers of two associations compared with the model, {kind.divergences} divergences")
    assert kind.divergences == 0
    assert kind.steps >= proof_count(100, 10_000)


@pytest.mark.proof
def test_a_planted_hole_is_found(new_database, tmp_path, monkeypatch, counted):
    """The same machine, where row security binds nobody."""
    monkeypatch.setattr(app_module, "verify_role", lambda _connection: None)
    hole = create_app(settings_for(new_database().superuser_url, tmp_path))
    hole.test_client_class = IsolatedClient
    hole.config["PROPAGATE_EXCEPTIONS"] = False
    kind = machine(hole)

    # Hypothesis plays a failing sequence again to report it, which ends otherwise on rows that are there by then.
    with contextlib.suppress(Exception):
        run(kind, examples=5, steps=40)

    with hole.app_context():
        db.engine.dispose()
    counted(f"control: {kind.steps:,} answers where row security binds nobody, {kind.divergences} divergences")
    assert kind.divergences > 0
