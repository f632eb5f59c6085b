"""Resting in the pool until a day, saying no and resting in one step, leaving and coming back."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.clocks import program_today
from tandem.directory.models import Experience
from tandem.extensions import db
from tandem.matching.models import MentorAsk, PoolEntry
from tandem.notices.models import Notice
from tandem.web.formatting import say_day
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, day, offers, wants
from tests.pages import mistakes_in, post, text_of

pytestmark = pytest.mark.long


def accepting(program):
    program["matching"]["acceptance"] = {"by": "mentor", "within": "7d", "then": "staff"}


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("resting"), programs__member_to_member=accepting)


@pytest.fixture(scope="module")
def staff(stage):
    return a_helper(stage)


@pytest.fixture
def mentor(stage, staff):
    person = a_person(stage, "Resta", years={"payroll": 9})
    approve(staff, apply(person, "mentor", offers({"payroll": 9})))
    return person


def entry_of(stage, person):
    with stage.open():
        return db.session.scalars(
            select(PoolEntry).where(PoolEntry.member_id == person.id).order_by(PoolEntry.entered_at.desc())
        ).first()


def in_days(stage, count):
    with stage.open():
        return program_today() + timedelta(days=count)


def words(stage, until):
    with stage.open(), stage.app.test_request_context():
        return say_day(until, program_today(), counted=False, weekday=False)


def pool(stage, person, do, **more):
    return post(person.browser, f"/home/pool/{entry_of(stage, person).id}", {"do": do, **more})


def state(stage, person):
    entry = entry_of(stage, person)
    return entry.state.value, entry.paused_until


def letters(stage, person):
    with stage.open():
        return list(db.session.scalars(select(Notice.template).where(Notice.address == person.email)))


def test_a_rest_with_a_day_is_shown_to_both_sides_and_ends_by_itself(stage, staff, mentor):
    until = in_days(stage, 6)

    assert pool(stage, mentor, "pause", **day("until", until)).status_code == 303
    home = text_of(mentor.browser.get("/home"))
    listed = text_of(staff.browser.get("/staff/pools/?state=paused"))
    stage.wake_on(until - timedelta(days=1))
    still = state(stage, mentor)
    stage.pass_until(until)
    back = state(stage, mentor)

    assert f"at rest until {words(stage, until)}" in home
    assert "until" in listed.partition(mentor.name)[2]
    assert still == ("paused", until)
    assert back == ("open", None)
    assert letters(stage, mentor).count("pool-rest-ended") == 1


def test_either_side_ends_a_rest_earlier(stage, staff, mentor):
    until = in_days(stage, 6)
    pool(stage, mentor, "pause", **day("until", until))
    assert "Come back now" in text_of(mentor.browser.get("/home"))
    assert pool(stage, mentor, "resume").status_code == 303
    first = state(stage, mentor)
    pool(stage, mentor, "pause", **day("until", until))
    ended = post(staff.browser, f"/staff/pools/{entry_of(stage, mentor).id}", {"do": "resume"})

    assert (first, ended.status_code, state(stage, mentor)) == (("open", None), 303, ("open", None))


def test_a_rest_without_a_day_goes_on(stage, mentor):
    pool(stage, mentor, "pause")
    stage.wake_on(in_days(stage, 9))

    assert state(stage, mentor) == ("paused", None)


def test_the_day_is_changed_by_resting_anew(stage, mentor):
    pool(stage, mentor, "pause", **day("until", in_days(stage, 20)))
    pool(stage, mentor, "pause", **day("until", in_days(stage, 40)))

    assert state(stage, mentor) == ("paused", in_days(stage, 40))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (0, "Enter a day after today."),
        (-3, "Enter a day after today."),
        (800, "Enter a day within the next two years, or leave it empty."),
        (
            {"until-day": "31", "until-month": "2", "until-year": "2090"},
            "Enter a date with month, day and year, for example ",
        ),
        ({"until-day": "5"}, "Enter a date with month, day and year, for example "),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_the_field(stage, staff, mentor, typed, said):
    fields = typed if isinstance(typed, dict) else day("until", in_days(stage, typed))

    own = pool(stage, mentor, "pause", **fields)
    by_staff = post(staff.browser, f"/staff/pools/{entry_of(stage, mentor).id}", {"do": "pause", **fields})

    for answer in (own, by_staff):
        assert answer.status_code == 422
        assert text_of(answer).count(said) == 2
        assert 'href="#until"' in answer.get_data(as_text=True)
        assert 'id="until-error"' in answer.get_data(as_text=True)
    assert state(stage, mentor) == ("open", None)


@pytest.mark.parametrize("shown", ["state=&role=mentor&q=", "state=&role=mentee&q="])
def test_a_wrong_day_comes_back_on_the_list_it_was_typed_on(stage, staff, mentor, shown):
    other = a_person(stage, "Mira", years={"payroll": 9})
    approve(staff, apply(other, "mentor", offers({"payroll": 9})))
    wrong = {"until-day": "31", "until-month": "2", "until-year": "2090", "reason": "Travels"}
    place, address = f"/staff/pools/{entry_of(stage, mentor).id}", f"/staff/pools/?{shown}{mentor.name.split()[-1]}"

    answer = post(staff.browser, place, {"do": "pause", "next": address, **wrong})
    page = answer.get_data(as_text=True)

    assert [said.partition(":")[0] for said in mistakes_in(answer)] == [mentor.name]
    assert f'action="{place}"' in page
    assert f"/staff/pools/{entry_of(stage, other).id}" not in page
    assert [page.count(f'value="{typed}"') for typed in ("31", "2090", "Travels")] == [1, 1, 1]
    assert html.escape(f'name="next" value="{address}"', quote=False) in page


def asked(stage, staff, mentor, *mentees):
    """Ask the mentor to take each of the mentees; gives the addresses of what is asked."""
    for mentee in mentees:
        approve(staff, apply(mentee, "mentee", wants("payroll")))
        place = f"/staff/pools/{entry_of(stage, mentee).id}/suggestions"
        assert post(staff.browser, place, {"mentor": entry_of(stage, mentor).id}).status_code == 303
    with stage.open():
        return [
            f"/asked/{ask}"
            for ask in db.session.scalars(
                select(MentorAsk.id)
                .where(MentorAsk.mentor_entry_id == entry_of(stage, mentor).id)
                .order_by(MentorAsk.id)
            )
        ]


def ask_states(stage, mentor):
    with stage.open():
        return list(
            db.session.scalars(
                select(MentorAsk.state)
                .where(MentorAsk.mentor_entry_id == entry_of(stage, mentor).id)
                .order_by(MentorAsk.id)
            )
        )


def test_a_no_and_a_rest_in_one_step(stage, staff, mentor):
    until = in_days(stage, 30)
    one, _other = asked(stage, staff, mentor, a_person(stage, "Aska"), a_person(stage, "Askb"))

    answered = post(mentor.browser, one, {"do": "no", "then": "rest", "answer": "Away.", **day("until", until)})

    assert (answered.status_code, answered.location) == (303, "/home")
    assert state(stage, mentor) == ("paused", until)
    assert ask_states(stage, mentor) == ["declined", "declined"], "the other ask is answered as well"
    assert "you rest until" in text_of(mentor.browser.get(one))


def test_a_no_alone_stays_in_the_pool(stage, staff, mentor):
    (one,) = asked(stage, staff, mentor, a_person(stage, "Askc"))

    post(mentor.browser, one, {"do": "no", "then": "stay", **day("until", in_days(stage, 30))})

    assert (state(stage, mentor), ask_states(stage, mentor)) == (("open", None), ["declined"])


@pytest.mark.parametrize("typed", [{"until-day": "x"}, {"until-day": "1", "until-month": "1", "until-year": "2001"}])
def test_a_rest_until_no_day_answers_nothing(stage, staff, mentor, typed):
    (one,) = asked(stage, staff, mentor, a_person(stage, "Askd"))

    refused = post(mentor.browser, one, {"do": "no", "then": "rest", "answer": "Away, sorry.", **typed})

    assert refused.status_code == 422
    assert 'id="until-error"' in refused.get_data(as_text=True)
    assert "Away, sorry." in text_of(refused)
    assert (state(stage, mentor), ask_states(stage, mentor)) == (("open", None), ["asked"])


def test_a_mentor_leaves_and_comes_back(stage, staff, mentor):
    pool(stage, mentor, "leave")
    gone = text_of(mentor.browser.get("/home"))

    back = pool(stage, mentor, "come-back")

    assert "You left as mentor" in gone
    assert (back.status_code, state(stage, mentor)) == (303, ("open", None))
    pool(stage, mentor, "leave")
    assert (
        post(staff.browser, f"/staff/pools/{entry_of(stage, mentor).id}", {"do": "come-back"}).status_code,
        state(stage, mentor),
    ) == (303, ("open", None))


def test_who_no_longer_meets_the_rules_is_told_which(stage, mentor):
    pool(stage, mentor, "leave")
    with stage.open():
        from tandem.directory.models import Membership

        for one in db.session.scalars(select(Membership).where(Membership.member_id == mentor.id)):
            one.valid_to = program_today() - timedelta(days=1)
        for known in db.session.scalars(select(Experience).where(Experience.member_id == mentor.id)):
            db.session.delete(known)
        db.session.commit()

    refused = pool(stage, mentor, "come-back")

    assert refused.status_code == 409
    assert "no longer meets what the program asks" in text_of(refused)
    assert "A new application is needed." in text_of(refused)
    assert state(stage, mentor) == ("left", None)


def test_who_applied_anew_has_nothing_to_come_back_to(stage, staff, mentor):
    old = entry_of(stage, mentor).id
    pool(stage, mentor, "leave")
    approve(staff, apply(mentor, "mentor", offers({"payroll": 9})))

    refused = post(mentor.browser, f"/home/pool/{old}", {"do": "come-back"})

    assert refused.status_code == 409
    assert "You left as" not in text_of(mentor.browser.get("/home"))


def test_others_change_nothing(app, stage, mentor, tmp_path):
    entry = entry_of(stage, mentor).id
    elsewhere = set_stage(app, "casbo", tmp_path)
    other, outsider = a_person(stage, "Stranga"), a_person(elsewhere, "Outa")

    for do in ("pause", "leave", "come-back", "resume"):
        assert post(other.browser, f"/home/pool/{entry}", {"do": do}).status_code == 404
        assert post(outsider.browser, f"/home/pool/{entry}", {"do": do}).status_code == 404
    assert state(stage, mentor) == ("open", None)


def test_a_full_mentor_is_told_from_one_who_is_free(stage, staff, mentor):
    post(staff.browser, f"/staff/pools/{entry_of(stage, mentor).id}", {"do": "places", "places": "0"})

    row = text_of(staff.browser.get(f"/staff/pools/?q={mentor.name.split()[1]}")).partition(mentor.name)[2]

    assert "0 places, 0 taken Offers no place on file; in no match until there is one" in row
