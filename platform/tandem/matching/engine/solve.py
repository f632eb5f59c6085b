"""From a problem to a result: solve, recover prices, prove, explain."""

from __future__ import annotations

import numpy as np

from tandem.matching.engine.candidates import Effort
from tandem.matching.engine.leftover import idle_mentors, unmatched_mentees
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.proof import units_proven
from tandem.matching.engine.residual import UNREACHED
from tandem.matching.engine.result import Counts, Pair, Partly, Price, Proof, Result, Share
from tandem.matching.engine.solved import Solved


def result_of(solved: Solved) -> Result:
    """Everything a caller may want to know. Raises ``NotOptimal`` if the pairs are not the best."""
    problem = solved.problem
    unmatched, shortages = unmatched_mentees(solved)
    pairs = _pairs(solved)
    points = sum(pair.points for pair in pairs)
    got = solved.residual.got + solved.left.locked
    wanting = np.flatnonzero((got > 0) & (got < problem.needs)).tolist()
    return Result(
        pairs=pairs,
        points=points,
        criteria=tuple(Share(part.id, part.points) for part in problem.parts),
        total=problem.total,
        unmatched=unmatched,
        shortages=shortages,
        partly=tuple(Partly(problem.mentees[i], int(problem.needs[i]), int(got[i])) for i in wanting),
        idle=idle_mentors(problem, solved.residual),
        prices=_prices(solved),
        proof=_proof(solved, points),
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


def _pairs(solved: Solved) -> tuple[Pair, ...]:
    """All pairs, by mentee, then mentor, in the problem's order."""
    made = np.stack((solved.residual.kept_mentee, solved.residual.kept_mentor), axis=1)
    both = np.concatenate((made, solved.problem.locks))
    is_locked = np.repeat((False, True), (len(made), len(solved.problem.locks)))
    order = np.lexsort((both[:, 1], both[:, 0]))
    mentees, mentors = both[order, 0], both[order, 1]
    parts = np.array([p.table.at(mentees, mentors) for p in solved.problem.parts], dtype=np.int64)
    rows = parts.reshape(len(solved.problem.parts), len(order)).T.tolist()
    return tuple(
        Pair(solved.problem.mentees[i], solved.problem.mentors[j], sum(row), tuple(row), locked)
        for i, j, row, locked in zip(mentees.tolist(), mentors.tolist(), rows, is_locked[order].tolist(), strict=True)
    )


def _prices(solved: Solved) -> tuple[Price, ...]:
    problem, residual, points = solved.problem, solved.residual, solved.arcs.points
    same = solved.gains_from_sink().mentor
    # For each mentor the first tier that would pass one more unit, and the gain of it: goals come in their order.
    passes = np.full(len(problem.mentors), len(solved.tiers.room), dtype=np.int64)
    more = np.full_like(same, 0)
    for tier, room in enumerate(solved.tiers.room):
        waiting = np.flatnonzero(room > residual.drawn[tier])
        if len(waiting):
            gains = solved.gains_from(waiting).mentor
            fresh = (gains > UNREACHED) & (passes == len(solved.tiers.room))
            passes[fresh], more[fresh] = tier, gains[fresh]
    prices = []
    for j in np.flatnonzero(problem.capacities).tolist():
        price = max(0, points(int(same[j]))) if same[j] > UNREACHED and residual.free[j] == 0 else 0
        person, pair = passes[j] < solved.tiers.first, passes[j] < len(solved.tiers.room)
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


def _proof(solved: Solved, points: int) -> Proof:
    locks = solved.problem.locks
    bound, residual = solved.bound(), solved.residual
    exact, people, pairs = units_proven(solved.arcs, solved.tiers, residual, solved.open_rows)
    locked_points = int(solved.problem.scores_at(locks[:, 0], locks[:, 1]).sum())
    weight = int(solved.arcs.weight[residual.kept].sum())
    points_bound = locked_points + bound // solved.arcs.scale
    return Proof(
        optimal=exact and bound == weight,
        people_bound=people + int(np.count_nonzero(solved.left.locked)),
        pairs_bound=pairs + len(locks),
        points_bound=points_bound,
        gap=(points_bound - points) / points_bound if points_bound else 0.0,
    )


def solve(problem: Problem, effort: Effort | None = None) -> Result:
    """The best pairs for a problem: as many people as possible, then as many pairs, then points, then the draw of the ids.

    Exact unless ``effort`` allows a tolerance, and the same for every order of the input. Takes seconds for 10,000 mentees and
    5,000 mentors and holds the interpreter's lock meanwhile: run it in a worker. Raises ``TooLarge`` or ``SolverFailed``.
    """
    return result_of(Solved.of(problem, effort))
