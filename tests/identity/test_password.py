from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tandem.access.actor import SYSTEM
from tandem.access.errors import ForbiddenError, InvalidError
from tandem.audit.models import AuditEntry
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.identity.models import Account, SignInSession
from tandem.identity.services import passwords
from tandem.identity.services.passwords import hasher, password_problem, set_password
from tests.app_fixtures import client_at
from tests.factories import a_member, an_account, an_actor, staff_actor
from tests.pages import post, signed_in_client, text_of

GOOD = "pear candle otter brick"


@pytest.fixture
def account(association):
    account = an_account(a_member(email="ada@example.org"))
    set_password(actor=SYSTEM, account_id=account.id, password=GOOD)
    db.session.commit()
    return account


def try_password(client, email="ada@example.org", password=GOOD, **more):
    return post(client, "/sign-in/password", {"email": email, "password": password, **more})


def test_the_right_password_signs_in(client, account):
    answer = try_password(client, "ADA@example.org", next="/account")

    assert (answer.status_code, answer.location) == (303, "/account")
    assert client.get("/account").status_code == 200
    db.session.expire_all()
    assert db.session.scalars(select(SignInSession.method)).all() == ["password"]


@pytest.mark.parametrize("password", ["", "wrong", GOOD + " ", GOOD.upper(), GOOD * 50, "ä" * 10_000])
def test_a_wrong_password_is_refused(client, account, password):
    answer = try_password(client, password=password)

    assert answer.status_code == 422
    assert "don’t belong together" in text_of(answer)
    assert password not in answer.get_data(as_text=True) or not password or password == "wrong"
    assert client.get("/account").status_code == 303


def test_unknown_and_known_addresses_are_answered_alike(client, account, app, association):
    def said(email):
        answer = try_password(client_at(app, association.hostname), email, "wrong password")
        return answer.status_code, text_of(answer)

    assert said("ada@example.org") == said("nobody@example.org")


def test_every_try_costs_one_hash(client, account, monkeypatch):
    an_account(email="link-only@example.org")
    db.session.commit()
    checked = []
    verify = type(hasher).verify
    monkeypatch.setattr(
        type(hasher), "verify", lambda self, known, typed: checked.append(known) or verify(self, known, typed)
    )

    for email in ("ada@example.org", "nobody@example.org", "link-only@example.org"):
        try_password(client, email, "wrong password")

    assert len(checked) == 3
    assert all(known.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for known in checked)


def test_a_closed_account_is_refused(client, account):
    account.state = "closed"
    db.session.commit()

    assert try_password(client).status_code == 422


def test_a_member_who_was_removed_is_refused(client, account):
    account.member.state = "removed"
    db.session.commit()

    assert try_password(client).status_code == 422


def test_ten_tries_are_taken_and_no_more(client, account):
    answers = [try_password(client, password="wrong").status_code for _time in range(10)]

    right = try_password(client)

    assert answers == [422] * 10
    assert right.status_code == 429
    assert "Retry-After" in right.headers


def test_an_old_hash_is_renewed_at_sign_in(client, account):
    weaker = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    db.session.execute(update(Account).values(password_hash=weaker.hash(GOOD)))
    db.session.commit()

    try_password(client)

    db.session.expire_all()
    assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def change(client, **fields):
    return post(client, "/account/password", fields)


def test_changing_asks_for_the_present_password_and_signs_the_others_out(client, account, app, association):
    other = signed_in_client(app, association, account)
    try_password(client)

    refused = change(client, current="wrong", new="violet ladder smoke tin", again="violet ladder smoke tin")
    done = change(client, current=GOOD, new="violet ladder smoke tin", again="violet ladder smoke tin")

    assert refused.status_code == 422
    assert 'id="current-error"' in refused.get_data(as_text=True)
    assert done.status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert try_password(client_at(app, association.hostname)).status_code == 422
    assert try_password(client_at(app, association.hostname), password="violet ladder smoke tin").status_code == 303


def test_a_fresh_link_vouches_for_a_new_password(app, association, account):
    client = signed_in_client(app, association, account)

    page = client.get("/account/password")
    done = change(client, new="violet ladder smoke tin", again="violet ladder smoke tin")

    assert 'name="current"' not in page.get_data(as_text=True)
    assert done.status_code == 303


def test_a_link_of_this_morning_does_not(app, association, account):
    client = signed_in_client(app, association, account)
    db.session.execute(update(SignInSession).values(created_at=system_now() - timedelta(minutes=16)))
    db.session.commit()

    assert change(client, new="violet ladder smoke tin", again="violet ladder smoke tin").status_code == 422


def test_the_two_entries_must_agree(app, association, account):
    client = signed_in_client(app, association, account)

    answer = change(client, new="violet ladder smoke tin", again="violet ladder smoke tim")

    assert answer.status_code == 422
    assert 'id="again-error"' in answer.get_data(as_text=True)
    assert "violet ladder" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "password", ["", "short", "elevenchars", "a" * 40, "ab" * 10, "passwordpassword", "PasswordPassword", "x" * 201]
)
def test_a_bad_password_has_its_reason(association, password):
    assert password_problem(password)


@pytest.mark.parametrize(
    "password", ["correcthorse", "ñandú über 東京 ☂", "            spaces", "1234 5678 90ab", "pear candle" + " " * 3]
)
def test_length_is_what_counts(association, password):
    assert password_problem(password) is None


def test_ones_own_name_and_address_are_no_passwords(association):
    account = an_account(name="Wilhelmina Oxenstierna", email="wilhelmina@example.org")

    assert password_problem("wilhelmina oxenstierna", account)
    assert password_problem("Wilhelmina@Example.org", account)
    assert password_problem(association.name)


def test_setting_a_password_is_audited_without_it(association, account):
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "account.password-set")).one()

    assert entry.changes == {"password": "private"}


def test_only_the_associations_staff_set_others_passwords(association, account):
    with pytest.raises(ForbiddenError):
        set_password(actor=an_actor(account), account_id=account.id, password=GOOD)
    with pytest.raises(InvalidError) as refused:
        set_password(actor=staff_actor(), account_id=account.id, password="short")

    assert set(refused.value.problems) == {"password"}
