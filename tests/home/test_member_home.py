"""A member's home: what is next, the nearer day first."""

from __future__ import annotations

import re

import pytest

from tandem.directory.models import Member
from tandem.extensions import db
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, apply, begin, decide, offers
from tests.mentorships.pairs import a_pairing
from tests.mentorships.test_planning import agreed, propose
from tests.pages import text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("home"))


def steps(person):
    """The titles of what is next on a home page, in their order, and how many primary buttons they have."""
    page = person.browser.get("/home").get_data(as_text=True)
    titles = re.findall(r'<h2 id="next[a-z-]*">(.*?)</h2>', page)
    return [title.partition(" on ")[0] for title in titles], page.count("btn-primary")


def test_a_draft_does_not_hide_the_meeting_to_come(stage):
    pair = a_pairing(stage)
    agreed(stage, pair, 5)

    before = steps(pair.mentee)
    begin(pair.mentee, "mentor")

    assert before == (["You meet"], 1)
    assert steps(pair.mentee) == (["You meet", "Finish your application"], 1)


def test_an_answer_that_is_due_before_the_meeting_stands_first(stage):
    pair, staff = a_pairing(stage), a_helper(stage)
    agreed(stage, pair, 60)
    application = apply(pair.mentee, "mentor", offers({"payroll": 9}))
    decide(staff, application, "returned", reason="Where was that?")

    assert steps(pair.mentee) == (["Answer the reviewers’ question", "You meet"], 1)


def test_without_a_mentorship_the_draft_stands_alone(stage):
    person = a_person(stage, "Solo")
    begin(person, "mentee")

    assert steps(person) == (["Finish your application"], 1)
    assert "What you typed is saved" in text_of(person.browser.get("/home"))


def test_a_proposal_that_waits_does_not_hide_the_meeting_to_come(stage):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 3)
    before = pair.mentor.browser.get("/home").get_data(as_text=True)
    propose(stage, pair.mentee, pair.place, 20, 21)

    page = pair.mentor.browser.get("/home").get_data(as_text=True)

    assert steps(pair.mentor) == (["Pick a time to meet"], 1)
    assert (before.count("You meet on"), page.count("You meet on")) == (1, 1)
    assert f'href="{plan}">You meet on' in page

    with stage.open():
        db.session.get_one(Member, (stage.scope.association_id, pair.mentor.id)).time_zone = "America/Denver"
        db.session.commit()
    assert "(Mountain Time)" in pair.mentor.browser.get("/home").get_data(as_text=True)


def test_a_mentee_of_a_group_reads_that_there_are_others(stage):
    pair = a_pairing(stage, mentees=3)

    assert f"{pair.mentor.name} and 2 others in your group" in text_of(pair.mentee.browser.get("/home"))
    assert "in your group" not in text_of(pair.mentor.browser.get("/home"))
