"""Goals with their history, and what people said they would do. Private to the mentorship, like all that is written there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import ForbiddenError, InvalidError, NotYoursError
from tandem.applications.models import Role
from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.mentorships.models import (
    FollowUp,
    Goal,
    GoalChange,
    GoalState,
    Mentorship,
    MentorshipState,
    Participant,
)
from tandem.mentorships.services import participants_of
from tandem.mentorships.work import checked_body, own_participant, record_private, refuse_ended
from tandem.notices.services import write_notice
from tandem.texts import too_long

#: The longest goal or follow-up, in characters.
MAX_GOAL = 1000

#: How far ahead something can be due.
_FAR = timedelta(days=5 * 366)


def add_goal(*, actor: Actor, mentorship: Mentorship, body: str, owner_id: UUID | None = None) -> Goal:
    """Write a goal down: one's own as a mentee, or as the mentor that of ``owner_id`` (of the one mentee there is).

    Raises ``InvalidError`` at ``body`` or ``owner``, ``ConflictError`` after the end.
    """
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    owner = _owner(me, mentorship, owner_id)
    goal = Goal(mentorship_id=mentorship.id, participant_id=owner.id, body=_short(body))
    db.session.add(goal)
    db.session.flush()
    _keep(goal, me)
    record_private(actor, mentorship, "goal.added")
    return goal


def change_goal(*, actor: Actor, mentorship: Mentorship, goal_id: UUID, body: str, state: GoalState) -> Goal:
    """Change a goal's words or its state: its own mentee or the mentor. What it said before stays readable.

    Saying the same again changes nothing. Raises ``InvalidError`` at ``body``.
    """
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    goal = db.session.scalar(
        select(Goal).where(Goal.id == goal_id, Goal.mentorship_id == mentorship.id).with_for_update()
    )
    if goal is None:
        raise NotYoursError
    if me.side is Role.MENTEE and goal.participant_id != me.id:
        raise ForbiddenError(_("This is somebody else’s goal. Only they and the mentor change it."))
    body = _short(body)
    if (goal.body, goal.state) != (body, state):
        goal.body, goal.state = body, state
        db.session.flush()
        _keep(goal, me)
        record_private(actor, mentorship, "goal.changed")
    return goal


def goals_of(mentorship_id: UUID) -> Sequence[Goal]:
    """The goals of a mentorship, open ones first, in the order in which they were written."""
    goals = db.session.scalars(
        select(Goal).where(Goal.mentorship_id == mentorship_id).order_by(Goal.created_at, Goal.id)
    ).all()
    return sorted(goals, key=lambda goal: goal.state is not GoalState.OPEN)


def history_of(mentorship_id: UUID) -> dict[UUID, list[GoalChange]]:
    """Every step of every goal of a mentorship, the newest first, by goal; one statement."""
    found: dict[UUID, list[GoalChange]] = {}
    for change in db.session.scalars(
        select(GoalChange)
        .join(Goal, and_(Goal.association_id == GoalChange.association_id, Goal.id == GoalChange.goal_id))
        .where(Goal.mentorship_id == mentorship_id)
        .order_by(GoalChange.changed_at.desc(), GoalChange.id.desc())
    ):
        found.setdefault(change.goal_id, []).append(change)
    return found


def agree_follow_up(
    *, actor: Actor, mentorship: Mentorship, body: str, owner_id: UUID | None, due_on: date | None
) -> FollowUp:
    """Note what somebody of the mentorship will do, and by when if that was said.

    Raises ``InvalidError`` at ``body``, ``owner`` or ``due_on``; ``ConflictError`` after the end.
    """
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    owners = {person.id for person in participants_of(mentorship.id)}
    problems: dict[str, str] = {}
    if (owner_id or me.id) not in owners:
        problems["owner"] = _("Choose who does it.")
    if due_on is not None and not program_today() <= due_on <= program_today() + _FAR:
        problems["due_on"] = _("Enter a day that is still to come, or leave it empty.")
    try:
        body = _short(body)
    except InvalidError as error:
        problems |= error.problems
    if problems:
        raise InvalidError(problems)
    follow_up = FollowUp(mentorship_id=mentorship.id, participant_id=owner_id or me.id, body=body, due_on=due_on)
    db.session.add(follow_up)
    db.session.flush()
    record_private(actor, mentorship, "follow-up.agreed")
    return follow_up


def tick_follow_up(*, actor: Actor, mentorship: Mentorship, follow_up_id: UUID, done: bool) -> None:
    """Mark a follow-up done, or not done after all; anybody in the mentorship may."""
    follow_up = _follow_up(actor, mentorship, follow_up_id)
    if (follow_up.done_at is not None) != done:
        follow_up.done_at = program_now() if done else None
        db.session.flush()
        record_private(actor, mentorship, "follow-up.done" if done else "follow-up.reopened")


def remove_follow_up(*, actor: Actor, mentorship: Mentorship, follow_up_id: UUID) -> None:
    """Take a follow-up off for good."""
    db.session.delete(_follow_up(actor, mentorship, follow_up_id))
    db.session.flush()
    record_private(actor, mentorship, "follow-up.removed")


def follow_ups_of(mentorship_id: UUID) -> Sequence[FollowUp]:
    """What was agreed: open ones first, the one due first at the top; then what is done, the newest first."""
    found = db.session.scalars(
        select(FollowUp).where(FollowUp.mentorship_id == mentorship_id).order_by(FollowUp.created_at, FollowUp.id)
    ).all()
    waiting = sorted((item for item in found if item.done_at is None), key=lambda item: item.due_on or date.max)
    done = sorted(
        (item for item in found if item.done_at), key=lambda item: item.done_at or item.created_at, reverse=True
    )
    return [*waiting, *done]


def remind_of_follow_ups() -> int:
    """Tell whoever has something due today, one letter a mentorship, without saying what. Not while it rests.

    For the daily job; returns how many letters were written.
    """
    today = program_today()
    due = db.session.scalars(
        select(FollowUp)
        .join(
            Mentorship,
            and_(Mentorship.association_id == FollowUp.association_id, Mentorship.id == FollowUp.mentorship_id),
        )
        .where(FollowUp.due_on == today, FollowUp.done_at.is_(None), Mentorship.state == MentorshipState.ACTIVE)
        .options(joinedload(FollowUp.participant))
    ).all()
    written = 0
    for follow_up in due:
        if follow_up.participant.left_at is None:
            written += (
                write_notice(
                    template="follow-up-due",
                    to_member_id=follow_up.participant.member_id,
                    context={},
                    about=("mentorship", follow_up.mentorship_id),
                    path=f"/mentorships/{follow_up.mentorship_id}#follow-ups",
                    dedupe_key=f"follow-up-due:{follow_up.mentorship_id}:{follow_up.participant_id}:{today}",
                    reason={"participant": follow_up.participant_id, "due_on": today.isoformat()},
                )
                is not None
            )
    return written


def _owner(me: Participant, mentorship: Mentorship, owner_id: UUID | None) -> Participant:
    if me.side is Role.MENTEE:
        return me
    mentees = [person for person in participants_of(mentorship.id) if person.side is Role.MENTEE]
    chosen = [person for person in mentees if person.id == owner_id] or (mentees if len(mentees) == 1 else [])
    if not chosen:
        raise InvalidError({"owner": _("Choose whose goal it is.")})
    return chosen[0]


def _keep(goal: Goal, me: Participant) -> None:
    db.session.add(GoalChange(goal_id=goal.id, participant_id=me.id, body=goal.body, state=goal.state))
    db.session.flush()


def _follow_up(actor: Actor, mentorship: Mentorship, follow_up_id: UUID) -> FollowUp:
    own_participant(actor, mentorship)
    refuse_ended(mentorship)
    found = db.session.scalar(
        select(FollowUp).where(FollowUp.id == follow_up_id, FollowUp.mentorship_id == mentorship.id)
    )
    if found is None:
        raise NotYoursError
    return found


def _short(body: str) -> str:
    body = checked_body(body)
    if len(body) > MAX_GOAL:
        raise InvalidError({"body": too_long(MAX_GOAL)})
    return body
