"""Asking staff for another partner (C16), and staff's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, ForbiddenError, InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Role
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.identity.queries import staff_accounts_for
from tandem.matching.models import REASSIGNED, Lock, LockKind, PoolEntry
from tandem.matching.pool import reopen_entry
from tandem.mentorships.ending import close_mentorship, in_a_letter
from tandem.mentorships.models import Mentorship, MentorshipState, Participant, ReassignmentRequest, RequestState
from tandem.mentorships.services import participants_of, partner_names
from tandem.mentorships.work import own_participant
from tandem.notices.services import write_notice
from tandem.texts import too_long


def ask_for_reassignment(*, actor: Actor, mentorship: Mentorship, reason: str) -> ReassignmentRequest:
    """Ask staff for another partner, at any point. The partner neither sees nor is told it.

    Raises ``InvalidError`` without a reason, ``ConflictError`` where a request is open or the mentorship has ended.
    """
    me = own_participant(actor, mentorship)
    if not may_ask(mentorship.program_revision.resolved, me.side):
        raise ForbiddenError(_("This program does not offer another match. Write to staff if something is wrong."))
    reason = reason.strip()
    if not reason:
        raise InvalidError({"reason": _("Say in a few words why, so that staff can help. Only staff read it.")})
    if len(reason) > 2000:
        raise InvalidError({"reason": too_long(2000)})
    if mentorship.state is MentorshipState.ENDED:
        raise ConflictError(_("This mentorship has ended. You can apply again for another one."))
    if open_request(mentorship.id, me.id) is not None:
        raise ConflictError(_("You have asked already; staff will answer. Nothing was changed."))
    request = ReassignmentRequest(mentorship_id=mentorship.id, participant_id=me.id, reason=reason)
    db.session.add(request)
    db.session.flush()
    record(
        actor=actor,
        action="reassignment.asked",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        changes={"reason": "private"},
    )
    for account in staff_accounts_for(mentorship.program, "mentorships.manage"):
        write_notice(
            template="reassignment-received",
            to_account_id=account.id,
            context={"person": actor.name},
            path=f"/staff/mentorships/{mentorship.id}",
            about=("mentorship", mentorship.id),
            dedupe_key=f"reassignment-received:{request.id}:{account.id}",
            reason={"request": request.id},
        )
    return request


def may_ask(resolved: Mapping[str, Any], side: Role) -> bool:
    """Whether this side may ask for another partner (``mentorship.reassignment.asked_by``)."""
    settings = (resolved.get("mentorship") or {}).get("reassignment") or {}
    return side.value in settings.get("asked_by", ["mentee", "mentor"])


def open_request(mentorship_id: UUID, participant_id: UUID) -> ReassignmentRequest | None:
    """The participant's request that staff have not answered yet."""
    return db.session.scalar(
        select(ReassignmentRequest).where(
            ReassignmentRequest.mentorship_id == mentorship_id,
            ReassignmentRequest.participant_id == participant_id,
            ReassignmentRequest.state == RequestState.OPEN,
        )
    )


def take_back_request(*, actor: Actor, mentorship: Mentorship) -> None:
    """Take one's own open request back."""
    me = own_participant(actor, mentorship)
    request = open_request(mentorship.id, me.id)
    if request is None:
        raise ConflictError(_("There is no open request to take back."))
    request.state = RequestState.WITHDRAWN
    request.answered_at = program_now()
    db.session.flush()
    record(
        actor=actor,
        action="reassignment.taken-back",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
    )


def grant_reassignment(*, actor: Actor, request: ReassignmentRequest, answer: str = "") -> None:
    """End the mentorship, bring its mentees back to the pool ahead of newcomers, and keep the pair apart from now on.

    A mentor whom the match had taken out of the pool is back in it as well. No new application is needed. Everybody in it is told once, without the reason.
    """
    mentorship = _manageable(actor, request)
    everybody = participants_of(mentorship.id)
    mentors = [participant for participant in everybody if participant.side is Role.MENTOR]
    mentees = [participant for participant in everybody if participant.side is Role.MENTEE]
    _answer(request, RequestState.GRANTED, actor, answer)
    called_off = close_mentorship(actor=actor, mentorship=mentorship, reason="reassigned", note=None)
    entries = {
        entry.id: entry
        for entry in db.session.scalars(
            select(PoolEntry).where(PoolEntry.id.in_([participant.pool_entry_id for participant in everybody]))
        )
    }
    for participant in everybody:
        reopen_entry(actor=actor, entry=entries[participant.pool_entry_id])
    for mentee in mentees:
        for mentor in mentors:
            _keep_apart(actor, mentee, mentor)
    for participant in everybody:
        write_notice(
            template="reassignment-granted",
            to_member_id=participant.member_id,
            context={
                "partners": partner_names(everybody, participant.member_id),
                "answer": answer.strip() if _asked(request, participant) else "",
                "meetings": in_a_letter(called_off, participant),
            },
            about=("mentorship", mentorship.id),
            dedupe_key=f"reassignment-granted:{request.id}:{participant.id}",
            reason={"mentorship": mentorship.id},
        )
    record(
        actor=actor,
        action="reassignment.granted",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
    )


def refuse_reassignment(*, actor: Actor, request: ReassignmentRequest, answer: str) -> None:
    """Answer that the mentorship goes on; only the person who asked is told, with the answer."""
    mentorship = _manageable(actor, request)
    if not answer.strip():
        raise InvalidError({"answer": _("Write an answer: the person who asked will read it.")})
    _answer(request, RequestState.REFUSED, actor, answer)
    participant = db.session.get_one(Participant, (request.association_id, request.participant_id))
    write_notice(
        template="reassignment-refused",
        to_member_id=participant.member_id,
        context={"answer": answer.strip()},
        about=("mentorship", mentorship.id),
        dedupe_key=f"reassignment-refused:{request.id}",
    )
    record(
        actor=actor,
        action="reassignment.refused",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
    )


def _manageable(actor: Actor, request: ReassignmentRequest) -> Mentorship:
    mentorship = db.session.scalar(
        select(Mentorship).where(Mentorship.id == request.mentorship_id).options(joinedload(Mentorship.program))
    )
    if mentorship is None or not may_in(actor, "mentorships.manage", mentorship.program):
        raise NotYoursError
    db.session.refresh(request, with_for_update={"of": ReassignmentRequest}, attribute_names=["state"])
    if request.state is not RequestState.OPEN:
        raise ConflictError(_("This request has been answered already. Reload the page to see it."))
    return mentorship


def _answer(request: ReassignmentRequest, state: RequestState, actor: Actor, answer: str) -> None:
    if len(answer) > 2000:
        raise InvalidError({"answer": too_long(2000)})
    request.state = state
    request.answer = answer.strip() or None
    request.answered_by = actor.account_id
    request.answered_at = program_now()
    db.session.flush()


def _keep_apart(actor: Actor, mentee: Participant, mentor: Participant) -> None:
    existing = db.session.scalar(
        select(Lock).where(Lock.mentee_entry_id == mentee.pool_entry_id, Lock.mentor_entry_id == mentor.pool_entry_id)
    )
    if existing is None and actor.account_id is not None:
        db.session.add(
            Lock(
                mentee_entry_id=mentee.pool_entry_id,
                mentor_entry_id=mentor.pool_entry_id,
                kind=LockKind.APART,
                reason=REASSIGNED,
                created_by=actor.account_id,
            )
        )
        db.session.flush()


def _asked(request: ReassignmentRequest, participant: Participant) -> bool:
    return request.participant_id == participant.id
