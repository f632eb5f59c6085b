"""Why nobody of the other side is allowed: which rule, alone and together, and what would open most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tandem.matching.engine.problem import Problem
from tandem.matching.engine.result import Refusal, Relaxation, RuleShare

# More alternatives than this help nobody to decide.
MOST_RELAXATIONS = 5


def refusal_of_mentee(problem: Problem, mentee: int) -> Refusal:
    """What keeps every mentor with places from one mentee."""
    names, broken = problem.broken_for_mentee(mentee)
    return _refusal(problem, names, broken[:, problem.capacities > 0])


def refusal_of_mentor(problem: Problem, mentor: int) -> Refusal:
    """What keeps every mentee who asked for somebody from one mentor."""
    names, broken = problem.broken_for_mentor(mentor)
    return _refusal(problem, names, broken[:, problem.needs > 0])


def _refusal(problem: Problem, names: tuple[str, ...], broken: NDArray[np.bool_]) -> Refusal:
    waivable = [rule.waivable for rule in problem.rules] + [False] * (len(names) - len(problem.rules))
    counts = broken.sum(axis=0)
    rules = tuple(
        RuleShare(name, int(broken[k].sum()), int((broken[k] & (counts == 1)).sum()), waivable[k])
        for k, name in enumerate(names)
        if broken[k].any()
    )
    sets = _distinct_sets(broken)
    smallest = [s for s in sets if not any(set(other) < set(s) for other in sets)]
    relaxations = [Relaxation(tuple(names[k] for k in s), sets[s], all(waivable[k] for k in s)) for s in smallest]
    relaxations.sort(key=lambda r: (len(r.rules), -r.opens, r.rules))
    return Refusal(broken.shape[1], rules, tuple(relaxations[:MOST_RELAXATIONS]))


def _distinct_sets(broken: NDArray[np.bool_]) -> dict[tuple[int, ...], int]:
    """The different sets of broken rules, and how many people break exactly this set."""
    if broken.size == 0:
        return {}
    packed, counts = np.unique(np.packbits(broken, axis=0), axis=1, return_counts=True)
    columns = np.unpackbits(packed, axis=0, count=len(broken))
    return {tuple(np.flatnonzero(column).tolist()): int(count) for column, count in zip(columns.T, counts, strict=True)}
