"""The end of a mentorship: what was planned is called off with it, each side is told what comes next, and who may end it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import func, select, update

from tandem.audit.models import AuditEntry
from tandem.clocks import program_today
from tandem.extensions import db
from tandem.matching.models import PoolEntry, PoolState
from tandem.mentorships.ending import end_due
from tandem.mentorships.models import MeetingPlan, Mentorship
from tandem.notices.models import Notice
from tandem.web.formatting import say_day
from tests.loop.stage import set_stage
from tests.loop.walk import day
from tests.mentorships.pairs import a_pairing
from tests.mentorships.test_planning import agreed, propose
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("ending"))


def said(stage, pair, template):
    """The letters of one kind about a mentorship, by the given name of who got them."""
    with stage.open():
        rows = db.session.scalars(
            select(Notice).where(Notice.about_id == pair.place.rpartition("/")[2], Notice.template == template)
        ).all()
        names = {person.id: person.name for person in (pair.mentor, *pair.mentees)}
        found = [(names[row.member_id], " ".join(row.text_body.split())) for row in rows]
    assert len(found) == len(dict(found))
    return dict(found)


def by_member(stage, pair):
    assert post(pair.mentee.browser, f"{pair.place}/end", {"reason": "completed"}).status_code == 303


def by_staff(stage, pair):
    assert post(pair.staff.browser, f"/staff{pair.place}/end", {"reason": "ended-by-staff"}).status_code == 303


def by_the_clock(stage, pair):
    with stage.open():
        identifier = pair.place.rpartition("/")[2]
        db.session.execute(
            update(Mentorship)
            .where(Mentorship.id == identifier)
            .values(ends_on=program_today().replace(day=1, month=1))
        )
        assert end_due() == 1
        db.session.commit()


def by_reassignment(stage, pair):
    assert post(pair.mentee.browser, f"{pair.place}/reassignment", {"reason": "No time."}).status_code == 303
    page = pair.staff.browser.get(f"/staff{pair.place}").get_data(as_text=True)
    request = page.partition(f"/staff{pair.place}/requests/")[2].partition('"')[0]
    assert post(pair.staff.browser, f"/staff{pair.place}/requests/{request}", {"do": "grant"}).status_code == 303


@pytest.mark.parametrize("end", [by_member, by_staff, by_the_clock, by_reassignment])
def test_what_was_planned_is_called_off_with_the_end(stage, end):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 9)
    other = a_pairing(stage)
    kept = agreed(stage, other, 9)
    assert propose(stage, pair.mentor, pair.place, 12).status_code == 303
    with stage.open():
        moment = db.session.scalar(select(MeetingPlan.starts_at).where(MeetingPlan.id == plan.rpartition("/")[2]))

    end(stage, pair)

    when = text_of(pair.mentor.browser.get(plan)).partition("When")[2].partition("How")[0].strip()
    letters = said(stage, pair, "reassignment-granted" if end is by_reassignment else "mentorship-ended")
    assert set(letters) == {pair.mentor.name, pair.mentee.name}
    for letter in letters.values():
        assert f"What you had agreed is called off with it: {when}." in letter
    assert said(stage, pair, "meeting-cancelled") == {}
    with stage.open():
        rows = db.session.execute(
            select(MeetingPlan.state, MeetingPlan.sequence).where(
                MeetingPlan.mentorship_id == pair.place.rpartition("/")[2]
            )
        ).all()
        recorded = db.session.scalar(
            select(func.count()).where(
                AuditEntry.object_id == pair.place.rpartition("/")[2], AuditEntry.action == "plan.cancelled"
            )
        )
    assert [(row.state.value, row.sequence) for row in rows] == [("cancelled", 2), ("cancelled", 1)]
    assert recorded == 2
    assert moment is not None
    for person in (pair.mentor, pair.mentee):
        page = text_of(person.browser.get(pair.place))
        assert f"{when} Called off. Take it off my calendar" in page
        shown = text_of(person.browser.get(plan))
        assert "What was planned" in shown
        assert "This meeting was called off. The mentorship has ended." in shown
        assert "Plan another meeting" not in shown
        calendar = Calendar.from_ical(person.browser.get(f"{plan}/calendar.ics").get_data())
        event = calendar.walk("VEVENT")[0]
        assert (str(calendar["METHOD"]), str(event["STATUS"]), event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)
    assert "What is planned" in text_of(other.mentor.browser.get(kept))


def test_the_partner_of_somebody_removed_is_told_which_meetings_are_called_off(stage):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 9)
    gone = {"reason": "Left."}

    assert post(pair.staff.browser, f"/staff/members/{pair.mentor.id}/remove", gone).status_code == 303

    letters = said(stage, pair, "mentorship-ended")
    assert [name for name, letter in letters.items() if "is called off with it" in letter] == [pair.mentee.name]
    assert "This meeting was called off." in text_of(pair.mentee.browser.get(plan))


def test_an_end_without_plans_says_nothing_of_meetings(stage):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentor, pair.place, 5).status_code == 303

    by_member(stage, pair)

    letters = said(stage, pair, "mentorship-ended")
    assert [letter for letter in letters.values() if "called off with it" in letter] == []
    assert "Called off" not in text_of(pair.mentor.browser.get(pair.place))


def test_the_form_says_what_the_end_calls_off(stage):
    pair = a_pairing(stage)
    assert "calls off" not in text_of(pair.mentee.browser.get(f"{pair.place}/end"))
    agreed(stage, pair, 9)

    assert "This calls off what you have agreed: " in text_of(pair.mentee.browser.get(f"{pair.place}/end"))


def test_each_side_is_told_what_it_can_do_next(stage):
    pair = a_pairing(stage)
    with stage.open():
        db.session.execute(
            update(PoolEntry).where(PoolEntry.member_id == pair.mentee.id).values(state=PoolState.MATCHED)
        )
        db.session.commit()
    by_member(stage, pair)

    letters = said(stage, pair, "mentorship-ended")
    mentor, mentee = (
        "You stay on file and can be matched again. If you would rather rest",
        "If you would like help again",
    )
    for person, says, never in ((pair.mentor, mentor, mentee), (pair.mentee, mentee, mentor)):
        for text in (letters[person.name], text_of(person.browser.get(pair.place))):
            assert says in text
            assert never not in text


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (PoolState.MATCHED, "If you would like to help somebody again, you can apply at any time."),
        (PoolState.LEFT, "If you would like to help somebody again, you can apply at any time."),
        (PoolState.PAUSED, "You stay on file, at rest as you are now."),
    ],
)
def test_a_mentor_is_told_by_what_the_pool_says(stage, state, says):
    pair = a_pairing(stage)
    with stage.open():
        db.session.execute(update(PoolEntry).where(PoolEntry.member_id == pair.mentor.id).values(state=state))
        db.session.commit()
    by_member(stage, pair)

    assert says in said(stage, pair, "mentorship-ended")[pair.mentor.name]
    assert "help again" not in text_of(pair.mentor.browser.get(pair.place))


def only_mentees_end(program):
    program["mentorship"].setdefault("ending", {})["told_by"] = ["mentee"]


def only_staff_end(program):
    program["mentorship"].setdefault("ending", {})["told_by"] = []


@pytest.mark.parametrize(
    ("edit", "may", "says"),
    [
        (only_mentees_end, [303, 403], "In this program the mentees or staff end a mentorship. Talk to them."),
        (only_staff_end, [403, 403], "In this program staff end the mentorships. Write to them."),
    ],
)
def test_the_form_is_shown_to_who_may_end_alone(app, tmp_path, edit, may, says):
    pair = a_pairing(set_stage(app, "casbo", tmp_path, programs__member_to_member=edit))
    for person, answer in ((pair.mentor, may[1]), (pair.mentee, may[0])):
        shown = person.browser.get(f"{pair.place}/end")
        sent = post(person.browser, f"{pair.place}/end", {"reason": "completed"})
        assert (shown.status_code, sent.status_code) == (200 if answer == 303 else 403, answer)
        if answer == 403:
            assert says in text_of(shown)


def test_who_asks_for_the_form_after_the_end_comes_to_the_mentorship(stage):
    pair = a_pairing(stage)
    by_staff(stage, pair)
    answer = pair.mentee.browser.get(f"{pair.place}/end")
    assert (answer.status_code, answer.location) == (303, pair.place)


def test_after_the_end_the_time_is_what_was_recorded(stage):
    pair = a_pairing(stage)
    with stage.open():
        today = program_today()
    spent = {**day("spent_on", today), "minutes": "5:45", "about": "Reading"}
    assert post(pair.mentee.browser, f"{pair.place}/hours", spent).status_code == 303
    assert "34 h 15 min left of 40 hours" in text_of(pair.mentor.browser.get(pair.place)).replace("\xa0", " ")
    by_member(stage, pair)

    for person, place in ((pair.mentee, pair.place), (pair.mentor, pair.place), (pair.staff, f"/staff{pair.place}")):
        shown = text_of(person.browser.get(place)).replace("\xa0", " ").partition("Time together")[2]
        assert "5 h 45 min of 40 hours" in shown
        assert "left" not in shown.casefold().partition("outside meetings")[0]
        assert "34 h 15 min" not in shown


def test_home_offers_what_can_still_be_said_after_the_end(stage):
    pair = a_pairing(stage)
    assert "How was it?" not in text_of(pair.mentee.browser.get("/home"))
    by_staff(stage, pair)

    for person, other in ((pair.mentee, pair.mentor), (pair.mentor, pair.mentee)):
        home = text_of(person.browser.get("/home"))
        assert f"Member-to-Member Mentorship, with {other.name} How was it? If you like, say so until " in home
        assert f"{other.name} Member-to-Member Mentorship. Next: How was it?" in home
        assert "Nothing to do for now" not in home

    page = pair.mentee.browser.get(pair.place).get_data(as_text=True)
    [offer] = set(re.findall(r'href="([^"]*/evaluations/[^"]*)"', page))
    given = {"helped": "mostly", "remarks": "Patient and clear.", "thanks": "You made year end look easy."}
    assert post(pair.mentee.browser, offer.replace("&amp;", "&"), given).status_code == 303
    assert "How was it?" not in text_of(pair.mentee.browser.get("/home"))


def test_staff_see_from_when_to_when_it_was(stage):
    pair = a_pairing(stage, since=40)
    by_staff(stage, pair)
    with stage.open():
        first, last = (say_day(program_today() - timedelta(days=back), counted=False) for back in (40, 0))
    assert f"from {first} to {last}" in text_of(pair.staff.browser.get(f"/staff{pair.place}"))


def test_who_ended_it_is_not_told_of_it_as_of_somebody_else(stage):
    pair = a_pairing(stage)
    by_member(stage, pair)

    letters = said(stage, pair, "mentorship-ended")
    program = "Member-to-Member Mentorship"
    assert f"As you told us, your mentorship in {program} has ended, so it is now closed." in letters[pair.mentee.name]
    assert pair.mentee.name not in letters[pair.mentee.name].partition("As you told us")[2]
    assert f"{pair.mentee.name} has told us that your mentorship in {program} has ended" in letters[pair.mentor.name]
