"""A form that is sent twice makes one thing, also at the same moment; two forms make two."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.ids import uuid7
from tandem.mentorships.models import Hours, Meeting, MeetingPlan, Message
from tests.loop.stage import set_stage
from tests.loop.test_at_once import at_once, form
from tests.loop.walk import day
from tests.mentorships.pairs import a_pairing
from tests.mentorships.test_planning import pick, plan_on
from tests.pages import post, text_of

#: What is made, the address below the mentorship's, the form's answers, an answer that makes it something else.
FORMS = [
    (Meeting, "meetings", {"held_on": 0, "minutes": "30", "way": "phone"}, {"minutes": "45"}),
    (Hours, "hours", {"spent_on": 0, "minutes": "20", "about": "Reading"}, {"about": "Writing"}),
    (Message, "messages", {"body": "When do you have time?"}, {"body": "And on Friday?"}),
    (
        MeetingPlan,
        "plan",
        {"time1": 9, "time1-clock": "16:00", "minutes": "30", "way": "phone"},
        {"time1-clock": "17:00"},
    ),
]


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("once"))


def made(stage, model, place):
    with stage.open():
        return db.session.scalar(
            select(func.count()).select_from(model).where(model.mentorship_id == UUID(place.rpartition("/")[2]))
        )


def filled(stage, answers):
    """The form's fields; a number stands for the day that is so far from today."""
    with stage.open():
        today = program_today()
    fields = {name: value for name, value in answers.items() if isinstance(value, str)}
    for name, ahead in answers.items():
        if isinstance(ahead, int):
            fields |= day(name, today + timedelta(days=ahead))
    return fields


@pytest.mark.parametrize(("model", "part", "answers", "other"), FORMS, ids=[part for _, part, _, _ in FORMS])
def test_a_form_sent_twice_makes_one(stage, model, part, answers, other):
    pair = a_pairing(stage)
    address, answers = f"{pair.place}/{part}", filled(stage, answers)
    (key,) = set(re.findall(rf'action="[^"]*/{part}".*?name="once" value="([^"]+)"', page_of(pair, part), re.DOTALL))

    assert at_once(*[form(pair.mentor, address, **answers, once=key) for _ in range(3)]) == [303, 303, 303]
    assert made(stage, model, pair.place) == 1
    # Somebody goes back, changes what stands there and sends it: that is another one.
    assert post(pair.mentor.browser, address, {**answers, **other, "once": key}).status_code == 303
    assert made(stage, model, pair.place) == 2
    # Without a key, and with each form's own, each makes one.
    for number, more in enumerate(({}, {"once": str(uuid7())}, {"once": "no key"})):
        own = {"time1-clock": f"1{number}:30"} if model is MeetingPlan else {"again": "yes"}
        assert post(pair.mentor.browser, address, {**answers, **own, **more}).status_code == 303
    assert made(stage, model, pair.place) == 5


def test_a_meeting_like_one_that_is_noted_asks_whether_it_is_another(stage):
    pair = a_pairing(stage)
    address, answers = f"{pair.place}/meetings", filled(stage, {"held_on": 0, "minutes": "30", "way": "phone"})
    assert post(pair.mentor.browser, address, {**answers, "once": str(uuid7())}).status_code == 303

    for person, said in (
        (pair.mentor, "One like this is noted already: "),
        (pair.mentee, f"{pair.mentor.name} noted a meeting of that day already: "),
    ):
        asked = post(person.browser, address, {**answers, "once": str(uuid7())})
        assert asked.status_code == 422
        assert said in text_of(asked)
        assert 'href="#meeting-again"' in asked.get_data(as_text=True)
        assert "Yes, note it as well" in text_of(asked)
    assert made(stage, Meeting, pair.place) == 1
    # Two who met remember its length differently; of one's own, only the same is taken for the same.
    assert post(pair.mentee.browser, address, {**answers, "minutes": "35"}).status_code == 422
    assert post(pair.mentor.browser, address, {**answers, "minutes": "35"}).status_code == 303
    assert post(pair.mentee.browser, address, {**answers, "again": "yes", "once": str(uuid7())}).status_code == 303
    assert made(stage, Meeting, pair.place) == 3
    # One that was taken off again is none.
    other = a_pairing(stage)
    address, key = f"{other.place}/meetings", str(uuid7())
    assert post(other.mentor.browser, address, {**answers, "once": key}).status_code == 303
    assert post(other.mentor.browser, f"{address}/{key}/remove").status_code == 303
    assert post(other.mentor.browser, address, answers).status_code == 303


def test_a_time_that_is_proposed_or_agreed_is_not_proposed_again(stage):
    pair = a_pairing(stage)
    address = f"{pair.place}/plan"
    answers = filled(stage, {"time1": 9, "time1-clock": "16:00", "minutes": "30", "way": "phone"})
    other = filled(stage, {"time2": 11, "time2-clock": "16:00"})
    assert post(pair.mentor.browser, address, answers).status_code == 303

    for person in (pair.mentor, pair.mentee):
        refused = post(person.browser, address, {**answers, **other, "once": str(uuid7())})
        assert refused.status_code == 422
        assert "This time is proposed already and waits for an answer: " in text_of(refused)
    plan = f"{pair.place}/plans/{plan_on(pair.mentee, pair.place)}"
    assert pick(pair.mentee, plan).status_code == 303
    assert "You have agreed to meet then already: " in text_of(post(pair.mentee.browser, address, answers))
    assert made(stage, MeetingPlan, pair.place) == 1
    # The same plan may keep its time and change its length, and what was called off is free again.
    assert post(pair.mentee.browser, f"{plan}/times", {**answers, "minutes": "45"}).status_code == 303
    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303
    assert post(pair.mentee.browser, address, answers).status_code == 303


def page_of(pair, part):
    """The page with the form; that of a plan has no address of its own."""
    if part == "plan":
        page = pair.mentor.browser.get(f"{pair.place}/plan").get_data(as_text=True)
        return page.replace('<form method="post"', '<form action="/plan"')
    return pair.mentor.browser.get(pair.place if part != "messages" else f"{pair.place}/messages").get_data(
        as_text=True
    )


def test_what_was_taken_off_and_is_sent_again_is_there_again(stage):
    pair = a_pairing(stage)
    answers = {**filled(stage, {"held_on": 0, "minutes": "30", "way": "phone"}), "once": str(uuid7())}
    assert post(pair.mentor.browser, f"{pair.place}/meetings", answers).status_code == 303
    with stage.open():
        first = db.session.scalars(select(Meeting.id).where(Meeting.id == UUID(answers["once"]))).one()
    assert post(pair.mentor.browser, f"{pair.place}/meetings/{first}/remove").status_code == 303

    assert post(pair.mentor.browser, f"{pair.place}/meetings", answers).status_code == 303

    with stage.open():
        here = select(Meeting.removed_at).where(Meeting.mentorship_id == UUID(pair.place.rpartition("/")[2]))
        removed = [moment is not None for moment in db.session.scalars(here.order_by(Meeting.id))]
    assert removed == [True, False]


def test_a_key_of_another_mentorship_makes_a_row_of_its_own(stage):
    pair, others = a_pairing(stage), a_pairing(stage)
    answers, key = {"body": "Hello there."}, str(uuid7())
    assert post(others.mentor.browser, f"{others.place}/messages", {**answers, "once": key}).status_code == 303

    assert post(pair.mentor.browser, f"{pair.place}/messages", {**answers, "once": key}).status_code == 303

    assert (made(stage, Message, pair.place), made(stage, Message, others.place)) == (1, 1)
    assert "Hello there." in text_of(pair.mentee.browser.get(f"{pair.place}/messages"))
