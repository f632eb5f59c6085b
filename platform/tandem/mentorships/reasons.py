"""Whether the reminders of mentorships are still called for when their mail goes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from tandem.clocks import program_now
from tandem.extensions import db
from tandem.mentorships.evaluations import offers_for
from tandem.mentorships.messages import unread_for
from tandem.mentorships.models import (
    CheckIn,
    FollowUp,
    MeetingPlan,
    Mentorship,
    MentorshipState,
    Participant,
    PlanState,
    ReassignmentRequest,
    RequestState,
)
from tandem.mentorships.queries import people_in
from tandem.notices.reasons import reason_of


@reason_of("meeting-soon", "meeting-after", "meeting-proposed", "meeting-moved")
def meeting_stands(reason: Mapping[str, Any]) -> bool:
    """The plan is as it was when the letter was written; before the meeting, it has not begun, and after it, nobody noted it."""
    plan = db.session.scalar(
        select(MeetingPlan).where(MeetingPlan.id == UUID(reason["plan"]), MeetingPlan.sequence == reason["sequence"])
    )
    if plan is None or not _active(plan.mentorship_id):
        return False
    if reason["template"] in {"meeting-proposed", "meeting-moved"}:
        return plan.state is PlanState.PROPOSED
    if plan.state is not PlanState.AGREED or plan.starts_at is None:
        return False
    return reason["template"] == "meeting-after" or plan.starts_at > program_now()


@reason_of("follow-up-due")
def follow_up_stands(reason: Mapping[str, Any]) -> bool:
    """Something that this person said they would do by that day is still open, and the mentorship does not rest."""
    found = select(FollowUp.mentorship_id).where(
        FollowUp.participant_id == UUID(reason["participant"]),
        FollowUp.due_on == date.fromisoformat(reason["due_on"]),
        FollowUp.done_at.is_(None),
    )
    mentorship_id = db.session.scalar(found.limit(1))
    return mentorship_id is not None and _active(mentorship_id)


@reason_of("still-in-touch")
def silence_stands(reason: Mapping[str, Any]) -> bool:
    """The question was not answered, and the mentorship is under way."""
    asked = db.session.scalar(
        select(CheckIn).where(
            CheckIn.participant_id == UUID(reason["participant"]),
            CheckIn.asked_at == datetime.fromisoformat(reason["asked_at"]),
        )
    )
    return asked is not None and asked.answered_at is None and _active(asked.mentorship_id)


@reason_of("evaluation-offered", "evaluation-reminder")
def evaluation_stands(reason: Mapping[str, Any]) -> bool:
    """Something is still open that this person has not given."""
    me = _participant(reason)
    mentorship = db.session.scalar(select(Mentorship).where(Mentorship.id == me.mentorship_id)) if me else None
    if me is None or mentorship is None:
        return False
    people = people_in([mentorship.id])[mentorship.id]
    return any(offer.given is None and offer.is_open for offer in offers_for(mentorship, me, people))


@reason_of("message-received")
def message_stands(reason: Mapping[str, Any]) -> bool:
    """Something is still unread."""
    me = _participant(reason)
    return me is not None and unread_for(me).count > 0


@reason_of("reassignment-received")
def request_stands(reason: Mapping[str, Any]) -> bool:
    """Nobody has answered it."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    ReassignmentRequest.id == UUID(reason["request"]), ReassignmentRequest.state == RequestState.OPEN
                )
            )
        )
    )


def _participant(reason: Mapping[str, Any]) -> Participant | None:
    return db.session.scalar(select(Participant).where(Participant.id == UUID(reason["participant"])))


def _active(mentorship_id: UUID) -> bool:
    state = db.session.scalar(select(Mentorship.state).where(Mentorship.id == mentorship_id))
    return state is MentorshipState.ACTIVE
