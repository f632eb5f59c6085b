"""The end of mentorships: by somebody's word, or by themselves on the day after their last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import SYSTEM, Actor
from tandem.access.errors import ConflictError, ForbiddenError, InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Role
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.matching.models import PoolEntry, PoolState
from tandem.mentorships.models import (
    Mentorship,
    MentorshipState,
    Participant,
    Pause,
    ReassignmentRequest,
    RequestState,
)
from tandem.mentorships.planning import call_off_open, say_whens
from tandem.mentorships.services import lock_mentorship, participants_of, partner_names
from tandem.notices.services import write_notice
from tandem.programs.queries import role_word
from tandem.texts import too_long


def end_mentorship(*, actor: Actor, mentorship: Mentorship, reason: str, note: str = "") -> None:
    """End a mentorship (C17): by a participant, or by staff who may manage it. Everybody in it is told once.

    The place of an entry still on file becomes free; whoever left the pool with the match may apply again. Raises ``InvalidError``,
    ``ConflictError`` if it has ended.
    """
    everybody = participants_of(mentorship.id)
    sides = {participant.member_id: participant.side for participant in everybody}
    own_side = sides.get(actor.member_id) if actor.member_id else None
    if own_side is None and not may_in(actor, "mentorships.manage", mentorship.program):
        raise NotYoursError
    if own_side is not None:
        refuse_ending(mentorship.program_revision.resolved, own_side)
    allowed = _reasons_for(own_side)
    if reason not in allowed:
        raise InvalidError({"reason": _("Choose how the mentorship ended.")})
    if len(note) > 2000:
        raise InvalidError({"note": too_long(2000)})
    called_off = close_mentorship(actor=actor, mentorship=mentorship, reason=reason, note=note.strip() or None)
    tell_of_the_end(mentorship, everybody, called_off, by=actor.name, teller=actor.member_id, ended_on=program_today())


def end_due() -> int:
    """End every mentorship whose last day is over, tell everybody in it once, and return how many ended.

    One that rests and is in no cohort waits: its last day moves on by the length of the pause when it resumes. A cohort's date
    stands. Side effects: notices, audit entries.
    """
    today = program_today()
    due = db.session.scalars(
        select(Mentorship)
        .where(
            Mentorship.ends_on < today,
            or_(Mentorship.state == MentorshipState.ACTIVE, Mentorship.cohort_id.is_not(None)),
            Mentorship.state != MentorshipState.ENDED,
        )
        .options(joinedload(Mentorship.program))
        .order_by(Mentorship.id)
    ).all()
    for mentorship in due:
        everybody = participants_of(mentorship.id)
        called_off = close_mentorship(actor=SYSTEM, mentorship=mentorship, reason="completed", note=None)
        tell_of_the_end(mentorship, everybody, called_off, ended_on=mentorship.ends_on)
    return len(due)


def may_end(resolved: Mapping[str, Any], side: Role) -> bool:
    """Whether the word of this side ends a mentorship (``mentorship.ending.told_by``)."""
    ending = (resolved.get("mentorship") or {}).get("ending") or {}
    return side.value in ending.get("told_by", ["mentee", "mentor"])


def refuse_ending(resolved: Mapping[str, Any], side: Role) -> None:
    """Raises ``ForbiddenError`` where the word of this side does not end a mentorship; it says whose does."""
    if may_end(resolved, side):
        return
    other = Role.MENTEE if side is Role.MENTOR else Role.MENTOR
    if may_end(resolved, other):
        people = role_word(resolved, other.value, 2)
        raise ForbiddenError(
            _("In this program the %(people)s or staff end a mentorship. Talk to them.", people=people)
        )
    raise ForbiddenError(_("In this program staff end the mentorships. Write to them."))


def close_mentorship(*, actor: Actor, mentorship: Mentorship, reason: str, note: str | None) -> Sequence[datetime]:
    """Set a mentorship's end without telling anyone, and call off what is planned; returns when the agreed meetings were to be.

    Raises ``ConflictError`` if it has ended.
    """
    lock_mentorship(mentorship)
    if mentorship.state is MentorshipState.ENDED:
        raise ConflictError(_("This mentorship has ended already. Reload the page to see it."))
    called_off = call_off_open(actor=actor, mentorship=mentorship)
    now = program_now()
    mentorship.state = MentorshipState.ENDED
    mentorship.ended_at = now
    mentorship.end_reason = reason
    mentorship.end_note = note
    mentorship.ended_by = actor.account_id
    for pause in db.session.scalars(
        select(Pause).where(Pause.mentorship_id == mentorship.id, Pause.until_at.is_(None))
    ):
        pause.until_at = now
    for request in db.session.scalars(
        select(ReassignmentRequest).where(
            ReassignmentRequest.mentorship_id == mentorship.id, ReassignmentRequest.state == RequestState.OPEN
        )
    ):
        request.state = RequestState.WITHDRAWN
        request.answered_at = now
    db.session.flush()
    record(
        actor=actor,
        action="mentorship.ended",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        reason=reason,
    )
    return called_off


def tell_of_the_end(
    mentorship: Mentorship, everybody: Sequence[Participant], called_off: Sequence[datetime], *,
    by: str = "", teller: UUID | None = None, ended_on: date | None = None, but: UUID | None = None,
) -> None:  # fmt: skip
    """Write to each of ``everybody`` that it has ended, once; ``called_off`` is what ``close_mentorship`` returned.

    ``by`` is the name of whoever said so, ``teller`` the member who that is; ``but`` is a member who is not written to.
    """
    entries = _entries(everybody)
    for person in everybody:
        if person.member_id == but:
            continue
        write_notice(
            template="mentorship-ended",
            to_member_id=person.member_id,
            context={
                "partners": partner_names(everybody, person.member_id),
                "by": by,
                "own_word": by if person.member_id == teller else "",
                "ended_on": ended_on,
                "meetings": in_a_letter(called_off, person),
                "next_steps": LazyString(_next_steps, mentorship, person.side, entries[person.pool_entry_id]),
            },
            about=("mentorship", mentorship.id),
            dedupe_key=f"mentorship-ended:{mentorship.id}:{person.member_id}",
            reason={"mentorship": mentorship.id},
        )


def in_a_letter(called_off: Sequence[datetime], reader: Participant) -> LazyString:
    """The times of meetings that are called off, said in the language of the letter and in the reader's time zone; of none, nothing."""
    return LazyString(say_whens, called_off, reader.member.time_zone)


def next_steps_after(mentorship: Mentorship, person: Participant) -> str:
    """What somebody can do once a mentorship has ended: wait in the pool, or apply again to be helped or to help."""
    return _next_steps(mentorship, person.side, _entries([person])[person.pool_entry_id])


def _next_steps(mentorship: Mentorship, side: Role, state: PoolState) -> str:
    # The pool of a cohort that is over is no place to wait in.
    over = mentorship.cohort is not None and mentorship.cohort.ends_on < program_today()
    if state is PoolState.PAUSED and not over:
        return _("You stay on file, at rest as you are now. Once you are back, you can be matched again.")
    if state is PoolState.OPEN and not over:
        if side is Role.MENTOR:
            return _(
                "You stay on file and can be matched again. If you would rather rest or stop, say so on your home page."
            )
        return _("You stay on file and can be matched again. You do not have to apply.")
    if side is Role.MENTOR:
        return _("If you would like to help somebody again, you can apply at any time.")
    return _("If you would like help again, you can apply at any time.")


def _entries(people: Sequence[Participant]) -> dict[UUID, PoolState]:
    """The state in which each of these is in the pool, by the id of the entry."""
    wanted = [person.pool_entry_id for person in people]
    rows = db.session.execute(select(PoolEntry.id, PoolEntry.state).where(PoolEntry.id.in_(wanted)))
    return {row.id: row.state for row in rows}


def _reasons_for(side: Role | None) -> tuple[str, ...]:
    if side is Role.MENTEE:
        return ("completed", "ended-by-mentee")
    if side is Role.MENTOR:
        return ("completed", "ended-by-mentor")
    return ("completed", "ended-by-staff")
