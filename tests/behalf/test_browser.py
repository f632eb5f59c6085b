"""Acting for a member, files with headings of their own, and how long things are kept: the pages in a real browser."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.behalf.models import Acting
from tandem.directory.models import ImportRun
from tandem.extensions import db
from tests.app_fixtures import IsolatedClient
from tests.behalf.test_behalf import begin
from tests.directory.test_import_mapping import FOREIGN, send
from tests.loop.stage import set_stage
from tests.mentorships.pairs import a_pairing
from tests.pages import post
from tests.privacy.test_browser import configure, signed_in
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stage(site, tmp_path_factory):
    site.app.test_client_class = IsolatedClient
    return set_stage(site.app, "casbo", tmp_path_factory.mktemp("behalf-browser"), association=configure)


@pytest.fixture(scope="module")
def addresses(stage):
    """Somebody of the staff acts for a mentor; two files wait, one for its columns and one for its words."""
    pair = a_pairing(stage)
    desk = begin(pair.staff, pair.mentor)
    place = post(pair.staff.browser, f"{desk}/apply", {"program": "member-to-member", "role": "mentee"}).location
    columns = send(pair.staff.browser, FOREIGN).location
    words = send(pair.staff.browser, FOREIGN, name="again.csv").location
    meant = ("number", "given name", "family name", "email", "membership type", "membership from", "paid through", "")
    settled = post(
        pair.staff.browser,
        words,
        {f"column-{index}": name for index, name in enumerate(meant)} | {"dates": "mdy", "name": "Legacy"},
    )
    assert settled.location.endswith("/words")
    return pair, [desk, f"{desk}/apply?program=member-to-member&role=mentor", place,
                  f"{place.partition('/sections')[0]}/check", columns, settled.location,
                  f"/staff/members/{pair.mentor.id}", f"/staff/members/{pair.mentee.id}#behalf", "/staff/members/import",
                  "/staff/retention/"]  # fmt: skip


@pytest.mark.proof
def test_pages(site, stage, addresses, new_page):
    pair, places = addresses
    page = new_page()
    signed_in(site, stage, page, pair.staff.id, staff=True)
    problems: list[str] = []
    for number, path in enumerate(places):
        page.goto(site.url(stage.scope.hostname, path))
        page.evaluate("document.querySelectorAll('.td-fold').forEach(fold => { fold.open = true })")
        name = re.sub(r"[^a-z]+", "-", re.sub(r"[0-9a-f-]{36}", "", path))
        problems += [f"{path}: {problem}" for problem in problems_in_every_view(page, f"behalf-{number}{name}")]
    assert problems == []
    with stage.open():
        assert db.session.scalars(select(Acting.ended_at)).all() == [None]
        assert len(db.session.scalars(select(ImportRun.id)).all()) == 2
