"""From a problem to a result: solve, recover prices, prove, explain.

``Solved`` keeps what the explanations need; ``solve`` is the whole of it for callers who only want the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tandem.matching.engine.arcs import Arcs, Left
from tandem.matching.engine.errors import UnknownId
from tandem.matching.engine.flow import Tiers, best_flow
from tandem.matching.engine.leftover import idle_mentors, unmatched_mentees
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.proof import units_proven, weight_bound
from tandem.matching.engine.residual import UNREACHED, Residual
from tandem.matching.engine.result import Counts, Pair, Partly, Price, Proof, Result, Share


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A solved problem with its residual network."""

    problem: Problem
    left: Left
    arcs: Arcs
    tiers: Tiers
    residual: Residual

    @classmethod
    def of(cls, problem: Problem) -> Solved:
        """Find the best pairs. Raises ``TooLarge`` or ``SolverFailed``."""
        left = Left.of(problem)
        arcs = Arcs.of(problem, left)
        tiers = Tiers.of(problem, left)
        made = best_flow(arcs, tiers, left.places) if len(tiers.room) else np.zeros(len(arcs.mentee), dtype=np.bool_)
        return cls(problem, left, arcs, tiers, Residual(arcs, tiers, left.places, made))

    @classmethod
    def again(cls, problem: Problem, result: Result) -> Solved:
        """Take the pairs from an earlier result of the same problem instead of solving anew.

        Raises ``UnknownId`` if the result has a pair that the problem does not allow.
        """
        left = Left.of(problem)
        arcs = Arcs.of(problem, left)
        tiers = Tiers.of(problem, left)
        made = np.zeros(len(arcs.mentee), dtype=np.bool_)
        locked = {(int(i), int(j)) for i, j in problem.locks}
        for pair in result.pairs:
            i, j = problem.mentee_at.get(pair.mentee, -1), problem.mentor_at.get(pair.mentor, -1)
            if (i, j) in locked:
                continue
            begin, end = (int(arcs.start[i]), int(arcs.start[i + 1])) if i >= 0 else (0, 0)
            at = begin + int(np.searchsorted(arcs.mentor[begin:end], j))
            if at == end or arcs.mentor[at] != j:
                raise UnknownId(f"the pair {pair.mentee}, {pair.mentor} is not possible in this problem")
            made[at] = True
        return cls(problem, left, arcs, tiers, Residual(arcs, tiers, left.places, made))

    def result(self) -> Result:
        """Everything a caller may want to know. Raises ``NotOptimal`` if the pairs are not the best."""
        problem = self.problem
        unmatched, shortages = unmatched_mentees(problem, self.residual)
        pairs = self._pairs()
        points = sum(pair.points for pair in pairs)
        got = self.residual.got + self.left.locked
        wanting = np.flatnonzero((got > 0) & (got < problem.needs)).tolist()
        return Result(
            pairs=pairs,
            points=points,
            criteria=tuple(Share(part.id, part.points) for part in problem.parts),
            total=problem.total,
            unmatched=unmatched,
            shortages=shortages,
            partly=tuple(Partly(problem.mentees[i], int(problem.needs[i]), int(got[i])) for i in wanting),
            idle=idle_mentors(problem, self.residual),
            prices=self._prices(),
            proof=self._proof(points),
            counts=Counts(
                mentees=int(np.count_nonzero(problem.needs)),
                people=int(np.count_nonzero(got)),
                mentors=int(np.count_nonzero(problem.capacities)),
                pairs=len(pairs),
                locked=len(problem.locks),
                places=int(problem.capacities.sum()),
                places_used=len(pairs),
            ),
        )

    def _pairs(self) -> tuple[Pair, ...]:
        """All pairs, by mentee, then mentor, in the problem's order."""
        made = np.stack((self.residual.kept_mentee, self.residual.kept_mentor), axis=1)
        both = np.concatenate((made, self.problem.locks))
        is_locked = np.repeat((False, True), (len(made), len(self.problem.locks)))
        order = np.lexsort((both[:, 1], both[:, 0]))
        mentees, mentors = both[order, 0], both[order, 1]
        parts = np.array([p.table.at(mentees, mentors) for p in self.problem.parts], dtype=np.int64)
        rows = parts.reshape(len(self.problem.parts), len(order)).T.tolist()
        return tuple(
            Pair(self.problem.mentees[i], self.problem.mentors[j], sum(row), tuple(row), locked)
            for i, j, row, locked in zip(
                mentees.tolist(), mentors.tolist(), rows, is_locked[order].tolist(), strict=True
            )
        )

    def _prices(self) -> tuple[Price, ...]:
        problem, residual, points = self.problem, self.residual, self.arcs.points
        same = residual.gains_from_sink().mentor
        # For each mentor the first tier that would pass one more unit, and the gain of it: goals come in their order.
        passes = np.full(len(problem.mentors), len(self.tiers.room), dtype=np.int64)
        more = np.full_like(same, 0)
        for tier, room in enumerate(self.tiers.room):
            waiting = np.flatnonzero(room > residual.drawn[tier])
            if len(waiting):
                gains = residual.gains_from(waiting).mentor
                fresh = (gains > UNREACHED) & (passes == len(self.tiers.room))
                passes[fresh], more[fresh] = tier, gains[fresh]
        prices = []
        for j in np.flatnonzero(problem.capacities).tolist():
            price = max(0, points(int(same[j]))) if same[j] > UNREACHED and residual.free[j] == 0 else 0
            person, pair = passes[j] < self.tiers.first, passes[j] < len(self.tiers.room)
            places = int(problem.capacities[j])
            prices.append(
                Price(
                    mentor=problem.mentors[j],
                    places=places,
                    used=places - int(residual.free[j]),
                    price=price,
                    more_people=int(person),
                    more_pairs=int(pair),
                    more_points=points(int(more[j])) if pair else price,
                )
            )
        return tuple(prices)

    def _proof(self, points: int) -> Proof:
        residual, locks = self.residual, self.problem.locks
        exact, people, pairs = units_proven(self.arcs, self.tiers, residual)
        locked_points = int(self.problem.scores_at(locks[:, 0], locks[:, 1]).sum())
        weight = int(self.arcs.weight[residual.kept].sum())
        bound = weight
        if len(residual.kept):
            gains = residual.gains_to(tier=len(self.tiers.room) - 1)
            quotas: Index = residual.drawn.sum(axis=1)
            bound = weight_bound(self.arcs, self.tiers, residual.places, quotas, gains)
        points_bound = locked_points + bound // self.arcs.scale
        return Proof(
            optimal=exact and bound == weight,
            people_bound=people + int(np.count_nonzero(self.left.locked)),
            pairs_bound=pairs + len(locks),
            points_bound=points_bound,
            gap=(points_bound - points) / points_bound if points_bound else 0.0,
        )


def solve(problem: Problem) -> Result:
    """The best pairs for a problem: as many people as possible, then as many pairs, then points, then the draw of the ids.

    Exact, and the same for every order of the input. Takes seconds for 5,000 mentees and 2,500 mentors and holds the
    interpreter's lock meanwhile: run it in a worker. Raises ``TooLarge`` or ``SolverFailed``.
    """
    return Solved.of(problem).result()
