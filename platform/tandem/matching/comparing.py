"""Two runs side by side, and what other weights would do; both read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.computing import build_problem, load_pool, pairs_before
from tandem.matching.engine import Result, solve
from tandem.matching.models import MatchRun, Proposal, ProposalState
from tandem.matching.pool import entries_for_matching, number_for_matching
from tandem.matching.queries import entries_by_id
from tandem.programs.models import Program
from tandem.programs.queries import current_revision
from tandem.programs.queries import resolved as resolved_document

#: A pool of more people than this is not matched while somebody waits for the page.
MOST_PEOPLE = 3_000


@dataclass(frozen=True, slots=True)
class Moved:
    """A mentee whose mentor is another one: by name, ``None`` for nobody."""

    mentee: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two sets of pairs differ: the first ``moves`` by name, and how many there are; ``same`` pairs stand in both."""

    moves: Sequence[Moved]
    moved: int
    same: int


def compare_runs(one: MatchRun, other: MatchRun, *, offset: int, limit: int) -> Comparison:
    """Who would have another mentor in ``other``; pairs that were set aside do not count."""
    return _compared(_pairs(one), _pairs(other), offset=offset, limit=limit)


def preview(
    program: Program, cohort_id: UUID | None, weights: Mapping[str, int], *, limit: int
) -> tuple[Result, Result, Comparison] | None:
    """Match the pool as it is now with the program's weights and with others; nothing is kept.

    ``None`` where the pool is too large for that. Raises the engine's errors.
    """
    if number_for_matching(program_id=program.id, cohort_id=cohort_id) > MOST_PEOPLE:
        return None
    entries = entries_for_matching(program_id=program.id, cohort_id=cohort_id)
    matching: Mapping[str, Any] = resolved_document(current_revision(program).id).get("matching", {})
    changed = {
        **matching,
        "criteria": [
            {**item, "weight": weights.get(item["id"], item["weight"])} for item in matching.get("criteria", ())
        ],
    }
    pool = load_pool(entries, matching)
    together: set[tuple[UUID, UUID]] = set()
    if matching.get("keep_bonus"):
        together = pairs_before(pool, program_id=program.id, cohort_id=cohort_id)
    now, then = (solve(build_problem(pool, one, together=together)) for one in (matching, changed))
    before, after = ({UUID(pair.mentee): UUID(pair.mentor) for pair in result.pairs} for result in (now, then))
    return now, then, _compared(before, after, offset=0, limit=limit)


def _pairs(run: MatchRun) -> dict[UUID, UUID]:
    rows = db.session.execute(
        select(Proposal.mentee_entry_id, Proposal.mentor_entry_id).where(
            Proposal.match_run_id == run.id, Proposal.state != ProposalState.DECLINED
        )
    )
    return {row[0]: row[1] for row in rows}


def _compared(before: Mapping[UUID, UUID], after: Mapping[UUID, UUID], *, offset: int, limit: int) -> Comparison:
    mentees = sorted(before.keys() | after.keys())
    moved = [mentee for mentee in mentees if before.get(mentee) != after.get(mentee)]
    shown = moved[offset : offset + limit]
    ids = {*shown, *(side[mentee] for mentee in shown for side in (before, after) if mentee in side)}
    names = {identifier: entry.member.name for identifier, entry in entries_by_id(sorted(ids)).items()}
    return Comparison(
        [
            Moved(
                names.get(mentee, "–"),
                names.get(before[mentee], "–") if mentee in before else None,
                names.get(after[mentee], "–") if mentee in after else None,
            )
            for mentee in shown
        ],
        len(moved),
        len(mentees) - len(moved),
    )
