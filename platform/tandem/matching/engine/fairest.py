"""The fairest pairs: as many people as possible, then the worst pair as good as possible, then points.

A floor is tried by leaving out every pair under it and asking whether as many people, tier by tier, can still be placed: a
maximum flow, and where it falls short a cut over all pairs that proves it (Ford and Fulkerson 1956). The highest floor that
passes is found by halving (the bottleneck assignment of Gross 1959). Above it the pairs of most points are sought as always.
"""

from __future__ import annotations

import numpy as np

from tandem.matching.engine.candidates import Effort
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.solved import Solved


def highest_floor(problem: Problem, plain: Solved) -> int:
    """The most points that every pair made can have, if as many people are placed as in ``plain``, the best by points.

    Locked pairs do not count. That no higher floor is possible has been proven by a cut, unless it is the problem's total.
    """
    kept = plain.residual
    if not len(kept.kept):
        return 0
    quotas = kept.drawn.sum(axis=1)
    low = int(problem.scores_at(kept.kept_mentee, kept.kept_mentor, problem.fit).min())
    high = problem.total
    while low < high:
        middle = (low + high + 1) // 2
        if _passes(problem.above(middle), plain.effort, quotas):
            low = middle
        else:
            high = middle - 1
    return low


def _passes(problem: Problem, effort: Effort, quotas: Index) -> bool:
    return np.array_equal(Solved.counted(problem, effort).residual.drawn.sum(axis=1), quotas)
