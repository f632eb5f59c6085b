"""Every pair that may still be made, as flat arrays in the problem's order.

A pair's weight is ``points · scale + tie``: ``scale`` is larger than twice any possible sum of ties, so that ties can never
outweigh a point, and points can be read back exactly from any sum or difference of weights along a path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tandem.matching.engine.errors import TooLarge
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.ties import TIE_SPAN, pair_ties

# The solver multiplies costs by the number of nodes; beyond this bound 64 bits may not be enough.
COST_LIMIT = 10**13


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What locks leave over: ``needs`` of shape ``(n,)`` and ``places`` of shape ``(m,)``; ``locked`` counts a mentee's locks."""

    needs: Index
    places: Index
    locked: Index

    @classmethod
    def of(cls, problem: Problem) -> Left:
        """The problem's needs and capacities less its locks."""
        locked = np.bincount(problem.locks[:, 0], minlength=len(problem.mentees))
        taken = np.bincount(problem.locks[:, 1], minlength=len(problem.mentors))
        return cls(problem.needs - locked, problem.capacities - taken, locked)


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The allowed pairs of mentees who still need somebody, sorted by mentee, then mentor; locked pairs are not among them.

    ``mentee``, ``mentor`` and ``weight`` have shape ``(a,)``; the arcs of mentee ``i`` are ``start[i]…start[i+1]-1``.
    """

    mentee: Index
    mentor: Index
    weight: Index
    start: Index
    scale: int

    @classmethod
    def of(cls, problem: Problem, left: Left) -> Arcs:
        """List the arcs. Raises ``TooLarge`` where weights would leave the solver's exact range."""
        units = max(1, min(int(left.needs.sum()), int(left.places.sum())))
        scale = 2 * TIE_SPAN * units
        if (problem.total + 1) * scale >= COST_LIMIT:
            raise TooLarge(f"{units} pairs of up to {problem.total} points are more than can be told apart exactly")
        pieces = [_piece(problem, left, begin, end) for begin, end in problem.pieces()]
        mentee, mentor, points = (
            np.concatenate([piece[k] for piece in pieces]) if pieces else np.zeros(0, dtype=np.int64) for k in range(3)
        )
        weight = points * scale + pair_ties(problem.mentee_digests[mentee], problem.mentor_digests[mentor])
        start = np.zeros(len(problem.mentees) + 1, dtype=np.int64)
        np.cumsum(np.bincount(mentee, minlength=len(problem.mentees)), out=start[1:])
        return cls(mentee, mentor, weight, start, scale)

    def points(self, weight: int) -> int:
        """The points in a sum or difference of weights."""
        return (int(weight) + self.scale // 2) // self.scale


def _piece(problem: Problem, left: Left, begin: int, end: int) -> tuple[Index, Index, Index]:
    """Mentees, mentors and points of the arcs of one run of rows."""
    allowed = problem.allowed_rows(begin, end)
    allowed &= (left.needs[begin:end] > 0)[:, None]
    first, last = np.searchsorted(problem.locks[:, 0], (begin, end))
    allowed[problem.locks[first:last, 0] - begin, problem.locks[first:last, 1]] = False
    flat: NDArray[np.int64] = np.flatnonzero(allowed)
    mentee, mentor = np.divmod(flat, max(1, len(problem.mentors)))
    points = problem.score_rows(begin, end).ravel()[flat]
    return mentee + begin, mentor, points.astype(np.int64)
