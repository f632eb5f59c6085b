"""Silence is noticed, asked about once and answered with a tap; a concern reaches few, and nobody else."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select, text

from tandem.clocks import as_program_time, program_now, program_today
from tandem.extensions import db
from tandem.mentorships.models import Concern, Meeting, Mentorship, Participant
from tandem.mentorships.touch import ask_the_silent
from tandem.tenancy.base import tenant_tables
from tandem.tenancy.scope import current_scope
from tandem.web.formatting import say_day
from tests.loop.cohorts import WOOD, set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, a_person, apply, wants
from tests.mentorships.pairs import a_pairing
from tests.pages import post, text_of

CANARY = "They shout at me, 6601."


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("confidence"))


def without_silence(program):
    del program["mentorship"]["silence"]


def began(stage, pair, days, *, met=None):
    """Have a mentorship begun so many days ago, with a meeting so many days ago if ``met`` is given."""
    with stage.open():
        identifier = pair.place.rpartition("/")[2]
        mentorship = db.session.query(Mentorship).where(Mentorship.id == identifier).one()
        # At noon there: an hour of summer time between then and now must not make it a day less.
        first = program_today() - timedelta(days=days)
        mentorship.started_at = datetime.combine(first, time(12), current_scope().zone)
        if met is not None:
            person = db.session.query(Participant).where(Participant.mentorship_id == identifier).first()
            db.session.add(
                Meeting(mentorship_id=mentorship.id, held_on=program_today() - timedelta(days=met), minutes=30,
                        way="phone", logged_by=person.id, created_at=program_now() - timedelta(days=met))
            )  # fmt: skip
        db.session.commit()


def asked(stage):
    with stage.open():
        count = ask_the_silent()
        db.session.commit()
    return count


def test_silence_is_asked_about_once_and_answered_by_a_button(stage):
    silent, lively, young = a_pairing(stage), a_pairing(stage), a_pairing(stage)
    began(stage, silent, 45)
    began(stage, lively, 200, met=44)
    began(stage, young, 44)

    assert (asked(stage), asked(stage)) == (2, 0)
    assert "still in touch?" in text_of(silent.mentee.browser.get("/notices"))
    assert "still in touch?" not in text_of(lively.mentee.browser.get("/notices"))
    assert "has not answered" in text_of(silent.staff.browser.get(f"/staff{silent.place}"))
    page = text_of(silent.mentee.browser.get(f"{silent.place}/in-touch"))
    assert f"Are you still in touch with {silent.mentor.name}?" in page
    assert "has not answered" in text_of(silent.staff.browser.get(f"/staff{silent.place}"))
    listed = text_of(silent.staff.browser.get("/staff/mentorships/?silent=1"))
    assert silent.mentee.name in listed
    assert lively.mentee.name not in listed

    assert post(silent.mentee.browser, f"{silent.place}/in-touch", {"answer": "maybe"}).status_code == 400
    assert post(silent.mentee.browser, f"{silent.place}/in-touch", {"answer": "no"}).status_code == 303
    assert post(silent.mentor.browser, f"{silent.place}/in-touch", {"answer": "yes"}).status_code == 303
    shown = text_of(silent.staff.browser.get(f"/staff{silent.place}"))
    assert f"{silent.mentee.name} not any more" in shown
    assert f"{silent.mentor.name} yes" in shown
    assert "not any more" not in text_of(silent.mentor.browser.get(silent.place))
    assert post(silent.mentee.browser, f"{silent.place}/in-touch", {"answer": "yes"}).status_code == 409
    assert asked(stage) == 0


def test_a_pause_stops_the_question(stage):
    pair = a_pairing(stage)
    began(stage, pair, 90)
    post(pair.staff.browser, f"/staff{pair.place}/pause")
    assert asked(stage) == 0
    post(pair.staff.browser, f"/staff{pair.place}/resume")
    assert asked(stage) == 0


def test_whoever_writes_or_plans_or_meets_is_in_touch(stage):
    pair = a_pairing(stage)
    began(stage, pair, 60)
    assert asked(stage) == 2
    assert "still in touch?" in text_of(pair.mentee.browser.get("/home"))

    assert post(pair.mentor.browser, f"{pair.place}/messages", {"body": "Here I am."}).status_code == 303

    for person in (pair.mentee, pair.mentor):
        assert "still in touch?" not in text_of(person.browser.get("/home"))
        assert "still in touch?" not in text_of(person.browser.get(pair.place))
    assert asked(stage) == 0


def test_a_group_is_asked_each(app, tmp_path):
    stage = set_cohorts(app, tmp_path)
    group = a_pairing(stage, mentees=3, program=WOOD)
    began(stage, group, 60)
    assert asked(stage) == 4


def test_without_the_setting_nobody_is_asked(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=without_silence)
    pair = a_pairing(stage)
    began(stage, pair, 300)
    assert asked(stage) == 0


def test_a_concern_reaches_those_who_may_read_it_and_is_answered(stage):
    pair, trusted, reviewer = a_pairing(stage), a_helper(stage, "confidant"), a_helper(stage, "reviewer")

    assert post(pair.mentee.browser, f"{pair.place}/concern", {"body": " "}).status_code == 422
    assert post(pair.mentee.browser, f"{pair.place}/concern", {"body": CANARY}).status_code == 303
    listed = trusted.browser.get("/staff/concerns/").get_data(as_text=True)
    address = re.search(r'href="(/staff/concerns/[0-9a-f-]{36})"', listed)[1]
    assert pair.mentee.name in text_of(trusted.browser.get(address))
    assert CANARY in text_of(trusted.browser.get(address))
    assert "raised in confidence" in text_of(trusted.browser.get("/notices"))
    for path in ("/staff/concerns/", address):
        assert reviewer.browser.get(path).status_code == 403
        assert pair.mentor.browser.get(path).status_code == 403
    assert CANARY not in text_of(pair.mentor.browser.get(f"{pair.place}/concern"))

    assert "Answered" not in text_of(trusted.browser.get(address))
    assert post(trusted.browser, address, {"answer": "We call you today, 6602."}).status_code == 303
    assert "Answered today, " in text_of(trusted.browser.get(address))
    assert f" by {trusted.name}" in text_of(trusted.browser.get(address))
    assert "6602" in text_of(pair.mentee.browser.get(f"{pair.place}/concern"))
    assert "staff have answered you" in text_of(pair.mentee.browser.get("/notices"))
    with stage.open():
        holding = {
            table
            for table in tenant_tables()
            if db.session.scalar(
                text(f"SELECT count(*) FROM {table} t WHERE t::text ~ :said"),
                {"said": f"{CANARY}|We call you today, 6602"},
            )
        }
    assert holding == {"concern"}


def test_a_concern_leads_to_the_mentorship_and_the_person_for_whoever_may_open_them(stage):
    pair, trusted, staff = a_pairing(stage), a_helper(stage, "confidant"), a_helper(stage)
    post(pair.mentee.browser, f"{pair.place}/concern", {"body": CANARY})
    address = re.search(
        r'href="(/staff/concerns/[0-9a-f-]{36})"', trusted.browser.get("/staff/concerns/").get_data(as_text=True)
    )[1]

    doors = [f"/staff{pair.place}", f"/staff/members/{pair.mentee.id}"]
    pages = [who.browser.get(address).get_data(as_text=True) for who in (trusted, staff)]

    assert [[f'href="{door}"' in page for door in doors] for page in pages] == [[False, False], [True, True]]
    assert [staff.browser.get(door).status_code for door in doors] == [200, 200]


def test_concerns_without_an_answer_stand_on_the_home_of_those_who_may_read_them(stage):
    pair, trusted = a_pairing(stage), a_helper(stage, "confidant")
    outsider = a_helper(stage, "department-staff")
    title = "Concerns without an answer"
    before = text_of(trusted.browser.get("/staff/"))

    post(pair.mentee.browser, f"{pair.place}/concern", {"body": CANARY})
    home = trusted.browser.get("/staff/")
    listed = trusted.browser.get("/staff/concerns/?state=waiting").get_data(as_text=True)
    waits = listed.count('href="/staff/concerns/0')

    with stage.open():
        oldest = db.session.scalar(select(func.min(Concern.created_at)).where(Concern.answered_at.is_(None)))
        day = say_day(as_program_time(oldest), program_today())
    assert waits == len(re.findall(r'href="/staff/concerns/[0-9a-f-]{36}"', listed)) > 0
    assert f"{title} The oldest waits since {day} {waits}" in text_of(home)
    assert f"{title} The oldest waits since {day} {waits}" not in before
    assert "/staff/concerns/?state=waiting" in home.get_data(as_text=True)
    assert CANARY not in home.get_data(as_text=True)
    assert title not in text_of(outsider.browser.get("/staff/"))

    for address in re.findall(r'href="(/staff/concerns/[0-9a-f-]{36})"', listed):
        post(trusted.browser, address, {"answer": "We talk to them."})
    assert title not in text_of(trusted.browser.get("/staff/"))


def test_a_concern_can_be_raised_after_the_end(stage):
    pair = a_pairing(stage)
    post(pair.mentee.browser, f"{pair.place}/end", {"reason": "completed"})

    assert post(pair.mentor.browser, f"{pair.place}/concern", {"body": "One more thing."}).status_code == 303


def test_while_mail_is_held_nobody_is_said_to_have_been_told(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    pair = a_pairing(stage)
    post(pair.staff.browser, "/staff/notices/mail/hold", {"reason": "The list is being imported."})

    post(pair.staff.browser, f"/staff{pair.place}/pause")
    held = text_of(pair.staff.browser.get(f"/staff{pair.place}"))
    early, late = a_person(stage, "Early"), a_person(stage, "Late")
    early_sent = text_of(early.browser.get(f"/applications/{apply(early, 'mentee', wants('payroll'))}"))
    page = pair.staff.browser.get("/staff/notices/mail").get_data(as_text=True)
    post(pair.staff.browser, re.search(r'action="([^"]+/release)"', page)[1])
    late_sent = text_of(late.browser.get(f"/applications/{apply(late, 'mentee', wants('payroll'))}"))
    post(pair.staff.browser, f"/staff{pair.place}/resume")
    free = text_of(pair.staff.browser.get(f"/staff{pair.place}"))

    assert "The mentorship is paused. Mail is held: the letter waits until it goes again." in held
    assert "have been told" not in held
    assert "The mentorship goes on. Everybody in it has been told." in free
    assert "Your application is sent. Your letter follows when the association sends e-mail again." in early_sent
    assert "Your application is sent. We have written to you to confirm it." in late_sent


def test_the_menu_counts_the_concerns_without_an_answer_for_whoever_may_read_them(app, tmp_path):
    stage = set_stage(app, "casbo", tmp_path)
    pair = a_pairing(stage)
    confidant, reviewer = a_helper(stage, "confidant"), a_helper(stage, "reviewer")
    for body in (CANARY, "It goes on."):
        assert post(pair.mentee.browser, f"{pair.place}/concern", {"body": body}).status_code == 303

    menus = [text_of(person.browser.get("/staff/")) for person in (confidant, pair.staff, reviewer)]
    open_ones = re.findall(
        r"/staff/concerns/[0-9a-f-]{36}", confidant.browser.get("/staff/concerns/").get_data(as_text=True)
    )
    assert post(confidant.browser, open_ones[0], {"answer": "We talk."}).status_code == 303

    assert ["Concerns , 2 2 waiting" in menu for menu in menus] == [True, True, False]
    assert "Concerns , 1 1 waiting" in text_of(confidant.browser.get("/staff/"))
