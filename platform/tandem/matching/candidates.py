"""The mentors whom staff can choose from for somebody left over, when they pair by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.applications.models import Role
from tandem.extensions import db
from tandem.matching.computing import (
    Pool,
    broken_constraints,
    build_problem,
    kept_apart,
    load_pool,
    reasons_for,
)
from tandem.matching.engine import Problem, explain_pair, shortlist
from tandem.matching.models import KEPT_APART, REASSIGNED, MatchRun, PoolEntry, Proposal, ProposalState
from tandem.matching.pool import Entry, Places, entries_for_matching, free_places, places_of
from tandem.matching.queries import PAGE, entries_by_id, mentors_in_pool
from tandem.matching.remembering import locks_apart
from tandem.programs.queries import resolved as resolved_document
from tandem.wording import Labels, in_words, labels_for_program


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mentor for one mentee: the fit in points with its parts and sentences, the places left, and what stands against it.

    ``refusals`` are sentences. ``waivable`` says that a reason is enough to pair them all the same. ``aside`` is a sentence where
    staff set this pair aside or keep the two apart, with what they wrote about it.
    """

    entry: PoolEntry
    points: int
    parts: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    places: int
    refusals: tuple[str, ...]
    waivable: bool
    aside: str


def candidates(
    run: MatchRun, mentee: PoolEntry, *, search: str = "", page: int = 1, chosen: UUID | None = None
) -> tuple[list[Candidate], int]:
    """The mentors of a run's pool for one mentee, and how many there are.

    Without ``search`` the best who may be paired and have a place, at most a page of them, those whose pair staff set aside last; with
    it, a page of those whose family name begins so, whether they may be paired or not. ``chosen`` stands there in any case. Loads the facts of the whole pool in the first case, of a page in the second.
    """
    resolved = resolved_document(run.program_revision_id)
    matching, labels = resolved.get("matching", {}), labels_for_program(resolved)
    entries: Sequence[tuple[Entry, Places]]
    if search:
        mentors, total = mentors_in_pool(run, search=search, offset=(page - 1) * PAGE)
        places = free_places(mentors)
        entries = [(mentor, places[mentor.id]) for mentor in mentors]
    else:
        entries = entries_for_matching(program_id=run.program_id, cohort_id=run.cohort_id, role=Role.MENTOR)
    aside = _set_aside(run, mentee)
    pool = load_pool([(mentee, places_of(mentee)), *entries], matching)
    problem = build_problem(pool, matching, obey_locks=False)
    if not search:
        best = [UUID(one.mentor) for one in shortlist(problem, mentee.id, k=PAGE)]
        best.sort(key=lambda one: one in aside)
        first = [entry.id for entry, _places in entries if entry.id == chosen and chosen not in best]
        # Only those who are shown are loaded as a whole.
        shown = entries_by_id(first + best)
        mentors = [shown[one] for one in first + best]
        total = len(mentors)
    free = {entry.id: left.free for entry, left in entries}
    apart = kept_apart([mentee], mentors)
    aside |= {one.id: _kept_apart(mentee, one) for one in mentors if apart.get((mentee.id, one.id)) == KEPT_APART}
    return [
        _candidate(
            mentee,
            one,
            matching,
            labels,
            places=free[one.id],
            pool=pool,
            problem=problem,
            apart=apart,
            aside=aside.get(one.id, ""),
        )
        for one in mentors
    ], total


def _candidate(
    mentee: PoolEntry,
    mentor: PoolEntry,
    matching: Mapping[str, Any],
    labels: Labels,
    *,
    places: int,
    pool: Pool,
    problem: Problem,
    apart: Mapping[tuple[UUID, UUID], str],
    aside: str,
) -> Candidate:
    broken = broken_constraints(pool.people[mentee.id], pool.people[mentor.id], matching)
    refusals = [in_words(message, labels) for _item, message in broken]
    waivable = all(item["strength"] == "waivable" for item, _message in broken)
    if mentor.member_id == mentee.member_id:
        refusals, waivable = [_("Nobody can be their own mentor. Choose someone else.")], False
    elif apart.get((mentee.id, mentor.id)) == REASSIGNED:
        refusals, waivable = [_("These two were reassigned from each other and are not matched again.")], False
    shown = explain_pair(problem, mentee.id, mentor.id)
    return Candidate(
        entry=mentor,
        points=shown.points,
        parts=[{"id": part.id, "points": part.points, "most": part.of} for part in shown.parts],
        reasons=reasons_for(pool.people[mentee.id], pool.people[mentor.id], matching),
        places=places,
        refusals=tuple(refusals),
        waivable=waivable,
        aside=aside,
    )


def _set_aside(run: MatchRun, mentee: PoolEntry) -> dict[UUID, str]:
    """What is said of the pairs with this mentee that staff set aside in a run, by the mentor's entry."""
    rows = db.session.execute(
        select(Proposal.mentor_entry_id, Proposal.note).where(
            Proposal.match_run_id == run.id,
            Proposal.mentee_entry_id == mentee.id,
            Proposal.state == ProposalState.DECLINED,
        )
    )
    said = _("Staff set this pair aside in this run.")
    return {mentor: _with_words(said, note) for mentor, note in rows}


def _kept_apart(mentee: PoolEntry, mentor: PoolEntry) -> str:
    reasons = [lock.reason for lock in locks_apart(mentee, mentor) if lock.reason]
    return _with_words(_("Staff keep these two apart; pairing them lifts that."), " ".join(reasons))


def _with_words(said: str, words: str | None) -> str:
    return _("%(said)s They wrote: %(words)s", said=said, words=words) if words else said
