"""An application saved in two places: what is saved elsewhere is said as a reader sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tandem.clocks import program_today
from tests.loop.stage import set_stage
from tests.loop.walk import a_person, begin, version_on, wants
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("places"))


def test_what_is_saved_elsewhere_has_the_words_of_its_options(stage):
    person = a_person(stage, "Twona")
    address = begin(person, "mentee")
    place = person.browser.get(address).location
    old = version_on(person.browser.get(place))
    answers = {"needs": ["accounting", "payroll"], "need-kind": ["project"], "about": ""}
    post(person.browser, place, {"version": old, **answers, "then": "leave"})

    conflict = post(
        person.browser, place, {"version": old, "needs": ["safety"], "need-kind": ["orientation"], "about": "Mine."}
    )

    assert conflict.status_code == 409
    said = text_of(conflict).partition("Saved in two places.")[2]
    assert "In which disciplines do you need help?: saved elsewhere: “Accounting and budget, Payroll" in said
    assert "What kind of help is it?: saved elsewhere: “A project”" in said
    assert "Describe what you are facing: left empty elsewhere" in said


def test_a_day_is_said_and_one_that_cannot_be_read_as_it_was_typed(stage):
    person = a_person(stage, "Twodo")
    address = begin(person, "mentee")
    place = person.browser.get(address).location
    saved = post(person.browser, place, {"version": version_on(person.browser.get(place)), **wants("payroll")[0]})
    place = saved.location
    with stage.open():
        ahead = program_today() + timedelta(days=40)
    for typed, said in (
        (
            {"month": str(ahead.month), "day": str(ahead.day), "year": str(ahead.year)},
            f"{ahead:%B} {ahead.day}, {ahead.year}",
        ),
        ({"month": "17", "day": "34", "year": "2027"}, "17 34 2027"),
    ):
        old = version_on(person.browser.get(place))
        parts = {f"needed-by.{part}": text for part, text in typed.items()}
        post(person.browser, place, {"version": old, "ways": ["phone"], **parts, "then": "leave"})
        conflict = post(person.browser, place, {"version": old, "ways": ["email"], "needed-by.day": ""})
        assert conflict.status_code == 409
        assert f"saved elsewhere: “{said}”" in text_of(conflict)
