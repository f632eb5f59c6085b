"""Instances whose best answer is known from elsewhere: published examples, and families with a closed form.

The engine looks for most points; an instance that asks for least cost is turned around by a constant.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from tandem.matching.engine import Aim, Block, Criterion, Effort, Problem, solve
from tandem.matching.engine.stable import blocking_pairs

SPARSE = Effort(whole=0, small=0)
efforts = pytest.mark.parametrize("effort", [Effort(), SPARSE], ids=["whole", "sparse"])


def scored(points, **more) -> Problem:
    """A problem whose pairs score exactly ``points`` (0–250), by criteria of 100, 100 and 50 points that add up to them."""
    points = np.asarray(points)
    n, m = points.shape
    return Problem.of(
        mentees=[f"a{k}" for k in range(n)], mentors=[f"b{k}" for k in range(m)], total=250,
        criteria=[
            Criterion("first", 100, Block(np.clip(points, 0, 100))),
            Criterion("second", 100, Block(np.clip(points - 100, 0, 100))),
            Criterion("third", 50, Block(2 * np.clip(points - 200, 0, 50))),
        ],
        **more,
    )  # fmt: skip


def least_cost(costs, effort: Effort | None = None) -> int:
    """The least cost of assigning all of the smaller side."""
    costs = np.asarray(costs)
    result = solve(scored(costs.max() - costs), effort)
    assert result.proof.optimal
    assert result.counts.pairs == min(costs.shape)
    return int(costs.max()) * result.counts.pairs - result.points


# The examples of SciPy's ``linear_sum_assignment`` and of Clapper's ``munkres`` with their published answers; the first is
# divided by 25 to fit a byte.
@pytest.mark.parametrize(
    ("costs", "unit", "least"),
    [
        ([[400, 150, 400], [400, 450, 600], [300, 225, 300]], 25, 850),
        ([[10, 10, 8], [9, 8, 1], [9, 7, 4]], 1, 18),
        ([[10, 10, 8, 11], [9, 8, 1, 1], [9, 7, 4, 10]], 1, 15),
        ([[4, 1, 3], [2, 0, 5], [3, 2, 2]], 1, 5),
    ],
)
@efforts
def test_published_examples(costs, unit: int, least: int, effort: Effort):
    assert least_cost(np.asarray(costs) // unit, effort) * unit == least


@pytest.mark.parametrize("size", range(2, 16))
def test_machol_wien(size: int):
    """c(i, j) = i·j, hard for Munkres' algorithm (Machol and Wien 1976): the least is Σ i·(n + 1 − i)."""
    steps = np.arange(1, size + 1)

    assert least_cost(np.outer(steps, steps), SPARSE) == size * (size + 1) * (size + 2) // 6


@efforts
def test_products_are_greatest_in_the_same_order_and_least_in_opposite_orders(effort: Effort):
    """The rearrangement inequality (Hardy, Littlewood and Pólya 1934)."""
    rng = np.random.default_rng(1)
    ones, others = np.sort(rng.integers(0, 16, 200)), np.sort(rng.integers(0, 16, 200))
    costs = np.outer(rng.permutation(ones), rng.permutation(others))

    assert solve(scored(costs), effort).points == int(ones @ others)
    assert least_cost(costs, effort) == int(ones @ others[::-1])


@pytest.mark.parametrize("power", [1, 2])
@efforts
def test_convex_distances_on_a_line_are_least_in_order(power: int, effort: Effort):
    """Transport on a line (Monge 1781): for a convex cost the sorted ones belong together."""
    rng = np.random.default_rng(power)
    high = 250 if power == 1 else 15
    ones, others = rng.integers(0, high, 300), rng.integers(0, high, 300)
    costs = np.abs(ones[:, None] - others[None, :]) ** power

    assert least_cost(costs, effort) == int((np.abs(np.sort(ones) - np.sort(others)) ** power).sum())


@pytest.mark.parametrize("size", [100, 200, 300, 400, 500, 600, 700, 800])
def test_planted_prices(size: int):
    """Prices chosen first (Egerváry 1931): no pair scores more than its two prices, a hidden permutation exactly as much."""
    rng = np.random.default_rng(size)
    mine, theirs = rng.integers(0, 126, size), rng.integers(0, 126, size)
    under = rng.integers(0, 60, (size, size)) * (rng.random((size, size)) < 0.8)
    under[np.arange(size), rng.permutation(size)] = 0
    result = solve(scored(np.maximum(mine[:, None] + theirs[None, :] - under, 0)), SPARSE)

    assert result.points == int(mine.sum() + theirs.sum())
    assert result.proof.optimal


# D. Gale and L. S. Shapley, College Admissions and the Stability of Marriage (1962), examples 1 and 2: how each of the row
# ranks the columns, and how each of the columns ranks the rows.
FIRST = (((1, 2, 3), (3, 1, 2), (2, 3, 1)), ((3, 2, 1), (1, 3, 2), (2, 1, 3)))
SECOND = (
    ((1, 2, 3, 4), (1, 4, 3, 2), (2, 1, 3, 4), (4, 2, 3, 1)),
    ((3, 3, 2, 3), (4, 1, 3, 2), (2, 4, 4, 1), (1, 2, 1, 4)),
)


@pytest.mark.parametrize(
    ("ranks", "stable", "expected"),
    [(FIRST, 3, (0, 1, 2)), (SECOND, 1, (2, 3, 0, 1))],
    ids=["three stable sets", "one stable set"],
)
def test_gale_and_shapley(ranks, stable: int, expected):
    mine, theirs = (100 - 10 * np.asarray(side) for side in ranks)
    size = len(mine)
    problem = Problem.of(
        mentees=[f"a{k}" for k in range(size)], mentors=[f"b{k}" for k in range(size)], aim=Aim.STABLE,
        criteria=[Criterion("mine", 1, Block(mine), "mentee"), Criterion("theirs", 1, Block(theirs), "mentor")],
    )  # fmt: skip

    found = {pair.mentee: pair.mentor for pair in solve(problem).pairs}

    assert found == {f"a{i}": f"b{j}" for i, j in enumerate(expected)}
    sets = [
        sorted((problem.mentee_at[f"a{i}"], problem.mentor_at[f"b{j}"]) for i, j in enumerate(order))
        for order in permutations(range(size))
    ]
    assert sum(blocking_pairs(problem, np.array(pairs)) == 0 for pairs in sets) == stable
