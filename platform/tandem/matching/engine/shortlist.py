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


class Shortlists:
    """Shortlists of one problem, for many mentees in turn: what does not depend on the mentee is worked out once.

    The problem's capacities are what mentors have free now; locked places count as taken, locked mentors of a mentee are not
    suggested again. ``prices`` are points by mentor id, from ``Result.prices`` of the last run; a mentor without one has price 0.
    """

    def __init__(self, problem: Problem, prices: Mapping[str, int] | None = None) -> None:
        self.problem = problem
        self._places = Left.of(problem).places
        self._free = self._places > 0
        self._scarcity = np.zeros(len(problem.mentors), dtype=np.int32)
        for name, price in (prices or {}).items():
            if name in problem.mentor_at:
                self._scarcity[problem.mentor_at[name]] = price

    def of(self, mentee: Id, k: int = 10) -> tuple[Suggestion, ...]:
        """The ``k`` mentors who suit one mentee best, after scarcity, best first; draws by the hash of the ids.

        Works in one row of the problem, without solving. Raises ``UnknownId``.
        """
        problem, i = self.problem, position(self.problem.mentee_at, mentee, "mentee")
        allowed = problem.allowed_rows(slice(i, i + 1))[0] & self._free
        allowed[problem.locks[problem.locks[:, 0] == i, 1]] = False
        found = np.flatnonzero(allowed)
        points = problem.score_rows(slice(i, i + 1))[0, found]
        worth = points - self._scarcity[found]
        if 0 < k < len(found):
            # Only those who can be among the first are put in order.
            near = np.flatnonzero(worth >= np.partition(worth, len(found) - k)[len(found) - k])
            found, points, worth = found[near], points[near], worth[near]
        ties = pair_ties(problem.mentee_digests[i], problem.mentor_digests[found])
        order = np.lexsort((-ties, -points.astype(np.int64), -worth))[: max(0, k)]
        return tuple(
            Suggestion(problem.mentors[j], fit, fit - left_over, left)
            for j, fit, left_over, left in zip(
                found[order].tolist(),
                points[order].tolist(),
                worth[order].tolist(),
                self._places[found[order]].tolist(),
                strict=True,
            )
        )


def shortlist(
    problem: Problem, mentee: Id, prices: Mapping[str, int] | None = None, k: int = 10
) -> tuple[Suggestion, ...]:
    """As ``Shortlists.of``, for one mentee. Raises ``UnknownId``."""
    return Shortlists(problem, prices).of(mentee, k)
