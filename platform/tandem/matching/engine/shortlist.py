"""Whom to suggest for one mentee in a program that fills all year round.

In a rolling program nobody waits for a run. A mentor's price in the last run says what their places are worth to others; fit less
price leaves scarce mentors for those who need them. Fit and scarcity are told apart, so that staff see both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tandem.matching.engine.arcs import Left
from tandem.matching.engine.checks import position
from tandem.matching.engine.inputs import Id
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.ties import pair_ties


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mentor who is allowed and has ``places_left`` > 0, ranked by ``fit`` − ``scarcity`` (points)."""

    mentor: str
    fit: int
    scarcity: int
    places_left: int


def shortlist(
    problem: Problem, mentee: Id, prices: Mapping[str, int] | None = None, k: int = 10
) -> tuple[Suggestion, ...]:
    """The ``k`` mentors who suit one mentee best, after scarcity, best first; draws by the hash of the ids.

    The problem's capacities are what mentors have free now; locked places count as taken, locked mentors of this mentee are not
    suggested again. ``prices`` are points by mentor id, from ``Result.prices`` of the last run; a mentor without one has price 0.
    Works in one row of the problem, without solving. Raises ``UnknownId``.
    """
    i = position(problem.mentee_at, mentee, "mentee")
    places = Left.of(problem).places
    allowed = problem.allowed_rows(slice(i, i + 1))[0] & (places > 0)
    allowed[problem.locks[problem.locks[:, 0] == i, 1]] = False
    found = np.flatnonzero(allowed)
    points = problem.score_rows(slice(i, i + 1))[0, found].astype(np.int64)
    asked = prices or {}
    scarcity = np.array([asked.get(problem.mentors[j], 0) for j in found.tolist()], dtype=np.int64)
    ties = pair_ties(problem.mentee_digests[i], problem.mentor_digests[found])
    order = np.lexsort((-ties, -points, scarcity - points))[: max(0, k)]
    return tuple(
        Suggestion(problem.mentors[j], fit, dear, left)
        for j, fit, dear, left in zip(
            found[order].tolist(),
            points[order].tolist(),
            scarcity[order].tolist(),
            places[found[order]].tolist(),
            strict=True,
        )
    )
