"""Rules that must hold throughout: noticing that one has ceased to, pausing at once, going on when it holds again (C4).

A rule with ``on_lapse`` is watched for as long as the mentorship runs, under the revision that the mentorship pinned.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import SYSTEM
from tandem.applications.models import Application, Role
from tandem.clocks import program_now, program_today
from tandem.directory.models import Membership
from tandem.eligibility.services import Lapse, Subject, lapse_link, lapses
from tandem.extensions import db
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import Mentorship, MentorshipState, Participant, Pause
from tandem.mentorships.services import DUES, participants_of, partner_names, pause_mentorship, resume_mentorship
from tandem.notices.services import write_notice


def check_dues(*, member_ids: set[UUID] | None = None) -> tuple[int, int]:
    """Check everybody in a live mentorship (or only ``member_ids``); returns how many mentorships were paused and resumed.

    A lapse pauses the mentorship and tells each side in its own words; a payment resumes it and tells them again. The number of
    statements grows with the revisions in use and with what changes, not with the number of people.
    """
    watched = _watched(member_ids)
    resting = _resting()
    found = _lapses(watched)
    paused = resumed = 0
    for participant, subject in watched:
        lapse = found.get((participant.mentorship_id, subject))
        is_resting = participant.id in resting
        if lapse is not None and lapse.then == "pause" and not is_resting:
            paused += _pause(participant)
        elif lapse is None and is_resting:
            resumed += _resume(participant)
    return paused, resumed


def _watched(member_ids: set[UUID] | None) -> list[tuple[Participant, Subject]]:
    statement = (
        select(Participant, Application.submission_id)
        .join(Participant.mentorship)
        .join(
            PoolEntry,
            (PoolEntry.association_id == Participant.association_id) & (PoolEntry.id == Participant.pool_entry_id),
        )
        .join(
            Application,
            (Application.association_id == PoolEntry.association_id) & (Application.id == PoolEntry.application_id),
        )
        .where(Participant.left_at.is_(None), Mentorship.state != MentorshipState.ENDED)
        .options(
            joinedload(Participant.member),
            joinedload(Participant.mentorship).joinedload(Mentorship.program),
            joinedload(Participant.mentorship).selectinload(Mentorship.program_revision),
        )
        .order_by(Participant.mentorship_id, Participant.id)
    )
    if member_ids is not None:
        statement = statement.where(Participant.member_id.in_(member_ids))
    return [(row[0], (row[0].member_id, row[1])) for row in db.session.execute(statement)]


def _lapses(watched: list[tuple[Participant, Subject]]) -> dict[tuple[UUID, Subject], Lapse]:
    groups: dict[tuple[UUID, Role], list[tuple[Participant, Subject]]] = defaultdict(list)
    for participant, subject in watched:
        groups[participant.mentorship.program_revision_id, participant.side].append((participant, subject))
    found: dict[tuple[UUID, Subject], Lapse] = {}
    today = program_today()
    for (_revision, side), members in groups.items():
        role = members[0][0].mentorship.program_revision.resolved["roles"].get(side.value) or {}
        lapsed = {
            (lapse.member_id, lapse.submission_id): lapse
            for lapse in lapses(role=role, subjects=[subject for _participant, subject in members], today=today)
        }
        for participant, subject in members:
            if subject in lapsed:
                found[participant.mentorship_id, subject] = lapsed[subject]
    return found


def _resting() -> set[UUID]:
    return {
        identifier
        for identifier in db.session.scalars(
            select(Pause.participant_id).where(Pause.reason == DUES, Pause.until_at.is_(None))
        )
        if identifier is not None
    }


def _pause(participant: Participant) -> int:
    if not pause_mentorship(actor=SYSTEM, mentorship=participant.mentorship, reason=DUES, participant=participant):
        return 0
    role = participant.mentorship.program_revision.resolved["roles"].get(participant.side.value) or {}
    link = lapse_link(role)
    _tell(
        participant, "dues-lapsed-own", "dues-lapsed-partner",
        {
            "paid_through": _paid_through(participant.member_id),
            "help_label": link.label if link else "",
            "help_url": link.url if link else "",
        },
    )  # fmt: skip
    return 1


def _paid_through(member_id: UUID) -> date | None:
    """The last day that the member's dues covered, where it has passed: what lapsed may be another thing than dues."""
    found = db.session.scalar(select(func.max(Membership.paid_through)).where(Membership.member_id == member_id))
    return found if found is not None and found < program_today() else None


def _resume(participant: Participant) -> int:
    if not resume_mentorship(actor=SYSTEM, mentorship=participant.mentorship, reason=DUES, participant=participant):
        return 0
    _tell(participant, "dues-resumed", "dues-resumed")
    return 1


def _tell(cause: Participant, own: str, others: str, details: dict[str, Any] | None = None) -> None:
    at = program_now().isoformat()
    everybody = participants_of(cause.mentorship_id)
    for participant in everybody:
        write_notice(
            template=own if participant.id == cause.id else others,
            to_member_id=participant.member_id,
            context={"partners": partner_names(everybody, participant.member_id)}
            | ((details or {}) if participant.id == cause.id else {"person": cause.member.name}),
            about=("mentorship", cause.mentorship_id),
            dedupe_key=f"{own}:{cause.mentorship_id}:{cause.id}:{participant.id}:{at}",
        )
