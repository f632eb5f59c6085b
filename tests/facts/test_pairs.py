"""Which pairs may be made (C2)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import PoolEntry
from tests.loop.stage import set_stage
from tests.loop.walk import (
    a_helper,
    a_person,
    apply,
    approve,
    by_hand,
    left_over,
    mentorships_of,
    offers,
    proposed,
    publish,
    run_match,
    wants,
)
from tests.pages import post, text_of


def without_the_constraint(program):
    del program["matching"]["constraints"]


def a_pool(stage):
    """Two mentees and one mentor with places for both, who shares a discipline with the first alone."""
    staff = a_helper(stage)
    paula, tess = a_person(stage, "Paula"), a_person(stage, "Tess")
    mentor = a_person(stage, "Thora", years={"payroll": 9})
    approve(
        staff,
        apply(paula, "mentee", wants("payroll", "safety")),
        apply(tess, "mentee", wants("transportation")),
        apply(mentor, "mentor", offers({"payroll": 9, "purchasing": 6})),
    )
    return staff, paula, tess, mentor


@pytest.mark.fact("C2")
def test_no_pair_without_a_common_discipline(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    staff, paula, tess, mentor = a_pool(stage)

    run = run_match(stage, staff)
    page = staff.browser.get(run)
    refused = by_hand(stage, staff, run, tess, mentor)

    assert proposed(page) == {(paula.name, mentor.name)}
    assert list(left_over(page)) == [tess.name]
    assert "have at least one discipline in common” keeps 1 of 1 away" in left_over(page)[tess.name]
    assert refused.status_code == 422
    assert "Nothing in common. Asked for: " in text_of(refused)
    suggested = staff.browser.get(suggestions_for(stage, tess))
    chosen = post(staff.browser, suggestions_for(stage, tess), {"mentor": entry_of(stage, mentor)})
    assert "Nobody can be suggested now." in text_of(suggested)
    assert chosen.status_code == 422
    assert "Nothing in common. Asked for: " in text_of(chosen)
    publish(staff, run)
    assert len(mentorships_of(paula)) == 1
    assert mentorships_of(tess) == []
    assert tess.name not in text_of(mentor.browser.get("/home"))


def entry_of(stage, person):
    with stage.open():
        return db.session.scalars(select(PoolEntry.id).where(PoolEntry.member_id == person.id)).one()


def suggestions_for(stage, person):
    return f"/staff/pools/{entry_of(stage, person)}/suggestions"


@pytest.mark.control("C2")
def test_without_the_constraint_a_mentor_is_suggested_and_chosen(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_the_constraint)
    staff, _paula, tess, mentor = a_pool(stage)

    suggested = staff.browser.get(suggestions_for(stage, tess))
    chosen = post(staff.browser, suggestions_for(stage, tess), {"mentor": entry_of(stage, mentor)})

    assert mentor.name in text_of(suggested).partition("Suggested, the best first")[2]
    assert chosen.status_code == 303
    assert len(mentorships_of(tess)) == 1


@pytest.mark.control("C2")
def test_without_the_constraint_the_pair_is_made(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_the_constraint)
    staff, paula, tess, mentor = a_pool(stage)

    run = run_match(stage, staff)

    assert proposed(staff.browser.get(run)) == {(paula.name, mentor.name), (tess.name, mentor.name)}
    publish(staff, run)
    assert len(mentorships_of(tess)) == 1
