"""Noticing silence: after a while without a sign of life each side is asked, once, whether they are still in touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, DateTime, and_, cast, exists, func, select, union_all
from sqlalchemy.orm import selectinload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.mentorships.models import (
    CheckIn,
    FollowUp,
    Goal,
    Hours,
    JournalEntry,
    Meeting,
    MeetingPlan,
    Mentorship,
    MentorshipState,
    Message,
    Participant,
    Pause,
)
from tandem.mentorships.queries import people_in
from tandem.mentorships.services import partner_names
from tandem.mentorships.work import own_participant, refuse_ended
from tandem.notices.services import write_notice
from tandem.tenancy.base import one_of
from tandem.tenancy.scope import current_scope


def ask_the_silent() -> int:
    """Ask everybody in mentorships that have been silent for as long as their program says; once for each silence.

    What rests is left in peace, and a silence is counted anew from the end of a pause. For the daily job; a constant number of
    reads. Returns how many people were asked.
    """
    running = db.session.scalars(
        select(Mentorship)
        .where(Mentorship.state == MentorshipState.ACTIVE)
        .options(selectinload(Mentorship.program_revision))
    ).all()
    watched = {mentorship.id: mentorship for mentorship in running if _silence(mentorship)}
    signs = _signs_of_life(list(watched))
    asked = _last_asked(list(watched))
    today = program_today()
    zone = current_scope().zone
    silent = []
    for identifier, mentorship in watched.items():
        last = max(mentorship.started_at, signs.get(identifier, mentorship.started_at))
        days = (today - last.astimezone(zone).date()).days
        if days >= _silence(mentorship)["after_days"] and (identifier not in asked or asked[identifier] < last):
            silent.append(mentorship)
    people = people_in([mentorship.id for mentorship in silent])
    return sum(_ask(mentorship, people[mentorship.id]) for mentorship in silent)


def open_check_in(me: Participant) -> CheckIn | None:
    """The question that ``me`` has not answered yet, and that nothing has answered meanwhile."""
    return db.session.scalar(
        select(CheckIn)
        .where(CheckIn.participant_id == me.id, CheckIn.answered_at.is_(None), nothing_since_asked())
        .order_by(CheckIn.asked_at.desc())
        .limit(1)
    )


def nothing_since_asked() -> ColumnElement[bool]:
    """Condition on ``CheckIn``: the two are as silent as they were. Whoever notes, plans or writes something is in touch."""
    return and_(
        *(
            ~exists().where(
                model.association_id == CheckIn.association_id,
                model.mentorship_id == CheckIn.mentorship_id,
                model.created_at > CheckIn.asked_at,
            )
            for model in (Meeting, Hours, Message, MeetingPlan)
        )
    )


def answer_check_in(*, actor: Actor, mentorship: Mentorship, still: bool) -> None:
    """Say whether one is still in touch. Staff see the answer; the partner is not told.

    Raises ``ConflictError`` where nothing is asked, or after the end.
    """
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    found = open_check_in(me)
    if found is None:
        raise ConflictError(_("There is nothing to answer: the question was answered, or never asked."))
    found.still = still
    found.answered_at = program_now()
    db.session.flush()
    record(
        actor=actor,
        action="check-in.answered",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
    )


def check_ins_of(mentorship_id: UUID) -> Sequence[CheckIn]:
    """The questions of the latest silence, for staff; one for each person."""
    newest = select(func.max(CheckIn.asked_at)).where(CheckIn.mentorship_id == mentorship_id).scalar_subquery()
    return db.session.scalars(
        select(CheckIn)
        .where(CheckIn.mentorship_id == mentorship_id, CheckIn.asked_at == newest)
        .order_by(CheckIn.participant_id)
    ).all()


def _silence(mentorship: Mentorship) -> Mapping[str, Any]:
    return (mentorship.program_revision.resolved.get("mentorship") or {}).get("silence") or {}


def _signs_of_life(ids: Sequence[UUID]) -> dict[UUID, datetime]:
    # A day stands for its first moment; whoever met today is not silent either way.
    parts = [
        select(model.mentorship_id.label("id"), cast(moment, DateTime(timezone=True)).label("at")).where(
            one_of(model.mentorship_id, ids)
        )
        for model, moment in (
            (Meeting, Meeting.created_at),
            (Meeting, Meeting.held_on),
            (Message, Message.created_at),
            (Hours, Hours.created_at),
            (JournalEntry, JournalEntry.created_at),
            (Goal, Goal.created_at),
            (FollowUp, FollowUp.created_at),
            (MeetingPlan, MeetingPlan.created_at),
            (MeetingPlan, MeetingPlan.starts_at),
            (Pause, Pause.until_at),
            (CheckIn, CheckIn.answered_at),
        )
    ]
    signs = union_all(*parts).subquery()
    rows = db.session.execute(
        select(signs.c.id, func.max(signs.c.at)).where(signs.c.at.is_not(None)).group_by(signs.c.id)
    )
    return {row[0]: row[1] for row in rows}


def _last_asked(ids: Sequence[UUID]) -> dict[UUID, datetime]:
    rows = db.session.execute(
        select(CheckIn.mentorship_id, func.max(CheckIn.asked_at))
        .where(one_of(CheckIn.mentorship_id, ids))
        .group_by(CheckIn.mentorship_id)
    )
    return {row[0]: row[1] for row in rows}


def _ask(mentorship: Mentorship, people: Sequence[Participant]) -> int:
    now = program_now()
    here = [person for person in people if person.left_at is None]
    for person in here:
        db.session.add(CheckIn(mentorship_id=mentorship.id, participant_id=person.id, asked_at=now))
        write_notice(
            template="still-in-touch",
            to_member_id=person.member_id,
            context={"partners": partner_names(people, person.member_id)},
            about=("mentorship", mentorship.id),
            path=f"/mentorships/{mentorship.id}/in-touch",
            dedupe_key=f"still-in-touch:{mentorship.id}:{person.id}:{now.isoformat()}",
            reason={"participant": person.id, "asked_at": now.isoformat()},
        )
    db.session.flush()
    return len(here)
