"""Pairs that may still be made, as flat arrays in the problem's order.

A pair's weight is ``points · scale + tie``: ``scale`` is larger than twice any possible sum of ties, also with a place more, so that ties can never
outweigh a point, and points can be read back exactly from any sum or difference of weights along a path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    """Open pairs, sorted by mentee, then mentor; locked pairs are not among them.

    ``mentee``, ``mentor`` and ``weight`` have shape ``(a,)``; the arcs of mentee ``i`` are ``start[i]…start[i+1]-1``.
    """

    mentee: Index
    mentor: Index
    weight: Index
    start: Index
    scale: int

    @classmethod
    def of(cls, problem: Problem, left: Left, pairs: Index) -> Arcs:
        """Weigh the given pairs (sorted, named as in ``candidates``). Raises ``TooLarge`` where weights would leave the
        solver's exact range.
        """
        units = max(1, min(int(left.needs.sum()), int(left.places.sum())))
        # One pair more than can be made now: a path that asks what one more place would bring makes that many.
        scale = 2 * TIE_SPAN * (units + 1)
        if (problem.total + 1) * scale >= COST_LIMIT:
            raise TooLarge(f"{units} pairs of up to {problem.total} points are more than can be told apart exactly")
        mentee, mentor = np.divmod(pairs, max(1, len(problem.mentors)))
        start = np.zeros(len(problem.mentees) + 1, dtype=np.int64)
        np.cumsum(np.bincount(mentee, minlength=len(problem.mentees)), out=start[1:])
        return cls(mentee, mentor, weights(problem, scale, mentee, mentor), start, scale)

    def points(self, weight: int) -> int:
        """The points in a sum or difference of weights."""
        return (int(weight) + self.scale // 2) // self.scale


def weights(problem: Problem, scale: int, mentee: Index, mentor: Index) -> Index:
    """What single pairs weigh, shape of the index arrays."""
    points = problem.scores_at(mentee, mentor)
    return points * scale + pair_ties(problem.mentee_digests[mentee], problem.mentor_digests[mentor])
