"""What the association tells people at the right moment: the promise again (C7), the cost (C9), how to meet (C15)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.directory.models import Member, Membership
from tandem.extensions import db
from tests.app_fixtures import client_at
from tests.factories import a_position, an_employer
from tests.loop.stage import set_stage
from tests.loop.straight import a_pair
from tests.loop.walk import a_helper, a_person, apply, approve, mentorship_of, offers, publish, run_match, wants
from tests.mail_server import words_of
from tests.pages import post, text_of

PROMISE = "I will not promote consulting services to my mentee"
COST = "Nothing beyond your dues: mentorship is one of the services that a Career Builder membership includes."
MEETINGS = "In person, by phone, by email, or in any other way the two of you agree on."
START = "/programs/member-to-member/apply"


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("guidance"))


def without_showing_again(form):
    del form["sections"][2]["questions"][0]["again_at_match"]


def without_words(program):
    del program["pages"]["cost"]
    del program["pages"]["meetings"]
    del program["advice"]


def a_retiree_and_a_mentee(stage, staff):
    """A pair whose mentor is a Retiree and whose mentee has an employer with a name of its own."""
    mentee = a_person(stage, "Mena")
    with stage.open():
        member = db.session.get_one(Member, (stage.scope.association_id, mentee.id))
        a_position(member, employer=an_employer(name="Lakeview Unified"))
        db.session.commit()
    mentor = a_person(stage, "Rhea", type="retiree", years={"payroll": 20})
    approve(
        staff,
        apply(mentee, "mentee", wants("payroll")),
        apply(mentor, "mentor", offers({"payroll": 20}, promise=True)),
    )
    publish(staff, run_match(stage, staff))
    stage.work()
    return mentee, mentor, mentorship_of(mentor)


@pytest.mark.fact("C7")
def test_the_promise_is_shown_again_at_the_match_with_the_employer(stage, mail):
    staff = a_helper(stage)
    mentee, mentor, place = a_retiree_and_a_mentee(stage, staff)

    page = text_of(mentor.browser.get(place))
    assert PROMISE in page
    assert f"{mentee.name} works for" in page
    assert "Lakeview Unified" in page
    letter = words_of(mail.to(mentor.email)[-1])
    assert letter.count(PROMISE) == 1
    assert f"{mentee.name} works for" in letter
    assert "Lakeview Unified" in letter
    assert PROMISE not in text_of(mentee.browser.get(place))
    assert PROMISE not in words_of(mail.to(mentee.email)[-1])


@pytest.mark.fact("C7")
def test_who_promised_nothing_is_reminded_of_nothing(stage, mail):
    staff, mentee = a_helper(stage), a_person(stage, "Mio")
    mentor = a_person(stage, "Cara", years={"safety": 9})
    place = a_pair(stage, staff, mentee, mentor, discipline="safety")

    assert "Your promise" not in text_of(mentor.browser.get(place))
    assert "you promised" not in words_of(mail.to(mentor.email)[-1])


def a_mentor_who_retired(stage, staff):
    """A pair whose mentor became a Retiree while on file."""
    mentee, mentor = a_person(stage, "Mila"), a_person(stage, "Roy", years={"purchasing": 20})
    approve(staff, apply(mentor, "mentor", offers({"purchasing": 20})))
    with stage.open():
        for one in db.session.scalars(select(Membership).where(Membership.member_id == mentor.id)):
            one.type = "retiree"
        member = db.session.get_one(Member, (stage.scope.association_id, mentee.id))
        a_position(member, employer=an_employer(name="Hilltop Unified"))
        db.session.commit()
    approve(staff, apply(mentee, "mentee", wants("purchasing")))
    publish(staff, run_match(stage, staff))
    stage.work()
    return mentee, mentor, mentorship_of(mentor)


@pytest.mark.fact("C7")
def test_who_retired_while_on_file_is_asked_for_the_promise_at_the_match(stage, mail):
    staff = a_helper(stage)
    mentee, mentor, place = a_mentor_who_retired(stage, staff)

    letter, page = words_of(mail.to(mentor.email)[-1]), text_of(mentor.browser.get(place))
    unticked = post(mentor.browser, f"{place}/promise", {"question": "no-consulting"})
    foreign = post(mentee.browser, f"{place}/promise", {"question": "no-consulting", "promise-no-consulting": "yes"})
    given = post(mentor.browser, f"{place}/promise", {"question": "no-consulting", "promise-no-consulting": "yes"})
    after = text_of(mentor.browser.get(place))
    again = post(mentor.browser, f"{place}/promise", {"question": "no-consulting", "promise-no-consulting": "yes"})

    assert "The program asks you for a promise." in letter
    assert "When you applied, you promised" not in letter
    assert "Hilltop Unified" in letter
    assert "A promise is asked of you" in page
    assert PROMISE in page
    assert "Hilltop Unified" in page
    assert unticked.status_code == 422
    assert 'href="#promise-no-consulting"' in unticked.get_data(as_text=True)
    assert "Tick the box if you agree." in text_of(unticked)
    assert foreign.status_code == 404
    assert given.status_code == 303
    assert "A promise is asked of you" not in after
    assert "Your promise" in after
    assert again.status_code == 404


@pytest.mark.control("C7")
def test_without_the_setting_the_promise_is_not_shown_again(app, mail, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, forms__mentor_application=without_showing_again)
    _mentee, mentor, place = a_retiree_and_a_mentee(stage, a_helper(stage))

    assert PROMISE not in text_of(mentor.browser.get(place))
    assert PROMISE not in words_of(mail.to(mentor.email)[-1])


def pages_of(stage, staff):
    """What the program's page, the start of an application and both sides' mentorship pages say."""
    mentee, mentor = a_person(stage, "Pola"), a_person(stage, "Quin", years={"facilities": 9})
    reader = a_person(stage, "Reader")
    before = [
        text_of(client_at(stage.app, stage.scope.hostname).get("/programs/member-to-member")),
        *(text_of(reader.browser.get(f"{START}/{role}")) for role in ("mentee", "mentor")),
    ]
    place = a_pair(stage, staff, mentee, mentor, discipline="facilities")
    return before, text_of(mentee.browser.get(place)), text_of(mentor.browser.get(place)), (mentee, place)


@pytest.mark.fact("C9", "C15")
def test_the_pages_say_what_it_costs_and_how_people_meet(stage):
    before, mentees, mentors, (mentee, place) = pages_of(stage, a_helper(stage))

    for page in (*before, mentees, mentors):
        assert COST in page
        assert MEETINGS in page
    assert "Agree how you will talk" in mentees
    assert "Agree how you will talk" in mentors
    assert "Tell us when you are done" in mentees
    assert "Tell us when you are done" not in mentors
    ended = post(mentee.browser, f"{place}/end", {"reason": "completed"})
    assert ended.status_code == 303
    assert "Agree how you will talk" not in text_of(mentee.browser.get(place))


@pytest.mark.control("C9", "C15")
def test_without_the_words_the_pages_say_nothing_of_it(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_words)
    before, mentees, mentors, _pair = pages_of(stage, a_helper(stage))

    for page in (*before, mentees, mentors):
        assert COST not in page
        assert MEETINGS not in page
        assert "Good to know" not in page
