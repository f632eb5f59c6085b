"""Leaving: ending everything one takes part in, or leaving altogether; and what either means, said beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.applications.models import Application
from tandem.applications.queries import IN_HAND
from tandem.applications.services import withdraw_application
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.directory.events import MemberRemoved, announce
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.identity.models import Account, SignInSession, Token
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.pool import leave_pool
from tandem.mentorships.ending import close_mentorship, tell_of_the_end
from tandem.mentorships.models import JournalEntry, Mentorship, MentorshipState, Participant
from tandem.mentorships.queries import mentorships_of, people_in
from tandem.mentorships.services import participants_of, partner_names
from tandem.notices.services import write_notice
from tandem.privacy.models import CorrectionRequest, CorrectionState
from tandem.privacy.retention import erase_applications
from tandem.privacy.services import forget_copies, own_member_id


@dataclass(frozen=True, slots=True)
class Running:
    """A mentorship that would end, and with whom it is."""

    mentorship: Mentorship
    partners: Sequence[str]


@dataclass(frozen=True, slots=True)
class WouldEnd:
    """What is under way and would end with leaving."""

    mentorships: Sequence[Running]
    applications: Sequence[Application]
    entries: Sequence[PoolEntry]

    @property
    def nothing(self) -> bool:
        """Whether there is nothing under way."""
        return not (self.mentorships or self.applications or self.entries)


def would_end(actor: Actor) -> WouldEnd:
    """What is under way for the actor; a constant number of statements."""
    member_id = own_member_id(actor)
    running = [row for row in mentorships_of(member_id) if row.state is not MentorshipState.ENDED]
    people = people_in([row.id for row in running])
    return WouldEnd(
        [Running(row, partner_names(people[row.id], member_id)) for row in running],
        db.session.scalars(
            select(Application)
            .where(Application.member_id == member_id, Application.status.in_(IN_HAND))
            .options(joinedload(Application.program))
            .order_by(Application.created_at, Application.id)
        ).all(),
        db.session.scalars(
            select(PoolEntry)
            .where(PoolEntry.member_id == member_id, PoolEntry.state.in_((PoolState.OPEN, PoolState.PAUSED)))
            .options(joinedload(PoolEntry.application).joinedload(Application.program))
            .order_by(PoolEntry.entered_at, PoolEntry.id)
        ).all(),
    )


def stop_taking_part(*, actor: Actor) -> None:
    """End everything the actor takes part in: mentorships (partners are told), applications, places in pools.

    They stay a member and can apply again. Side effects: letters to partners and to the member, audit entries.
    """
    member_id = own_member_id(actor)
    _end_everything(actor)
    write_notice(
        template="participation-ended", to_member_id=member_id, context={},
        dedupe_key=f"participation-ended:{member_id}:{program_now().isoformat()}",
    )  # fmt: skip


def leave_altogether(*, actor: Actor) -> None:
    """End everything, take the member out of the directory as staff would, and erase what is theirs alone.

    Erased at once: their journal, applications never sent, sign-in records, password, copies. Staff can restore the record, not
    what was erased. Side effects: a last letter, letters to partners, audit entries, ``MemberRemoved``.
    """
    member_id = own_member_id(actor)
    member = db.session.scalars(
        select(Member).where(Member.id == member_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    _end_everything(actor)
    # Written before the removal: nobody writes to someone who is no longer there.
    write_notice(
        template="member-left", to_member_id=member_id, context={},
        dedupe_key=f"member-left:{member_id}:{program_now().isoformat()}",
    )  # fmt: skip
    _erase_own(member)
    member.state = MemberState.REMOVED
    member.removed_at = program_now()
    db.session.flush()
    record(
        actor=actor, action="member.left", object_kind="member", object_id=member.id,
        changes={"state": [MemberState.ACTIVE, MemberState.REMOVED]},
    )  # fmt: skip
    announce(actor, MemberRemoved(member.id))
    _forget_sign_ins(member)


def _end_everything(actor: Actor) -> None:
    found = would_end(actor)
    for application in found.applications:
        # The letter about leaving says that they are withdrawn.
        withdraw_application(actor=actor, application=application, tell=False)
    for entry in found.entries:
        leave_pool(actor=actor, entry=entry, reason=_("at their own wish"))
    for running in found.mentorships:
        _end(actor, running.mentorship)


def _end(actor: Actor, mentorship: Mentorship) -> None:
    """End one mentorship, whoever's word the program asks for otherwise: nobody can be kept in it."""
    people = participants_of(mentorship.id)
    mine = next(person for person in people if person.member_id == actor.member_id)
    called_off = close_mentorship(actor=actor, mentorship=mentorship, reason=f"ended-by-{mine.side.value}", note=None)
    tell_of_the_end(mentorship, people, called_off, by=actor.name, ended_on=program_today(), but=mine.member_id)


def _erase_own(member: Member) -> None:
    mine = select(Participant.id).where(Participant.member_id == member.id)
    db.session.execute(delete(JournalEntry).where(JournalEntry.participant_id.in_(mine)))
    erase_applications(
        db.session.scalars(
            select(Application.id).where(
                Application.member_id == member.id,
                Application.submitted_at.is_(None),
                ~exists().where(
                    PoolEntry.association_id == Application.association_id, PoolEntry.application_id == Application.id
                ),
            )
        ).all()
    )
    db.session.execute(
        update(CorrectionRequest)
        .where(CorrectionRequest.member_id == member.id, CorrectionRequest.state == CorrectionState.OPEN)
        .values(state=CorrectionState.WITHDRAWN)
    )
    forget_copies(member.id)


def _forget_sign_ins(member: Member) -> None:
    accounts = db.session.scalars(select(Account.id).where(Account.member_id == member.id)).all()
    for model in (SignInSession, Token):
        db.session.execute(delete(model).where(model.account_id.in_(accounts)))
    db.session.execute(update(Account).where(Account.id.in_(accounts)).values(password_hash=None, password_set_at=None))
