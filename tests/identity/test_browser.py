"""Sign-in, account, accounts and the console in a real browser: over plain http on *.localhost, with and without scripts."""

from __future__ import annotations

import re
from contextvars import Context

import pytest
from sqlalchemy import select

from tandem.access.actor import SYSTEM
from tandem.extensions import db
from tandem.identity.services import grant_role, set_password
from tandem.jobs.models import Job
from tandem.jobs.runner import execute
from tandem.notices.models import Delivery
from tandem.tenancy.edge import open_association
from tests.consoles import PASSWORD
from tests.factories import a_committee, a_department, a_member, an_account, an_association
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


@pytest.fixture
def inside(site):
    """Call something in an application context of the served application, with an association open or without."""

    def run(function, slug=None):
        def call():
            with site.app.app_context():
                if slug is None:
                    return function()
                with open_association(slug):
                    result = function()
                    db.session.commit()
                    return result

        return Context().run(call)

    return run


@pytest.fixture
def place(site, inside):
    """An association with someone on its staff; ``place(path)`` is an address there."""
    scope = inside(an_association)

    def people():
        department = a_department(name="Evening classes")
        a_committee()
        member = a_member(given_name="Ada", family_name="Lovelace", email="ada@example.org")
        staff = an_account(name="Olive Office", email="office@example.org")
        account = an_account(member)
        set_password(actor=SYSTEM, account_id=staff.id, password=PASSWORD)
        grant_role(actor=SYSTEM, account_id=staff.id, role="association-staff")
        grant_role(actor=SYSTEM, account_id=account.id, role="department-staff", department_id=department.id)

    inside(people, scope.slug)

    def address(path="/"):
        return site.url(scope.hostname, path)

    address.scope = scope
    return address


def last_message(inside, scope):
    def read():
        for job_id in db.session.scalars(
            select(Job.id).where(Job.kind == "identity.send-sign-in", Job.state == "queued")
        ):
            execute(job_id, reraise=True)
        db.session.rollback()
        return db.session.scalars(select(Delivery.unredacted).order_by(Delivery.id.desc())).first()["text"]

    return inside(read, scope.slug)


def look(page, name):
    assert problems_in_every_view(page, name) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_signs_in_over_plain_http(new_page, place, inside, scripts):
    page = new_page(scripts=scripts)
    page.goto(place("/account"))
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("heading", name="Look in your mailbox").wait_for()
    link = re.search(r"http://\S+/sign-in/link/[\w-]+", last_message(inside, place.scope))[0]

    page.goto(link)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("heading", name="Your account").wait_for()
    assert page.url == place("/account")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    kept = cookies["__Host-tandem"]
    assert (kept["secure"], kept["httpOnly"], kept["sameSite"], kept["path"]) == (True, True, "Lax", "/")
    assert "__Host-tandem-asked" not in cookies


def test_the_code_is_typed_on_another_device(new_page, place, inside):
    asking, other = new_page(), new_page(size="phone")
    asking.goto(place("/sign-in"))
    asking.get_by_label("E-mail address").fill("ada@example.org")
    asking.get_by_role("button", name="Send me a link").click()
    asking.get_by_role("heading", name="Look in your mailbox").wait_for()
    message = last_message(inside, place.scope)
    link = re.search(r"http://\S+/sign-in/link/[\w-]+", message)[0]
    code = re.search(r"\b[B-Z]{4}-[B-Z]{4}\b", message)[0]

    other.goto(link)
    other.get_by_label("Code from the message").fill("BBBB-BBBB")
    other.get_by_role("button", name="Sign in").click()
    other.get_by_text("You can try 4 more times").first.wait_for()
    look(other, "link-other-browser")
    other.get_by_label("Code from the message").fill(code)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(place("/home"))


@pytest.mark.proof
def test_the_pages_of_sign_in_and_account(new_page, place):
    page = new_page()
    page.goto(place("/sign-in"))
    look(page, "sign-in")
    page.get_by_label("E-mail address").fill("nope")
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_text("Enter an e-mail address like").first.wait_for()
    look(page, "sign-in-error")
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("heading", name="Look in your mailbox").wait_for()
    look(page, "code")
    page.goto(place("/sign-in/link/" + "A" * 43))
    look(page, "link-spent")
    page.goto(place("/sign-in/password?next=/staff/accounts"))
    look(page, "password-sign-in")
    page.get_by_label("E-mail address").fill("office@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Accounts").wait_for()
    look(page, "accounts")
    page.get_by_role("link", name="Ada Lovelace").click()
    page.get_by_role("heading", name="Ada Lovelace").wait_for()
    look(page, "account-for-staff")
    page.get_by_role("button", name="Give role").click()
    page.get_by_text("Choose a").first.wait_for()
    look(page, "account-for-staff-error")
    page.goto(place("/staff/accounts/new"))
    look(page, "new-account")
    page.goto(place("/account"))
    look(page, "account")
    page.goto(place("/account/password"))
    look(page, "password")


@pytest.mark.proof
def test_the_finder_and_the_console(new_page, site, place, operator):
    page = new_page()
    page.goto(site.url())
    look(page, "finder")
    page.goto(site.url(path="/?q=nothing-like-it"))
    look(page, "finder-empty")
    page.goto(site.url("nowhere.localhost"))
    look(page, "unknown-host")
    page.goto(site.url("operator.localhost"))
    look(page, "console-sign-in")
    page.get_by_label("E-mail address").fill(operator)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Associations").wait_for()
    look(page, "console")
    page.goto(site.url("operator.localhost", f"/operator/associations/{place.scope.slug}"))
    page.get_by_label("Why its mail is held").fill("The mail server is mended.")
    page.get_by_role("button", name="Hold its mail").click()
    page.get_by_role("button", name="Let its mail go").wait_for()
    look(page, "console-association-held")
    page.goto(site.url("operator.localhost", "/operator/mail"))
    look(page, "console-mail")
    page.goto(site.url("operator.localhost", f"/operator/associations/{place.scope.slug}"))
    page.get_by_label("Why its mail may go again").fill("It is mended.")
    page.get_by_role("button", name="Let its mail go").click()
    page.get_by_role("button", name="Hold its mail").wait_for()
    page.get_by_role("button", name="Suspend").click()
    page.get_by_text("Say why").first.wait_for()
    look(page, "console-association-error")
    page.get_by_label("Why it is suspended").fill("Asked for by its office")
    page.get_by_label("Its short name, to confirm").fill(place.scope.slug)
    page.get_by_role("button", name="Suspend").click()
    page.get_by_role("button", name="Let it answer again").wait_for()
    look(page, "console-association")
    page.goto(place("/sign-in"))
    page.get_by_role("heading", name="is resting").wait_for()
    look(page, "suspended")
