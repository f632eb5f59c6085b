"""Pairing somebody left over by hand: whom the page offers, what it refuses, and what a reason sets aside."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import Proposal
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, by_hand_ids, left_over, offers, proposed, run_match, wants
from tests.pages import post, text_of

NOTHING_SHARED = "Nothing in common. Asked for: "


def waivable(program):
    program["matching"]["constraints"][0]["strength"] = "waivable"


@pytest.fixture
def room(app, tmp_path):
    """Tess shares a discipline with Vera, whose one place Ada takes; Thora has places and shares nothing with Tess."""

    def make(**edits):
        stage = set_stage(app, "casbo", tmp_path, **edits)
        staff, ada, tess = a_helper(stage), a_person(stage, "Ada"), a_person(stage, "Tess")
        thora = a_person(stage, "Thora", years={"payroll": 9})
        vera = a_person(stage, "Vera", years={"transportation": 9})
        approve(
            staff,
            apply(ada, "mentee", wants("transportation")),
            apply(tess, "mentee", wants("transportation")),
            apply(thora, "mentor", offers({"payroll": 9})),
            apply(vera, "mentor", offers({"transportation": 9}, mentees=1)),
        )
        run = run_match(stage, staff)
        found = left_over(staff.browser.get(run))
        (left,) = [one for one in (ada, tess) if one.name in found]
        mentee, mentor = by_hand_ids(stage, staff, run, left.name, thora)
        return stage, staff, run, left, {"mentee": mentee, "mentor": mentor}, (thora, vera)

    return make


def test_the_page_offers_who_may_be_paired_and_finds_anybody_by_name(room):
    _stage, staff, run, left, ids, (thora, vera) = room()

    best = text_of(staff.browser.get(f"{run}/by-hand/{ids['mentee']}"))
    family_name = thora.name.split()[-1]
    found = text_of(staff.browser.get(f"{run}/by-hand/{ids['mentee']}?q={family_name}"))

    assert f"Pair {left.name} by hand" in best
    assert "Left over in this run" in best
    assert vera.name in best
    assert thora.name not in best
    assert thora.name in found
    assert NOTHING_SHARED in found


def test_what_is_forbidden_is_not_offered_and_refused(room):
    _stage, staff, run, _left, ids, (thora, _vera) = room()
    address = f"{run}/by-hand/{ids['mentee']}?q={thora.name.split()[-1]}"
    before = proposed(staff.browser.get(run))

    refused = post(staff.browser, f"{run}/by-hand", {**ids, "reason": "They asked for it."})

    assert f'value="{ids["mentor"]}"' not in staff.browser.get(address).get_data(as_text=True)
    assert refused.status_code == 422
    assert NOTHING_SHARED in text_of(refused)
    assert proposed(staff.browser.get(run)) == before


def test_a_condition_that_may_be_set_aside_asks_for_a_reason_and_keeps_it(room):
    stage, staff, run, left, ids, (thora, _vera) = room(programs__member_to_member=waivable)

    refused = post(staff.browser, f"{run}/by-hand", ids)
    made = post(staff.browser, f"{run}/by-hand", {**ids, "reason": "They asked for it."})

    assert refused.status_code == 422
    assert "You can pair them all the same: give the reason, which is kept." in text_of(refused)
    assert 'id="reason"' in refused.get_data(as_text=True)
    assert made.status_code == 303
    assert (left.name, thora.name) in proposed(staff.browser.get(run))
    with stage.open():
        kept = db.session.execute(
            select(Proposal.waived, Proposal.waiver_reason).where(
                Proposal.by_hand, Proposal.mentor_entry_id == ids["mentor"]
            )
        ).all()
        assert [tuple(row) for row in kept] == [(["shared-discipline"], "They asked for it.")]


def test_without_a_mentor_or_a_mentee(room):
    _stage, staff, run, _left, ids, _mentors = room()

    assert post(staff.browser, f"{run}/by-hand", {"mentee": ids["mentee"]}).status_code == 422
    assert post(staff.browser, f"{run}/by-hand", {"mentor": ids["mentor"]}).status_code == 404
    assert staff.browser.get(f"{run}/by-hand/{ids['mentor']}").status_code == 404


def test_two_given_people_are_paired_from_the_run_the_pool_and_a_persons_page(room):
    _stage, staff, run, left, ids, _others = room()
    place = f'href="{run}/by-hand/{ids["mentee"]}"'
    here = staff.browser.get(run).get_data(as_text=True)
    assert "Pair two people by hand" in here
    listed = re.search(r'href="(/staff/pools/\?[^"]+)">Pair two people by hand', here)[1].replace("&amp;", "&")

    assert place in staff.browser.get(listed).get_data(as_text=True)
    person = staff.browser.get(f"/staff/members/{left.id}").get_data(as_text=True)
    assert 'id="pools"' in person
    assert place in person


def test_a_run_says_who_came_into_the_pool_since(room):
    stage, staff, run, *_rest = room()
    assert "In the pool since" not in text_of(staff.browser.get(run))

    late = a_person(stage, "Late")
    approve(staff, apply(late, "mentee", wants("payroll")))

    said = "In the pool since this run was begun: 1 mentee. They are not in this run; pair them by hand"
    assert said in text_of(staff.browser.get(run))
