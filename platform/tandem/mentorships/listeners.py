"""What mentorships do when the directory changes."""

from __future__ import annotations

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.applications.files import forget_all
from tandem.applications.models import Application, ApplicationStatus
from tandem.applications.queries import IN_HAND
from tandem.clocks import program_now
from tandem.directory.events import MemberRemoved, MembershipsChanged, listens_to
from tandem.extensions import db
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.pool import drop_asks
from tandem.mentorships.ending import close_mentorship, tell_of_the_end
from tandem.mentorships.models import MentorshipState
from tandem.mentorships.queries import mentorships_of
from tandem.mentorships.services import have_dues_checked, participants_of


@listens_to(MembershipsChanged)
def check_after_change(_actor: Actor, event: MembershipsChanged) -> None:
    """Have dues checked in the background as soon as the change is committed."""
    have_dues_checked(member_ids=event.member_ids)


@listens_to(MemberRemoved)
def close_what_is_open(actor: Actor, event: MemberRemoved) -> None:
    """Withdraw applications, leave pools and end mentorships of someone who was removed; partners are told."""
    now = program_now()
    for application in db.session.scalars(
        select(Application).where(Application.member_id == event.member_id, Application.status.in_(IN_HAND))
    ):
        application.status = ApplicationStatus.WITHDRAWN
        application.status_since = now
        forget_all(application)
    for entry in db.session.scalars(
        select(PoolEntry).where(PoolEntry.member_id == event.member_id, PoolEntry.state != PoolState.LEFT)
    ):
        entry.state = PoolState.LEFT
        entry.left_at = now
        drop_asks(entry)
    db.session.flush()
    for mentorship in mentorships_of(event.member_id):
        if mentorship.state is MentorshipState.ENDED:
            continue
        people = participants_of(mentorship.id)
        called_off = close_mentorship(actor=actor, mentorship=mentorship, reason="ended-by-staff", note=None)
        tell_of_the_end(mentorship, people, called_off, but=event.member_id)
