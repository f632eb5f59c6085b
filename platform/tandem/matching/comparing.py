"""Two runs side by side, and what other weights would do; both read only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.computing import Pool, build_problem, load_pool, pairs_before
from tandem.matching.engine import Effort, solve
from tandem.matching.models import MatchRun, Proposal
from tandem.matching.pool import entries_for_matching, number_for_matching
from tandem.matching.progress import Progress
from tandem.matching.queries import entries_by_id
from tandem.matching.standing import stands
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


@dataclass(frozen=True, slots=True)
class Side:
    """What a match reached: people with a mentor, pairs, and the points of all pairs."""

    people: int
    pairs: int
    points: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried: ``weights`` by criterion, and ``more`` places (or fewer) by the mentor's entry."""

    weights: Mapping[str, int]
    more: Mapping[UUID, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The same for a job's arguments."""
        return {
            "weights": dict(self.weights),
            "more": {str(entry): places for entry, places in sorted(self.more.items())},
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Change:
        """What ``plain`` made."""
        return cls(plain["weights"], {UUID(entry): places for entry, places in plain.get("more", {}).items()})


@dataclass(frozen=True, slots=True)
class Trial:
    """The pool as it is, with the program's weights, and changed. ``moves`` are the first mentees with another mentor, by entry id."""

    now: Side
    then: Side
    moves: Sequence[tuple[UUID, UUID | None, UUID | None]]
    moved: int
    same: int

    def plain(self) -> dict[str, Any]:
        """Ids and figures only, to be kept with a job."""
        return {
            "now": asdict(self.now),
            "then": asdict(self.then),
            "moves": [[str(one) if one else None for one in move] for move in self.moves],
            "moved": self.moved,
            "same": self.same,
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Trial:
        """What ``plain`` made."""
        moves = [tuple(UUID(one) if one else None for one in move) for move in plain["moves"]]
        return cls(Side(**plain["now"]), Side(**plain["then"]), moves, plain["moved"], plain["same"])  # type: ignore[arg-type]

    def comparison(self) -> Comparison:
        """The moves by name; one statement."""
        return Comparison(_named(self.moves), self.moved, self.same)


def is_large(program_id: UUID, cohort_id: UUID | None) -> bool:
    """Whether a pool is matched by a worker rather than while somebody waits for the page."""
    return number_for_matching(program_id=program_id, cohort_id=cohort_id) > MOST_PEOPLE


def try_change(
    program: Program,
    cohort_id: UUID | None,
    change: Change,
    *,
    limit: int,
    progress: Callable[[int], None] = lambda _percent: None,
) -> Trial:
    """Match the pool as it is now and with a change; nothing is kept.

    One place more for a mentor is also what one more mentor like that one would bring. ``progress`` is told per cent, the first half
    of which are the pool as it is; what it raises ends the work. Raises the engine's errors.
    """
    progress(0)
    entries = entries_for_matching(program_id=program.id, cohort_id=cohort_id)
    matching: Mapping[str, Any] = resolved_document(current_revision(program).id).get("matching", {})
    changed = {
        **matching,
        "criteria": [
            {**item, "weight": change.weights.get(item["id"], item["weight"])} for item in matching.get("criteria", ())
        ],
    }
    pool = load_pool(entries, matching)
    together: set[tuple[UUID, UUID]] = set()
    if matching.get("keep_bonus"):
        together = pairs_before(pool, program_id=program.id, cohort_id=cohort_id)
    sides: list[Side] = []
    pairs: list[dict[UUID, UUID]] = []
    for half, (people, one) in enumerate(((pool, matching), (_with_more(pool, change.more), changed))):
        told = Progress(lambda percent, half=half: progress(50 * half + percent // 2))  # type: ignore[misc]
        result = solve(build_problem(people, one, together=together), Effort(report=told))
        sides.append(Side(result.counts.people, result.counts.pairs, int(result.points)))
        pairs.append({UUID(pair.mentee): UUID(pair.mentor) for pair in result.pairs})
    moves, moved, same = _moves(pairs[0], pairs[1], offset=0, limit=limit)
    return Trial(sides[0], sides[1], moves, moved, same)


def _with_more(pool: Pool, more: Mapping[UUID, int]) -> Pool:
    places = {
        entry: replace(pool.places[entry], free=max(0, pool.places[entry].free + count))
        for entry, count in more.items()
        if entry in pool.places
    }
    return replace(pool, places={**pool.places, **places})


def _pairs(run: MatchRun) -> dict[UUID, UUID]:
    rows = db.session.execute(
        select(Proposal.mentee_entry_id, Proposal.mentor_entry_id).where(Proposal.match_run_id == run.id, stands(run))
    )
    return {row[0]: row[1] for row in rows}


def _compared(before: Mapping[UUID, UUID], after: Mapping[UUID, UUID], *, offset: int, limit: int) -> Comparison:
    moves, moved, same = _moves(before, after, offset=offset, limit=limit)
    return Comparison(_named(moves), moved, same)


def _moves(
    before: Mapping[UUID, UUID], after: Mapping[UUID, UUID], *, offset: int, limit: int
) -> tuple[list[tuple[UUID, UUID | None, UUID | None]], int, int]:
    """Some of the mentees with another mentor, how many they are, and how many pairs are the same."""
    mentees = sorted(before.keys() | after.keys())
    moved = [mentee for mentee in mentees if before.get(mentee) != after.get(mentee)]
    shown = [(mentee, before.get(mentee), after.get(mentee)) for mentee in moved[offset : offset + limit]]
    return shown, len(moved), len(mentees) - len(moved)


def _named(moves: Sequence[tuple[UUID, UUID | None, UUID | None]]) -> list[Moved]:
    ids = {one for move in moves for one in move if one is not None}
    names = {identifier: entry.member.name for identifier, entry in entries_by_id(sorted(ids)).items()}
    return [
        Moved(
            names.get(mentee, "–"),
            names.get(before, "–") if before else None,
            names.get(after, "–") if after else None,
        )
        for mentee, before, after in moves
    ]
