"""Upper bounds that need no trust in the solver: anybody can recompute them from the problem and the prices.

For any prices ``p ≥ 0`` of mentors' places and any price ``λ`` per unit of each tier, no set of pairs that passes ``q`` units of
each tier can weigh more than ``Σ places·p + Σ q·λ + Σ_mentees (best they could do at these prices)``: weak duality of linear
programs (von Neumann; for assignments Kuhn 1955). Where the bound equals what was reached, the pairs are best. The number of
people is bounded apart, by cuts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tandem.matching.engine.arcs import Arcs
from tandem.matching.engine.flow import Tiers
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.reach import Alternating, Mask
from tandem.matching.engine.residual import FLOOR, Gains, Residual

# Margins of arcs that cannot be used, far under any margin that can occur.
STRUCK = 4 * FLOOR


def weight_bound(arcs: Arcs, tiers: Tiers, places: Index, quotas: Index, gains: Gains) -> int:
    """No set of pairs with these tier ``quotas`` ``(t,)`` weighs more than this; ``gains`` supplies the prices.

    The bound holds for any gains whatever; it is tight for the longest-path gains of a best set.
    """
    sink = int(gains.sink[0])
    prices = np.maximum(sink - gains.mentor, 0)
    rates = [int(value) - sink for value in gains.tier]
    bound = exact_sum(prices, places) + sum(rate * int(quota) for rate, quota in zip(rates, quotas, strict=True))
    margins = np.where(places[arcs.mentor] > 0, arcs.weight - prices[arcs.mentor], STRUCK)
    needs = tiers.room.sum(axis=0)
    tier_of = np.argmax(tiers.room[: tiers.first] > 0, axis=0) if tiers.first else np.zeros_like(needs)
    has_first = tiers.room[: tiers.first].any(axis=0)
    first_rate = np.array([*rates, 0], dtype=np.int64)[tier_of]
    more_rate = rates[-1] if len(rates) > tiers.first else 0
    # A mentee's best: with the first unit (which pays the first tier's rate) or without, the further units only if they pay.
    with_first = np.zeros_like(needs)
    without = np.zeros_like(needs)
    most = int(needs.max(initial=0))
    for nth in range(most):
        best = _best(arcs, margins)
        reached = best > STRUCK
        if nth == 0:
            with_first = np.where(has_first & reached, best - first_rate, 0)
        else:
            with_first += np.where(has_first & reached & (nth < needs), np.maximum(best - more_rate, 0), 0)
        without += np.where(reached & (nth < needs - has_first), np.maximum(best - more_rate, 0), 0)
        if nth + 1 < most:
            _strike(arcs, margins, best)
    return bound + exact_sum(np.maximum(np.maximum(with_first, without), 0))


def units_proven(
    arcs: Arcs, tiers: Tiers, residual: Residual, open_rows: Callable[[Index], Mask] | None = None
) -> tuple[bool, int, int]:
    """Whether every tier passed as much as any flow can, and the bounds on people placed and on pairs (locks apart).

    ``open_rows`` as for ``Alternating``: with it the bounds hold for all pairs, not only those among the arcs.
    """
    exact, people, pairs = True, 0, 0
    for upto in range(1, len(tiers.room) + 1):
        search = Alternating(arcs, residual.kept, tiers.room[:upto].sum(axis=0), residual.places, open_rows)
        pairs = search.most_units()
        exact &= pairs == int(search.served.sum())
        if upto <= tiers.first:
            people = pairs
    return exact, people, pairs


def _best(arcs: Arcs, margins: Index) -> Index:
    """Each mentee's largest margin, shape ``(n,)``; ``STRUCK`` where none is left."""
    best = np.full(len(arcs.start) - 1, STRUCK, dtype=np.int64)
    filled = np.flatnonzero(np.diff(arcs.start))
    if len(filled):
        best[filled] = np.maximum.reduceat(margins, arcs.start[filled])
    return best


def _strike(arcs: Arcs, margins: Index, best: Index) -> None:
    """Strike out one arc per mentee that has the largest margin, in place."""
    hits = np.flatnonzero(margins == best[arcs.mentee])
    _, at = np.unique(arcs.mentee[hits], return_index=True)
    margins[hits[at]] = STRUCK


def exact_sum(values: Index, times: Index | None = None) -> int:
    """A sum without overflow: prices of unreachable places are near 2^58."""
    if times is None:
        return sum(values.tolist())
    return sum(value * count for value, count in zip(values.tolist(), times.tolist(), strict=True))
