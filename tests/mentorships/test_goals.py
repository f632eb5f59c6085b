"""Goals with their history, and what people said they would do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.mentorships.goals import remind_of_follow_ups
from tandem.mentorships.models import Goal
from tests.loop.cohorts import WOOD, set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import day
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

GOAL = "Close the year on my own, 5501"


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("goals"))


def link(person, place, pattern):
    return re.search(
        rf'action="({place}/{pattern}/[0-9a-f-]+[^"]*)"', person.browser.get(place).get_data(as_text=True)
    )[1]


def test_a_goal_keeps_its_history_and_staff_see_nothing_of_it(stage):
    pair = a_pairing(stage)

    assert post(pair.mentee.browser, f"{pair.place}/goals", {"body": GOAL}).status_code == 303
    assert "The goal is noted." in text_of(pair.mentee.browser.get(pair.place))
    address = link(pair.mentor, pair.place, "goals")
    assert post(pair.mentor.browser, address, {"body": f"{GOAL}, by June", "state": "open"}).status_code == 303
    assert post(pair.mentee.browser, address, {"body": f"{GOAL}, by June", "state": "reached"}).status_code == 303
    assert post(pair.mentee.browser, address, {"body": f"{GOAL}, by June", "state": "reached"}).status_code == 303

    page = text_of(pair.mentor.browser.get(pair.place))
    assert "Changed 2 times" in page
    assert f"{GOAL} (Open)" in page
    assert f"{GOAL}, by June (Reached)" in page
    for address in (f"/staff{pair.place}", "/staff/audit"):
        assert "5501" not in text_of(pair.staff.browser.get(address))


def test_wrong_goals_are_refused_at_their_field(stage):
    pair = a_pairing(stage)
    post(pair.mentee.browser, f"{pair.place}/goals", {"body": GOAL})
    address = link(pair.mentee, pair.place, "goals")

    for data in ({"body": " ", "state": "open"}, {"body": "x" * 1001, "state": "open"}, {"body": GOAL, "state": "won"}):
        answer = post(pair.mentee.browser, address, data)
        assert answer.status_code == 422
        assert 'class="td-errors' in answer.get_data(as_text=True)
    with stage.open():
        assert [goal.body for goal in db.session.query(Goal).where(Goal.id == address.rpartition("/")[2])] == [GOAL]


def test_in_a_group_goals_are_each_mentees_own(app, tmp_path):
    stage = set_cohorts(app, tmp_path)
    group = a_pairing(stage, mentees=3, program=WOOD)
    first, second, _third = group.mentees

    assert post(first.browser, f"{group.place}/goals", {"body": GOAL}).status_code == 303
    address = link(first, group.place, "goals")
    assert GOAL in text_of(second.browser.get(group.place))
    assert f'action="{address}"' not in second.browser.get(group.place).get_data(as_text=True)
    assert post(second.browser, address, {"body": "Mine", "state": "open"}).status_code == 403
    assert post(group.mentor.browser, f"{group.place}/goals", {"body": "Whose?"}).status_code == 422
    assert post(group.mentor.browser, address, {"body": GOAL, "state": "reached"}).status_code == 303


def test_a_follow_up_stays_until_it_is_done_and_reminds_on_its_day(stage):
    pair = a_pairing(stage)
    with stage.open():
        today = program_today()
    mentor = re.search(
        r'value="([0-9a-f-]{36})"[^>]*>\s*(?:<[^>]+>\s*)*' + pair.mentor.name,
        pair.mentee.browser.get(pair.place).get_data(as_text=True),
    )
    assert mentor
    agreed = post(
        pair.mentee.browser,
        f"{pair.place}/follow-ups",
        {"body": "Send the plan 5502", "owner": mentor[1], **day("due_on", today)},
    )
    assert agreed.status_code == 303
    assert "Send the plan 5502" in text_of(pair.mentor.browser.get(pair.place))
    with stage.open():
        assert (remind_of_follow_ups(), remind_of_follow_ups()) == (1, 0)
        db.session.commit()
    notices = text_of(pair.mentor.browser.get("/notices"))
    assert "something you agreed to do is due today" in notices
    assert "5502" not in notices
    assert "due today" not in text_of(pair.mentee.browser.get("/notices"))

    address = link(pair.mentor, pair.place, "follow-ups")
    assert post(pair.mentor.browser, address).status_code == 303
    assert "Nothing is open." in text_of(pair.mentee.browser.get(pair.place))
    assert post(pair.mentee.browser, link(pair.mentee, pair.place, "follow-ups")).status_code == 303
    assert "Nothing is open." not in text_of(pair.mentee.browser.get(pair.place))


def test_what_is_past_or_rests_reminds_nobody(stage):
    pair = a_pairing(stage)
    with stage.open():
        today, now = program_today(), program_now()
    past = post(
        pair.mentee.browser, f"{pair.place}/follow-ups", {"body": "Late", **day("due_on", today - timedelta(days=1))}
    )
    half = post(
        pair.mentee.browser, f"{pair.place}/follow-ups", {"body": "Half", "due_on-day": "31", "due_on-month": "2"}
    )
    assert (past.status_code, half.status_code) == (422, 422)
    ahead = today + timedelta(days=14)
    # A day that nobody takes for a month.
    ahead = ahead.replace(day=max(ahead.day, 13))
    said = f"Enter a day, for example {ahead.month} {ahead.day} {ahead.year}, or leave it empty."
    assert said in text_of(half)
    asked = half.get_data(as_text=True)
    names = [f'name="due_on-{part}"' for part in ("month", "day", "year")]
    assert sorted(names, key=asked.index) == names
    named = {**day("due_on", today), "due_on-month": f"{today:%B}"}
    assert post(pair.mentee.browser, f"{pair.place}/follow-ups", {"body": "Rests", **named}).status_code == 303
    post(pair.staff.browser, f"/staff{pair.place}/pause")
    with stage.open():
        assert (remind_of_follow_ups(), now < program_now()) == (0, True)
