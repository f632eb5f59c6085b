"""Meetings to come: proposed by one, picked by another, in calendars, and noted with one button."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from tandem.clocks import program_now, program_today
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.jobs.clock import advance
from tandem.jobs.models import Schedule
from tandem.mentorships.inputs import parse_time
from tandem.mentorships.models import FollowUp, Participant
from tandem.mentorships.planning import say_when, write_about
from tandem.notices.models import Notice
from tandem.web.context import tone
from tandem.web.formatting import say_day
from tests.behalf.test_behalf import begin
from tests.loop.cohorts import WOOD, set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import day
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("planning"))


def times(stage, *days, clock="16:00"):
    """The form's fields for so many days from today."""
    with stage.open():
        today = program_now().astimezone(ZONE).date()
    fields = {"minutes": "45", "way": "phone"}
    for number, ahead in enumerate(days, 1):
        fields |= day(f"time{number}", today + timedelta(days=ahead)) | {f"time{number}-clock": clock}
    return fields


def propose(stage, person, address, *days, **more):
    return post(person.browser, f"{address}/plan", {**times(stage, *days), **more})


def plan_on(person, place):
    page = person.browser.get(place).get_data(as_text=True)
    return page.partition(f'href="{place}/plans/')[2].partition('"')[0]


def pick(person, plan, number=0):
    page = person.browser.get(plan).get_data(as_text=True)
    return post(person.browser, plan, {"time": re.findall(r'value="(2[0-9-]{9}T[^"]+)"', page)[number]})


def agreed(stage, pair, *days):
    assert propose(stage, pair.mentee, pair.place, *days).status_code == 303
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    answer = pick(pair.mentor, plan)
    assert answer.status_code == 303, text_of(answer)
    return plan


def entry(person, plan):
    answer = person.browser.get(f"{plan}/calendar.ics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/calendar")
    calendar = Calendar.from_ical(answer.get_data())
    return calendar, calendar.walk("VEVENT")[0]


def notices(person):
    return text_of(person.browser.get("/notices"))


def test_the_partner_picks_and_both_have_it_in_their_calendars(stage):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentee, pair.place, 3, 5, place="Room 5501").status_code == 303
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    assert f"{pair.mentee.name} proposes to meet" in notices(pair.mentor)
    assert "5501" not in notices(pair.mentor)
    [letter] = letters(stage, pair, pair.mentor, "meeting-proposed")
    assert "Pick the time that suits you, or propose others. By phone, 45 min. Pick a time" in letter
    assert "5501" not in letter
    assert post(pair.mentee.browser, plan, {"time": "x"}).status_code == 403
    assert post(pair.mentor.browser, plan, {"time": "x"}).status_code == 422
    assert pick(pair.mentor, plan, 1).status_code == 303

    calendar, event = entry(pair.mentee, plan)
    starts = event["DTSTART"].dt.astimezone(ZONE)
    with stage.open():
        expected = program_now().astimezone(ZONE).date() + timedelta(days=5)
    assert (starts.date(), starts.hour, starts.minute) == (expected, 16, 0)
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert str(event["LOCATION"]) == "By phone: Room 5501"
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=45)
    assert "you meet on" in notices(pair.mentee)
    assert post(pair.mentor.browser, plan, {"time": "x"}).status_code == 409
    assert "5501" not in text_of(pair.staff.browser.get(f"/staff{pair.place}"))


def test_a_change_and_a_cancellation_reach_the_same_entry(stage):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 3)
    _calendar, first = entry(pair.mentor, plan)

    moved = post(pair.mentor.browser, f"{plan}/times", times(stage, 4))
    # Whoever moves it, or calls it off, finds there what takes it off the calendar.
    assert (moved.status_code, moved.location) == (303, plan)
    for person in (pair.mentor, pair.mentee):
        shown = text_of(person.browser.get(plan))
        assert "The time that was agreed before, " in shown
        assert "no longer holds. Take it off my calendar" in shown
    between, gone = entry(pair.mentor, plan)
    assert pick(pair.mentee, plan).status_code == 303
    _calendar, second = entry(pair.mentor, plan)
    assert "no longer holds" not in text_of(pair.mentor.browser.get(plan))
    called_off = post(pair.mentor.browser, plan, {"do": "cancel"})
    assert (called_off.status_code, called_off.location) == (303, plan)
    shown = text_of(pair.mentor.browser.get(plan))
    assert f"The meeting is called off. {pair.mentee.name} has been told." in shown
    assert "This meeting was called off. Plan another meeting Take it off my calendar" in shown
    assert f'href="{pair.place}#meetings"' in pair.mentor.browser.get(plan).get_data(as_text=True)
    calendar, third = entry(pair.mentor, plan)

    assert str(first["UID"]) == str(gone["UID"]) == str(second["UID"]) == str(third["UID"])
    assert [event["SEQUENCE"] for event in (first, gone, second, third)] == [1, 2, 3, 4]
    assert first["DTSTART"].dt == gone["DTSTART"].dt
    assert (str(between["METHOD"]), str(gone["STATUS"])) == ("CANCEL", "CANCELLED")
    assert (str(calendar["METHOD"]), str(third["STATUS"])) == ("CANCEL", "CANCELLED")
    assert f"{pair.mentor.name} has called the meeting off" in notices(pair.mentee)
    # Whoever has the first time in the calendar is told that it no longer holds.
    assert "is to be moved" in notices(pair.mentee)
    assert "is to be moved" not in notices(pair.mentor)


def test_wrong_times_are_refused_at_their_field(stage):
    pair = a_pairing(stage)
    for data in (
        times(stage, 3, clock="4:00"),
        {"minutes": "45", "way": "phone"},
        times(stage, -1),
        times(stage, 3, clock="25:00"),
        times(stage, 900),
        {**times(stage, 3), "minutes": "no"},
        {**times(stage, 3), "way": "pigeon"},
    ):
        refused = post(pair.mentee.browser, f"{pair.place}/plan", data)
        assert refused.status_code == 422, data
        assert 'class="td-errors' in refused.get_data(as_text=True)
    assert plan_on(pair.mentor, pair.place) == ""


def test_each_wrong_time_is_said_at_its_own_field_and_named_above(stage):
    pair = a_pairing(stage)
    typed = times(stage, 3, -1, 5) | {"time3-clock": "late"}
    page = post(pair.mentee.browser, f"{pair.place}/plan", typed).get_data(as_text=True)

    summary = page.partition('class="td-errors')[2].partition("</ul>")[0]
    assert "Second time: This time has passed. Enter one that is still to come." in summary
    assert "Third time: Enter a day and a time, for example " in summary
    assert "First time" not in summary
    assert re.findall(r'id="(\w+)-error"', page) == ["time2", "time3"]
    assert re.findall(r'href="#(\w+)"', summary) == ["time2", "time3"]

    page = propose(stage, pair.mentee, pair.place, 3, 5, 5).get_data(as_text=True)
    assert re.findall(r'id="(\w+)-error"', page) == ["time3"]
    assert "Third time: You entered this time already. Enter another one, or leave this place empty." in page

    agreed(stage, pair, 4)
    typed = times(stage, 6, 4)
    page = post(pair.mentor.browser, f"{pair.place}/plan", typed).get_data(as_text=True)
    assert re.findall(r'id="(\w+)-error"', page) == ["time2"]
    assert "Second time: You have agreed to meet then already: " in page


def test_letters_before_and_after_and_one_button_notes_it(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 2)
    assert post(pair.mentee.browser, f"{plan}/met", {"minutes": "45"}).status_code == 409
    with stage.open():
        planned_on = program_now().astimezone(ZONE).date() + timedelta(days=2)
        until = program_now() + timedelta(days=3, hours=2)
    with stage.app.app_context():
        advance(stage.scope.association_id, until=until)

    for person in (pair.mentee, pair.mentor):
        assert "did you meet?" in notices(person)
    page = pair.mentor.browser.get(f"{plan}/met")
    assert "Yes, we met: 45 min" in text_of(page).replace("\N{NO-BREAK SPACE}", " ")
    # The partner noted one of that day and length by hand: perhaps it is the same.
    own = {**day("held_on", planned_on), "minutes": "45", "way": "phone"}
    assert post(pair.mentee.browser, f"{pair.place}/meetings", own).status_code == 303
    asked = post(pair.mentor.browser, f"{plan}/met", {"minutes": "45"})
    assert asked.status_code == 422
    assert "Is this another meeting?" in text_of(asked)
    assert f"{pair.mentee.name} noted a meeting of that day already: " in text_of(asked)
    assert post(pair.mentor.browser, f"{plan}/met", {"minutes": "45", "again": "yes"}).status_code == 303
    assert post(pair.mentee.browser, f"{plan}/met", {"minutes": "45"}).status_code == 409
    assert "noted already" in text_of(pair.mentee.browser.get(f"{plan}/met"))
    assert "2 noted" in text_of(pair.staff.browser.get(f"/staff{pair.place}"))


def test_what_was_changed_or_rests_is_not_reminded_of(stage):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 3)
    identifier = plan.rpartition("/")[2]
    with stage.open():
        found = db.session.query(Schedule).where(Schedule.dedupe_key == f"{identifier}:1").count()
        write_about(plan_id=identifier, sequence=2, template="meeting-soon")
        db.session.commit()
    assert found == 2
    before = notices(pair.mentee)
    post(pair.staff.browser, f"/staff{pair.place}/pause")
    with stage.open():
        write_about(plan_id=identifier, sequence=1, template="meeting-soon")
        db.session.commit()
    assert notices(pair.mentee).count("you meet on") == before.count("you meet on") == 1


def test_in_a_group_one_of_the_others_picks(app, tmp_path):
    stage = set_cohorts(app, tmp_path)
    group = a_pairing(stage, mentees=3, program=WOOD)
    fields = {**times(stage, 4), "way": "atelier"}
    assert post(group.mentor.browser, f"{group.place}/plan", fields).status_code == 303
    plan = f"{group.place}/plans/{plan_on(group.mentees[1], group.place)}"

    assert pick(group.mentees[1], plan).status_code == 303
    assert post(group.mentees[2].browser, plan, {"time": "x"}).status_code == 409


@pytest.mark.parametrize(
    ("typed", "said"),
    [("16:00", "16:00"), ("9.30", "09:30"), ("16h", "16:00"), ("4 pm", "16:00"), ("4:00\N{NO-BREAK SPACE}PM", "16:00"), ("4:30 p.m.", "16:30"), ("12:05 a.m.", "00:05"), ("12 am", "00:00"), ("7", "07:00"),
     ("24:00", None), ("", None), ("13 pm", None), ("4 p", None), ("4:60", None)],
)  # fmt: skip
def test_times_are_read_as_people_write_them(typed, said):
    found = parse_time(typed)
    assert (found.isoformat("minutes") if found else None) == said


def test_days_and_times_are_said_as_the_fields_take_them(stage):
    pair = a_pairing(stage)
    with stage.open():
        today = program_now().astimezone(ZONE).date()
    ahead = today + timedelta(days=14)
    # A day that nobody takes for a month.
    ahead = ahead.replace(day=max(ahead.day, 13))
    sample = f"{ahead.month} {ahead.day} {ahead.year}"
    form = text_of(pair.mentee.browser.get(f"{pair.place}/plan"))
    assert f"For example {sample} and 4:00 PM" in form
    assert "Times are in the association’s time zone: Pacific Time." in form
    refused = text_of(post(pair.mentee.browser, f"{pair.place}/plan", times(stage, 3, clock="late")))
    assert f"for example {sample} and 4:00 PM." in refused
    noted = text_of(post(pair.mentee.browser, f"{pair.place}/meetings", {"minutes": "30", "way": "phone"}))
    assert f"Enter a date with month, day and year, for example {today.month} {today.day} {today.year}." in noted

    plan = agreed(stage, pair, 3)
    assert ", 4:00 PM" in text_of(pair.mentee.browser.get(plan))


def test_nothing_is_noted_before_the_day_on_which_the_mentorship_began(stage):
    pair = a_pairing(stage, since=20)
    desk = begin(pair.staff, pair.mentor)
    with stage.open():
        began = program_today() - timedelta(days=20)
        said = say_day(began, counted=False)
    for person, address, field in (
        (pair.mentee, f"{pair.place}/meetings", "held_on"),
        (pair.mentee, f"{pair.place}/hours", "spent_on"),
        (pair.staff, f"{desk}{pair.place}/meeting", "held_on"),
        (pair.staff, f"{desk}{pair.place}/time", "spent_on"),
    ):
        rest = {"minutes": "45", "way": "phone", "again": "yes"}
        refused = post(person.browser, address, {**day(field, began - timedelta(days=1)), **rest})
        assert refused.status_code == 422
        assert f"The mentorship began on {said}. Enter that day or a later one." in text_of(refused)
        assert post(person.browser, address, {**day(field, began), **rest}).status_code == 303


def test_a_limit_is_said_with_its_separators_beside_the_field_and_in_the_error(stage):
    pair = a_pairing(stage)
    refused = post(pair.mentee.browser, f"{pair.place}/messages", {"body": "x" * 10_001})
    assert refused.status_code == 422
    assert "Shorten this to 10,000 characters." in text_of(refused)
    assert "10000 characters" not in text_of(refused)
    assert "10,000 are taken." in text_of(refused)


def test_home_says_what_is_next_with_each_partner(stage):
    pair = a_pairing(stage)
    assert "Agree on a first conversation" in text_of(pair.mentee.browser.get("/home"))
    with stage.open():
        met_on = program_now().astimezone(ZONE).date()
    noted = {**day("held_on", met_on), "minutes": "30", "way": "phone"}
    assert post(pair.mentee.browser, f"{pair.place}/meetings", noted).status_code == 303
    home = text_of(pair.mentee.browser.get("/home"))
    assert "Agree when you talk next" in home
    assert f"Member-to-Member Mentorship, with {pair.mentor.name}" in home

    assert propose(stage, pair.mentee, pair.place, 3, 4).status_code == 303
    for page in ("/home", pair.place):
        mine, theirs = (text_of(person.browser.get(page)) for person in (pair.mentee, pair.mentor))
        assert "Your proposal waits for an answer" in mine
        assert "Write a message" in mine
        assert "Pick a time to meet" in theirs
        assert "Your proposal waits" not in theirs

    pick(pair.mentor, f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}")
    mine = text_of(pair.mentee.browser.get("/home"))
    assert "You meet on" in mine
    assert "Write a message" in mine


#: What is true of two people alone.
OF_TWO = re.compile(r"\b(partner|both (of you|sides)|the other side|the two of you|either of you)\b")


def letters(stage, pair, person, template):
    """The texts of one kind of letter to ``person`` about a mentorship, the newest first."""
    with stage.open():
        rows = db.session.scalars(
            select(Notice)
            .where(
                Notice.about_id == pair.place.rpartition("/")[2],
                Notice.member_id == person.id,
                Notice.template == template,
            )
            .order_by(Notice.id.desc())
        ).all()
        return [" ".join(row.text_body.split()).replace("\xa0", " ") for row in rows]


def test_a_group_is_not_spoken_to_as_two(stage):
    group = a_pairing(stage, mentees=3)
    mentee, others = group.mentee, [group.mentor, *group.mentees[1:]]
    assert propose(stage, mentee, group.place, 3).status_code == 303
    plan = f"{group.place}/plans/{plan_on(group.mentor, group.place)}"

    assert "The others have been told, and one of them picks." in text_of(mentee.browser.get(plan))
    assert "The first of you who picks sets the time for everybody." in text_of(group.mentor.browser.get(plan))
    [letter] = letters(stage, group, group.mentor, "meeting-proposed")
    names = [person.name for person in group.mentees[1:]]
    assert f"The same letter goes to {names[0]} and {names[1]}." in letter
    end = text_of(mentee.browser.get(f"{group.place}/end"))
    said = ", ".join(person.name for person in others[:-1]) + f" and {others[-1].name}"
    assert f"It closes the mentorship for the whole group, for {said} as well as for you;" in end
    for page in ("", "/end", "/concern", "/in-touch", "/plan", "/messages"):
        for person in (mentee, group.mentor):
            # This program is one of pairs, and its own sentence says so.
            shown = text_of(person.browser.get(f"{group.place}{page}")).replace(
                "any other way the two of you agree", ""
            )
            found = [shown[max(0, one.start() - 60) : one.end() + 20] for one in OF_TWO.finditer(shown)]
            assert found == [], page


def test_the_page_of_a_group_names_everybody_near_its_top(app, stage, tmp_path):
    group = a_pairing(stage, mentees=3)
    others = [person.name for person in group.mentees[1:]]

    shown = text_of(group.mentee.browser.get(group.place))
    said = f"With you in the group: {others[0]} and {others[1]}. Matched "
    assert shown.index(f"You and {group.mentor.name}") < shown.index(said) < shown.index("Next for you")
    assert "With you in the group" not in text_of(group.mentor.browser.get(group.place))
    reader = a_pairing(set_cohorts(app, tmp_path), program=WOOD).mentee.browser
    assert post(reader, "/language", {"language": "en"}).status_code == 303
    about = text_of(reader.get(f"/programs/{WOOD}"))
    assert "Staff confirm each group. Everybody in it is told by e-mail." in about
    assert "Both sides" not in about


def test_two_are_told_by_name(stage):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentee, pair.place, 3).status_code == 303
    assert f"Proposed. {pair.mentor.name} has been told and picks a time." in text_of(
        pair.mentee.browser.get(pair.place)
    )
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    assert f"{pair.mentor.name} has been told." in text_of(pair.mentee.browser.get(plan))
    [letter] = letters(stage, pair, pair.mentor, "meeting-proposed")
    assert "The same letter goes to" not in letter
    assert pick(pair.mentor, plan).status_code == 303
    assert f"Agreed. {pair.mentee.name} has been told; put it into your calendar here." in text_of(
        pair.mentor.browser.get(plan)
    )
    assert f". {pair.mentor.name} is told." in text_of(pair.mentee.browser.get(f"{pair.place}/end"))
    assert f"It closes the mentorship with {pair.mentor.name} for both of you;" in text_of(
        pair.mentee.browser.get(f"{pair.place}/end")
    )


def test_what_is_called_off_is_named_with_its_day_and_time_where_the_reader_is(stage):
    pair = a_pairing(stage)
    with stage.open():
        db.session.execute(update(Member).where(Member.id == pair.mentor.id).values(time_zone="Europe/Paris"))
        db.session.commit()
        paris = program_now().astimezone(ZONE).replace(hour=16, minute=0) + timedelta(days=3)
        said = say_when(paris, "Europe/Paris").replace("\xa0", " ")
    assert propose(stage, pair.mentee, pair.place, 3).status_code == 303
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    assert said.endswith(" AM (Central European Time)")
    assert said in text_of(pair.mentor.browser.get(plan)).replace("\xa0", " ")
    assert "(Central European Time)" not in text_of(pair.mentee.browser.get(plan))

    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303
    [letter] = letters(stage, pair, pair.mentor, "meeting-cancelled")
    assert f"{pair.mentee.name} has taken back what was proposed: {said}. You have nothing to do." in letter

    plan = agreed(stage, pair, 3)
    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303
    [letter, _before] = letters(stage, pair, pair.mentor, "meeting-cancelled")
    assert f"{pair.mentee.name} has called off the meeting of {said}. The file" in letter


def test_who_says_that_they_did_not_meet_calls_nothing_off(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 2)
    with stage.open():
        until = program_now() + timedelta(days=3)
    with stage.app.app_context():
        advance(stage.scope.association_id, until=until)

    assert post(pair.mentee.browser, f"{plan}/met", {"do": "cancel"}).status_code == 303

    [letter] = letters(stage, pair, pair.mentor, "meeting-cancelled")
    assert f"{pair.mentee.name} has noted that the meeting of " in letter
    assert "did not take place. If it did, note it on the page of your mentorship." in letter
    assert "This meeting did not take place." in text_of(pair.mentor.browser.get(plan))


def test_of_a_group_one_may_have_been_missing(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    group = a_pairing(stage, mentees=3)
    plan = agreed(stage, group, 2)
    with stage.open():
        until = program_now() + timedelta(days=3)
    with stage.app.app_context():
        advance(stage.scope.association_id, until=until)

    page = group.mentee.browser.get(f"{plan}/met").get_data(as_text=True)
    ticked = re.findall(r'name="attended"[^>]*value="([^"]+)"', page)
    assert len(ticked) == 4
    noted = {"minutes": "45", "attendance": "asked"}
    assert "Tick who was there." in text_of(post(group.mentee.browser, f"{plan}/met", noted))
    assert post(group.mentee.browser, f"{plan}/met", {**noted, "attended": ticked[:3]}).status_code == 303
    names = [group.mentor.name, "you", group.mentees[1].name]
    assert f"There: {names[0]}, {names[1]} and {names[2]}." in text_of(group.mentee.browser.get(group.place))


def test_every_page_says_the_time_where_the_reader_is(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    pair = a_pairing(stage)
    with stage.open():
        db.session.execute(update(Member).where(Member.id == pair.mentor.id).values(time_zone="Europe/Paris"))
        db.session.commit()
        own = program_now().astimezone(ZONE).replace(hour=16, minute=0) + timedelta(days=3)
        here, there = (say_when(own, zone).replace("\xa0", " ") for zone in (None, "Europe/Paris"))
        leaf = (own + timedelta(days=1)).day
        until = program_now() + timedelta(days=5)
    assert there.endswith(" AM (Central European Time)")

    def pages(person, *addresses):
        shown = {address: text_of(person.browser.get(address)).replace("\xa0", " ") for address in addresses}
        return {address: (here in page, there in page) for address, page in shown.items()}

    mine, theirs = (True, False), (False, True)
    assert propose(stage, pair.mentee, pair.place, 3).status_code == 303
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    assert pages(pair.mentor, pair.place, plan) == {pair.place: theirs, plan: theirs}
    page = pair.mentor.browser.get(pair.place).get_data(as_text=True)
    assert f"<span>{leaf}</span>" in page.partition('id="meetings"')[2]

    assert pick(pair.mentor, plan).status_code == 303
    everywhere = ("/home", pair.place, plan, f"{plan}/times", f"{plan}/met")
    assert pages(pair.mentor, *everywhere) == dict.fromkeys(everywhere, theirs)
    assert pages(pair.mentee, *everywhere) == dict.fromkeys(everywhere, mine)
    refused = text_of(propose(stage, pair.mentor, pair.place, 3)).replace("\xa0", " ")
    assert f"You have agreed to meet then already: {there}." in refused
    with stage.app.app_context():
        advance(stage.scope.association_id, until=until)
    after = ("/home", pair.place, f"{plan}/met")
    assert pages(pair.mentor, *after) == dict.fromkeys(after, theirs)


def test_a_single_time_is_chosen_already_and_several_are_parted_by_semicolons(stage):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentee, pair.place, 3).status_code == 303
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    assert pair.mentor.browser.get(plan).get_data(as_text=True).count(" checked") == 1

    assert post(pair.mentee.browser, f"{plan}/times", times(stage, 4, 6)).status_code == 303
    assert pair.mentor.browser.get(plan).get_data(as_text=True).count(" checked") == 0
    with stage.open():
        start = program_now().astimezone(ZONE).replace(hour=16, minute=0)
        said = "; ".join(say_when(start + timedelta(days=ahead)).replace("\xa0", " ") for ahead in (4, 6))
    assert f"{said}. Waits for an answer." in text_of(pair.mentor.browser.get(pair.place)).replace("\xa0", " ")
    [letter, _before] = letters(stage, pair, pair.mentor, "meeting-proposed")
    assert f"{pair.mentee.name} proposes to meet: {said}. Pick the time" in letter


def test_the_page_of_a_mentorship_speaks_plainly(stage):
    pair = a_pairing(stage)
    shown = text_of(pair.mentee.browser.get(pair.place))
    assert "Only me" in shown.partition("Who can read it?")[2]
    assert f"{pair.mentor.name} and me" in shown.partition("Who can read it?")[2]
    assert "Outside meetings" in shown.partition("Time together")[2]
    page = pair.mentee.browser.get(pair.place).get_data(as_text=True)
    own = re.findall(r'<span class="avatar[^"]* tone-(\d)"[^>]*>MP</span>', page)
    assert len(own) >= 2
    assert set(own) == {str(tone(pair.mentee.id))}

    refused = post(pair.mentee.browser, f"{pair.place}/meetings", {**times(stage), "minutes": "0"})
    summary = refused.get_data(as_text=True).partition('class="td-errors')[2].partition("</ul>")[0]
    assert "How long? This is too short. Enter from 1 minute to 24 hours." in summary


def test_what_is_late_was_due(stage):
    pair = a_pairing(stage)
    with stage.open():
        due = program_today() - timedelta(days=3)
        said = say_day(due, counted=False, short=True)
        me = db.session.scalars(select(Participant).where(Participant.member_id == pair.mentee.id)).one()
        db.session.add(
            FollowUp(mentorship_id=me.mentorship_id, participant_id=me.id, body="Read the budget.", due_on=due)
        )
        db.session.commit()
    for person in (pair.mentee, pair.mentor):
        assert f"was due {said}" in text_of(person.browser.get(pair.place))
