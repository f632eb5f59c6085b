"""A solved problem with its residual network, and the certificate that pairs nobody looked at change nothing.

The solver sees a part of the pairs. The prices of its answer are then held against every pair there is: a pair that weighs more
than its two prices may improve the answer and joins the others, and the solver answers again. When no such pair is left, the
prices bound every possible set of pairs, and the answer is the best of all, whoever was looked at. The number of people is
certified the same way, by the mentors whom those left over can come to.

All figures that explain a result are longest paths; each is closed over all pairs before it is used, as the prices are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tandem.matching.engine.arcs import Arcs, Left
from tandem.matching.engine.candidates import HUGE, Bar, Breaking, Effort, Step, among, breaking, first_pairs, merged
from tandem.matching.engine.errors import NotOptimal, UnknownId
from tandem.matching.engine.flow import Tiers, best_flow
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.proof import exact_sum, weight_bound
from tandem.matching.engine.reach import Alternating, Mask
from tandem.matching.engine.residual import UNREACHED, Gains, Residual
from tandem.matching.engine.result import Result
from tandem.matching.engine.ties import TIE_SPAN

# The solver's work grows with the range of the weights. So it gets points that weigh but so many ties, which a path of pairs can
# outweigh only if it is longer than this many pairs of utter draws; the prices, found with the true weights, tell whether one did.
SHORT_SCALE = 64 * TIE_SPAN
# More sweeps than prices ever needed: then the solver's short weights are suspected before the sweeps are let go on.
MOST_SWEEPS = 3_000
# Pairs within so many points of the prices go to the solver with those that break them: they are the next to do so.
CLOSE = 4


class Solved:
    """``pairs`` names the pairs looked at, ``whole`` says whether these are all; ``slack`` is what others may add in weight."""

    def __init__(self, problem: Problem, effort: Effort, begin: Index | None = None) -> None:
        self.problem, self.effort = problem, effort
        self.left = Left.of(problem)
        self.tiers = Tiers.of(problem, self.left)
        self.pairs, self.whole = first_pairs(problem, effort) if begin is None else (begin, False)
        self.slack = 0
        self.blind = False
        self._closed_to: dict[int, Gains] = {}
        self._lay(np.zeros(0, dtype=np.int64))

    @classmethod
    def of(cls, problem: Problem, effort: Effort | None = None, begin: Index | None = None) -> Solved:
        """Find the best pairs. Raises ``TooLarge`` or ``SolverFailed``.

        ``begin`` names the pairs to look at first, where a problem like this one was solved before; the answer is the same.
        """
        solved = cls(problem, effort or Effort(), begin)
        solved._solve()
        if not solved.whole:
            solved._certify()
        return solved

    @classmethod
    def counted(cls, problem: Problem, effort: Effort, begin: Index | None = None) -> Solved:
        """Place as many people as possible and leave points aside; the number of units is certified over all pairs."""
        solved = cls(problem, effort, begin)
        solved.blind = True
        solved._lay(np.zeros(0, dtype=np.int64))
        while True:
            solved._solve()
            bars = [] if solved.whole else solved._reach_bars()
            found = solved._breaking(bars) if bars else None
            if found is None or not len(found.pairs):
                return solved
            solved.pairs = merged(solved.pairs, found.pairs)
            solved._lay(np.zeros(0, dtype=np.int64))

    @classmethod
    def again(cls, problem: Problem, result: Result, effort: Effort | None = None) -> Solved:
        """Take the pairs from an earlier result of the same problem instead of solving anew.

        Raises ``UnknownId`` if the result has a pair that the problem does not allow.
        """
        solved = cls(problem, effort or Effort(), result.looked)
        i, j = (
            np.array([at.get(name, -1) for name in names], dtype=np.int64)
            for at, names in (
                (problem.mentee_at, [pair.mentee for pair in result.pairs if not pair.locked]),
                (problem.mentor_at, [pair.mentor for pair in result.pairs if not pair.locked]),
            )
        )
        known = (i >= 0) & (j >= 0)
        known[known] = problem.open_at(i[known], j[known])
        if not known.all():
            strange = [pair for pair in result.pairs if not pair.locked][int(np.argmin(known))]
            raise UnknownId(f"the pair {strange.mentee}, {strange.mentor} is not possible in this problem")
        made = np.sort(i * len(problem.mentors) + j)
        solved.pairs = merged(solved.pairs, made)
        solved._lay(made)
        return solved

    @property
    def open_rows(self) -> Callable[[Index], Mask] | None:
        """How searches find pairs that nobody looked at; ``None`` if there are none."""
        return None if self.whole else self.problem.open_rows

    def gains_to_tier(self, tier: int) -> Gains:
        """``Residual.gains_to``, over all pairs there are. Raises ``NotOptimal``."""
        if tier not in self._closed_to:
            self._closed_to[tier] = self._closed(lambda residual: residual.gains_to(tier=tier), _bar_of_prices)
        return self._closed_to[tier]

    def gains_to_mentee(self, mentee: int) -> Gains:
        """``Residual.gains_to``, over all pairs there are. Raises ``NotOptimal``."""
        return self._closed(lambda residual: residual.gains_to(mentee=mentee), _bar_to)

    def gains_from_sink(self) -> Gains:
        """``Residual.gains_from_sink``, over all pairs there are. Raises ``NotOptimal``."""
        return self._closed(Residual.gains_from_sink, _bar_from)

    def gains_from(self, mentees: Index) -> Gains:
        """``Residual.gains_from``, over all pairs there are. Raises ``NotOptimal``."""
        return self._closed(lambda residual: residual.gains_from(mentees), _bar_from)

    @property
    def people(self) -> int:
        """How many people have somebody, locked pairs included."""
        return int(np.count_nonzero(self.residual.got + self.left.locked))

    @property
    def placed(self) -> set[str]:
        """Who they are."""
        return {self.problem.mentees[i] for i in np.flatnonzero(self.residual.got + self.left.locked).tolist()}

    @property
    def points(self) -> int:
        """The points of all pairs, locked ones included."""
        mentees, mentors = self.residual.kept_mentee, self.residual.kept_mentor
        locks = self.problem.locks
        return int(self.problem.scores_at(mentees, mentors).sum() + self.problem.scores_at(*locks.T).sum())

    def bound(self) -> int:
        """No set of pairs with as many units from each tier weighs more. Raises ``NotOptimal``."""
        if not len(self.residual.kept):
            return 0
        quotas: Index = self.residual.drawn.sum(axis=1)
        gains = self.gains_to_tier(len(self.tiers.room) - 1)
        return self.slack + weight_bound(self.arcs, self.tiers, self.residual.places, quotas, gains)

    def _certify(self) -> None:
        """Hold the prices against all pairs, take in those that break them, solve again, until none does.

        Once the number of people is certified it stays so, and pairs far under the prices can rest: should they be called for
        later, they break the prices then and are found again.
        """
        last, looked, counted = len(self.tiers.room) - 1, self.pairs, False
        for spent in range(self.effort.rounds + 1 if last >= 0 else 0):
            gains = self._closed_to[last] = self._prices
            bars = [_bar_of_prices(gains), *([] if counted else self._reach_bars())]
            found = self._breaking(bars, near=CLOSE)
            # A mentee draws at most this much more than the prices say, for each mentor asked for.
            self.slack = exact_sum(found.excess, self.left.needs)
            counted = counted or not any(found.counts[1:])
            if not any(found.counts):
                # Explanations need fewer rounds of their own if they begin with all pairs that were ever called for.
                if len(looked) > len(self.pairs):
                    made, self.pairs = self._made(), looked
                    self._lay(made)
                return
            if spent == self.effort.rounds or (counted and self._within_tolerance()):
                return
            looked = merged(looked, found.pairs)
            self.pairs = merged(self.pairs[self._near(bars[0])] if counted else self.pairs, found.pairs)
            self._lay(np.zeros(0, dtype=np.int64))
            self._solve()

    def _near(self, bar: Bar) -> Mask:
        """Which of the pairs looked at are made, or within a few points of their prices."""
        under = bar.mentee[self.arcs.mentee] + bar.mentor[self.arcs.mentor] - self.arcs.weight
        near: Mask = under <= CLOSE * self.arcs.scale
        near[self.residual.kept] = True
        return near

    def _within_tolerance(self) -> bool:
        bound = self.bound()
        return bool(self.effort.tolerance) and self.slack <= self.effort.tolerance * bound

    def _reach_bars(self) -> list[Bar]:
        """For each tier with somebody left over: whoever they can come to may have no pair outside."""
        bars = []
        for upto in range(1, len(self.tiers.room) + 1):
            limits = self.tiers.room[:upto].sum(axis=0)
            search = Alternating(self.arcs, self.residual.kept, limits, self.residual.places)
            met = search.search(np.flatnonzero(search.served < limits))
            outside = ~met.mentors & (self.residual.places > 0)
            if met.mentees.any() and outside.any():
                bars.append(Bar(np.where(met.mentees, 0, HUGE), np.where(outside, -1, HUGE)))
        return bars

    def _breaking(self, bars: Sequence[Bar], *, near: int = 0, step: Step = Step.PROVING) -> Breaking:
        return breaking(
            self.problem, self.arcs.scale, bars, self._made(), most=self.effort.per_round, near=near,
            piece=self.effort.piece(self.problem), report=lambda share: self.effort.report(step, share),
        )  # fmt: skip

    def _closed(self, ask: Callable[[Residual], Gains], bar: Callable[[Gains], Bar]) -> Gains:
        while True:
            gains = ask(self.residual)
            if self.whole or self.slack:
                return gains
            found = self._breaking([bar(gains)], step=Step.EXPLAINING)
            if not len(found.pairs):
                return gains
            made = self._made()
            self.pairs = merged(self.pairs, found.pairs)
            self._lay(made)

    def _solve(self) -> None:
        """The best of the pairs looked at, and their prices."""
        self._closed_to.clear()
        last = len(self.tiers.room) - 1
        if last < 0:
            return
        self.effort.report(Step.CHOOSING, 0.0)
        short = SHORT_SCALE if self.arcs.scale > SHORT_SCALE and not self.blind else None
        self._make(best_flow(self.arcs, self.tiers, self.left.places, scale=short))
        if self.blind:
            return
        try:
            self._prices = self.residual.gains_to(tier=last, most=MOST_SWEEPS if short else None)
        except NotOptimal:
            if short is None:
                raise
            self._make(best_flow(self.arcs, self.tiers, self.left.places))
            self._prices = self.residual.gains_to(tier=last)
        if self.whole:
            self._closed_to[last] = self._prices

    def _make(self, made: Mask) -> None:
        self.residual = Residual(self.arcs, self.tiers, self.left.places, made)

    def _lay(self, made: Index) -> None:
        """Weigh the pairs looked at, of which ``made`` are made."""
        self.arcs = Arcs.of(self.problem, self.left, self.pairs)
        if self.blind:
            self.arcs = replace(self.arcs, weight=np.zeros_like(self.arcs.weight))
        self._make(among(self.pairs, made))

    def _made(self) -> Index:
        return self.pairs[self.residual.kept]


def _bar_of_prices(gains: Gains) -> Bar:
    # Who cannot come to the tier has prices among themselves, far below all others; they are held against them too.
    return Bar(gains.mentee, -gains.mentor)


def _bar_to(gains: Gains) -> Bar:
    return Bar(gains.mentee, np.where(gains.mentor > UNREACHED, -gains.mentor, HUGE))


def _bar_from(gains: Gains) -> Bar:
    return Bar(np.where(gains.mentee > UNREACHED, -gains.mentee, HUGE), gains.mentor)
