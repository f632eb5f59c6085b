from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.identity.models import Account, SignInSession
from tandem.identity.services.sessions import LONGEST, MEMBER_IDLE, STAFF_IDLE
from tandem.tenancy.services import set_clock_offset
from tests.app_fixtures import client_at
from tests.factories import a_grant, a_member, an_account
from tests.pages import SESSION_COOKIE, post, session_for, signed_in_client, text_of, token_for


@pytest.fixture
def account(association):
    account = an_account(a_member())
    db.session.commit()
    return account


@pytest.fixture
def browser(app, association, account):
    return signed_in_client(app, association, account)


def age(**values):
    db.session.execute(update(SignInSession).values(**values))
    db.session.commit()


def is_in(browser):
    return browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "A" * 43,
        "A" * 42,
        "A" * 4000,
        "../../etc",
        "%00" * 20,
        "ä" * 43,
        "' or 1=1 --",
        "A" * 42 + "\x7f",
        "=" * 43,
    ],
)
def test_a_malformed_cookie_is_nobodys(client, association, value):
    client.set_cookie(SESSION_COOKIE, value, domain=association.hostname)

    assert client.get("/account").status_code == 303
    assert client.get("/sign-in").status_code == 200


def test_the_row_holds_a_hash_of_the_cookie(browser, account, association):
    value = browser.get_cookie(SESSION_COOKIE, domain=association.hostname).value

    row = db.session.scalars(select(SignInSession)).one()

    assert value not in (row.token_hash, str(row.id))
    assert len(row.token_hash) == 64


def test_a_session_is_worthless_at_another_association(browser, app, association, other_association, in_association):
    in_association(other_association, lambda: an_account(a_member()))
    value = browser.get_cookie(SESSION_COOKIE, domain=association.hostname).value
    elsewhere = client_at(app, other_association.hostname)
    elsewhere.set_cookie(SESSION_COOKIE, value, domain=other_association.hostname)

    assert is_in(browser)
    assert not is_in(elsewhere)


@pytest.mark.parametrize(
    ("values", "lasts"),
    [
        ({"expires_at": timedelta(seconds=30)}, True),
        ({"expires_at": timedelta(0)}, False),
        ({"ended_at": timedelta(0)}, False),
        ({"last_seen_at": -MEMBER_IDLE + timedelta(minutes=1)}, True),
        ({"last_seen_at": -MEMBER_IDLE}, False),
    ],
)
def test_a_members_session_lasts_until(browser, values, lasts):
    age(**{name: system_now() + away for name, away in values.items()})

    assert is_in(browser) is lasts


def test_a_session_ends_after_thirty_days_however_busy(browser, account):
    row = db.session.scalars(select(SignInSession)).one()

    assert row.expires_at - row.created_at == LONGEST == timedelta(days=30)


@pytest.mark.parametrize(("idle", "lasts"), [(STAFF_IDLE - timedelta(minutes=1), True), (STAFF_IDLE, False)])
def test_someone_with_a_role_is_signed_out_sooner(browser, account, idle, lasts):
    a_grant(account, "reviewer")
    age(last_seen_at=system_now() - idle)

    assert is_in(browser) is lasts


def test_last_seen_is_written_every_five_minutes_at_most(browser):
    def seen():
        db.session.expire_all()
        db.session.rollback()
        return db.session.scalars(select(SignInSession.last_seen_at)).one()

    before = seen()
    browser.get("/account")
    unchanged = seen()
    age(last_seen_at=system_now() - timedelta(minutes=5, seconds=1))
    browser.get("/nowhere")
    written = seen()

    assert unchanged == before
    assert system_now() - written < timedelta(minutes=1)


def test_finding_out_who_is_there_costs_one_statement(browser, client, statements, account, association):
    for _grant in range(3):
        a_grant(account, "reviewer")
    db.session.commit()
    browser.get("/sign-in")
    statements()

    client.get("/health")
    nobody = statements()
    browser.get("/health")
    somebody = statements()

    assert somebody - nobody == 1


def test_signing_out_ends_the_session_everywhere_it_was_copied_to(browser, app, association):
    value = browser.get_cookie(SESSION_COOKIE, domain=association.hostname).value

    answer = post(browser, "/sign-out")

    copied = client_at(app, association.hostname)
    copied.set_cookie(SESSION_COOKIE, value, domain=association.hostname)
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get_cookie(SESSION_COOKIE, domain=association.hostname) is None
    assert not is_in(copied)


def test_signing_out_without_being_in_is_no_error(client, association):
    assert post(client, "/sign-out").status_code == 303


def test_sign_out_everywhere(browser, app, association, account):
    others = [signed_in_client(app, association, account) for _time in range(3)]
    stranger = signed_in_client(app, association, an_account())

    answer = post(browser, "/account/sign-out-everywhere")

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert [is_in(each) for each in (browser, *others, stranger)] == [False] * 4 + [True]


def test_ones_sessions_are_listed_and_can_be_ended(browser, app, association, account):
    other = signed_in_client(app, association, account)
    page = browser.get("/account")
    db.session.rollback()
    newest = db.session.scalars(select(SignInSession.id).order_by(SignInSession.created_at.desc())).first()

    ended = post(browser, f"/account/sessions/{newest}/end")

    assert text_of(page).count("Firefox on Linux") >= 2
    assert "This browser" in text_of(page)
    assert ended.status_code == 303
    assert not is_in(other)
    assert is_in(browser)
    assert post(browser, f"/account/sessions/{newest}/end").status_code == 404


def test_anothers_session_is_not_there(browser, app, association, other_association, in_association):
    stranger = an_account()
    session_for(stranger)
    foreign = in_association(other_association, lambda: session_for(an_account()) and None)
    assert foreign is None
    theirs = db.session.scalars(select(SignInSession.id).where(SignInSession.account_id == stranger.id)).one()
    far = in_association(other_association, lambda: db.session.scalars(select(SignInSession.id)).one())

    answers = [
        post(browser, f"/account/sessions/{each}/end") for each in (theirs, far, "01890000-0000-7000-8000-000000000000")
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.get_data() for answer in answers}) == 1


def test_a_form_from_before_signing_in_is_stale(client, app, association, account):
    before = token_for(client)
    client.set_cookie(SESSION_COOKIE, session_for(account), domain=association.hostname)

    answer = client.post("/account", data={"csrf_token": before, "theme": "dark"})

    assert answer.status_code == 400
    db.session.expire_all()
    assert db.session.scalars(select(Account.theme)).one() is None


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/sign-in/code", "/sign-in/password", "/sign-in/link/" + "A" * 43, "/sign-out", "/account", "/account/password",
     "/account/sign-out-everywhere", "/account/sessions/01890000-0000-7000-8000-000000000000/end"],
)  # fmt: skip
def test_no_post_is_taken_without_its_token(browser, path):
    assert browser.post(path, data={}).status_code == 400
    assert browser.post(path, data={"csrf_token": "x"}).status_code == 400
    assert is_in(browser)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_no_post_is_taken_from_another_site(browser, headers):
    answer = browser.post("/account/sign-out-everywhere", data={"csrf_token": token_for(browser)}, headers=headers)

    assert answer.status_code == 400
    assert is_in(browser)


def test_settings_are_kept_with_the_account(browser, account):
    answer = post(browser, "/account", {"language": "", "theme": "dark"})

    db.session.expire_all()
    assert answer.status_code == 303
    assert account.theme == "dark"
    assert 'data-bs-theme="dark"' in browser.get("/account").get_data(as_text=True)


@pytest.mark.parametrize("data", [{"theme": "pink"}, {"language": "xx"}, {"language": "x" * 9000}])
def test_settings_that_there_are_not_are_refused(browser, account, data):
    assert post(browser, "/account", data).status_code == 422


def test_a_members_name_is_the_directorys(browser, account):
    answer = post(browser, "/account", {"name": "Somebody Else", "theme": ""})

    assert answer.status_code == 422
    db.session.expire_all()
    assert account.name != "Somebody Else"


def test_staff_without_member_record_change_their_name(app, association):
    account = an_account(name="Old Name")
    browser = signed_in_client(app, association, account)

    empty = post(browser, "/account", {"name": "  "})
    long = post(browser, "/account", {"name": "x" * 201})
    done = post(browser, "/account", {"name": " New   Name "})

    db.session.expire_all()
    assert [answer.status_code for answer in (empty, long, done)] == [422, 422, 303]
    assert (account.name, account.name_key) == ("New Name", "name new")


def test_after_signing_in_one_comes_back_to_the_page(client, association):
    answer = client.get("/account/password?x=1&y=%C3%A4")

    assert (answer.status_code, answer.location) == (
        303,
        "/sign-in?next=%2Faccount%2Fpassword%3Fx%3D1%26y%3D%25C3%25A4",
    )


def test_after_a_form_that_came_too_late_one_comes_back_to_its_page(client, association):
    answer = client.post("/account", headers={"Referer": f"http://{association.hostname}/account"})
    elsewhere = client.post("/account", headers={"Referer": "http://evil.example/account"})

    assert answer.location == "/sign-in?next=%2Faccount"
    assert elsewhere.location == "/sign-in?next=%2F"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client, association):
    answer = client.get("/account", headers={"HX-Request": "true", "Referer": f"http://{association.hostname}/account"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Faccount")


def test_a_removed_member_acts_as_none(app, association, account, browser):
    account.member.state = "removed"
    db.session.commit()

    assert is_in(browser)
    assert browser.get("/home").status_code in {403, 404}


def test_a_closed_account_is_out_at_once(browser, account):
    account.state = "closed"
    db.session.commit()

    assert not is_in(browser)


def test_sign_ins_are_read_in_the_programs_time_and_end_in_the_real_one(app, association, account, browser):
    db.session.rollback()
    set_clock_offset(association_id=association.association_id, offset=timedelta(days=45, hours=5, minutes=7))
    db.session.commit()
    seen = system_now() - timedelta(minutes=90)
    age(last_seen_at=seen, created_at=seen)

    page = text_of(browser.get("/account"))

    local = seen + timedelta(days=45, hours=5, minutes=7)
    shown, real = (f"{moment:%I:%M %p}".lstrip("0") for moment in (local, seen))
    assert f", {shown}" in page
    assert f", {real}" not in page
    assert "45 days" not in page
    age(last_seen_at=system_now() - MEMBER_IDLE - timedelta(minutes=1))
    assert not is_in(browser)
