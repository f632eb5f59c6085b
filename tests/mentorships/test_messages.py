"""The thread of a mentorship: for its people alone, told by letters that carry nothing of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from tandem.clocks import program_today
from tandem.extensions import db
from tandem.tenancy.base import tenant_tables
from tests.loop.cohorts import WOOD, set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import a_person, day
from tests.mail_server import words_of
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

CANARY = "The budget meeting frightens me, 90210."


@pytest.fixture(scope="module")
def stage(app, mail, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("messages"))


@pytest.fixture
def pair(stage):
    made = a_pairing(stage)
    return made.staff, made.mentee, made.mentor, made.place


def say(person, place, body):
    return post(person.browser, f"{place}/messages", {"body": body})


def thread(person, place, **query):
    page = person.browser.get(f"{place}/messages", query_string=query)
    assert page.status_code == 200
    return re.findall(
        r"<p>(.*?)</p>", page.get_data(as_text=True).partition('class="td-thread"')[2].partition("</ol>")[0]
    )


def subjects(mail, person):
    return [message["Subject"].strip() for message in mail.to(person.email)]


def test_both_write_and_the_newest_stands_at_the_bottom(pair):
    _staff, mentee, mentor, place = pair

    assert say(mentee, place, "Would Thursday suit you?").status_code == 303
    assert say(mentor, place, "It would.").status_code == 303

    assert thread(mentee, place) == thread(mentor, place) == ["Would Thursday suit you?", "It would."]


def test_addresses_in_what_people_write_are_links_and_nothing_else_is(stage, pair):
    _staff, mentee, mentor, place = pair
    written = 'See https://example.org/notes?a=1&b="x" <script>alert(1)</script> javascript:alert(2).'
    for part in ("messages", "goals", "follow-ups", "journal"):
        assert post(mentee.browser, f"{place}/{part}", {"body": written, "visibility": "pair"}).status_code == 303
    where = {"place": "https://meet.example.org/room", "minutes": "45", "way": "phone", "time1-clock": "16:00"}
    with stage.open():
        where |= day("time1", program_today() + timedelta(days=3))
    assert post(mentee.browser, f"{place}/plan", where).status_code == 303

    address = "https://example.org/notes?a=1&amp;b="
    link = f'<a href="{address}" rel="noopener noreferrer nofollow">{address}</a>'
    room, messages = (mentor.browser.get(page).get_data(as_text=True) for page in (place, f"{place}/messages"))
    # The newest message, the goal, what is to be done and the shared entry.
    assert (room.count(link), messages.count(link)) == (4, 1)
    plan = re.search(rf'href="({place}/plans/[0-9a-f-]+)"', room)[1]
    shown = mentor.browser.get(plan).get_data(as_text=True)
    assert '<a href="https://meet.example.org/room" rel="noopener noreferrer nofollow">' in shown
    for page in (room, messages):
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


def test_a_letter_says_who_wrote_once_until_it_is_read(stage, mail, pair):
    _staff, mentee, mentor, place = pair
    said = f"Member-to-Member Mentorship: {mentee.name} has written to you"

    say(mentee, place, CANARY)
    say(mentee, place, "And another thing.")
    stage.work()
    assert subjects(mail, mentor).count(said) == 1
    letter = mail.to(mentor.email)[-1]
    assert f"{place}/messages#newest" in words_of(letter)
    assert "2 new" in text_of(mentor.browser.get(place))
    thread(mentor, place)
    assert "2 new" not in text_of(mentor.browser.get(place))
    say(mentee, place, "A third.")
    stage.work()

    assert subjects(mail, mentor).count(said) == 2
    assert said not in subjects(mail, mentee)


def test_the_text_is_in_the_thread_and_nowhere_else(stage, mail, pair):
    staff, mentee, mentor, place = pair
    stranger = a_person(stage, "Stan")

    say(mentee, place, CANARY)
    stage.work()

    assert CANARY in thread(mentor, place)
    with stage.open():
        holding = {
            table
            for table in tenant_tables()
            if db.session.scalar(text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%90210%'"))
        }
    assert holding == {"message"}
    assert not [message for message in mail.messages if "90210" in message.as_string()]
    for page in (
        f"/staff{place}",
        "/staff/audit",
        "/staff/notices",
        "/staff/",
        f"/staff/members/{mentee.id}",
        "/staff/jobs",
    ):
        assert "90210" not in text_of(staff.browser.get(page)), page
    for person, refused in ((staff, 403), (stranger, 404)):
        assert person.browser.get(f"{place}/messages").status_code == refused
        assert say(person, place, "Hello").status_code == refused


def test_a_long_thread_has_pages(stage, pair):
    _staff, mentee, mentor, place = pair
    for number in range(33):
        say(mentee, place, f"Line {number}")

    last = thread(mentor, place)
    address = re.search(r"before=([^\"#]+)", mentor.browser.get(f"{place}/messages").get_data(as_text=True))[1]
    first = thread(mentor, place, before=address)

    assert (len(last), last[-1], last[0]) == (30, "Line 32", "Line 3")
    assert first == ["Line 0", "Line 1", "Line 2"]


def test_a_pause_stops_nothing_and_the_end_leaves_it_to_read(pair):
    staff, mentee, mentor, place = pair
    post(staff.browser, f"/staff{place}/pause")
    assert say(mentee, place, "While it rests.").status_code == 303
    post(mentee.browser, f"{place}/end", {"reason": "completed"})

    assert say(mentor, place, "Too late.").status_code == 409
    assert thread(mentor, place) == ["While it rests."]


def test_nothing_empty_is_sent(pair):
    _staff, mentee, _mentor, place = pair

    refused = say(mentee, place, "  \n ")

    assert refused.status_code == 422
    assert "Write something first." in text_of(refused)


def test_in_a_group_everybody_reads_and_everybody_else_is_told(app, mail, tmp_path):
    stage = set_cohorts(app, tmp_path)
    group = a_pairing(stage, mentees=3, program=WOOD)
    place, parrain, filleuls = group.place, group.mentor, group.mentees

    say(filleuls[0], place, "Qui vient jeudi ?")
    stage.work()

    for person in (parrain, *filleuls):
        assert thread(person, place) == ["Qui vient jeudi ?"]
    told = [
        person.name
        for person in (parrain, *filleuls)
        if any("Qui" in s or filleuls[0].name in s for s in subjects(mail, person))
    ]
    assert filleuls[0].name not in told
    assert len(told) == 3
