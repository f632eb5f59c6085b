"""The aims beside most points: the fairest pairs, stable pairs, and as many pairs as before, each held against every possibility."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.matching.engine import (
    Aim,
    Block,
    Criterion,
    Effort,
    Explainer,
    Lock,
    OutOfRange,
    Problem,
    Reason,
    Together,
    UnknownId,
    compare,
    recruits,
    solve,
)
from tandem.matching.engine.stable import blocking_pairs, stable_pairs
from tests.matching.engine.brute import Case, Pairs, cases, thorough

pytestmark = pytest.mark.proof
SPARSE = Effort(whole=0, small=0, per_mentee=1, per_mentor=1, per_round=1)
both = pytest.mark.parametrize("effort", [Effort(), SPARSE], ids=["whole", "sparse"])
every_aim = pytest.mark.parametrize("aim", list(Aim))


def made(result) -> Pairs:
    return frozenset((pair.mentee, pair.mentor) for pair in result.pairs)


@st.composite
def sided(draw) -> Case:
    """Cases in which the sides look at different criteria."""
    return replace(
        draw(cases()), sides=draw(st.sampled_from([("both", "both"), ("mentee", "mentor"), ("both", "mentor")]))
    )


@st.composite
def kept(draw) -> Case:
    """Cases with pairs that exist already."""
    case = draw(cases())
    pairs = [(a, b) for a in case.mentees for b in case.mentors]
    together = draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True)) if pairs else []
    return replace(case, together=frozenset(together), bonus=draw(st.sampled_from([1, 10, 60])))


# The fairest pairs


def fairness(case: Case, pairs: Pairs) -> tuple[object, ...]:
    """People by priority, then pairs, then the worst fit, then points, then the draw."""
    value, own = case.value(pairs), pairs - case.locks
    worst = min((case.fit(pair) for pair in own), default=1000)
    return (*value[:-1], worst, value[-1], sum(case.ties[pair] for pair in own))


@both
@thorough
@given(case=cases())
def test_max_min_lifts_the_worst_pair_before_points(case: Case, effort: Effort):
    result = solve(case.problem(aim=Aim.MAX_MIN), effort)

    pairs = made(result)
    assert fairness(case, pairs) == max(fairness(case, other) for _, _, other in case.possible)
    own = pairs - case.locks
    assert result.worst == (min(case.fit(pair) for pair in own) if own else None)
    assert result.proof.optimal
    assert result.proof.floor_bound == result.worst
    assert result.instead is not None
    assert result.instead.points == case.best[-1]
    assert (result.instead.people, result.instead.pairs) == (result.counts.people, result.counts.pairs)


@thorough
@given(case=cases(locks=False))
def test_max_min_gives_everybody_left_over_one_reason_that_holds(case: Case):
    problem = case.problem(aim=Aim.MAX_MIN)
    result = solve(problem)
    explainer = Explainer(problem, result)

    placed = {a for a, _ in made(result)}
    left = {one.mentee: one for one in result.unmatched}
    assert left.keys() == {a for a in case.mentees if case.needs[a]} - placed
    for name, one in left.items():
        above = [b for b in case.mentors_of(name) if case.fit((name, b)) >= result.floor]
        assert one.allowed == len(above)
        assert (one.reason is Reason.NO_MENTOR_ALLOWED) == (not above)
        assert explainer.why_unmatched(name) == one
        explainer.why_not_best(name)


def test_max_min_gives_points_away_for_the_worst_pair():
    fit = Criterion("fit", 1, Block([[100, 60], [55, 0]]))
    people = {"mentees": ["ada", "bo"], "mentors": ["cy", "di"], "criteria": [fit]}

    fair = solve(Problem.of(**people, aim=Aim.MAX_MIN))
    plain = solve(
        Problem.of(
            mentees=["ada", "bo"], mentors=["cy", "di"], criteria=[Criterion("fit", 1, Block([[100, 60], [30, 0]]))]
        )
    )

    assert made(fair) == {("ada", "di"), ("bo", "cy")}
    assert (fair.worst, fair.points, fair.proof.floor_bound) == (55, 115, 55)
    assert made(plain) == {("ada", "cy"), ("bo", "di")}


# Stable pairs


def likes(case: Case) -> tuple[dict[tuple[str, str], tuple[int, ...]], dict[tuple[str, str], tuple[int, ...]]]:
    """How much the mentee, and the mentor, of each pair likes it; draws only by ties, so cases with equal keys are unclear."""
    pairs = [(a, b) for a in case.mentees for b in case.mentors]
    bonus = {pair: case.bonus if pair in case.together else 0 for pair in pairs}
    return (
        {pair: (case.fit(pair, but="mentor") + bonus[pair], case.ties[pair]) for pair in pairs},
        {
            pair: (case.priorities[pair[0]], case.fit(pair, but="mentee") + bonus[pair], case.ties[pair])
            for pair in pairs
        },
    )


def blocking(case: Case, pairs: Pairs) -> int:
    """How many pairs would rather have each other, in plain Python."""
    mine, theirs = likes(case)
    own, count = pairs - case.locks, 0
    for a in case.mentees:
        held = [pair for pair in own if pair[0] == a]
        need = case.needs[a] - sum(x == a for x, _ in case.locks)
        for b in case.mentors_of(a):
            keeps = [pair for pair in own if pair[1] == b]
            places = case.capacities[b] - sum(y == b for _, y in case.locks)
            if (a, b) in pairs or need <= 0 or places <= 0:
                continue
            wants = len(held) < need or mine[a, b] > min(mine[pair] for pair in held)
            takes = len(keeps) < places or theirs[a, b] > min(theirs[pair] for pair in keeps)
            count += wants and takes
    return count


@both
@thorough
@given(case=sided())
def test_stable_pairs_leave_nobody_who_would_rather_have_each_other(case: Case, effort: Effort):
    result = solve(case.problem(aim=Aim.STABLE), effort)

    pairs = made(result)
    possible = {other for _, _, other in case.possible}
    assert pairs in possible
    assert blocking(case, pairs) == result.proof.blocking == 0
    assert result.proof.optimal
    assert result.instead is not None
    assert result.instead.points == case.best[-1]
    left = {one.mentee: one.reason for one in result.unmatched}
    alone = {a for a in case.mentees if case.needs[a]} - {a for a, _ in pairs}
    assert left == {a: Reason.OUTRANKED if case.mentors_of(a) else Reason.NO_MENTOR_ALLOWED for a in alone}


@thorough
@given(case=sided())
def test_stable_pairs_are_the_ones_that_every_mentee_likes_best(case: Case):
    mine, _ = likes(case)
    pairs = made(solve(case.problem(aim=Aim.STABLE)))

    for other in (other for _, _, other in case.possible if blocking(case, other) == 0):
        for a in (a for a in case.mentees if case.needs[a] == 1):
            liked = [max((mine[pair] for pair in some if pair[0] == a), default=(-1, 0)) for some in (pairs, other)]
            assert liked[0] >= liked[1]


@thorough
@given(case=sided())
def test_the_check_counts_the_pairs_that_block_any_other_set(case: Case):
    problem = case.problem(aim=Aim.STABLE)

    for _, _, pairs in case.possible[::7]:
        at = sorted((problem.mentee_at[a], problem.mentor_at[b]) for a, b in pairs - case.locks)
        assert blocking_pairs(problem, np.array(at, dtype=np.int64).reshape(-1, 2)) == blocking(case, pairs)


def test_stable_pairs_of_many_people_with_long_lists_are_stable():
    rng = np.random.default_rng(3)
    criteria = [
        Criterion("mine", 1, Block(rng.integers(0, 101, (300, 120))), "mentee"),
        Criterion("theirs", 1, Block(rng.integers(0, 101, (300, 120))), "mentor"),
    ]
    problem = Problem.of(
        mentees=[f"a{k}" for k in range(300)], mentors=[f"b{k}" for k in range(120)], aim=Aim.STABLE,
        criteria=criteria, capacities=rng.integers(0, 4, 120), needs=rng.integers(1, 3, 300),
    )  # fmt: skip

    pairs = stable_pairs(problem)

    assert blocking_pairs(problem, pairs) == 0
    assert len(pairs) == min(problem.needs.sum(), problem.capacities.sum())
    assert blocking_pairs(problem, pairs[1:]) > 0


def test_whom_a_stable_match_leaves_over_is_told_who_is_kept_instead():
    fit = Criterion("fit", 1, Block([[90], [70]]))
    result = solve(Problem.of(mentees=["ada", "bo"], mentors=["cy"], criteria=[fit], aim=Aim.STABLE))

    [left] = result.unmatched
    assert (left.mentee, left.reason, left.best_mentor, left.best_fit) == ("bo", Reason.OUTRANKED, "cy", 70)
    assert left.rival is not None
    assert (left.rival.mentee, left.rival.fit, left.rival.points) == ("ada", 70, 90)
    assert [
        one.places
        for one in recruits(Problem.of(mentees=["ada", "bo"], mentors=["cy"], criteria=[fit], aim=Aim.STABLE), result)
    ] == [1]


# As many pairs as before


@both
@thorough
@given(case=kept())
def test_pairs_together_already_count_the_bonus_more(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    pairs = made(result)
    assert case.value(pairs) == case.best
    assert result.points == sum(case.points(pair) for pair in pairs)
    assert result.proof.optimal
    assert result.total == 100 + case.bonus
    share = result.criteria[-1]
    assert (share.id, share.points) == ("_kept", case.bonus)
    for pair in result.pairs:
        assert pair.parts[-1] == (case.bonus if (pair.mentee, pair.mentor) in case.together else 0)
        assert pair.points == sum(pair.parts)


@thorough
@given(case=kept())
def test_the_bonus_goes_with_every_aim(case: Case):
    fair = made(solve(case.problem(aim=Aim.MAX_MIN)))
    stable = made(solve(case.problem(aim=Aim.STABLE)))

    assert fairness(case, fair) == max(fairness(case, other) for _, _, other in case.possible)
    assert blocking(case, stable) == 0


def test_a_bonus_keeps_pairs_that_a_point_would_part():
    people = {
        "mentees": ["ada", "bo"],
        "mentors": ["cy", "di"],
        "criteria": [Criterion("fit", 1, Block([[50, 51], [50, 50]]))],
    }
    before = [Together("ada", "cy"), Together("bo", "di")]

    first = solve(Problem.of(**people))
    again = solve(Problem.of(**people, together=before, keep_bonus=3))

    assert made(first) == {("ada", "di"), ("bo", "cy")}
    assert made(again) == {("ada", "cy"), ("bo", "di")}
    assert len(compare(first, again).moves) == 2


def test_a_bonus_is_refused_that_does_not_fit_a_byte_or_names_strangers():
    with pytest.raises(OutOfRange, match="the bonus is 151 points"):
        Problem.of(mentees=["ada"], mentors=["cy"], keep_bonus=151)
    with pytest.raises(UnknownId):
        Problem.of(mentees=["ada"], mentors=["cy"], together=[Together("ada", "di")], keep_bonus=1)


# All of them


@every_aim
@both
@thorough
@given(case=kept())
def test_every_aim_gives_the_same_result_for_every_order_of_the_input(case: Case, effort: Effort, aim: Aim):
    results = [solve(case.problem(shuffle=seed, tables=seed % 2 == 0, aim=aim), effort) for seed in range(3)]

    assert results == [results[0]] * 3
    assert results[0].aim is aim


@every_aim
@thorough
@given(case=cases())
def test_every_aim_obeys_locks(case: Case, aim: Aim):
    result = solve(case.problem(aim=aim))

    assert case.locks <= made(result)
    assert {(pair.mentee, pair.mentor) for pair in result.pairs if pair.locked} == case.locks


@every_aim
@pytest.mark.parametrize(
    ("mentees", "mentors", "extra"),
    [([], [], {}), ([], ["di"], {}), (["ada"], [], {}), (["ada"], ["di"], {"capacities": [0]}),
     (["ada"], ["di"], {"locks": [Lock("ada", "di")]})],
)  # fmt: skip
def test_every_aim_takes_an_empty_side(aim: Aim, mentees, mentors, extra):
    result = solve(Problem.of(mentees=mentees, mentors=mentors, aim=aim, **extra))

    assert result.proof.optimal
    assert result.worst is None
