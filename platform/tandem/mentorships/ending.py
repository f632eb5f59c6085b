"""Mentorships of fixed length end by themselves, on the day after their last."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import SYSTEM
from tandem.clocks import program_today
from tandem.extensions import db
from tandem.mentorships.models import Mentorship, MentorshipState
from tandem.mentorships.services import close_mentorship, participants_of, partner_names
from tandem.notices.services import write_notice


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
        close_mentorship(actor=SYSTEM, mentorship=mentorship, reason="completed", note=None)
        for participant in everybody:
            write_notice(
                template="mentorship-ended",
                to_member_id=participant.member_id,
                context={"partners": partner_names(everybody, participant.member_id), "ended_on": mentorship.ends_on},
                about=("mentorship", mentorship.id),
                dedupe_key=f"mentorship-ended:{mentorship.id}:{participant.member_id}",
            )
    return len(due)
