"""The pages about mail in a real browser: accessible, fitting on phone and desk, by keyboard."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.notices.models import AddressMark, Delivery
from tandem.notices.templates_registry import Topic
from tandem.notices.unsubscribing import Owner, unsubscribe_link
from tandem.tenancy.edge import open_association
from tests.browser import sign_in
from tests.factories import a_member
from tests.letters.test_groups import draft, place_of, send
from tests.loop.stage import set_stage
from tests.mentorships.pairs import a_pairing
from tests.pages import SESSION_COOKIE, post
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser

NEWS = (
    "We meet on **Friday 12 March** in Sacramento, and {first_name}, we would like to see you there.\n\n"
    "- Lunch is at noon.\n- The talk begins at one.\n\nTell us if you cannot come."
)


@pytest.fixture(scope="module")
def house(app, mail, tmp_path_factory):
    """Mail held, an address that refuses, a letter that was sent and a draft. Gives the stage, the staff, the member and the addresses."""
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("mail-pages"))
    pair = a_pairing(stage)
    with stage.open():
        for given in ("Ada", "Bo", "Cy", "Dee", "Eve"):
            gone = a_member(
                given_name=given, family_name="Pettibone", email=f"{given.lower()}.pettibone.long.name@example.org"
            )
        mark = AddressMark(address_key=gone.email_key, answer="550 5.1.1")
        db.session.add(mark)
        db.session.commit()
        gone_id = gone.id
    sent = place_of(draft(pair.staff, query="q=pettibone", subject="Our day in Sacramento", body=NEWS)[0])
    send(pair.staff, sent)
    stage.work()
    with stage.open():
        row = db.session.scalars(select(Delivery).order_by(Delivery.created_at.desc()).limit(1)).one()
        row.state = "digested"
        db.session.commit()
    written = place_of(draft(pair.staff, query="q=pettibone", subject="A place is free in March", body=NEWS)[0])
    query = "q=pettibone"
    staff_pages = [
        "/staff/notices/mail", "/staff/notices/mail/addresses", "/staff/notices/letters/", f"/staff/notices/letters/new?page=members&{query}", written, sent,
        "/staff/notices/letters/new?page=mentorships", "/staff/notices/every",
        f"/staff/notices/every/match-published-mentee?member={pair.mentee.id}",
        f"/staff/notices/every/meeting-soon?member={pair.mentee.id}&q=pettibone", "/staff/notices",
        f"/staff/members/{gone_id}", "/staff/members?q=pettibone", "/staff/pools/", "/staff/mentorships/",
    ]  # fmt: skip
    return stage, pair, staff_pages, ["/account/letters", "/account", gone_id]


@pytest.fixture
def enter(house, new_page, site):
    """Open a window in which one of the house's people is signed in."""
    host = house[0].scope.hostname

    def opened(person, **more):
        window = new_page(**more)
        secret = person.browser.get_cookie(SESSION_COOKIE, domain=host).value
        sign_in(window, host, secret)
        return window

    return opened


def _unsubscribe(site, stage, member_id):
    with site.app.app_context(), open_association(stage.scope.association_id):
        return f"/unsubscribe/{unsubscribe_link(Owner(member_id, None), Topic.NEWS).rpartition('/')[2]}"


@pytest.mark.proof
def test_pages_are_accessible_and_fit(house, enter, site):
    stage, pair, staff_pages, member_pages = house
    found, number = [], 0
    for person, pages in ((pair.staff, staff_pages), (pair.mentee, member_pages)):
        window = enter(person)
        for place in pages:
            path = place if isinstance(place, str) else _unsubscribe(site, stage, place)
            answer = window.goto(site.url(stage.scope.hostname, path))
            assert answer.status == 200, path
            number += 1
            found += [f"{path}: {problem}" for problem in problems_in_every_view(window, f"letters-{number:02}")]

    assert found == []


def test_held_mail_is_seen_and_let_go_by_keyboard(house, enter, site):
    stage, pair, _staff_pages, _member_pages = house
    window = enter(pair.staff)
    window.goto(site.url(stage.scope.hostname, "/staff/notices/mail"))

    window.get_by_label("Why is mail to be held?").fill("The list is being imported.")
    window.get_by_role("button", name="Hold all mail").press("Enter")
    window.get_by_text("Mail is held", exact=True).wait_for()
    problems = problems_in_every_view(window, "letters-held")
    window.goto(site.url(stage.scope.hostname, "/staff/"))
    window.get_by_role("link", name="See what waits").press("Enter")
    window.get_by_text("Let it go").press("Enter")
    window.get_by_role("button", name="Let mail go").press("Enter")
    window.get_by_text("Mail goes again.").wait_for()

    assert problems == []


def test_the_letter_stands_in_the_page(house, enter, site):
    stage, pair, staff_pages, _member_pages = house
    window = enter(pair.staff)
    window.goto(site.url(stage.scope.hostname, staff_pages[4]))

    letter = window.frame_locator("iframe.td-mailframe")

    assert re.search("Ada, we would like to see you", letter.locator("body").inner_text())
    assert post(pair.staff.browser, f"{staff_pages[4]}/discard", {}).status_code == 303
