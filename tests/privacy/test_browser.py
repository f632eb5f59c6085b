"""My data, corrections and what staff see of them, in a real browser."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.identity.models import Account
from tandem.privacy.models import CorrectionRequest
from tests.browser import sign_in
from tests.loop.stage import set_stage
from tests.mentorships.pairs import a_pairing
from tests.pages import post, session_for
from tests.privacy.test_my_data import write_everywhere
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


def configure(association):
    association["retention"] = {"sign_ins": "90d", "letters": "730d"}
    association.setdefault("shared", {})["retention"] = {"private_texts": "365d", "drafts": "180d"}


@pytest.fixture(scope="module")
def stage(site, tmp_path_factory):
    from tests.app_fixtures import IsolatedClient

    site.app.test_client_class = IsolatedClient
    return set_stage(site.app, "casbo", tmp_path_factory.mktemp("mydata-browser"), association=configure)


@pytest.fixture(scope="module")
def people(stage):
    pair = a_pairing(stage)
    write_everywhere(stage, pair)
    post(pair.mentee.browser, "/my-data/correction", {"about": "positions", "wish": "It began on 1 September 2021."})
    return pair


def signed_in(site, stage, page, person_id, *, staff=False):
    with stage.open():
        column = Account.id if staff else Account.member_id
        account = db.session.scalars(select(Account).where(column == person_id)).one()
        secret = session_for(account)
    sign_in(page, stage.scope.hostname, secret)


@pytest.mark.proof
def test_pages_of_ones_own_data(site, stage, people, new_page):
    page = new_page()
    signed_in(site, stage, page, people.mentee.id)
    problems: list[str] = []
    for path in ("/my-data", "/my-data/details", "/my-data/correction", "/my-data/leave", "/account"):
        page.goto(site.url(stage.scope.hostname, path))
        page.evaluate("document.querySelectorAll('.td-fold, .td-ask').forEach(fold => { fold.open = true })")
        problems += [
            f"{path}: {problem}" for problem in problems_in_every_view(page, f"member{path.replace('/', '-')}")
        ]
    assert problems == []


@pytest.mark.proof
def test_pages_of_staff(site, stage, people, new_page):
    page = new_page()
    signed_in(site, stage, page, people.staff.id, staff=True)
    with stage.open():
        asked = db.session.scalars(select(CorrectionRequest.id)).first()
    problems: list[str] = []
    for path in ("/staff/members/corrections/", f"/staff/members/corrections/{asked}", "/staff/"):
        page.goto(site.url(stage.scope.hostname, path))
        picture = re.sub(r"[^a-z]+", "-", f"staff{path}")
        problems += [f"{path}: {problem}" for problem in problems_in_every_view(page, picture)]
    assert problems == []
