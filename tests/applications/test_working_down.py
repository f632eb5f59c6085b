"""Working down the list of applications: after a decision comes the next in the list's order, and who may review is said."""

from __future__ import annotations

import re

import pytest

from tests.loop.stage import set_stage
from tests.loop.straight import apply
from tests.loop.walk import a_helper, a_person, wants
from tests.pages import post, text_of

LIST = "/staff/applications"
COMMITTEE = "pslc-mentorship"


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("working"))


@pytest.fixture(scope="module")
def laid_out(stage, keep):
    """Five applications, the longest waiting first."""
    staff = a_helper(stage)
    return (staff, [apply(a_person(stage, f"Ada{at}"), "mentee", wants("payroll")) for at in range(5)]), keep(stage)


@pytest.fixture
def room(laid_out):
    """The module's room, as it was for the first test."""
    room, put_back = laid_out
    yield room
    put_back()


def decide(staff, application, outcome="approved", **more):
    return post(staff.browser, f"{LIST}/{application}/decision", {"outcome": outcome, "do": "send", **more})


def test_after_a_decision_comes_the_next_in_the_list(room):
    staff, (first, second, third, fourth, fifth) = room

    after_third = decide(staff, third)
    page = staff.browser.get(f"{LIST}/{third}").get_data(as_text=True)
    after_fourth = decide(staff, fourth, "returned", reason="Which years?")
    after_fifth = decide(staff, fifth)
    last = staff.browser.get(f"{LIST}/{fifth}").get_data(as_text=True)
    after_first = decide(staff, first)

    assert after_third.location == f"{LIST}/{fourth}"
    assert "Next of 4 that wait for you" in page
    assert f'href="{LIST}/{fourth}"' in page
    assert after_fourth.location == f"{LIST}/{fifth}"
    # At the end of the list the way leads to its beginning.
    assert after_fifth.location == f"{LIST}/{first}"
    assert f'href="{LIST}/{first}"' in last
    assert after_first.location == f"{LIST}/{second}"
    assert decide(staff, second).location == f"{LIST}/"


def test_back_from_the_letter_keeps_what_was_typed(room):
    staff, (first, *_others) = room
    typed = {"outcome": "declined", "reason": "Dues ended in March.", "next_steps": "Renew, then apply again."}

    letter = post(staff.browser, f"{LIST}/{first}/decision", typed)
    back = post(staff.browser, f"{LIST}/{first}/decision", typed | {"do": "back", "from": "letter"})

    page = back.get_data(as_text=True)
    assert (letter.status_code, back.status_code) == (200, 200)
    assert 'value="back"' in letter.get_data(as_text=True)
    assert re.findall(r'<input[^>]*name="outcome"[^>]*value="(\w+)"[^>]*checked', page) == ["declined"]
    assert f">\n{typed['reason']}</textarea>" in page
    assert f">\n{typed['next_steps']}</textarea>" in page
    assert decide(staff, first).status_code == 303


def test_only_somebody_else_was_faster(stage, room):
    staff, (first, *_others) = room
    other = a_helper(stage)
    decide(staff, first)

    own, others = decide(staff, first), decide(other, first)

    assert (own.status_code, others.status_code) == (409, 409)
    assert "This cannot be done now" in text_of(own)
    assert "Someone was faster" not in text_of(own)
    assert "Someone was faster" in text_of(others)


def test_who_may_review_is_not_whom_it_is_given_to(stage, room):
    staff, (first, *_others) = room
    reviewer = a_helper(stage, "reviewer", committee=COMMITTEE)

    page = text_of(staff.browser.get(f"{LIST}/{first}"))
    assert "Who may review it given to nobody" in page
    assert reviewer.name in page.split("Who may review it given to nobody")[1].split("Give it to a reviewer")[0]

    assert post(staff.browser, f"{LIST}/{first}/reviewers", {"reviewer": reviewer.id}).status_code == 303
    given = text_of(staff.browser.get(f"{LIST}/{first}"))
    assert "Who may review it given to nobody" not in given
    assert "Given to them" in given
