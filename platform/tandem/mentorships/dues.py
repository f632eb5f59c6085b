"""Rules that must hold throughout: noticing that one has ceased to, pausing at once, going on when it holds again (C4).

A rule with ``on_lapse`` in its settings is watched for as long as the mentorship runs, under the revision that the mentorship
pinned. It has lapsed once it does not hold today, nor did ``grace`` days ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import SYSTEM
from tandem.clocks import program_now, program_today
from tandem.eligibility.services import check_rule, facts_for_many, leaves
from tandem.extensions import db
from tandem.mentorships.models import Mentorship, MentorshipState, Participant, Pause
from tandem.mentorships.services import DUES, participants_of, pause_mentorship, resume_mentorship
from tandem.notices.services import write_notice
from tandem.plugin_api.facts import Facts
from tandem.plugin_api.types import Truth


@dataclass(frozen=True, slots=True)
class Watched:
    """A participant with the rules to watch and the submission they were approved on."""

    participant: Participant
    mentorship: Mentorship
    rules: tuple[Mapping[str, Any], ...]


def check_dues(*, member_ids: set[UUID] | None = None) -> tuple[int, int]:
    """Check every watched participant of a live mentorship (or only ``member_ids``); returns (paused, resumed) counts.

    A lapse pauses the mentorship and tells both sides in their own words; a payment resumes it and tells them again.
    """
    watched = list(_watched(member_ids))
    if not watched:
        return 0, 0
    today = program_today()
    paused = resumed = 0
    pairs = sorted({(item.participant.member_id, None) for item in watched}, key=str)
    # Days other than today are asked for only where a rule grants grace.
    facts_by_day: dict[date, dict[tuple[UUID, UUID | None], Facts]] = {}

    def facts_on(day: date, member_id: UUID) -> Facts:
        if day not in facts_by_day:
            facts_by_day[day] = dict(facts_for_many(pairs, today=day))
        return facts_by_day[day][(member_id, None)]

    for item in watched:
        lapsed = any(_has_lapsed(rule, today, item.participant.member_id, facts_on) for rule in item.rules)
        resting = _rests(item)
        if lapsed and not resting:
            paused += _pause(item)
        elif not lapsed and resting:
            resumed += _resume(item)
    return paused, resumed


def watched_rules(resolved: Mapping[str, Any], role: str) -> tuple[Mapping[str, Any], ...]:
    """The rules of one role that carry ``on_lapse``."""
    tree = resolved["roles"].get(role, {}).get("eligibility") or {}
    return tuple(leaf for leaf in leaves(tree) if leaf.get("on_lapse") or (leaf.get("settings") or {}).get("on_lapse"))


def grace_days(rule: Mapping[str, Any]) -> int:
    """The grace of a watched rule in whole days (``0d``, ``30d``)."""
    on_lapse = rule.get("on_lapse") or (rule.get("settings") or {}).get("on_lapse") or {}
    grace = on_lapse.get("grace", 0)
    return int(str(grace).removesuffix("d") or 0)


def _has_lapsed(rule: Mapping[str, Any], today: date, member_id: UUID, facts_on: Any) -> bool:
    days = {today, today - timedelta(days=grace_days(rule))}
    return all(check_rule(rule, facts_on(day, member_id)).truth is Truth.NOT_MET for day in days)


def _watched(member_ids: set[UUID] | None) -> Iterator[Watched]:
    statement = (
        select(Participant)
        .join(Participant.mentorship)
        .where(Participant.left_at.is_(None), Mentorship.state != MentorshipState.ENDED)
        .options(
            joinedload(Participant.member),
            joinedload(Participant.mentorship).joinedload(Mentorship.program),
            joinedload(Participant.mentorship).joinedload(Mentorship.program_revision),
        )
        .order_by(Participant.mentorship_id, Participant.id)
    )
    if member_ids is not None:
        statement = statement.where(Participant.member_id.in_(member_ids))
    for participant in db.session.scalars(statement):
        mentorship = participant.mentorship
        rules = watched_rules(mentorship.program_revision.resolved, participant.side.value)
        if rules:
            yield Watched(participant, mentorship, rules)


def _rests(item: Watched) -> bool:
    return (
        db.session.scalar(
            select(Pause.id).where(
                Pause.mentorship_id == item.mentorship.id, Pause.participant_id == item.participant.id,
                Pause.reason == DUES, Pause.until_at.is_(None),
            )
        )
        is not None
    )  # fmt: skip


def _pause(item: Watched) -> int:
    if not pause_mentorship(actor=SYSTEM, mentorship=item.mentorship, reason=DUES, participant=item.participant):
        return 0
    _tell(item, "dues-lapsed-own", "dues-lapsed-partner")
    return 1


def _resume(item: Watched) -> int:
    goes_on = resume_mentorship(
        actor=SYSTEM, mentorship=item.mentorship, reason=DUES, participant=item.participant
    )
    if goes_on:
        _tell(item, "dues-resumed", "dues-resumed")
    return 1


def _tell(item: Watched, own: str, others: str) -> None:
    at = program_now().isoformat()
    for participant in participants_of(item.mentorship.id):
        is_own = participant.id == item.participant.id
        write_notice(
            template=own if is_own else others,
            to_member_id=participant.member_id,
            context={"program": item.mentorship.program.name, "person": item.participant.member.name},
            about=("mentorship", item.mentorship.id),
            dedupe_key=f"{own}:{item.mentorship.id}:{item.participant.id}:{participant.id}:{at}",
        )
