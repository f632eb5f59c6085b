"""A change of configuration does not reach into what is under way (P5), and shapes what comes after (P3)."""

from __future__ import annotations

import pytest

from tandem.clocks import program_today
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import a_helper, a_person, apply, approve, day, decide, offers, proposed, run_match, wants
from tests.pages import post, text_of


def changed(program):
    """Other rules, another length, other ways to meet and another word on who ends it."""
    program["length"]["max"] = "3h"
    program["mentorship"]["ways"] = [{"id": "video", "label": "By video"}]
    program["mentorship"]["ending"]["told_by"] = ["mentor"]
    program["roles"]["mentee"]["eligibility"]["all"] = [
        {"id": "retired", "rule": "membership.current", "types": ["retiree"]}
    ]


def before_and_after(app, folder, *, changed_first):
    """A mentorship and a sent application that were there before the change, or came after it; with their people."""
    stage = set_stage(app, "casbo", folder, **({"programs__member_to_member": changed} if changed_first else {}))
    staff = a_helper(stage)
    type = "retiree" if changed_first else "career-builder"
    mentee, mentor = a_person(stage, "Mena", type=type), a_person(stage, "Thora", years={"payroll": 9})
    place = a_pair(stage, staff, mentee, mentor)
    waiting = apply(a_person(stage, "Wanda"), "mentee", wants("safety"))
    if not changed_first:
        stage.reapply(programs__member_to_member=changed)
    return stage, staff, mentee, mentor, place, waiting


@pytest.mark.fact("P5")
def test_a_change_does_not_reach_a_mentorship_or_a_sent_application(app, tmp_path):
    stage, staff, mentee, mentor, place, waiting = before_and_after(app, tmp_path, changed_first=False)
    page = text_of(mentee.browser.get(place))

    assert "left of 40 h" in page
    assert "By phone" in page
    assert "By video" not in page
    with stage.open():
        meeting = {**day("held_on", program_today()), "minutes": "45", "way": "phone"}
    assert post(mentor.browser, f"{place}/meetings", meeting).status_code == 303
    assert decide(staff, waiting).status_code == 303
    assert post(mentor.browser, f"{place}/end", {"reason": "completed"}).status_code == 403
    assert post(mentee.browser, f"{place}/end", {"reason": "completed"}).status_code == 303


@pytest.mark.control("P5")
def test_what_comes_after_the_change_follows_it(app, tmp_path):
    stage, staff, mentee, mentor, place, waiting = before_and_after(app, tmp_path, changed_first=True)
    page = text_of(mentee.browser.get(place))

    assert "left of 3 h" in page
    assert "By video" in page
    with stage.open():
        meeting = {**day("held_on", program_today()), "minutes": "45", "way": "phone"}
    assert post(mentor.browser, f"{place}/meetings", meeting).status_code == 422
    assert decide(staff, waiting).status_code == 422
    assert post(mentee.browser, f"{place}/end", {"reason": "completed"}).status_code == 403
    assert post(mentor.browser, f"{place}/end", {"reason": "completed"}).status_code == 303


def nearness_alone(program):
    program["matching"]["criteria"] = [
        {"id": "near", "criterion": "proximity", "on": "region", "weight": 100},
    ]


def the_near_one_is_chosen(stage):
    """Whether a run gives someone with two needs the mentor nearby with one of them, not the one far off with both."""
    staff, mentee = a_helper(stage), a_person(stage, "Mena", region="north")
    near = a_person(stage, "Nera", years={"payroll": 9}, region="north")
    able = a_person(stage, "Able", years={"payroll": 9, "safety": 9}, region="south")
    approve(
        staff,
        apply(mentee, "mentee", wants("payroll", "safety")),
        apply(near, "mentor", offers({"payroll": 9})),
        apply(able, "mentor", offers({"payroll": 9, "safety": 9})),
    )
    ((_, mentor),) = proposed(staff.browser.get(run_match(stage, staff)))
    return {near.name: True, able.name: False}[mentor]


@pytest.mark.fact("P3")
def test_criteria_of_ones_own_decide_who_is_matched(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=nearness_alone)

    assert the_near_one_is_chosen(stage)


@pytest.mark.control("P3")
def test_with_the_criteria_as_shipped_somebody_else_is_matched(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)

    assert not the_near_one_is_chosen(stage)
