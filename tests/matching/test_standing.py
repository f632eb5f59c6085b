"""A run's figures are those of its pairs as they stand; what was computed is said of the match as computed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import MatchRun, Proposal
from tests.loop.stage import set_stage
from tests.loop.walk import by_hand_ids, left_over, run_match
from tests.matching.seven import seven_matched
from tests.pages import post, text_of

PROVEN = "nobody can place more people, nor the same people better"


@pytest.fixture(scope="module")
def laid_out(app, tmp_path_factory, keep):
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("standing"))
    return (stage, *seven_matched(stage, places_of_vera=1)), keep(stage)


@pytest.fixture
def room(laid_out):
    """The module's room, as it was for the first test."""
    room, put_back = laid_out
    yield room
    put_back()


def everything(stage):
    with stage.open():
        run = db.session.scalars(select(MatchRun)).one()
        pairs = db.session.scalars(select(Proposal).order_by(Proposal.id))
        return (
            run.summary, run.unmatched, run.left_over,
            [(one.id, one.mentee_entry_id, one.mentor_entry_id, one.points, one.state, one.by_hand, one.missed) for one in pairs],
        )  # fmt: skip


def pairs(stage):
    with stage.open():
        return {one.mentee_entry.member.given_name: (one.id, one.points, {"mentee": one.mentee_entry_id, "mentor": one.mentor_entry_id})
                for one in db.session.scalars(select(Proposal))}  # fmt: skip


def listed(staff):
    """Pairs and people left over of the only run in the list of runs."""
    row = text_of(staff.browser.get("/staff/matching/")).split("Pairs Left over", 1)[1]
    found = re.search(r"(?:To confirm and publish|Published) (\d+) (\d+)", row)
    assert found, row
    return int(found[1]), int(found[2])


def test_as_computed_it_is_proven(room):
    _stage, staff, run, _who = room
    page = text_of(staff.browser.get(run))

    assert "Matched 3 of 4 mentees Places used 3 of 3 Left over 1" in page
    assert f"Proven {PROVEN}" in page
    assert "As computed" not in page
    assert listed(staff) == (3, 1)


def test_a_pair_set_aside_counts_no_more_and_its_mentee_is_left_over(room):
    stage, staff, run, who = room
    before = everything(stage)
    tess, points, _ids = pairs(stage)["Tess"]

    post(staff.browser, f"{run}/pairs/{tess}", {"do": "decline"})
    page = staff.browser.get(run)

    assert "Matched 2 of 4 mentees Places used 2 of 3 Left over 2" in text_of(page)
    assert f"As computed before your changes: 3 of 4 mentees matched, and proven: {PROVEN}" in text_of(page)
    assert f"Proven {PROVEN}" not in text_of(page)
    assert list(left_over(page)) == [who["Wim"].name, who["Tess"].name]
    assert f"Staff set the pair with {who['Vera'].name} aside." in left_over(page)[who["Tess"].name]
    assert "Staff 1" in text_of(page)
    assert listed(staff) == (2, 2)
    assert everything(stage)[0]["points"] == before[0]["points"] - points

    post(staff.browser, f"{run}/undo")
    assert everything(stage) == before

    # Confirming it after all brings the figures back as well.
    post(staff.browser, f"{run}/pairs/{tess}", {"do": "decline"})
    post(staff.browser, f"{run}/pairs/{tess}", {"do": "confirm"})
    assert everything(stage)[:3] == before[:3]


def test_a_pair_kept_apart_counts_no_more_and_says_so(room):
    stage, staff, run, who = room
    tess, _points, ids = pairs(stage)["Tess"]

    post(staff.browser, f"{run}/locks", {**ids, "kind": "apart"})
    page = staff.browser.get(run)
    assert "Matched 2 of 4" in text_of(page)
    assert f"Staff keep them and {who['Vera'].name} apart." in left_over(page)[who["Tess"].name]

    # Confirming them is not offered, and refused for what it is: nobody was faster.
    confirm = f'Confirm<span class="visually-hidden"> {who["Tess"].name} and {who["Vera"].name}</span>'
    refused = post(staff.browser, f"{run}/pairs/{tess}", {"do": "confirm"})
    assert confirm not in page.get_data(as_text=True)
    assert refused.status_code == 409
    assert "This cannot be done now You keep these two apart." in text_of(refused)
    assert "Someone was faster" not in text_of(refused)

    post(staff.browser, f"{run}/locks", ids)
    page = staff.browser.get(run)
    assert "Staff set the pair with" in left_over(page)[who["Tess"].name]
    assert confirm in page.get_data(as_text=True)


def test_after_a_swap_the_weakest_pair_is_the_one_that_fits_least_now(room):
    stage, staff, run, _who = room
    before, were = everything(stage), pairs(stage)

    swap = post(staff.browser, f"{run}/pairs/{were['Ada'][0]}/swap", {"other": were["Bea"][0]})
    now = pairs(stage)
    weakest = min(points for _id, points, _ids in now.values())
    page = text_of(staff.browser.get(run))

    assert swap.status_code == 303
    assert weakest < min(points for _id, points, _ids in were.values())
    assert f"The weakest pair fits {weakest}." in page
    assert f"Fit, on average {round(sum(points for _id, points, _ids in now.values()) / 3)} of 100" in page
    assert "As computed before your changes: 3 of 4 mentees matched" in page

    post(staff.browser, f"{run}/undo")
    assert everything(stage) == before


def test_a_pair_by_hand_frees_the_place_of_the_pair_before(room):
    stage, staff, run, who = room
    bea = pairs(stage)["Bea"]
    post(staff.browser, f"{run}/pairs/{bea[0]}", {"do": "decline"})
    before = everything(stage)

    mentee, mentor = by_hand_ids(stage, staff, run, who["Bea"].name, who["Thora"])
    made = post(staff.browser, f"{run}/by-hand", {"mentee": mentee, "mentor": mentor})
    page = text_of(staff.browser.get(run))

    assert made.status_code == 303
    assert "Matched 3 of 4 mentees Places used 3 of 3 Left over 1" in page
    assert "As computed before your changes" in page
    post(staff.browser, f"{run}/undo")
    assert everything(stage) == before


def test_a_published_run_counts_what_was_published_and_compare_says_the_same(room):
    stage, staff, run, who = room
    were = pairs(stage)
    post(staff.browser, f"{run}/pairs/{were['Tess'][0]}", {"do": "decline"})
    post(staff.browser, f"{run}/pairs/{were['Ada'][0]}", {"do": "confirm"})
    assert post(staff.browser, f"{run}/publish").status_code == 303
    page = staff.browser.get(run)

    assert "Matched 1 of 4 mentees Places used 1 of 3 Left over 3" in text_of(page)
    assert "was not confirmed when the run was published" in left_over(page)[who["Bea"].name]
    assert "Staff set the pair with" in left_over(page)[who["Tess"].name]
    assert "They wait in the pool: run the match again." in text_of(page)
    assert "confirm that pair after all" not in text_of(page)
    assert (
        "The mentorships are under way. Both sides have their letter, and go on by themselves; Home names whoever needs you. "
        "3 people are left over. Whoever still wants somebody waits in the pool for the next match."
    ) in text_of(page)
    links = re.findall(
        r'<a class="btn[^"]*" href="([^"]+)"[^>]*>(See the mentorships|Who [^<]+)<', page.get_data(as_text=True)
    )
    assert [(words, staff.browser.get(there.replace("&amp;", "&")).status_code) for there, words in links if there != "#left"] == [
        ("See the mentorships", 200), ("Who waits in the pool", 200),
    ]  # fmt: skip
    assert listed(staff) == (1, 3)

    again = run_match(stage, staff)
    compared = text_of(staff.browser.get(f"{again}/compare"))
    assert "People matched 1 2" in compared
    assert "Left over 3 1" in compared
