"""What people ask about a result first: why not my best fit, and whom to recruit.

Both rest on the prices of mentors' places. A pair with somebody else's mentor is left unmade because the place is worth more to
others than the fit gained; and where a place is worth a person, one more of them is tried out before it is recommended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tandem.matching.engine.candidates import Effort, Report, Step, merged
from tandem.matching.engine.inputs import Aim
from tandem.matching.engine.lookups import Index, Lookup
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.result import Reason, Result
from tandem.matching.engine.solve import solve
from tandem.matching.engine.solved import Solved
from tandem.matching.engine.ties import TIE_SPAN, pair_ties

# Whom and how many more places would place is certain; of the points of a large pool so small a share may be missing.
TRIED_WITHIN = 0.001


@dataclass(frozen=True, slots=True)
class Missed:
    """A mentee's best fit ``mentor`` with ``points``, where ``got`` with fewer was made instead.

    ``price`` and ``own_price`` are what a place with either mentor is worth; ``price − own_price`` is never less than the points
    missed (each rounded to whole points).
    """

    mentee: str
    got: str
    got_points: int
    mentor: str
    points: int
    price: int
    own_price: int


@dataclass(frozen=True, slots=True)
class Recruit:
    """So many more ``places`` with mentors like this one would place as many more people, and change the total by ``points``.

    Found by solving again with these places added; ``mentees`` are then placed who are not now.
    """

    mentor: str
    places: int
    points: int
    mentees: tuple[str, ...]


def missed_fits(problem: Problem, result: Result) -> tuple[Missed, ...]:
    """For each mentee with one mentor, the best fit among the others, if it is better; in the order of the pairs."""
    prices = {price.mentor: price.price for price in result.prices}
    once = _first_of_each([problem.mentee_at[pair.mentee] for pair in result.pairs])
    pairs = [result.pairs[k] for k in once.tolist()]
    mentees = np.array([problem.mentee_at[pair.mentee] for pair in pairs], dtype=np.int64)
    found = []
    for begin in range(0, len(pairs), 256):
        rows = mentees[begin : begin + 256]
        worth = (problem.score_rows(rows).astype(np.int32) + 1) * TIE_SPAN
        worth += pair_ties(problem.mentee_digests[rows, None], problem.mentor_digests[None, :]).astype(np.int32)
        worth *= problem.allowed_rows(rows) & (problem.capacities > 0)
        best = np.argmax(worth, axis=1)
        points = worth[np.arange(len(rows)), best] // TIE_SPAN - 1
        for pair, j, most in zip(pairs[begin : begin + 256], best.tolist(), points.tolist(), strict=True):
            name = problem.mentors[j]
            if most > pair.points:
                found.append(
                    Missed(pair.mentee, pair.mentor, pair.points, name, most, prices.get(name, 0), prices[pair.mentor])
                )
    return tuple(found)


def recruits(problem: Problem, result: Result, *, most: int = 3, effort: Effort | None = None) -> tuple[Recruit, ...]:
    """Up to ``most`` kinds of mentors of whom more places would place more people, those that place most first.

    Mentors count as one kind if no rule and no criterion tells them apart. Each kind is checked by solving again, beginning with the
    pairs that the result looked at: how many people they place is certain, of the points a thousandth may be missing where not all pairs
    go to the solver.
    """
    effort = effort or Effort()
    wanted = [price for price in result.prices if price.more_people]
    wanted.sort(key=lambda price: (-price.more_points, price.mentor))
    kinds: dict[tuple[object, ...], str] = {}
    for price in wanted:
        kinds.setdefault(_kind(problem, problem.mentor_at[price.mentor]), price.mentor)
    tried = list(kinds.values())[: 2 * most]
    before = {pair.mentee for pair in result.pairs}
    found: list[Recruit] = []
    waiting = sum(one.reason is not Reason.NO_MENTOR_ALLOWED for one in result.unmatched)
    for at, name in enumerate(tried):
        if sum(one.places >= waiting for one in found) >= most:
            # No other kind can place more than everybody who could be placed at all.
            break
        effort.report(Step.RECRUITING, at / len(tried))
        quiet = replace(
            effort,
            report=partial(_tried, effort.report, at / len(tried)),
            tolerance=max(TRIED_WITHIN, effort.tolerance),
        )
        after = _with_more(problem, result, problem.mentor_at[name], quiet)
        if after is not None:
            placed = tuple(sorted(after.placed - before))
            found.append(Recruit(name, after.places, after.points - result.points, placed))
    found.sort(key=lambda one: (-one.places, -one.points, one.mentor))
    return tuple(found[:most])


def _tried(report: Report, share: float, _step: Step, _share: float) -> None:
    report(Step.RECRUITING, share)


@dataclass(frozen=True, slots=True)
class _More:
    """What ``places`` more with a mentor come to: who is ``placed``, and the ``points`` of all pairs."""

    places: int
    placed: set[str]
    points: int


def _with_more(problem: Problem, result: Result, mentor: int, effort: Effort) -> _More | None:
    """Solve with as many more places of one mentor as place somebody each; ``None`` where none would."""
    whole = result.looked is None
    if problem.aim is not Aim.POINTS:
        counts = solve(_more_places(problem, mentor, len(result.unmatched)), effort).counts
        if counts.people <= result.counts.people:
            return None
        places = counts.people - result.counts.people
        again = solve(_more_places(problem, mentor, places), effort)
        return _More(places, {pair.mentee for pair in again.pairs}, again.points)
    # Nobody who is placed now needs to go without for it, and whom the mentor may have is looked at from the start.
    everybody = np.arange(len(problem.mentees))
    column = np.full_like(everybody, mentor)
    own = everybody[problem.open_at(everybody, column)] * len(problem.mentors) + mentor
    begin = None if whole else merged(result.looked, own)  # type: ignore[arg-type]
    counted = Solved.counted(_more_places(problem, mentor, len(result.unmatched)), effort, begin)
    places = counted.people - result.counts.people
    if places <= 0:
        return None
    solved = Solved.of(_more_places(problem, mentor, places), effort, None if whole else counted.pairs)
    return _More(places, solved.placed, solved.points)


def _more_places(problem: Problem, mentor: int, places: int) -> Problem:
    capacities = problem.capacities.copy()
    capacities[mentor] += places
    return replace(problem, capacities=capacities)


def _kind(problem: Problem, mentor: int) -> tuple[object, ...]:
    # Whom somebody has already is no property of a mentor whom one could look for.
    tables = [*(part.table for part in problem.fit), *(rule.allows for rule in problem.rules)]
    return tuple(
        int(table.mentor_codes[mentor])
        if isinstance(table, Lookup) and table.mentor_codes is not None
        else table.column(mentor).tobytes()
        for table in tables
    )


def _first_of_each(owners: list[int]) -> Index:
    """Positions of those who stand once in a list."""
    _, first, counts = np.unique(np.array(owners, dtype=np.int64), return_index=True, return_counts=True)
    return np.sort(first[counts == 1])
