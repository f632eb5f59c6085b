from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.identity.models import Account, RateLimit, SignInSession, Token
from tandem.identity.services.sign_in import CODE_ATTEMPTS
from tandem.jobs.models import Job
from tandem.jobs.runner import execute
from tandem.notices.models import Delivery, Notice
from tests.app_fixtures import client_at
from tests.factories import a_member, an_account
from tests.pages import SESSION_COOKIE, post, text_of


def write_messages():
    """Run the jobs that write sign-in messages; returns the unredacted texts, oldest first."""
    db.session.rollback()
    for job_id in db.session.scalars(
        select(Job.id).where(Job.kind == "identity.send-sign-in", Job.state == "queued")
    ).all():
        execute(job_id, reraise=True)
    db.session.expire_all()
    return [row["text"] for row in db.session.scalars(select(Delivery.unredacted).order_by(Delivery.id)) if row]


def link_in(text):
    return re.search(r"/sign-in/link/[A-Za-z0-9_-]+", text)[0]


def code_in(text):
    return re.search(r"\b[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b", text)[0]


def ask(client, email, **data):
    return post(client, "/sign-in", {"email": email, **data})


@pytest.fixture
def member(association):
    member = a_member(email="ada@example.org")
    db.session.commit()
    return member


def test_a_members_first_link_signs_in_once(client, member):
    asked = ask(client, "Ada@Example.org", next="/account")
    text = write_messages()[-1]

    shown = client.get(link_in(text))
    used = post(client, link_in(text))
    account_page = client.get("/account")

    assert (asked.status_code, asked.location) == (303, "/sign-in/code")
    assert shown.status_code == 200
    assert "td-question" not in shown.get_data(as_text=True)
    assert (used.status_code, used.location) == (303, "/account")
    assert account_page.status_code == 200
    assert member.name in text_of(account_page)
    account = db.session.scalars(select(Account)).one()
    assert (account.member_id, account.email_key, account.password_hash) == (member.id, "ada@example.org", None)


def test_opening_the_link_uses_nothing_up(client, member):
    ask(client, member.email)
    link = link_in(write_messages()[-1])

    for _time in range(3):
        assert client.get(link).status_code == 200

    assert post(client, link).status_code == 303


def test_a_used_link_is_refused(client, member, app):
    ask(client, member.email)
    link = link_in(write_messages()[-1])
    post(client, link)
    post(client, "/sign-out")

    again = post(client, link)

    assert again.status_code == 410
    assert "no longer works" in text_of(again)
    assert client.get(link).status_code == 410
    assert client.get("/account").status_code == 303


def test_a_double_click_ends_signed_in(client, member):
    ask(client, member.email)
    link = link_in(write_messages()[-1])
    post(client, link)

    second = post(client, link)

    assert (second.status_code, second.location) == (303, "/")


def test_an_expired_link_is_refused(client, member):
    ask(client, member.email)
    text = write_messages()[-1]
    db.session.execute(update(Token).values(expires_at=system_now()))
    db.session.commit()

    assert post(client, link_in(text)).status_code == 410
    assert post(client, "/sign-in/code", {"code": code_in(text)}).status_code == 410


def test_a_link_holds_ten_minutes(client, member):
    ask(client, member.email)

    token = db.session.scalars(select(Token)).one()

    assert token.expires_at - token.created_at == timedelta(minutes=10)


def test_another_browser_needs_the_code_too(client, member, app, association):
    ask(client, member.email)
    text = write_messages()[-1]
    other = client_at(app, association.hostname)

    shown = other.get(link_in(text))
    without = post(other, link_in(text))
    with_code = post(other, link_in(text), {"code": code_in(text).lower()})

    assert "another browser" in text_of(shown)
    assert without.status_code == 422
    assert with_code.status_code == 303
    assert other.get("/account").status_code == 200
    assert client.get("/account").status_code == 303


def test_the_code_signs_in_where_it_was_asked_for(client, member):
    ask(client, member.email, next="/account")
    text = write_messages()[-1]

    answer = post(client, "/sign-in/code", {"code": f" {code_in(text).replace('-', ' ').lower()} "})

    assert (answer.status_code, answer.location) == (303, "/account")
    assert post(client, link_in(text)).location == "/"


def test_the_code_alone_is_nothing_in_another_browser(client, member, app, association):
    ask(client, member.email)
    code = code_in(write_messages()[-1])

    answer = post(client_at(app, association.hostname), "/sign-in/code", {"code": code})

    assert answer.status_code == 410


def test_wrong_codes_end_the_link(client, member):
    ask(client, member.email)
    text = write_messages()[-1]
    code = code_in(text).replace("-", "")
    wrong = ("C" if code[0] == "B" else "B") + code[1:]

    answers = [post(client, "/sign-in/code", {"code": wrong}) for _time in range(CODE_ATTEMPTS)]

    assert [answer.status_code for answer in answers] == [422] * (CODE_ATTEMPTS - 1) + [410]
    assert "4 more times" in text_of(answers[0])
    assert "once more" in text_of(answers[3])
    assert post(client, "/sign-in/code", {"code": code}).status_code == 410
    assert post(client, link_in(text)).status_code == 410


@pytest.mark.parametrize("code", ["", " ", "BCDF", "BCDFGHJKL", "ÄÄÄÄÄÄÄÄ", "0" * 5000, "％", "BCDF-GHJK\n"])
def test_any_wrong_code_is_answered(client, member, code):
    ask(client, member.email)
    write_messages()

    assert post(client, "/sign-in/code", {"code": code}).status_code == 422


def test_known_and_unknown_addresses_are_answered_alike(client, member, app, association):
    def answer(email):
        browser = client_at(app, association.hostname)
        asked = ask(browser, email)
        page = browser.get(asked.location)
        return asked.status_code, asked.location, re.sub(r'value="[^"]*"', "", page.get_data(as_text=True))

    assert answer(member.email) == answer("nobody@example.org")


def test_an_unknown_address_gets_no_message_and_no_account(client, member):
    ask(client, "nobody@example.org")

    assert write_messages() == []
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0
    assert db.session.scalar(select(Token.account_id)) is None


def test_asking_does_the_same_statements_for_every_address(client, member, statements):
    ask(client, "first@example.org")
    counts = []
    for email in (member.email, "nobody@example.org"):
        statements()
        ask(client, email)
        counts.append(statements())

    assert counts[0] == counts[1]


def test_an_address_that_the_directory_no_longer_has_leads_nowhere(client, member):
    account = an_account(member)
    member.email, member.email_key = "new@example.org", "new@example.org"
    db.session.commit()

    ask(client, "ada@example.org")
    nothing = write_messages()
    ask(client, "new@example.org")
    write_messages()

    assert nothing == []
    notice = db.session.scalars(select(Notice)).one()
    assert (notice.account_id, notice.address) == (account.id, "new@example.org")


def test_a_removed_member_gets_no_link(client, member):
    member.state = "removed"
    db.session.commit()

    ask(client, member.email)

    assert write_messages() == []


def test_a_closed_account_gets_no_link(client, member):
    an_account(member).state = "closed"
    db.session.commit()

    ask(client, member.email)

    assert write_messages() == []


def test_staff_without_member_record_sign_in(client, association):
    account = an_account(email="office@example.org")
    db.session.commit()

    ask(client, "office@example.org")
    post(client, link_in(write_messages()[-1]))

    assert account.name in text_of(client.get("/account"))


def test_staff_who_join_keep_their_account(client, association):
    account = an_account(email="office@example.org")
    member = a_member(email="office@example.org")
    db.session.commit()

    ask(client, "office@example.org")
    write_messages()

    db.session.refresh(account)
    assert account.member_id == member.id
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_signing_in_ends_the_other_links_of_the_account(client, member, app, association):
    ask(client, member.email)
    other = client_at(app, association.hostname)
    ask(other, member.email)
    first, second = write_messages()

    post(client, link_in(first))

    assert post(other, link_in(second)).status_code == 410


def test_secrets_stand_nowhere_readable_once_sent(client, member):
    ask(client, member.email)
    text = write_messages()[-1]
    secret, code = link_in(text).rsplit("/", 1)[1], code_in(text)
    db.session.execute(update(Delivery).values(unredacted=None))
    db.session.commit()

    rows = "\n".join(
        str(row)
        for table in ("token", "notice", "delivery", "job", "audit_entry", "rate_limit", "session")
        for row in db.session.execute(db.text(f"select to_jsonb(t) from {table} t")).all()
    )

    assert secret not in rows
    assert code not in rows
    assert code.replace("-", "") not in rows


def test_the_session_is_new_at_each_sign_in_and_the_old_one_ends(client, member, association):
    ask(client, member.email)
    post(client, link_in(write_messages()[-1]))
    before = client.get_cookie(SESSION_COOKIE, domain=association.hostname).value
    ask(client, member.email)
    post(client, link_in(write_messages()[-1]))
    after = client.get_cookie(SESSION_COOKIE, domain=association.hostname).value

    client.set_cookie(SESSION_COOKIE, before, domain=association.hostname)

    assert before != after
    assert client.get("/account").status_code == 303


def test_a_session_value_that_was_planted_is_not_taken_over(client, member, association):
    planted = "A" * 43
    client.set_cookie(SESSION_COOKIE, planted, domain=association.hostname)

    ask(client, member.email)
    post(client, link_in(write_messages()[-1]))

    assert client.get_cookie(SESSION_COOKIE, domain=association.hostname).value != planted
    client.set_cookie(SESSION_COOKIE, planted, domain=association.hostname)
    assert client.get("/account").status_code == 303


def test_the_cookie_is_for_this_host_alone(client, member, association):
    ask(client, member.email)
    answer = post(client, link_in(write_messages()[-1]))

    line = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{SESSION_COOKIE}="))

    assert {part.strip().partition("=")[0] for part in line.split(";")[1:]} == {
        "Expires", "Max-Age", "Path", "Secure", "HttpOnly", "SameSite"
    }  # fmt: skip
    assert "Path=/;" in line
    assert "SameSite=Lax" in line


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y",
        "/a\tb", "", "account", "/" + "a" * 600, "///evil.example", "/\x0b/evil",
    ],
)  # fmt: skip
def test_a_foreign_next_is_not_followed(client, member, target):
    ask(client, member.email, next=target)

    answer = post(client, link_in(write_messages()[-1]))

    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize(
    "email",
    ["", " ", "ada", "ada@", "@example.org", "a b@example.org", "ada@example.org\nBcc: x@example.org", "a" * 300 + "@example.org",
     "ada@example.org,eve@example.org", "<script>@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_said_at_the_field(client, association, email):
    answer = ask(client, email)

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.get_data(as_text=True)
    assert "<title>Error:" in answer.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(Token)) == 0


def test_a_nul_character_is_refused(client, association):
    assert ask(client, "ada\0@example.org").status_code == 400
    assert client.get("/sign-in?next=/a%00b").status_code == 400
    assert client.get("/sign-in/link/a%00b").status_code == 400


@pytest.mark.parametrize("secret", ["x", "A" * 43, "A" * 44, "%F0%9F%A6%8A", "..", "A" * 5000])
def test_an_invented_link_is_refused(client, association, secret):
    assert client.get(f"/sign-in/link/{secret}").status_code == 410
    assert post(client, f"/sign-in/link/{secret}", {"code": "BCDFGHJK"}).status_code == 410


def test_asking_too_often_for_one_address_says_when_to_try_again(client, member):
    answers = [ask(client, member.email) for _time in range(6)]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert re.search(r"Try again at .+, in (one minute|\d+ minutes)\.", text_of(answers[-1]))
    assert ask(client, "other@example.org").status_code == 303


def test_asking_too_often_is_counted_alike_for_unknown_addresses(client, association):
    answers = [ask(client, "nobody@example.org").status_code for _time in range(6)]

    assert answers == [303] * 5 + [429]


def test_rate_limits_keep_hashes_and_no_addresses(client, association):
    ask(client, "ada@example.org")

    keys = db.session.scalars(select(RateLimit.key)).all()

    assert len(keys) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}", key) for key in keys)


def test_limits_of_one_association_are_not_anothers(client, app, member, other_association):
    for _time in range(6):
        ask(client, member.email)

    assert ask(client_at(app, other_association.hostname), member.email).status_code == 303


def test_another_associations_link_is_refused(client, member, app, other_association, in_association):
    in_association(other_association, lambda: a_member(email="ada@example.org"))
    ask(client, member.email)
    text = write_messages()[-1]
    elsewhere = client_at(app, other_association.hostname)

    shown = elsewhere.get(link_in(text))
    used = post(elsewhere, link_in(text), {"code": code_in(text)})

    assert (shown.status_code, used.status_code) == (410, 410)


def test_old_tokens_and_sessions_are_cleared_out(client, member):
    ask(client, member.email)
    db.session.execute(update(Token).values(expires_at=system_now() - timedelta(days=2)))
    account = an_account(member)
    db.session.add(
        SignInSession(
            account_id=account.id, token_hash="x", method="link", expires_at=system_now() - timedelta(days=91)
        )
    )
    db.session.commit()

    ask(client, member.email)

    assert db.session.scalar(select(func.count()).select_from(Token)) == 1
    assert db.session.scalar(select(func.count()).select_from(SignInSession)) == 0
