"""What the page of a run tells beside its pairs."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.pages import text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def run(stage):
    """Three mentees who all suit Thora best; she and Ugo have one place each."""
    staff = a_helper(stage)
    mentees = [a_person(stage, name, region="north") for name in ("Ada", "Bea", "Cleo")]
    thora = a_person(stage, "Thora", years={"payroll": 9, "safety": 9}, region="north")
    ugo = a_person(stage, "Ugo", years={"payroll": 9}, region="south")
    approve(
        staff,
        *(apply(mentee, "mentee", wants("payroll", "safety")) for mentee in mentees),
        apply(thora, "mentor", offers({"payroll": 9, "safety": 9}, mentees=1)),
        apply(ugo, "mentor", offers({"payroll": 9}, mentees=1)),
    )
    return staff, run_match(stage, staff), mentees, thora, ugo


def test_a_better_fit_that_was_not_made_is_explained_with_its_price(stage, run):
    staff, address, _mentees, thora, ugo = run

    page = text_of(staff.browser.get(address))

    with stage.open():
        rows = db.session.scalars(select(Proposal).order_by(Proposal.points)).all()
        best, taker = rows[0].missed, rows[1].mentee_entry.member.name
        assert [row.mentor_entry.member.name for row in rows] == [ugo.name, thora.name]
        assert rows[1].missed is None
        assert best["points"] == rows[1].points > rows[0].points
        assert best["price"] - best["own"] >= best["points"] - rows[0].points
    assert (
        f"The best fit would be {thora.name} with {best['points']}. That place went to {taker}: to the program it is worth "
        f"{best['price']} points, a place with {ugo.name} {best['own']}." in page
    )


def test_whom_to_recruit_is_tried_out(stage, run):
    staff, address, mentees, thora, _ugo = run

    page = text_of(staff.browser.get(address))

    with stage.open():
        kept = db.session.scalars(select(MatchRun.recruiting)).one()
        placed = set(db.session.scalars(select(Proposal.mentee_entry_id)))
        left = db.session.scalars(
            select(PoolEntry).where(PoolEntry.role == "mentee", PoolEntry.id.not_in(placed))
        ).one()
        assert [(one["places"], one["mentees"]) for one in kept] == [(1, [str(left.id)])] * 2
        name = left.member.name
    assert name in {mentee.name for mentee in mentees}
    assert f"1 more place with mentors like {thora.name} Try it {thora.name} {name}" in page
    # The same is tried with one press.
    link = re.findall(r'href="([^"]+/what-if[^"]+)"', staff.browser.get(address).get_data(as_text=True))[0]
    tried = text_of(staff.browser.get(link.replace("&amp;", "&")))
    assert f"People matched {len(placed)} {len(placed) + 1}" in tried


def test_a_criterion_that_fails_is_named_and_changes_nothing(app, tmp_path, monkeypatch):
    stage = set_stage(app, "casbo", tmp_path)
    staff, mentee, mentor = a_helper(stage), a_person(stage, "Ada"), a_person(stage, "Thora", years={"payroll": 9})
    approve(
        staff, apply(mentee, "mentee", wants("payroll")), apply(mentor, "mentor", offers({"payroll": 9}))
    )  # fmt: skip
    overlap = app.extensions["tandem.registry"].criteria["overlap"]

    def broken(*_people):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(overlap), "score", broken)
    address = run_match(stage, staff)
    page = text_of(staff.browser.get(address))

    assert "The match could not be computed; nothing was changed." in page
    assert re.search("The part “[^”]+” of the program’s matching failed when it was asked", page)
    assert "secret detail" not in page
    with stage.open():
        assert db.session.scalars(select(Proposal)).all() == []
