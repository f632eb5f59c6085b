"""The pairs are the best there are, whatever the order of the input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from tandem.matching.engine import Block, Constraint, Criterion, Effort, NotOptimal, Problem, Table, solve
from tandem.matching.engine.proof import units_proven, weight_bound
from tandem.matching.engine.residual import Residual
from tandem.matching.engine.solve import result_of
from tandem.matching.engine.solved import Solved
from tests.matching.engine.brute import Case, cases, thorough

pytestmark = pytest.mark.proof
#: All pairs at once, and as few at a time as there can be, so that the certificate does the work.
both = pytest.mark.parametrize(
    "effort", [Effort(), Effort(whole=0, small=0, per_mentee=1, per_mentor=1, per_round=1)], ids=["whole", "sparse"]
)


def made(result) -> frozenset[tuple[str, str]]:
    return frozenset((pair.mentee, pair.mentor) for pair in result.pairs)


@both
@thorough
@given(case=cases())
def test_solve_finds_the_best_of_all_possible_sets_of_pairs(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    pairs = made(result)
    assert pairs in {pairs for _, _, pairs in case.possible}
    assert case.value(pairs) == case.best
    assert len({a for a, _ in pairs}) == max(len({a for a, _ in p}) for _, _, p in case.possible)
    assert sum(case.ties[p] for p in pairs - case.locks) == max(t for v, t, _ in case.possible if v == case.best)


@both
@thorough
@given(case=cases())
def test_solve_gives_the_same_result_for_every_order_of_the_input(case: Case, effort: Effort):
    results = [solve(case.problem(shuffle=seed, tables=seed % 2 == 0), effort) for seed in range(4)]

    assert results == [results[0]] * 4


@both
@thorough
@given(case=cases())
def test_points_are_the_sum_of_their_parts(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    assert [pair.points for pair in result.pairs] == [sum(pair.parts) for pair in result.pairs]
    assert [pair.points for pair in result.pairs] == [case.points((p.mentee, p.mentor)) for p in result.pairs]
    assert result.points == sum(pair.points for pair in result.pairs)
    assert {(pair.mentee, pair.mentor) for pair in result.pairs if pair.locked} == case.locks


@both
@thorough
@given(case=cases())
def test_proof_reaches_its_bounds(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    assert result.proof.optimal
    assert result.proof.gap == 0
    assert result.proof.points_bound == result.points
    assert (result.proof.people_bound, result.proof.pairs_bound) == (result.counts.people, result.counts.pairs)


@thorough
@given(case=cases())
def test_proof_fails_for_any_other_set_of_pairs(case: Case):
    solved = Solved.of(case.problem())
    names = list(zip(solved.arcs.mentee.tolist(), solved.arcs.mentor.tolist(), strict=True))
    best = solved.residual
    weight = int(solved.arcs.weight[best.kept].sum())
    bound = weight_bound(
        solved.arcs, solved.tiers, best.places, best.drawn.sum(axis=1), best.gains_to(tier=len(best.drawn) - 1)
    ) if len(best.kept) else weight  # fmt: skip

    for value, tie, pairs in case.possible:
        if (value, tie) == (case.best, max(t for v, t, _ in case.possible if v == case.best)):
            continue
        mask = np.array(
            [(solved.problem.mentees[i], solved.problem.mentors[j]) in pairs for i, j in names], dtype=np.bool_
        )
        other = Residual(solved.arcs, solved.tiers, best.places, mask)
        passes_all = units_proven(solved.arcs, solved.tiers, other)[0]
        assert not passes_all or int(solved.arcs.weight[mask].sum()) < bound


def test_prices_of_pairs_that_are_not_the_best_are_refused():
    problem = Problem.of(
        mentees=["ada", "bo"], mentors=["cy", "di"], criteria=[Criterion("fit", 1, Block([[100, 90], [90, 10]]))]
    )
    result = solve(problem)
    worse = [replace(pair, mentor="di" if pair.mentor == "cy" else "cy") for pair in result.pairs]

    assert made(result) == {("ada", "di"), ("bo", "cy")}
    with pytest.raises(NotOptimal):
        result_of(Solved.again(problem, replace(result, pairs=tuple(worse))))


def test_more_people_come_before_more_points():
    problem = Problem.of(
        mentees=["ada", "bo"],
        mentors=["cy", "di"],
        criteria=[Criterion("fit", 1, Block([[100, 0], [0, 0]]))],
        constraints=[Constraint("open", Block([[True, True], [True, False]]))],
    )

    result = solve(problem)

    assert made(result) == {("ada", "di"), ("bo", "cy")}
    assert result.points == 0


def test_a_second_mentor_never_leaves_somebody_without_a_first():
    problem = Problem.of(
        mentees=["ada", "bo"], mentors=["cy", "di"], needs=[2, 1],
        criteria=[Criterion("fit", 1, Block([[100, 100], [0, 0]]))],
    )  # fmt: skip

    result = solve(problem)

    assert result.counts.people == 2
    assert [(partly.mentee, partly.asked, partly.got) for partly in result.partly] == [("ada", 2, 1)]


def test_priority_decides_who_is_placed_where_not_everybody_can_be():
    fit = Criterion("fit", 1, Block([[100], [0]]))
    plain = Problem.of(mentees=["ada", "bo"], mentors=["cy"], criteria=[fit])
    again = Problem.of(mentees=["ada", "bo"], mentors=["cy"], criteria=[fit], priorities=[0, 1])

    assert made(solve(plain)) == {("ada", "cy")}
    assert made(solve(again)) == {("bo", "cy")}


def test_one_mentor_takes_a_group():
    result = solve(Problem.of(mentees=["ada", "bo", "cleo"], mentors=["di"], capacities=[3]))

    assert made(result) == {("ada", "di"), ("bo", "di"), ("cleo", "di")}


@pytest.mark.parametrize(
    ("mentees", "mentors", "extra"),
    [
        ([], [], {}),
        ([], ["di"], {}),
        (["ada"], [], {}),
        (["ada"], ["di"], {"capacities": [0]}),
        (["ada"], ["di"], {"needs": [0]}),
        (["ada"], ["di"], {"constraints": [Constraint("never", Block([[False]]))]}),
    ],
)
def test_nothing_to_pair_is_an_ordinary_result(mentees, mentors, extra):
    result = solve(Problem.of(mentees=mentees, mentors=mentors, criteria=[], **extra))

    assert (result.pairs, result.points, result.proof.optimal) == ((), 0, True)
    asked = [] if "needs" in extra else mentees
    assert [left.mentee for left in result.unmatched] == asked


def test_nobody_is_paired_with_himself():
    result = solve(Problem.of(mentees=["ada", "bo"], mentors=["ada"]))

    assert made(result) == {("bo", "ada")}
    assert result.unmatched[0].refusal is not None
    assert [rule.id for rule in result.unmatched[0].refusal.rules] == ["self"]


def test_weights_are_rescaled_to_the_total_by_largest_remainders():
    zero = Table([0], [0], [[0]])
    criteria = [Criterion("a", 1, zero), Criterion("b", 1, zero), Criterion("c", 1, zero), Criterion("d", 0, zero)]

    shares = [solve(Problem.of(mentees=["x"], mentors=["y"], criteria=criteria, total=total)).criteria for total in (100, 250)]  # fmt: skip

    assert [[share.points for share in row] for row in shares] == [[34, 33, 33, 0], [84, 83, 83, 0]]


def test_a_hundred_people_in_draws_are_placed_alike_in_every_order():
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 3, 100), rng.integers(0, 3, 40)
    values = rng.integers(0, 2, (3, 3)) * 50

    def pairs(order, other):
        problem = Problem.of(
            mentees=[f"mentee-{k}" for k in order], mentors=[f"mentor-{k}" for k in other],
            capacities=np.full(40, 2), criteria=[Criterion("fit", 1, Table(codes[0][order], codes[1][other], values))],
        )  # fmt: skip
        return solve(problem)

    forward = pairs(np.arange(100), np.arange(40))
    assert pairs(rng.permutation(100), rng.permutation(40)) == forward
    assert forward.counts.people == 80
