"""The best set of pairs, as a flow of least cost (OR-tools' cost-scaling push–relabel after Goldberg).

Goals come in a strict order, and the order is kept by the network instead of by bonuses, which would leave the solver's exact
range: units of flow are drawn from *tiers*, first the first mentor of everybody with the highest priority, then of the next
priority, last the second and further mentors of those who asked for several. How many units each tier can pass is found by one
maximum flow after the other. An augmenting path never takes anything from somebody already served, so every tier reaches its own
maximum without costing an earlier one anything (the transversal matroid's exchange property, Edmonds and Fulkerson 1965), and
the last step only has to find the most points among the flows that pass exactly these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow, min_cost_flow

from tandem.matching.engine.arcs import Arcs, Left
from tandem.matching.engine.errors import SolverFailed
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """``room`` of shape ``(t, n)``: how many units each mentee may draw from each tier. ``first`` tiers place people."""

    room: Index
    first: int

    @classmethod
    def of(cls, problem: Problem, left: Left) -> Tiers:
        """One tier per priority among those without a lock, and one for second and further mentors if anybody asked."""
        alone = (left.needs > 0) & (left.locked == 0)
        # Not ``np.unique``, which loads the whole of ``numpy.ma``: a tenth of a second and five megabytes.
        levels = sorted(set(problem.priorities[alone].tolist()), reverse=True)
        rows = [(alone & (problem.priorities == level)).astype(np.int64) for level in levels]
        more = left.needs - alone
        if more.any():
            rows.append(more)
        return cls(np.array(rows, dtype=np.int64).reshape(len(rows), len(problem.mentees)), len(levels))


def best_flow(arcs: Arcs, tiers: Tiers, places: Index, *, scale: int | None = None) -> NDArray[np.bool_]:
    """Which arcs are pairs in the best set, shape ``(a,)``.

    ``places`` of shape ``(m,)`` is what each mentor has left. With ``scale`` a point weighs so many ties instead of the arcs' own
    scale: faster, and almost always best by the arcs' weights too, which the caller has to check. Raises ``SolverFailed``.
    """
    made = np.zeros(len(arcs.mentee), dtype=np.bool_)
    # A mentor without places cannot take part; leaving such arcs out spares the solver work.
    open_arcs = np.flatnonzero(places[arcs.mentor] > 0)
    if len(open_arcs) == 0:
        return made
    solver = min_cost_flow.SimpleMinCostFlow()
    n, m = tiers.room.shape[1], len(places)
    sink = n + m
    tails, heads = arcs.mentee[open_arcs], arcs.mentor[open_arcs] + n
    costs = -arcs.weight[open_arcs]
    if scale is not None:
        costs += arcs.weight[open_arcs] // arcs.scale * (arcs.scale - scale)
    solver.add_arcs_with_capacity_and_unit_cost(tails, heads, np.ones_like(tails), costs)
    mentors = np.arange(m, dtype=np.int64)
    solver.add_arcs_with_capacity_and_unit_cost(
        mentors + n, np.full_like(mentors, sink), places, np.zeros_like(mentors)
    )
    if len(tiers.room) == 1:
        solver.set_nodes_supplies(np.arange(n, dtype=np.int64), tiers.room[0])
        supply = int(places.sum())
    else:
        quotas = _quotas(arcs, tiers, places, open_arcs)
        for tier, (room, quota) in enumerate(zip(tiers.room, quotas, strict=True)):
            who = np.flatnonzero(room)
            node = np.full_like(who, sink + 1 + tier)
            solver.add_arcs_with_capacity_and_unit_cost(node, who, room[who], np.zeros_like(who))
            solver.set_node_supply(sink + 1 + tier, quota)
        supply = sum(quotas)
    solver.set_node_supply(sink, -supply)
    status = solver.solve_max_flow_with_min_cost()
    if status != solver.OPTIMAL:
        raise SolverFailed(str(status))
    if len(tiers.room) > 1 and solver.maximum_flow() != supply:
        raise SolverFailed(f"{solver.maximum_flow()} units where {supply} were proven possible")
    flows = solver.flows(np.arange(len(open_arcs), dtype=np.int64))
    made[open_arcs] = np.asarray(flows) > 0
    return made


def _quotas(arcs: Arcs, tiers: Tiers, places: Index, open_arcs: Index) -> list[int]:
    """How many units each tier passes at most, once the tiers before it have passed theirs."""
    quotas: list[int] = []
    for upto in range(1, len(tiers.room) + 1):
        solver = max_flow.SimpleMaxFlow()
        n, m = tiers.room.shape[1], len(places)
        source, sink = n + m, n + m + 1
        tails, heads = arcs.mentee[open_arcs], arcs.mentor[open_arcs] + n
        solver.add_arcs_with_capacity(tails, heads, np.ones_like(tails))
        room = tiers.room[:upto].sum(axis=0)
        mentees, mentors = np.arange(n, dtype=np.int64), np.arange(m, dtype=np.int64)
        solver.add_arcs_with_capacity(np.full_like(mentees, source), mentees, room)
        solver.add_arcs_with_capacity(mentors + n, np.full_like(mentors, sink), places)
        status = solver.solve(source, sink)
        if status != solver.OPTIMAL:
            raise SolverFailed(str(status))
        quotas.append(int(solver.optimal_flow()) - sum(quotas))
    return quotas
