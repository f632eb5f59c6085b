"""Whom to suggest for one mentee, in a program that fills all year round: the mentors who may be paired, and why others may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from tandem.applications.models import Role
from tandem.extensions import db
from tandem.matching.computing import Pool, broken_constraints, build_problem, kept_apart, load_pool, reasons_for
from tandem.matching.engine import Problem, explain_pair, shortlist
from tandem.matching.models import (
    AskState,
    MatchRun,
    MentorAsk,
    PoolEntry,
    PoolState,
    Proposal,
    ProposalState,
    RunState,
)
from tandem.matching.pool import Entrant, Places, entries_for_matching, places_of
from tandem.matching.queries import entries_by_id
from tandem.plugin_api import Message
from tandem.programs.models import Program
from tandem.programs.queries import current_revision
from tandem.programs.queries import resolved as resolved_document

#: So many mentors are suggested, and so many of those who cannot be paired are told with their reason.
SUGGESTED, EXCLUDED = 10, 20


@dataclass(frozen=True, slots=True)
class Suggested:
    """A mentor with fit and scarcity in points, the parts of the fit and the sentences behind it, and the places left.

    ``aside`` says that staff set this pair aside in the last run.
    """

    entry: PoolEntry
    fit: int
    scarcity: int
    places: int
    parts: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    aside: bool


@dataclass(frozen=True, slots=True)
class Excluded:
    """A mentor who cannot be paired with this mentee: the sentences of the rules, or the id of what keeps them apart."""

    entry: PoolEntry
    rules: list[Message]
    apart: str | None
    full: bool


@dataclass(frozen=True, slots=True)
class NotShown:
    """How many mentors of the pool are not suggested, each counted under the first reason that applies.

    ``apart``: by staff or after a reassignment; ``asked``: for this mentee, without a yes; ``fit``: others suit better.
    """

    apart: int
    rules: int
    full: int
    resting: int
    asked: int
    fit: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.apart + self.rules + self.full + self.resting + self.asked + self.fit


@dataclass(frozen=True, slots=True)
class Suggestions:
    """``best`` first; ``excluded`` are the first of ``excluded_total``; ``priced_at`` is the run whose prices say how scarce."""

    best: Sequence[Suggested]
    excluded: Sequence[Excluded]
    excluded_total: int
    not_shown: NotShown
    priced_at: MatchRun | None


def suggest(mentee: PoolEntry, program: Program) -> Suggestions:
    """The mentors of the mentee's pool, ranked by fit less scarcity under the newest configuration; nothing is changed.

    Nobody whom a rule forbids is ever among ``best``, and nobody without a free place that is not promised already.
    """
    matching = resolved_document(current_revision(program).id).get("matching", {})
    entries = entries_for_matching(program_id=mentee.program_id, cohort_id=mentee.cohort_id, role=Role.MENTOR)
    own = (mentee, places_of(mentee))
    pool = load_pool([own, *entries], matching)
    problem = build_problem(pool, matching, obey_locks=False)
    run = _last_run(mentee)
    tried = set(
        db.session.scalars(
            select(MentorAsk.mentor_entry_id).where(
                MentorAsk.mentee_entry_id == mentee.id,
                MentorAsk.state.in_((AskState.DECLINED, AskState.LAPSED)),
                MentorAsk.asked_at >= mentee.entered_at,
            )
        )
    )
    ranked = shortlist(problem, mentee.id, run.prices if run else None, k=SUGGESTED + len(tried))
    chosen = [one for one in ranked if UUID(one.mentor) not in tried][:SUGGESTED]
    out = _out(mentee, entries, problem)
    apart = kept_apart([mentee], out)
    # Only those who are shown are loaded as a whole.
    by_id = entries_by_id([*(UUID(one.mentor) for one in chosen), *(entry.id for entry in out[:EXCLUDED])])
    aside = _set_aside(mentee, run)
    best: list[Suggested] = []
    for one in chosen:
        entry = by_id[UUID(one.mentor)]
        shown = explain_pair(problem, mentee.id, one.mentor)
        parts = [{"id": part.id, "points": part.points, "most": part.of} for part in shown.parts]
        reasons = reasons_for(pool.people[mentee.id], pool.people[entry.id], matching)
        best.append(Suggested(entry, one.fit, one.scarcity, one.places_left, parts, reasons, entry.id in aside))
    excluded = _excluded(mentee, [by_id[entry.id] for entry in out[:EXCLUDED]], pool, matching, apart)
    asked = len(tried.intersection(entry.id for entry, _places in entries) - {entry.id for entry in out})
    not_shown = NotShown(
        **_why_out(mentee, out, problem, apart),
        resting=_resting(mentee),
        asked=asked,
        fit=len(entries) - len(out) - asked - len(best),
    )
    return Suggestions(best, excluded, len(out), not_shown, run)


def why_not(mentee: PoolEntry, mentor: PoolEntry, matching: Mapping[str, Any]) -> list[Message]:
    """The sentences of every rule that these two break; none breaks means that they may be paired."""
    pool = load_pool([(mentee, places_of(mentee)), (mentor, places_of(mentor))], matching)
    return [message for _item, message in broken_constraints(pool.people[mentee.id], pool.people[mentor.id], matching)]


def open_ask(mentee_entry_id: UUID) -> MentorAsk | None:
    """The ask of this mentee that waits for an answer."""
    return db.session.scalar(
        select(MentorAsk)
        .where(MentorAsk.mentee_entry_id == mentee_entry_id, MentorAsk.state == AskState.ASKED)
        .options(joinedload(MentorAsk.mentor_entry).joinedload(PoolEntry.member))
    )


def asks_of(mentee_entry_id: UUID) -> Sequence[MentorAsk]:
    """All mentors who were ever asked for this mentee, the latest first."""
    return db.session.scalars(
        select(MentorAsk)
        .where(MentorAsk.mentee_entry_id == mentee_entry_id)
        .options(joinedload(MentorAsk.mentor_entry).joinedload(PoolEntry.member))
        .order_by(MentorAsk.asked_at.desc(), MentorAsk.id.desc())
        .limit(50)
    ).all()


def _out(mentee: PoolEntry, entries: Sequence[tuple[Entrant, Places]], problem: Problem) -> list[Entrant]:
    """Those who cannot be had, by name."""
    _rules, broken = problem.broken_for_mentee(problem.mentee_at[str(mentee.id)])
    forbidden = {problem.mentors[int(at)] for at in np.flatnonzero(broken.any(axis=0))}
    free = {entry.id: places.free for entry, places in entries}
    return sorted(
        (entry for entry, _places in entries if str(entry.id) in forbidden or not free[entry.id]),
        key=lambda entry: (entry.name_key, entry.id),
    )


def _why_out(
    mentee: PoolEntry,
    out: Sequence[Entrant],
    problem: Problem,
    apart: Mapping[tuple[UUID, UUID], str],
) -> dict[str, int]:
    """How many of those who cannot be had are kept apart, forbidden by a rule, or without a place."""
    _rules, broken = problem.broken_for_mentee(problem.mentee_at[str(mentee.id)])
    forbidden = {problem.mentors[int(at)] for at in np.flatnonzero(broken.any(axis=0))}
    held = sum((mentee.id, entry.id) in apart for entry in out)
    rules = sum(str(entry.id) in forbidden and (mentee.id, entry.id) not in apart for entry in out)
    return {"apart": held, "rules": rules, "full": len(out) - held - rules}


def _resting(mentee: PoolEntry) -> int:
    """How many mentors of the mentee's pool are at rest."""
    counted = select(func.count()).where(
        PoolEntry.program_id == mentee.program_id,
        PoolEntry.cohort_id.is_not_distinct_from(mentee.cohort_id),
        PoolEntry.role == Role.MENTOR,
        PoolEntry.state == PoolState.PAUSED,
    )
    return db.session.scalar(counted) or 0


def _excluded(
    mentee: PoolEntry,
    shown: Sequence[PoolEntry],
    pool: Pool,
    matching: Mapping[str, Any],
    apart: Mapping[tuple[UUID, UUID], str],
) -> list[Excluded]:
    """What keeps each of these from the mentee, in words."""
    people = pool.people
    return [
        Excluded(
            entry,
            [message for _item, message in broken_constraints(people[mentee.id], people[entry.id], matching)],
            "self" if entry.member_id == mentee.member_id else apart.get((mentee.id, entry.id)),
            not pool.places[entry.id].free,
        )
        for entry in shown
    ]


def _set_aside(mentee: PoolEntry, run: MatchRun | None) -> set[UUID]:
    """The mentors' entries whose pair with this mentee staff set aside in a run."""
    if run is None:
        return set()
    return set(
        db.session.scalars(
            select(Proposal.mentor_entry_id).where(
                Proposal.match_run_id == run.id,
                Proposal.mentee_entry_id == mentee.id,
                Proposal.state == ProposalState.DECLINED,
            )
        )
    )


def _last_run(mentee: PoolEntry) -> MatchRun | None:
    return db.session.scalar(
        select(MatchRun)
        .where(
            MatchRun.program_id == mentee.program_id,
            MatchRun.cohort_id.is_not_distinct_from(mentee.cohort_id),
            MatchRun.state.in_((RunState.PROPOSED, RunState.PUBLISHED)),
        )
        .order_by(MatchRun.created_at.desc())
        .limit(1)
    )
