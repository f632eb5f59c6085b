"""The matching pages in a real browser: nothing for axe to find, nothing wider than the window."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.identity.models import Account
from tandem.matching.models import MatchRun, MentorAsk, PoolEntry, Proposal, RunState
from tests.browser import sign_in
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.pages import post, session_for
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


def accepting(program):
    program["matching"] |= {"acceptance": {"by": "mentor", "within": "7d"}, "aim": "stable", "keep_bonus": 3}


@pytest.fixture
def places(app, tmp_path):
    """Addresses by the person who opens them: a run with everything on it, and a mentor who is asked."""
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=accepting)
    staff = a_helper(stage)
    mentees = [a_person(stage, name, region="north") for name in ("Ada", "Bea", "Cleo")]
    tess = a_person(stage, "Tess")
    thora = a_person(stage, "Thora", years={"payroll": 9, "safety": 9}, region="north")
    ugo = a_person(stage, "Ugo", years={"payroll": 9}, region="south")
    approve(
        staff,
        *(apply(one, "mentee", wants("payroll", "safety")) for one in mentees),
        apply(tess, "mentee", wants("transportation")),
        apply(thora, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1)),
        apply(ugo, "mentor", offers({"payroll": 9}, mentees=1)),
    )
    run_match(stage, staff)
    first = run_match_again(stage, staff)
    late = a_person(stage, "Dora", region="north")
    approve(staff, apply(late, "mentee", wants("payroll")))
    with stage.open():
        pair = db.session.scalars(
            select(Proposal.id).where(Proposal.match_run_id == UUID(first.rpartition("/")[2])).order_by(Proposal.points)
        ).first()
        entries = dict(db.session.execute(select(PoolEntry.member_id, PoolEntry.id)).all())
    waiting = f"/staff/pools/{entries[late.id]}/suggestions"
    other = f"/staff/pools/{entries[mentees[0].id]}/suggestions"
    post(staff.browser, waiting, {"mentor": entries[thora.id]})
    with stage.open():
        ask = db.session.scalars(select(MentorAsk.id)).one()
        secrets = {
            who.name: session_for(db.session.scalars(select(Account).where(Account.email == who.email)).one())
            for who in (staff, thora)
        }
        db.session.commit()
    host = stage.scope.hostname
    return host, {
        secrets[staff.name]: [
            first, f"{first}/pairs/{pair}/swap", f"{first}/compare",
            f"{first}/what-if?weight-near=80", waiting, other, "/staff/pools/", "/staff/matching/",
        ],
        secrets[thora.name]: [f"/asked/{ask}", "/home"],
    }  # fmt: skip


def run_match_again(stage, staff):
    with stage.open():
        for run in db.session.scalars(select(MatchRun)):
            run.state = RunState.DISCARDED
        db.session.commit()
    return run_match(stage, staff)


@pytest.mark.proof
def test_pages_are_accessible_and_fit(places, site, new_page):
    host, by_person = places
    found, number = [], 0
    for secret, paths in by_person.items():
        window = new_page()
        sign_in(window, host, secret)
        for path in paths:
            assert window.goto(site.url(host, path)).status == 200, path
            for fold in window.locator("summary").all()[:1]:
                fold.click()
            number += 1
            found += [f"{path}: {problem}" for problem in problems_in_every_view(window, f"matching-{number:02}")]

    assert found == []
