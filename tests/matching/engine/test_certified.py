"""A part of the pairs, certified against all of them, gives what all of them give."""

from __future__ import annotations

import numpy as np
import pytest

from tandem.matching.engine import Blocked, Constraint, Criterion, Effort, Lock, Problem, Table, Waiver, solve
from tandem.matching.engine import solved as solving
from tandem.matching.engine.solved import Solved

PART = Effort(whole=0, small=0, per_mentee=3, per_mentor=3, per_round=2)
SLOPPY = Effort(whole=0, small=0, per_mentee=1, per_mentor=1, per_round=1, tolerance=0.05)


def a_crowd(seed: int, *, mentees: int = 240, mentors: int = 120, places: int = 2, order: int = 0) -> Problem:
    """People with disciplines and districts, some of whom ask twice, come first, are kept apart or locked."""
    rng = np.random.default_rng(seed)
    needs, priorities = rng.integers(0, 3, mentees), rng.integers(0, 2, mentees)
    capacities = rng.integers(0, places + 1, mentors)
    disciplines = rng.integers(0, 6, mentees), rng.integers(0, 6, mentors)
    districts = rng.integers(0, 20, mentees), rng.integers(0, 20, mentors)
    related = (np.eye(6) + (rng.random((6, 6)) < 0.2)) > 0
    near = rng.integers(0, 101, (20, 20))
    apart = [Blocked(f"a{i}", f"b{j}", "apart") for i, j in rng.integers(0, 100, (40, 2)).tolist()]
    waived = [Waiver(f"a{i}", f"b{j}", "discipline") for i, j in rng.integers(0, 100, (10, 2)).tolist()]
    shuffle = np.random.default_rng(order)
    left, right = (shuffle.permutation(count) if order else np.arange(count) for count in (mentees, mentors))
    problem = Problem.of(
        mentees=[f"a{i}" for i in left], mentors=[f"b{j}" for j in right],
        needs=needs[left], capacities=capacities[right], priorities=priorities[left],
        criteria=[Criterion("near", 1, Table(districts[0][left], districts[1][right], near))],
        constraints=[Constraint("discipline", Table(disciplines[0][left], disciplines[1][right], related), "waivable")],
        blocked=apart, waivers=waived,
    )  # fmt: skip
    i, j = (int(at[0]) for at in np.nonzero(problem.open_rows(slice(0, mentees)) & (problem.capacities > 0)))
    return problem.changed(lock=[Lock(problem.mentees[i], problem.mentors[j])])


@pytest.mark.parametrize("places", [1, 2, 6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_part_of_the_pairs_is_enough_for_the_same_answer(seed: int, places: int):
    problem = a_crowd(seed, places=places)

    whole, part = solve(problem), solve(problem, PART)

    assert len(Solved.of(problem, PART).pairs) < len(Solved.of(problem).pairs)
    assert whole.proof.optimal
    assert (part.pairs, part.points, part.proof, part.counts) == (whole.pairs, whole.points, whole.proof, whole.counts)
    assert (part.prices, part.partly, part.idle) == (whole.prices, whole.partly, whole.idle)
    assert [(left.mentee, left.reason, left.allowed) for left in part.unmatched] == [
        (left.mentee, left.reason, left.allowed) for left in whole.unmatched
    ]
    assert part.shortages == whole.shortages


def test_a_part_of_the_pairs_does_not_depend_on_the_order_of_the_input():
    assert solve(a_crowd(4, order=5), PART) == solve(a_crowd(4, order=6), PART)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_tolerance_is_stated_and_kept(seed: int):
    problem = a_crowd(seed)

    best, good = solve(problem), solve(problem, SLOPPY)

    assert good.counts.people == best.counts.people == good.proof.people_bound
    assert good.points <= best.points <= good.proof.points_bound
    assert good.proof.gap == (good.proof.points_bound - good.points) / good.proof.points_bound <= 0.05


def test_rounds_that_run_out_leave_a_bound_that_holds():
    problem = a_crowd(7, places=2)

    best, hasty = (
        solve(problem),
        solve(problem, Effort(whole=0, small=0, per_mentee=1, per_mentor=1, per_round=1, rounds=1)),
    )

    assert not hasty.proof.optimal
    assert hasty.counts.people <= best.counts.people <= hasty.proof.people_bound


def test_turning_a_problem_around_exchanges_the_sides():
    problem = a_crowd(8)
    turned = problem.turned()
    everybody, everybody_else = slice(0, len(problem.mentees)), slice(0, len(problem.mentors))

    assert (turned.score_rows(everybody_else) == problem.score_rows(everybody).T).all()
    assert (turned.allowed_rows(everybody_else) == problem.allowed_rows(everybody).T).all()
    i, j = np.divmod(np.arange(len(problem.mentees) * len(problem.mentors)), len(problem.mentors))
    assert (problem.open_at(i, j) == problem.open_rows(everybody).ravel()).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("effort", [None, PART], ids=["whole", "part"])
def test_weights_too_short_for_the_solver_are_noticed(monkeypatch, seed: int, effort: Effort | None):
    problem = a_crowd(seed)
    best = solve(problem, effort)
    flows: list[int | None] = []
    flow = solving.best_flow
    monkeypatch.setattr(solving, "best_flow", lambda *a, scale=None: flows.append(scale) or flow(*a, scale=scale))
    monkeypatch.setattr(solving, "SHORT_SCALE", 1)

    assert solve(problem, effort) == best
    assert set(flows) == {1, None}
