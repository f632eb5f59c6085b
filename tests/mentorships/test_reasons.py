"""A reminder looks once more before its mail goes: what is done meanwhile is not sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tandem.access.actor import SYSTEM
from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.mentorships.models import CheckIn, FollowUp, Mentorship, Participant
from tandem.mentorships.services import pause_mentorship
from tandem.notices.models import Notice
from tandem.notices.reasons import still_stands
from tests.loop.stage import set_stage
from tests.mentorships.pairs import a_pairing
from tests.mentorships.test_planning import pick, plan_on, propose
from tests.pages import post


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("reasons"))


@pytest.fixture
def pair(stage):
    return a_pairing(stage)


def newest(person, template):
    return db.session.scalars(
        select(Notice)
        .where(Notice.member_id == person.id, Notice.template == template)
        .order_by(Notice.created_at.desc())
        .limit(1)
    ).one()


def stands(stage, person, template, **other):
    with stage.open():
        notice = newest(person, template)
        return still_stands(other.get("as_", template), notice.reason | {"template": other.get("as_", template)})


def participant_of(person):
    return db.session.scalars(select(Participant).where(Participant.member_id == person.id)).one()


def test_message_that_was_read(stage, pair):
    post(pair.mentee.browser, f"{pair.place}/messages", {"body": "Hello"})
    before = stands(stage, pair.mentor, "message-received")
    pair.mentor.browser.get(f"{pair.place}/messages")

    assert (before, stands(stage, pair.mentor, "message-received")) == (True, False)


def test_meeting_that_was_agreed_then_called_off(stage, pair):
    assert propose(stage, pair.mentee, pair.place, 3, 4).status_code == 303
    proposed = stands(stage, pair.mentor, "meeting-proposed")
    plan = f"{pair.place}/plans/{plan_on(pair.mentor, pair.place)}"
    pick(pair.mentor, plan)
    agreed = [
        stands(stage, pair.mentor, "meeting-proposed"),
        stands(stage, pair.mentor, "meeting-agreed", as_="meeting-soon"),
        stands(stage, pair.mentor, "meeting-agreed", as_="meeting-after"),
    ]
    assert post(pair.mentee.browser, plan, {"do": "cancel"}).status_code == 303

    assert proposed is True
    assert agreed == [False, True, True]
    assert stands(stage, pair.mentor, "meeting-agreed", as_="meeting-soon") is False


def test_what_was_done_and_what_rests(stage, pair):
    with stage.open():
        me = participant_of(pair.mentee)
        today = program_today()
        row = FollowUp(mentorship_id=me.mentorship_id, participant_id=me.id, body="Send the list", due_on=today)
        db.session.add(row)
        db.session.commit()
        reason = {"participant": str(me.id), "due_on": today.isoformat()}
        said = [still_stands("follow-up-due", reason)]
        said.append(still_stands("follow-up-due", reason | {"due_on": (today + timedelta(days=1)).isoformat()}))
        row.done_at = program_now()
        db.session.commit()
        said.append(still_stands("follow-up-due", reason))

    assert said == [True, False, False]


def test_answered_question_and_paused_mentorship(stage, pair):
    with stage.open():
        me = participant_of(pair.mentee)
        now = program_now()
        row = CheckIn(mentorship_id=me.mentorship_id, participant_id=me.id, asked_at=now)
        db.session.add(row)
        db.session.commit()
        reason = {"participant": str(me.id), "asked_at": now.isoformat()}
        said = [still_stands("still-in-touch", reason)]
        mentorship = db.session.scalars(select(Mentorship).where(Mentorship.id == me.mentorship_id)).one()
        pause_mentorship(actor=SYSTEM, mentorship=mentorship, reason="staff")
        db.session.commit()
        said.append(still_stands("still-in-touch", reason))

    assert said == [True, False]


def test_evaluation_is_not_offered_before_the_end(stage, pair):
    with stage.open():
        me = participant_of(pair.mentee)

        assert still_stands("evaluation-offered", {"participant": str(me.id)}) is False
