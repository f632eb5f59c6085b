"""Answers about single people and pairs, from the same numbers that were summed.

``explain_pair`` needs the problem only. ``Explainer`` also needs the result; it lists the arcs once (a fraction of a second for
5,000 mentees) and then answers from the residual network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tandem.matching.engine.arcs import weights
from tandem.matching.engine.candidates import Effort
from tandem.matching.engine.checks import position, positions
from tandem.matching.engine.errors import NotUnmatched
from tandem.matching.engine.inputs import Aim, Id
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.residual import UNREACHED
from tandem.matching.engine.result import Result, Unmatched
from tandem.matching.engine.solved import Solved
from tandem.matching.engine.ties import pair_ties


@dataclass(frozen=True, slots=True)
class PartOfFit:
    """What one criterion gave: ``points`` of at most ``of``, from the criterion's own ``value`` 0–100."""

    id: str
    points: int
    of: int
    value: int


@dataclass(frozen=True, slots=True)
class PairExplanation:
    """A pair's fit with its parts, which add up to ``points``; ``broken`` names the rules and blocks that forbid it."""

    mentee: str
    mentor: str
    points: int
    total: int
    parts: tuple[PartOfFit, ...]
    broken: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the pair may be made."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who has a place with a mentor, and how well they fit."""

    mentee: str
    points: int
    locked: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What a change would cost the whole program: ``points`` lost (negative if fewer pairs score more), and ``people`` and
    ``pairs`` fewer (0 or 1 each).
    """

    points: int
    people: int = 0
    pairs: int = 0


@dataclass(frozen=True, slots=True)
class BestFit:
    """A mentee's best fit among the mentors they did not get, if it is better than the worst they got.

    ``got`` are the mentee's mentors with points. With ``mentor`` ``None`` nobody allowed fits better. ``takers`` hold the places of
    ``mentor``; ``cost`` is what giving the mentee one of them would cost, everybody else moving as well as they can; ``None`` where
    locks leave no way.
    """

    mentee: str
    got: tuple[tuple[str, int], ...]
    mentor: str | None = None
    points: int | None = None
    places: int = 0
    takers: tuple[Taker, ...] = ()
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """Two pairs exchanging mentors: ``mentee`` gets ``mentee_gets``, ``other`` gets the mentee's mentor; ``points`` gained (≤ 0)."""

    mentee: str
    gives: str
    other: str
    mentee_gets: str
    points: int


def explain_pair(problem: Problem, mentee: Id, mentor: Id) -> PairExplanation:
    """Any pair's fit and what forbids it, made or not. Raises ``UnknownId``."""
    i, j = positions(problem.mentee_at, problem.mentor_at, mentee, mentor)
    here = np.array([i]), np.array([j])
    parts = tuple(
        PartOfFit(part.id, int(part.table.at(*here)[0]), part.points, int(part.values.at(*here)[0]))
        for part in problem.parts
    )
    broken = (*problem.broken_rules(i, j), *problem.blocked.get((i, j), ()))
    return PairExplanation(
        problem.mentees[i], problem.mentors[j], sum(p.points for p in parts), problem.total, parts, broken
    )


class Explainer:
    """Answers about a result of ``solve``. Raises ``UnknownId`` if the result does not belong to the problem."""

    def __init__(self, problem: Problem, result: Result, effort: Effort | None = None) -> None:
        self.problem, self.result = problem.above(result.floor), result
        # Stable pairs are not the best by points, and no price holds for them.
        self.solved = None if result.aim is Aim.STABLE else Solved.again(self.problem, result, effort)
        self._mentees = np.array([problem.mentee_at[p.mentee] for p in result.pairs], dtype=np.int64)
        self._mentors = np.array([problem.mentor_at[p.mentor] for p in result.pairs], dtype=np.int64)
        self._points = np.array([p.points for p in result.pairs], dtype=np.int64)
        self._unmatched = {left.mentee: left for left in result.unmatched}

    def explain_pair(self, mentee: Id, mentor: Id) -> PairExplanation:
        """As the function of that name."""
        return explain_pair(self.problem, mentee, mentor)

    def why_unmatched(self, mentee: Id) -> Unmatched:
        """Why somebody has no mentor. Raises ``UnknownId``, or ``NotUnmatched`` for people who have one or asked for none."""
        name = self.problem.mentees[position(self.problem.mentee_at, mentee, "mentee")]
        if name not in self._unmatched:
            raise NotUnmatched(f"mentee {name} has a mentor or asked for none")
        return self._unmatched[name]

    def why_not_best(self, mentee: Id) -> BestFit:
        """The mentee's best fit, who has those places, and what changing it would cost. Raises ``UnknownId``."""
        problem = self.problem
        i = position(problem.mentee_at, mentee, "mentee")
        mine = np.flatnonzero(self._mentees == i)
        got = tuple((self.result.pairs[k].mentor, self.result.pairs[k].points) for k in mine.tolist())
        points = problem.score_rows(slice(i, i + 1))[0].astype(np.int64)
        allowed = problem.allowed_rows(slice(i, i + 1))[0] & (problem.capacities > 0)
        allowed[self._mentors[mine]] = False
        if len(mine):
            allowed &= points > self._points[mine].min()
        if not allowed.any():
            return BestFit(problem.mentees[i], got)
        ties = pair_ties(problem.mentee_digests[i], problem.mentor_digests)
        j = int(np.lexsort((ties, points, allowed))[-1])
        takers = [self.result.pairs[k] for k in np.flatnonzero(self._mentors == j).tolist()]
        return BestFit(
            mentee=problem.mentees[i],
            got=got,
            mentor=problem.mentors[j],
            points=int(points[j]),
            places=int(problem.capacities[j]),
            takers=tuple(Taker(pair.mentee, pair.points, pair.locked) for pair in takers),
            cost=self.cost_of(i, j),
        )

    def cost_of(self, mentee: int, mentor: int) -> Cost | None:
        """What making one more pair (positions) would cost, everybody else moving as well as they can.

        ``None`` where it cannot be made: the pair is not open, or locks hold the mentee's or the mentor's places; and where pairs
        are to be stable, because others would not move as suits the program.
        """
        solved, here = self.solved, (np.array([mentee]), np.array([mentor]))
        if solved is None:
            return None
        made = np.any((solved.residual.kept_mentee == mentee) & (solved.residual.kept_mentor == mentor))
        if made or not self.problem.open_at(*here)[0]:
            return None
        points = solved.arcs.points
        weight = int(weights(self.problem, solved.arcs.scale, *here)[0])
        back = solved.gains_to_mentee(mentee)
        if back.mentor[mentor] > UNREACHED:
            return Cost(points=-points(weight + int(back.mentor[mentor])))
        # Nobody else can use the place this leaves free. Somebody must draw one less, from the last tier that allows it; if that
        # lets a later tier pass one more, the number of pairs stays.
        first, tiers = solved.tiers.first, len(solved.tiers.room)
        for tier in reversed(range(tiers)):
            out = int(solved.gains_to_tier(tier).mentor[mentor])
            if out <= UNREACHED:
                continue
            for later in range(tier + 1, tiers):
                if back.tier[later] > UNREACHED:
                    lost = -points(weight + out + int(back.tier[later]))
                    return Cost(lost, people=int(tier < first <= later))
            if back.sink[0] > UNREACHED:
                return Cost(-points(weight + out + int(back.sink[0])), people=int(tier < first), pairs=1)
        return None

    def swaps(self, mentee: Id, mentor: Id | None = None, limit: int = 3) -> tuple[Swap, ...]:
        """The best exchanges of one pair's mentor with another pair's, least loss first; both new pairs are allowed.

        ``mentor`` says which pair if the mentee has several; locked pairs are not swapped. Raises ``UnknownId``.
        """
        problem = self.problem
        i = position(problem.mentee_at, mentee, "mentee")
        own = [k for k in np.flatnonzero(self._mentees == i).tolist() if not self.result.pairs[k].locked]
        if mentor is not None:
            own = [k for k in own if self._mentors[k] == position(problem.mentor_at, mentor, "mentor")]
        found = [swap for k in own for swap in self._swaps_of(k)]
        found.sort(key=lambda swap: (-swap.points, swap.other, swap.mentee_gets))
        return tuple(found[:limit])

    def _swaps_of(self, k: int) -> list[Swap]:
        problem, pairs = self.problem, self.result.pairs
        i, j = int(self._mentees[k]), int(self._mentors[k])
        _, broken = problem.broken_for_mentor(j)
        kept_apart = np.logical_or.reduce(broken, axis=0)
        allowed = problem.allowed_rows(slice(i, i + 1))[0][self._mentors] & ~kept_apart[self._mentees]
        allowed &= ~np.array([pair.locked for pair in pairs], dtype=np.bool_)
        # Neither may get somebody they already have.
        allowed &= ~np.isin(self._mentors, self._mentors[self._mentees == i])
        allowed &= ~np.isin(self._mentees, self._mentees[self._mentors == j])
        others: Index = np.flatnonzero(allowed)
        gained = problem.scores_at(np.full_like(others, i), self._mentors[others])
        gained += problem.scores_at(self._mentees[others], np.full_like(others, j))
        gained -= self._points[others] + self._points[k]
        return [
            Swap(pairs[k].mentee, pairs[k].mentor, pairs[other].mentee, pairs[other].mentor, points)
            for other, points in zip(others.tolist(), gained.tolist(), strict=True)
        ]
