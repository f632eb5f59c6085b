from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tandem.access.errors import InvalidError
from tandem.audit.models import AuditEntry
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.models import Job, JobState
from tandem.operator.services import HOLDS, set_operator
from tandem.tenancy.models import OperatorSession
from tests.app_fixtures import client_at
from tests.consoles import PASSWORD
from tests.factories import a_grant, an_account
from tests.pages import SESSION_COOKIE, post, session_for, text_of


def sign_in(browser, email, password=PASSWORD, **more):
    return post(browser, "/operator/sign-in", {"email": email, "password": password, **more})


def test_the_console_asks_for_a_sign_in(app):
    browser = client_at(app, "operator.localhost")

    home = browser.get("/")
    answer = browser.get("/operator/")

    assert (home.status_code, home.location) == (303, "/operator/")
    assert (answer.status_code, answer.location) == (303, "/operator/sign-in?next=%2Foperator%2F")


def test_the_operator_signs_in_and_out(app, console, operator):
    value = console.get_cookie(SESSION_COOKIE, domain="operator.localhost").value
    inside = console.get("/operator/").status_code
    post(console, "/operator/sign-out")
    copied = client_at(app, "operator.localhost")
    copied.set_cookie(SESSION_COOKIE, value, domain="operator.localhost")

    assert inside == 200
    assert console.get("/operator/").status_code == 303
    assert copied.get("/operator/").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"), [(None, "wrong"), ("nobody@example.org", PASSWORD), (None, ""), ("x", PASSWORD)]
)
def test_a_wrong_sign_in_is_refused(app, operator, email, password):
    browser = client_at(app, "operator.localhost")

    assert sign_in(browser, email or operator, password).status_code == 422
    assert browser.get("/operator/").status_code == 303


def test_ten_tries_are_taken_and_no_more(app, operator):
    browser = client_at(app, "operator.localhost")

    answers = [sign_in(browser, operator, "wrong").status_code for _time in range(10)]

    assert answers == [422] * 10
    assert sign_in(browser, operator).status_code == 429


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x" * 9000])
def test_a_foreign_next_is_not_followed(app, operator, target):
    answer = sign_in(client_at(app, "operator.localhost"), operator, next=target)

    assert (answer.status_code, answer.location) == (303, "/operator/")


def test_a_session_ends_after_twelve_hours(console, app):
    with app.app_context():
        newest = db.session.scalars(select(OperatorSession).order_by(OperatorSession.id.desc())).first()
        assert newest.expires_at - newest.created_at == HOLDS == timedelta(hours=12)
        db.session.execute(
            update(OperatorSession).where(OperatorSession.id == newest.id).values(expires_at=system_now())
        )
        db.session.commit()

    assert console.get("/operator/").status_code == 303


def test_a_new_password_ends_the_sessions_with_the_old_one(console, operator, app):
    with app.app_context():
        set_operator(email=operator, name="Otto Operator", password="another one altogether")
        db.session.commit()

    assert console.get("/operator/").status_code == 303
    assert sign_in(client_at(app, "operator.localhost"), operator).status_code == 422


def test_an_operator_needs_name_and_a_good_password(app):
    with app.test_request_context(), pytest.raises(InvalidError) as refused:
        set_operator(email="o@example.org", name=" ", password="short")

    assert set(refused.value.problems) == {"name", "password"}


def test_associations_are_found_and_shown_with_their_work(console, association):
    db.session.add_all(
        [
            Job(kind="notices.deliver", state=JobState.DEAD, finished_at=system_now()),
            Job(kind="notices.deliver", state=JobState.QUEUED, run_after=system_now() + timedelta(days=1)),
        ]
    )
    db.session.commit()

    found = console.get(f"/operator/?q={association.slug}")
    shown = console.get(f"/operator/associations/{association.slug}")

    assert association.name in text_of(found)
    assert "given up at" in text_of(found)
    assert "Send e-mail Gave up 1" in text_of(shown)


@pytest.mark.parametrize(
    "query", ["q=nothing-like-it", "q=%25", "page=0", "page=x", "page=99999999999", "state=king", "page=-1", "page=²"]
)
def test_any_query_of_the_list_is_answered(console, query):
    assert console.get(f"/operator/?{query}").status_code == 200


def test_a_suspended_association_rests_until_it_may_answer_again(console, client, association):
    page = f"/operator/associations/{association.slug}"

    unconfirmed = post(console, f"{page}/suspend", {"reason": "They asked for it", "slug": "other"})
    still = client.get("/sign-in").status_code
    done = post(console, f"{page}/suspend", {"reason": "They asked for it", "slug": association.slug})
    resting = client.get("/sign-in")
    again = post(console, f"{page}/answer-again", {"reason": "It is over"})

    db.session.rollback()
    assert (unconfirmed.status_code, still) == (422, 200)
    assert (done.status_code, done.location) == (303, page)
    assert resting.status_code == 503
    assert "is resting" in text_of(resting)
    assert again.status_code == 303
    assert client.get("/sign-in").status_code == 200
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.actor_name, entry.reason, entry.changes) for entry in entries] == [
        ("association.suspended", "Otto Operator", "They asked for it", {"state": ["active", "suspended"]}),
        ("association.resumed", "Otto Operator", "It is over", {"state": ["suspended", "active"]}),
    ]


def test_suspending_twice_is_audited_once(console, association):
    page = f"/operator/associations/{association.slug}/suspend"
    for _time in range(2):
        assert post(console, page, {"reason": "x", "slug": association.slug}).status_code == 303

    assert len(db.session.scalars(select(AuditEntry)).all()) == 1


@pytest.mark.parametrize("data", [{}, {"reason": " ", "slug": "x"}, {"reason": "x" * 501}])
def test_a_bad_suspension_is_asked_again(console, association, data):
    answer = post(console, f"/operator/associations/{association.slug}/suspend", data)

    assert answer.status_code == 422
    assert "<title>Error:" in answer.get_data(as_text=True)


def test_a_missing_association_is_not_there(console):
    assert console.get("/operator/associations/nowhere").status_code == 404
    assert post(console, "/operator/associations/nowhere/suspend").status_code == 404


def test_an_associations_session_is_nothing_at_the_console_and_the_other_way_round(app, association, console):
    account = an_account()
    a_grant(account, "association-staff")
    secret = session_for(account)
    browser = client_at(app, "operator.localhost")
    browser.set_cookie(SESSION_COOKIE, secret, domain="operator.localhost")
    elsewhere = client_at(app, association.hostname)
    elsewhere.set_cookie(
        SESSION_COOKIE,
        console.get_cookie(SESSION_COOKIE, domain="operator.localhost").value,
        domain=association.hostname,
    )

    assert browser.get("/operator/").status_code == 303
    assert elsewhere.get("/account").status_code == 303


@pytest.mark.parametrize("hostname", ["localhost", None])
def test_the_console_is_on_its_own_host_alone(app, association, hostname):
    browser = client_at(app, hostname or association.hostname)

    assert browser.get("/operator/").status_code == 404
    assert browser.get("/operator/sign-in").status_code == 404


def test_no_association_page_is_on_the_console(console):
    for path in ("/programs", "/sign-in", "/account", "/staff/", "/staff/accounts"):
        assert console.get(path).status_code == 404


def test_no_post_is_taken_without_its_token(console, association):
    answer = console.post(
        f"/operator/associations/{association.slug}/suspend", data={"reason": "x", "slug": association.slug}
    )

    assert answer.status_code == 400
