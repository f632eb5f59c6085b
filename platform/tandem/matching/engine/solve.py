"""From a problem to a result: solve, recover prices, prove, explain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tandem.matching.engine.candidates import Effort
from tandem.matching.engine.fairest import highest_floor
from tandem.matching.engine.inputs import Aim
from tandem.matching.engine.leftover import idle_mentors, outranked_mentees, unmatched_mentees
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.proof import units_proven
from tandem.matching.engine.residual import UNREACHED
from tandem.matching.engine.result import Counts, Instead, Pair, Partly, Price, Proof, Result, Share
from tandem.matching.engine.solved import Solved
from tandem.matching.engine.stable import blocking_pairs, stable_pairs


def result_of(solved: Solved) -> Result:
    """Everything a caller may want to know. Raises ``NotOptimal`` if the pairs are not the best."""
    residual = solved.residual
    unmatched, shortages = unmatched_mentees(solved)
    made = np.stack((residual.kept_mentee, residual.kept_mentor), axis=1)
    return replace(
        _told(solved.problem, made),
        unmatched=unmatched,
        shortages=shortages,
        prices=_prices(solved),
        proof=_proof(solved),
        looked=None if solved.whole else solved.pairs,
    )


def _told(problem: Problem, made: Index) -> Result:
    """What the pairs ``made`` ``(k, 2)`` alone tell, beside the locked ones; the proof is still to come."""
    both = np.concatenate((made, problem.locks))
    is_locked = np.repeat((False, True), (len(made), len(problem.locks)))
    order = np.lexsort((both[:, 1], both[:, 0]))
    mentees, mentors = both[order, 0], both[order, 1]
    parts = np.array([p.table.at(mentees, mentors) for p in problem.parts], dtype=np.int64)
    rows = parts.reshape(len(problem.parts), len(order)).T.tolist()
    pairs = tuple(
        Pair(problem.mentees[i], problem.mentors[j], sum(row), tuple(row), locked)
        for i, j, row, locked in zip(mentees.tolist(), mentors.tolist(), rows, is_locked[order].tolist(), strict=True)
    )
    got = np.bincount(mentees, minlength=len(problem.mentees))
    used = np.bincount(made[:, 1], minlength=len(problem.mentors))
    wanting = np.flatnonzero((got > 0) & (got < problem.needs)).tolist()
    return Result(
        pairs=pairs,
        points=sum(pair.points for pair in pairs),
        criteria=tuple(Share(part.id, part.points) for part in problem.parts),
        total=problem.total,
        unmatched=(),
        shortages=(),
        partly=tuple(Partly(problem.mentees[i], int(problem.needs[i]), int(got[i])) for i in wanting),
        idle=idle_mentors(problem, used),
        prices=(),
        proof=Proof(optimal=False, people_bound=0, pairs_bound=0, points_bound=0, gap=0.0),
        counts=Counts(
            mentees=int(np.count_nonzero(problem.needs)),
            people=int(np.count_nonzero(got)),
            mentors=int(np.count_nonzero(problem.capacities)),
            pairs=len(pairs),
            locked=len(problem.locks),
            places=int(problem.capacities.sum()),
            places_used=len(pairs),
        ),
        aim=problem.aim,
        worst=int(problem.scores_at(made[:, 0], made[:, 1], problem.fit).min()) if len(made) else None,
        floor=problem.floor,
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


def _proof(solved: Solved) -> Proof:
    problem, residual, locks = solved.problem, solved.residual, solved.problem.locks
    bound = solved.bound()
    exact, people, pairs = units_proven(solved.arcs, solved.tiers, residual, solved.open_rows)
    locked_points = int(problem.scores_at(locks[:, 0], locks[:, 1]).sum())
    points = solved.points
    weight = int(solved.arcs.weight[residual.kept].sum())
    points_bound = locked_points + bound // solved.arcs.scale
    return Proof(
        optimal=exact and bound == weight,
        people_bound=people + int(np.count_nonzero(solved.left.locked)),
        pairs_bound=pairs + len(locks),
        points_bound=points_bound,
        gap=(points_bound - points) / points_bound if points_bound else 0.0,
    )


def _instead(plain: Solved) -> Instead:
    return Instead(people=plain.people, pairs=len(plain.residual.kept) + len(plain.problem.locks), points=plain.points)


def _fairest(problem: Problem, effort: Effort | None) -> Result:
    plain = Solved.of(problem, effort)
    floor = highest_floor(problem, plain)
    result = result_of(Solved.of(problem.above(floor), effort))
    return replace(
        result,
        instead=_instead(plain),
        # Without pairs nothing stands above the floor.
        proof=replace(result.proof, floor_bound=floor if len(plain.residual.kept) else None),
    )


def _stable(problem: Problem, effort: Effort | None) -> Result:
    made, plain = stable_pairs(problem), Solved.of(problem, effort)
    told, proof, blocking = _told(problem, made), _proof(plain), blocking_pairs(problem, made)
    bound = proof.points_bound
    return replace(
        told,
        unmatched=outranked_mentees(problem, made),
        prices=_prices(plain),
        proof=replace(
            proof,
            optimal=blocking == 0,
            blocking=blocking,
            gap=max(0, bound - told.points) / bound if bound else 0.0,
        ),
        instead=_instead(plain),
    )


def solve(problem: Problem, effort: Effort | None = None) -> Result:
    """The best pairs for a problem by its aim: with ``Aim.POINTS`` as many people as possible, then as many pairs, then points,
    then the draw of the ids.

    Exact unless ``effort`` allows a tolerance, and the same for every order of the input. Takes seconds for 10,000 mentees and
    5,000 mentors (several times as long for another aim) and holds the interpreter's lock meanwhile: run it in a worker. Raises
    ``TooLarge`` or ``SolverFailed``.
    """
    if problem.aim is Aim.MAX_MIN:
        return _fairest(problem, effort)
    if problem.aim is Aim.STABLE:
        return _stable(problem, effort)
    return result_of(Solved.of(problem, effort))
