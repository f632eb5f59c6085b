"""From five minutes to forty hours: recorded by both, what is left is seen by both, the limit warns and closes nothing (C8)."""

from __future__ import annotations

import pytest

from tandem.clocks import program_today
from tests.loop.stage import set_stage
from tests.loop.walk import day
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of


def without_a_limit(program):
    program["length"] = {"kind": "open"}


def note(stage, person, place, minutes):
    with stage.open():
        today = program_today()
    noted = post(person.browser, f"{place}/hours", {**day("spent_on", today), "minutes": minutes, "about": "Reading"})
    assert noted.status_code == 303, text_of(noted)


def said(person, place):
    return text_of(person.browser.get(place)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.fact("C8")
def test_both_record_both_see_what_is_left_and_the_limit_only_warns(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    pair = a_pairing(stage)

    note(stage, pair.mentee, pair.place, "5")
    note(stage, pair.mentor, pair.place, "1:30")
    assert "1 h 35 min of 40 hours used, 38 h 25 min left." in said(pair.mentee, pair.place)
    assert "1 h 35 min of 40 hours used, 38 h 25 min left." in said(pair.mentor, pair.place)
    assert f"{pair.mentor.name} 1 h 30 min You 5 min" in said(pair.mentee, pair.place)
    assert f"You 1 h 30 min {pair.mentee.name} 5 min" in said(pair.mentor, pair.place)

    note(stage, pair.mentor, pair.place, "39 h")
    page = said(pair.mentee, pair.place)
    assert "40 h 35 min of 40 hours used, nothing left." in page
    assert "Nothing is closed by this" in page
    note(stage, pair.mentee, pair.place, "5")
    assert "Under way" in said(pair.staff, f"/staff{pair.place}")


@pytest.mark.control("C8")
def test_without_a_limit_hours_are_recorded_and_nothing_is_left_or_warned_of(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_a_limit)
    pair = a_pairing(stage)

    note(stage, pair.mentor, pair.place, "40 h")
    note(stage, pair.mentor, pair.place, "1 h")
    page = said(pair.mentee, pair.place)
    assert "41 hours so far" in page
    assert "left" not in page.partition("Time together")[2].partition("Is this the right match")[0]
    assert "Nothing is closed by this" not in page
