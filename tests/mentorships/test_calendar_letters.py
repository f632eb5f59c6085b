"""Letters about planned meetings bring the calendar file: the entry when a time is agreed, its cancellation when it is called off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tandem.extensions import db
from tandem.notices.models import Notice
from tests.loop.stage import set_stage
from tests.mentorships.pairs import a_pairing
from tests.mentorships.test_ending import by_member, by_reassignment
from tests.mentorships.test_planning import agreed, entry, letters, pick, plan_on, propose, times
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("calendars"))


def files(stage, mail, person, subject):
    """Each calendar file of the newest letter whose subject has these words: name, method of its type, calendar, event."""
    stage.work()
    letter = [message for message in mail.to(person.email) if subject in message["Subject"]][-1]
    found = []
    for file in letter.iter_attachments():
        assert file.get_content_type() == "text/calendar"
        calendar = Calendar.from_ical(file.get_content())
        found.append((file.get_filename(), file["Content-Type"].params["method"], calendar, calendar.walk("VEVENT")[0]))
    assert letter.get_body(("plain",)) is not None
    assert letter.get_body(("html",)) is not None
    return found


def test_the_letter_about_an_agreed_time_brings_its_entry(stage, mail):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentee, pair.place, 3, place="Room 5501").status_code == 303
    assert files(stage, mail, pair.mentor, "proposes to meet") == []
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    assert pick(pair.mentor, plan).status_code == 303

    for person, partner in ((pair.mentor, pair.mentee), (pair.mentee, pair.mentor)):
        [(name, method, calendar, event)] = files(stage, mail, person, "you meet on")
        _calendar, shown = entry(person, plan)
        assert (name, method, str(calendar["METHOD"])) == ("meeting.ics", "PUBLISH", "PUBLISH")
        assert str(event["SUMMARY"]) == f"Meeting with {partner.name}"
        assert str(event["LOCATION"]) == "By phone: Room 5501"
        assert {key: event[key].to_ical() for key in ("UID", "DTSTART", "DTEND", "URL")} == {
            key: shown[key].to_ical() for key in ("UID", "DTSTART", "DTEND", "URL")
        }


def test_its_recipient_opens_the_file_under_notices_and_staff_learn_its_name_alone(stage, mail):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentee, pair.place, 3, place="Room 5501").status_code == 303
    assert pick(pair.mentor, f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}").status_code == 303
    with stage.open():
        told = select(Notice.member_id, Notice.id).where(Notice.template == "meeting-agreed")
        notices = dict(db.session.execute(told).all())
    own, partners = notices[pair.mentor.id], notices[pair.mentee.id]

    assert "The file that goes with it meeting.ics" in text_of(pair.mentor.browser.get(f"/notices/{own}"))
    opened = pair.mentor.browser.get(f"/notices/{own}/files/1")
    [event] = Calendar.from_ical(opened.get_data()).walk("VEVENT")
    assert (opened.mimetype, str(event["SUMMARY"]), str(event["LOCATION"])) == (
        "text/calendar", f"Meeting with {pair.mentee.name}", "By phone: Room 5501",
    )  # fmt: skip
    asked = [f"/notices/{own}/files/0", f"/notices/{own}/files/2", f"/notices/{partners}/files/1"]
    assert [pair.mentor.browser.get(path).status_code for path in asked] == [404] * 3
    staff = pair.staff.browser
    shown = text_of(staff.get(f"/staff/notices/{own}"))
    assert "A file goes with its mail: meeting.ics." in shown
    assert "5501" not in shown
    assert staff.get(f"/notices/{own}/files/1").status_code == 404


def test_the_letter_about_a_meeting_called_off_takes_it_off_the_calendar(stage, mail):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 3)
    [(_name, _method, _calendar, first)] = files(stage, mail, pair.mentor, "you meet on")

    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303

    [(_name, method, calendar, event)] = files(stage, mail, pair.mentor, "has called the meeting off")
    assert (method, str(calendar["METHOD"]), str(event["STATUS"])) == ("CANCEL", "CANCEL", "CANCELLED")
    assert str(event["UID"]) == str(first["UID"])
    assert event["SEQUENCE"] > first["SEQUENCE"]


def sent(stage, mail, person, subject):
    """Of the one file of such a letter: its method, its number of changes, the day of its entry."""
    [(_name, method, calendar, event)] = files(stage, mail, person, subject)
    assert str(calendar["METHOD"]) == method
    return method, event["SEQUENCE"], str(event["UID"]), event["DTSTART"].dt


def move(stage, pair, plan, *days):
    answer = post(pair.mentee.browser, f"{plan}/times", times(stage, *days))
    assert (answer.status_code, answer.location) == (303, plan)


def test_a_meeting_moved_and_called_off_later_is_one_entry_throughout(stage, mail):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 3)
    first = sent(stage, mail, pair.mentor, "you meet on")
    move(stage, pair, plan, 4)
    taken_off = sent(stage, mail, pair.mentor, "is to be moved")
    assert pick(pair.mentor, plan).status_code == 303
    second = sent(stage, mail, pair.mentor, "you meet on")
    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303
    last = sent(stage, mail, pair.mentor, "has called the meeting off")

    uid, day = first[2], timedelta(days=1)
    assert [first, taken_off, second, last] == [
        ("PUBLISH", 1, uid, first[3]), ("CANCEL", 2, uid, first[3]),
        ("PUBLISH", 3, uid, second[3]), ("CANCEL", 4, uid, second[3]),
    ]  # fmt: skip
    assert second[3].date() - first[3].date() == day


def test_a_meeting_moved_and_never_agreed_again_is_taken_off(stage, mail):
    pair = a_pairing(stage)
    plan = agreed(stage, pair, 3)
    first = sent(stage, mail, pair.mentor, "you meet on")
    move(stage, pair, plan, 4, 5)
    taken_off = sent(stage, mail, pair.mentor, "is to be moved")
    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303
    last = sent(stage, mail, pair.mentor, "has taken back the proposal to meet")

    assert [first, taken_off, last] == [
        ("PUBLISH", 1, first[2], first[3]), ("CANCEL", 2, first[2], first[3]), ("CANCEL", 3, first[2], first[3]),
    ]  # fmt: skip
    [moved] = letters(stage, pair, pair.mentor, "meeting-moved")
    assert "By phone, 45 min. The file that comes with this letter takes the earlier time off your calendar." in moved
    [off] = letters(stage, pair, pair.mentor, "meeting-cancelled")
    assert "The file that comes with this letter takes the time that was agreed before, " in off
    assert "This meeting was called off." in text_of(pair.mentee.browser.get(plan))


def test_times_that_were_never_agreed_bring_no_file(stage, mail):
    pair = a_pairing(stage)
    assert propose(stage, pair.mentee, pair.place, 4).status_code == 303
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"

    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303

    assert files(stage, mail, pair.mentor, "has taken back the proposal to meet") == []


@pytest.mark.parametrize(("end", "subject"), [(by_member, "has ended"), (by_reassignment, "back in the pool")])
def test_the_letter_about_the_end_takes_off_each_meeting(stage, mail, end, subject):
    pair = a_pairing(stage)
    plans = [agreed(stage, pair, days) for days in (4, 9)]
    assert propose(stage, pair.mentor, pair.place, 12).status_code == 303

    end(stage, pair)

    for person in (pair.mentor, pair.mentee):
        found = files(stage, mail, person, subject)
        assert [(name, method) for name, method, _, _ in found] == [
            ("meeting.ics", "CANCEL"),
            ("meeting-2.ics", "CANCEL"),
        ]
        assert [str(event["UID"]).partition("@")[0] for *_, event in found] == [
            plan.rpartition("/")[2] for plan in plans
        ]


def test_an_end_without_meetings_brings_none(stage, mail):
    pair = a_pairing(stage)
    by_member(stage, pair)

    assert files(stage, mail, pair.mentor, "has ended") == []
