"""What people ask about a result first: why not my best fit, and whom to recruit.

Both rest on the prices of mentors' places. A pair with somebody else's mentor is left unmade because the place is worth more to
others than the fit gained; and where a place is worth a person, one more of them is tried out before it is recommended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tandem.matching.engine.candidates import Effort
from tandem.matching.engine.lookups import Index, Lookup
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.result import Result
from tandem.matching.engine.solve import solve
from tandem.matching.engine.ties import TIE_SPAN, pair_ties


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

    Mentors count as one kind if no rule and no criterion tells them apart. Each kind is checked by solving again, so this takes
    as many solves as kinds are tried.
    """
    wanted = [price for price in result.prices if price.more_people]
    wanted.sort(key=lambda price: (-price.more_points, price.mentor))
    tried: dict[tuple[object, ...], str] = {}
    for price in wanted:
        tried.setdefault(_kind(problem, problem.mentor_at[price.mentor]), price.mentor)
    before = {pair.mentee for pair in result.pairs}
    found = []
    for name in list(tried.values())[: 2 * most]:
        more = problem.capacities.copy()
        more[problem.mentor_at[name]] += len(result.unmatched)
        places = solve(replace(problem, capacities=more), effort).counts.people - result.counts.people
        more[problem.mentor_at[name]] = problem.capacities[problem.mentor_at[name]] + places
        if places <= 0:
            continue
        after = solve(replace(problem, capacities=more), effort)
        placed = tuple(sorted({pair.mentee for pair in after.pairs} - before))
        found.append(Recruit(name, places, after.points - result.points, placed))
    found.sort(key=lambda one: (-one.places, -one.points, one.mentor))
    return tuple(found[:most])


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
