"""Areas of need and of expertise are the association's thirteen disciplines, and nothing else (C1)."""

from __future__ import annotations

import html
import re

import pytest

from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, apply, begin, offers, version_on, wants
from tests.pages import post, text_of

THIRTEEN = [
    ("accounting", "Accounting and budget"),
    ("attendance", "Attendance accounting"),
    ("associated-student-body", "Associated student body"),
    ("child-nutrition", "Child nutrition"),
    ("facilities", "Facilities planning"),
    ("human-resources", "Human resources"),
    ("information-technology", "Information technology"),
    ("maintenance", "Maintenance and operations"),
    ("payroll", "Payroll and benefits"),
    ("purchasing", "Purchasing and contracts"),
    ("risk-management", "Risk management"),
    ("safety", "School safety"),
    ("transportation", "Transportation"),
]

#: Side → the question, and a section's answers with one choice.
ASKED = {
    "mentee": ("needs", lambda choice: wants(choice)[0]),
    "mentor": ("expertise", lambda choice: offers({choice: 9})[0]),
}


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("disciplines"))


def without_safety(association):
    disciplines = next(one for one in association["vocabularies"] if one["id"] == "discipline")
    disciplines["terms"] = [term for term in disciplines["terms"] if term["id"] != "safety"]


def first_section(person, side):
    return person.browser.get(begin(person, side)).location


def offered(page, question):
    """What a section's page offers for a question with several choices: key and label, in order."""
    found = re.findall(
        rf'<label[^>]*><input[^>]* name="{question}" value="([^"]+)"[^>]*>(.*?)</label>',
        page.get_data(as_text=True),
        re.DOTALL,
    )
    return [(key, " ".join(html.unescape(re.sub(r"<[^>]+>", " ", label)).split())) for key, label in found]


def choose(person, place, answers):
    return post(person.browser, place, {"version": version_on(person.browser.get(place)), **answers})


@pytest.mark.fact("C1")
@pytest.mark.parametrize("side", ["mentee", "mentor"])
def test_the_form_offers_exactly_the_thirteen(stage, side):
    question, answers = ASKED[side]
    person = a_person(stage, "Mena")
    place = first_section(person, side)

    assert offered(person.browser.get(place), question) == THIRTEEN

    refused = choose(person, place, answers("astronomy"))
    assert refused.status_code == 422
    assert f'href="#{question}"' in refused.get_data(as_text=True)
    assert "astronomy" not in text_of(person.browser.get(place))
    for key, _label in THIRTEEN:
        assert choose(person, place, answers(key)).status_code == 303


@pytest.mark.fact("C1")
def test_the_reviewer_sees_what_was_chosen(stage):
    reviewer = a_helper(stage, "reviewer", committee="pslc-mentorship")
    mentee, mentor = a_person(stage, "Mena"), a_person(stage, "Thora")
    asked = apply(mentee, "mentee", wants("facilities", "transportation"))
    given = apply(mentor, "mentor", offers({"child-nutrition": 11}))

    page = text_of(reviewer.browser.get(f"/staff/applications/{asked}"))
    assert "In which disciplines do you need help? Facilities planning Transportation What kind" in page
    page = text_of(reviewer.browser.get(f"/staff/applications/{given}"))
    assert "for how many years have you worked in each? Child nutrition, 11 years" in page


@pytest.mark.control("C1")
@pytest.mark.parametrize("side", ["mentee", "mentor"])
def test_what_the_association_does_not_list_is_neither_offered_nor_taken(app, tmp_path, side):
    stage = set_stage(app, "casbo", tmp_path, association=without_safety)
    question, answers = ASKED[side]
    person = a_person(stage, "Mena")
    place = first_section(person, side)

    assert offered(person.browser.get(place), question) == [one for one in THIRTEEN if one[0] != "safety"]
    assert choose(person, place, answers("safety")).status_code == 422
