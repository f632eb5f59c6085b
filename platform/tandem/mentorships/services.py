"""Beginning and pausing mentorships; ``ending`` has their end."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.applications.models import Role
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.jobs.services import enqueue
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import (
    Mentorship,
    MentorshipState,
    Participant,
    Pause,
)
from tandem.mentorships.promises import in_a_letter, owed_promises, promises_of
from tandem.notices.services import write_notice
from tandem.programs.models import Cohort

#: Up to so many members are named in the job that checks dues; beyond, everybody is checked.
NAMED = 500

#: The reasons of a pause that dues cause; they end with the payment.
DUES = "dues"
BY_HAND = "by-hand"


def begin_mentorship(
    *,
    actor: Actor,
    mentor: PoolEntry,
    mentees: Sequence[PoolEntry],
    match_run_id: UUID | None,
    replaces_id: UUID | None = None,
) -> Mentorship:
    """Make a mentorship of one mentor and one or more mentees, pin its revision, and tell each side once (C11).

    The revision is the one that the first mentee's application pinned, so that a later change of configuration does not
    reach in (P5). The caller holds the members' locks and has counted the places.
    """
    application = mentees[0].application
    mentorship = Mentorship(
        program_id=mentor.program_id,
        cohort_id=mentor.cohort_id,
        program_revision_id=application.program_revision_id,
        match_run_id=match_run_id,
        replaces_id=replaces_id,
        ends_on=planned_end(application.program_revision.resolved, mentor.cohort_id, program_today()),
    )
    db.session.add(mentorship)
    db.session.flush()
    for entry in (mentor, *mentees):
        db.session.add(
            Participant(mentorship_id=mentorship.id, member_id=entry.member_id, pool_entry_id=entry.id, side=entry.role)
        )
    db.session.flush()
    record(
        actor=actor,
        action="mentorship.began",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
    )
    for entry in (mentor, *mentees):
        partners = mentees if entry.role is Role.MENTOR else [mentor]
        others = [mentee for mentee in mentees if mentee is not entry] if entry.role is Role.MENTEE else []
        promises = promises_of(entry.application, [partner.member for partner in partners])
        owed = owed_promises(entry.application, [partner.member for partner in partners])
        write_notice(
            template=f"match-published-{entry.role.value}",
            to_member_id=entry.member_id,
            context={
                "partners": [partner.member.name for partner in partners],
                "others": [other.member.name for other in others],
                "promise": LazyString(in_a_letter, promises) if promises else "",
                "owed": LazyString(in_a_letter, owed) if owed else "",
                "ends_on": mentorship.ends_on,
            },
            about=("mentorship", mentorship.id),
            dedupe_key=f"match-published:{mentorship.id}:{entry.member_id}",
        )
    return mentorship


def have_dues_checked(*, member_ids: Sequence[UUID]) -> None:
    """Ask for a check of these members' dues in the background, as soon as the caller's change is committed."""
    few = len(member_ids) <= NAMED
    enqueue(
        kind="mentorships.check-dues",
        arguments={"member_ids": [str(identifier) for identifier in member_ids] if few else None},
    )


def planned_end(resolved: Mapping[str, Any], cohort_id: UUID | None, starts: date) -> date | None:
    """The last day of a mentorship that begins on ``starts``: the cohort's, or so many months on, or none by hours.

    Months are counted from the cohort's first day where that is still to come. A month on from the 31st is the last day of a
    shorter month.
    """
    length = resolved.get("length") or {}
    cohort = db.session.scalar(select(Cohort).where(Cohort.id == cohort_id)) if cohort_id is not None else None
    if length.get("kind") == "months":
        return add_months(max(starts, cohort.starts_on) if cohort else starts, int(length["months"]))
    return cohort.ends_on if cohort is not None and length.get("kind") == "cohort" else None


def add_months(day: date, months: int) -> date:
    """``day`` so many months on; the day of the month is cut to the month's length."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def pause_mentorship(
    *, actor: Actor, mentorship: Mentorship, reason: str, participant: Participant | None = None
) -> bool:
    """Let a mentorship rest; ``False`` if it already rests for this reason.

    Several reasons can hold at once (dues of two mentees); it goes on when the last has gone. Writes no notice: who is told
    what depends on the reason.
    """
    lock_mentorship(mentorship)
    if mentorship.state is MentorshipState.ENDED:
        return False
    participant_id = participant.id if participant else None
    if _open_pause(mentorship.id, participant_id, reason) is not None:
        return False
    db.session.add(Pause(mentorship_id=mentorship.id, participant_id=participant_id, reason=reason))
    mentorship.state = MentorshipState.PAUSED
    db.session.flush()
    record(
        actor=actor,
        action="mentorship.paused",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        reason=reason,
    )
    return True


def resume_mentorship(
    *, actor: Actor, mentorship: Mentorship, reason: str, participant: Participant | None = None
) -> bool:
    """End one reason for a pause; ``True`` if the mentorship goes on now, ``False`` if another reason still holds."""
    lock_mentorship(mentorship)
    pause = _open_pause(mentorship.id, participant.id if participant else None, reason)
    if pause is None:
        return False
    now = program_now()
    pause.until_at = now
    db.session.flush()
    record(
        actor=actor,
        action="mentorship.resumed",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        reason=reason,
    )
    others = db.session.scalars(
        select(Pause.id).where(Pause.mentorship_id == mentorship.id, Pause.until_at.is_(None))
    ).all()
    if others:
        return False
    mentorship.state = MentorshipState.ACTIVE
    if mentorship.ends_on is not None and mentorship.cohort_id is None:
        # A pause moves dates that hang on the start by its length; a cohort's dates stay where they are.
        mentorship.ends_on += now.date() - pause.from_at.date()
    db.session.flush()
    return True


def partner_names(everybody: Sequence[Participant], member_id: UUID) -> list[str]:
    """The names of those on the other side of a mentorship from ``member_id``."""
    side = next((person.side for person in everybody if person.member_id == member_id), None)
    return [person.member.name for person in everybody if person.side is not side]


def participants_of(mentorship_id: UUID) -> Sequence[Participant]:
    """Everybody who is in a mentorship at present, mentor first."""
    return db.session.scalars(
        select(Participant)
        .where(Participant.mentorship_id == mentorship_id, Participant.left_at.is_(None))
        .options(joinedload(Participant.member))
        .order_by(Participant.side.desc(), Participant.id)
    ).all()


def lock_mentorship(mentorship: Mentorship) -> None:
    """Lock the mentorship's row and read its state anew."""
    db.session.refresh(mentorship, with_for_update={"of": Mentorship}, attribute_names=["state", "ends_on", "ended_at"])


def _open_pause(mentorship_id: UUID, participant_id: UUID | None, reason: str) -> Pause | None:
    return db.session.scalar(
        select(Pause).where(
            Pause.mentorship_id == mentorship_id,
            Pause.participant_id.is_not_distinct_from(participant_id),
            Pause.reason == reason,
            Pause.until_at.is_(None),
        )
    )
