"""The page of a decided list in a real browser: a list that is refused, one that can be applied, and what came of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.identity.models import Account
from tests.browser import sign_in
from tests.matching.test_decided import SWAPPED, Room
from tests.pages import session_for
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


def test_bringing_a_list_in_is_accessible_and_fits(app, tmp_path, site, new_page):
    room = Room(app, tmp_path)
    with room.stage.open():
        secret = session_for(db.session.scalars(select(Account).where(Account.email == room.staff.email)).one())
    window, host, found = new_page(), room.stage.scope.hostname, []
    sign_in(window, host, secret)
    page = site.url(host, f"{room.run}/list")

    def send(text):
        window.goto(page)
        window.locator("#file").set_input_files(
            {"name": "decided-in-the-meeting.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        window.get_by_role("button", name="Check the list").click()
        window.wait_for_load_state()
        room.stage.work()
        window.goto(page)

    window.goto(page)
    found += problems_in_every_view(window, "decided-1-empty")
    send("no list")
    found += problems_in_every_view(window, "decided-2-unreadable")
    send(room.text(("Ada", "Thora"), ("Bea", "Thora"), ("Tess", "Ugo")) + "\nM1,nobody@example.org\n")
    found += problems_in_every_view(window, "decided-3-refused")
    send(room.text(*SWAPPED))
    found += problems_in_every_view(window, "decided-4-checked")
    window.get_by_role("button", name="Apply the list").click()
    window.wait_for_load_state()
    found += problems_in_every_view(window, "decided-5-busy")
    room.stage.work()
    window.goto(page)
    found += problems_in_every_view(window, "decided-6-applied")
    window.get_by_role("link", name="To the pairs").click()
    window.get_by_text("From a list", exact=True).wait_for()
    found += problems_in_every_view(window, "decided-7-run")

    assert found == []
    assert set(room.pairs()) == set(SWAPPED)
