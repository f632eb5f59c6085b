"""Every reason is true, and every figure in it is what really would happen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tandem.matching.engine import (
    Block,
    Blocked,
    Constraint,
    Criterion,
    Effort,
    Explainer,
    Lock,
    NotUnmatched,
    Problem,
    Reason,
    Table,
    UnknownId,
    explain_pair,
    shortlist,
    solve,
    what_if,
)
from tests.matching.engine.brute import Case, cases, thorough

pytestmark = pytest.mark.proof
#: All pairs at once, and as few at a time as there can be, so that the certificate does the work.
both = pytest.mark.parametrize(
    "effort", [Effort(), Effort(whole=0, small=0, per_mentee=1, per_mentor=1, per_round=1)], ids=["whole", "sparse"]
)


@both
@thorough
@given(case=cases())
def test_every_unmatched_person_has_one_reason_with_its_proof(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    served = {pair.mentee for pair in result.pairs}
    left_over = [left.mentee for left in result.unmatched]
    assert sorted(left_over) == sorted(a for a in case.mentees if case.needs[a] and a not in served)
    for left in result.unmatched:
        has_refusal = left.reason is Reason.NO_MENTOR_ALLOWED
        assert has_refusal == (not case.mentors_of(left.mentee))
        assert (left.refusal is not None, left.shortage is None) == (has_refusal, has_refusal)
        assert left.allowed == len(case.mentors_of(left.mentee))


@both
@thorough
@given(case=cases())
def test_shortages_really_are_violators(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    waiting = {left.mentee for left in result.unmatched}
    locked = {a for a, _ in case.locks}
    for shortage in result.shortages:
        assert {b for a in shortage.mentees for b in case.mentors_of(a)} <= set(shortage.mentors)
        held = sum(b in shortage.mentors for _, b in case.locks)
        assert shortage.places == sum(case.capacities[b] for b in shortage.mentors) - held
        assert shortage.locked_places == held
        assert shortage.short == len(shortage.mentees) - shortage.places > 0
        assert shortage.short == len(waiting & set(shortage.mentees))
        assert not locked & set(shortage.mentees)
    for left in result.unmatched:
        if left.shortage is not None:
            assert left.mentee in result.shortages[left.shortage].mentees


@both
@thorough
@given(case=cases())
def test_refusals_count_what_each_rule_does_and_what_opens_most(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    for left in result.unmatched:
        if left.refusal is None:
            continue
        broken = [case.broken((left.mentee, b)) for b in case.mentors if case.capacities[b]]
        assert left.refusal.others == len(broken)
        told = {rule.id: (rule.forbids, rule.alone) for rule in left.refusal.rules}
        ids = set().union(*broken)
        assert told == {name: (sum(name in b for b in broken), sum(b == {name} for b in broken)) for name in ids}
        for relaxation in left.refusal.relaxations:
            assert relaxation.opens == sum(b <= set(relaxation.rules) for b in broken) > 0
            assert relaxation.waivable == (set(relaxation.rules) == {"district"})
        most = [relaxation.opens for relaxation in left.refusal.relaxations if len(relaxation.rules) == 1]
        assert max(most, default=0) == max((sum(b == {name} for b in broken) for name in ids), default=0)


@both
@thorough
@given(case=cases())
def test_the_way_in_costs_exactly_what_is_said(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    served = {pair.mentee for pair in result.pairs}
    for left in result.unmatched:
        ways = [
            (case.best[-1] - value[-1], pairs)
            for value, _, pairs in case.possible
            if value[:-1] == case.best[:-1] and any(a == left.mentee for a, _ in pairs)
        ]
        assert (left.entry is None) == (not ways)
        if left.entry is None:
            continue
        cost = min(cost for cost, _ in ways)
        assert left.entry.cost == cost == left.entry.needed - left.entry.fit
        assert left.entry.fit == case.points((left.mentee, left.entry.mentor))
        expected = (served - {left.entry.left_out}) | {left.mentee}
        assert any(
            c == cost and (left.mentee, left.entry.mentor) in p and {a for a, _ in p} == expected for c, p in ways
        )


@both
@thorough
@given(case=cases())
def test_reasons_come_in_their_order(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    free = sum(case.capacities.values()) - len(case.locks)
    for left in result.unmatched:
        if left.reason is Reason.NO_MENTOR_ALLOWED:
            continue
        shortage = result.shortages[left.shortage]
        met = [p for p in result.pairs if p.mentor in case.mentors_of(left.mentee) and not p.locked]
        leads = {p.mentee: case.points((left.mentee, p.mentor)) - p.points for p in met}
        equals = [lead for a, lead in leads.items() if case.priorities[a] == case.priorities[left.mentee]]
        if shortage.local or left.entry is None:
            assert left.reason is Reason.TOO_FEW_PLACES
        else:
            assert shortage.places > free / 2
            direct = max(equals, default=None) == -left.entry.cost
            assert left.reason is (Reason.PRICED_OUT if direct else Reason.COSTS_IN_TOTAL)
            assert left.entry.direct == direct
        assert (left.rival is not None) == (max(leads.values(), default=0) > 0)
        if left.rival is not None:
            assert case.priorities[left.rival.mentee] > case.priorities[left.mentee]


@both
@thorough
@given(case=cases())
def test_forcing_a_pair_costs_exactly_what_is_said(case: Case, effort: Effort):
    problem = case.problem()
    result = solve(problem, effort)
    explainer = Explainer(problem, result, effort)

    done = {(pair.mentee, pair.mentor) for pair in result.pairs}
    for a in case.mentees:
        for b in case.mentors:
            with_pair = [value for value, _, pairs in case.possible if (a, b) in pairs]
            cost = explainer.cost_of(problem.mentee_at[a], problem.mentor_at[b])
            if not with_pair or (a, b) in done:
                assert cost is None
                continue
            value = max(with_pair)
            people = sum(case.best[:-2]) - sum(value[:-2])
            assert cost is not None
            assert (cost.people, cost.pairs, cost.points) == (
                people,
                case.best[-2] - value[-2],
                case.best[-1] - value[-1],
            )


@both
@thorough
@given(case=cases())
def test_the_best_fit_not_got_is_found_with_its_takers(case: Case, effort: Effort):
    problem = case.problem()
    result = solve(problem, effort)
    explainer = Explainer(problem, result, effort)

    for a in case.mentees:
        answer = explainer.why_not_best(a)
        got = {pair.mentor: pair.points for pair in result.pairs if pair.mentee == a}
        better = [
            case.points((a, b))
            for b in case.mentors_of(a)
            if case.capacities[b] and b not in got and (not got or case.points((a, b)) > min(got.values()))
        ]
        assert dict(answer.got) == got
        assert answer.points == max(better, default=None)
        takers = {pair.mentee for pair in result.pairs if pair.mentor == answer.mentor}
        assert {taker.mentee for taker in answer.takers} == takers


@both
@thorough
@given(case=cases())
def test_one_more_place_brings_exactly_what_is_said(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    for price in result.prices:
        grown = case.with_place(price.mentor)
        gain = [new - old for new, old in zip(grown.best, case.best, strict=True)]
        assert (price.more_people, price.more_pairs, price.more_points) == (sum(gain[:-2]), gain[-2], gain[-1])
        as_many = [value[-1] for value, _, _ in grown.possible if value[:-1] == case.best[:-1]]
        assert price.price == max(as_many) - case.best[-1]
        assert price.used == sum(pair.mentor == price.mentor for pair in result.pairs)


@both
def test_one_more_place_among_equals_brings_no_points(effort: Effort):
    # One place is free of locks, so that the pair that another place would bring doubles the ties in the sum.
    mentees, mentors = [f"mentee-{number}" for number in range(4)], ["mentor-0", "mentor-1"]
    result = solve(
        Problem.of(
            mentees=mentees,
            mentors=mentors,
            needs=[1] * 4,
            capacities=[1, 1],
            priorities=[0, 0, 1, 0],
            criteria=[Criterion("skills", 100, Block(np.zeros((4, 2), dtype=np.uint8)))],
            locks=[Lock("mentee-0", "mentor-1")],
        ),
        effort,
    )

    assert [(price.more_people, price.more_pairs, price.more_points) for price in result.prices] == [(1, 1, 0)] * 2


@both
@thorough
@given(case=cases())
def test_swaps_change_the_total_by_what_is_said(case: Case, effort: Effort):
    problem = case.problem()
    result = solve(problem, effort)
    explainer = Explainer(problem, result, effort)

    pairs = {(pair.mentee, pair.mentor) for pair in result.pairs}
    by_pairs = {pairs: value for value, _, pairs in case.possible}
    for a in case.mentees:
        expected = set()
        for old in [p for p in pairs - case.locks if p[0] == a]:
            for other in pairs - case.locks - {old}:
                new = {(a, other[1]), (other[0], old[1])}
                swapped = frozenset((pairs - {old, other}) | new)
                if not new & pairs and swapped in by_pairs:
                    expected.add((old[1], *other, by_pairs[swapped][-1] - result.points))
        swaps = explainer.swaps(a, limit=99)
        assert {(swap.gives, swap.other, swap.mentee_gets, swap.points) for swap in swaps} == expected
        assert [swap.points for swap in swaps] == sorted((swap.points for swap in swaps), reverse=True)


@both
@thorough
@given(case=cases())
def test_idle_mentors_have_nobody_left_to_take(case: Case, effort: Effort):
    result = solve(case.problem(), effort)

    used = {pair.mentor for pair in result.pairs}
    got = [pair.mentee for pair in result.pairs]
    assert sorted(idle.mentor for idle in result.idle) == sorted(
        b for b in case.mentors if case.capacities[b] and b not in used
    )
    for idle in result.idle:
        allowed = [a for a in case.mentees if case.needs[a] and not case.broken((a, idle.mentor))]
        assert idle.allowed == len(allowed)
        assert (idle.refusal is None) == bool(allowed)
        assert all(got.count(a) == case.needs[a] for a in allowed)


@both
@thorough
@given(case=cases(locks=False))
def test_shortlist_ranks_by_fit_less_scarcity(case: Case, effort: Effort):
    problem = case.problem()
    prices = {b: 10 * k for k, b in enumerate(case.mentors)}

    for a in case.mentees:
        suggestions = shortlist(problem, a, prices, k=2)
        free = [b for b in case.mentors_of(a) if case.capacities[b]]
        free.sort(key=lambda b: (prices[b] - case.points((a, b)), -case.points((a, b)), -case.ties[a, b]))
        assert [(s.mentor, s.fit, s.scarcity) for s in suggestions] == [
            (b, case.points((a, b)), prices[b]) for b in free[:2]
        ]


@both
@thorough
@given(case=cases())
def test_any_pair_is_explained_by_parts_that_add_up(case: Case, effort: Effort):
    problem = case.problem()

    for a in case.mentees:
        for b in case.mentors:
            answer = explain_pair(problem, a, b)
            assert answer.points == sum(part.points for part in answer.parts) == case.points((a, b))
            assert set(answer.broken) == case.broken((a, b))
            assert answer.allowed == (not case.broken((a, b)))
            assert [part.value for part in answer.parts] == [case.scores[part.id][a, b] for part in answer.parts]


def test_a_bottleneck_is_named_with_its_people_and_places():
    # Five ask for payroll, which one mentor with two places offers; budgeting has places to spare.
    problem = Problem.of(
        mentees=["p1", "p2", "p3", "p4", "p5", "b1", "b2"],
        mentors=["payroll", "budgeting-1", "budgeting-2"],
        capacities=[2, 2, 2],
        constraints=[Constraint("discipline", Table([0] * 5 + [1] * 2, [0, 1, 1], [[True, False], [False, True]]))],
    )

    result = solve(problem)

    assert [left.reason for left in result.unmatched] == [Reason.TOO_FEW_PLACES] * 3
    assert [(sorted(s.mentees), s.mentors, s.places, s.short, s.local) for s in result.shortages] == [
        (["p1", "p2", "p3", "p4", "p5"], ("payroll",), 2, 3, True)
    ]
    assert [(p.more_people, p.more_pairs) for p in result.prices if p.mentor == "payroll"] == [(1, 1)]


def test_somebody_whose_fit_is_not_enough_is_told_what_was_needed():
    problem = Problem.of(
        mentees=["ada", "bo", "cleo"],
        mentors=["di", "ed"],
        criteria=[Criterion("fit", 1, Block([[95, 90], [60, 98], [70, 70]]))],
    )

    [left] = solve(problem).unmatched

    assert (left.mentee, left.reason, left.rival) == ("cleo", Reason.PRICED_OUT, None)
    assert left.entry is not None
    assert (left.entry.mentor, left.entry.fit, left.entry.needed, left.entry.left_out) == ("di", 70, 95, "ada")


def test_somebody_who_could_be_placed_by_moving_others_is_told_what_that_costs():
    # Cleo may only go to Di, whom Ada has at 95. Taking that place costs 25; Ada moving to Ed and leaving Bo out costs less.
    problem = Problem.of(
        mentees=["ada", "bo", "cleo"],
        mentors=["di", "ed"],
        criteria=[Criterion("fit", 1, Block([[95, 90], [0, 80], [70, 0]]))],
        constraints=[Constraint("open", Block([[True, True], [True, True], [True, False]]))],
    )

    [left] = solve(problem).unmatched

    assert (left.mentee, left.reason) == ("cleo", Reason.COSTS_IN_TOTAL)
    assert left.entry is not None
    assert (left.entry.fit, left.entry.needed, left.entry.cost, left.entry.left_out) == (70, 85, 15, "bo")


def test_places_held_by_locks_are_short_without_any_way_in():
    problem = Problem.of(mentees=["ada", "bo"], mentors=["di"], locks=[Lock("bo", "di")])

    result = solve(problem)

    [left] = result.unmatched
    assert (left.mentee, left.reason, left.entry) == ("ada", Reason.TOO_FEW_PLACES, None)
    assert [(s.mentees, s.mentors, s.places, s.locked_places, s.short) for s in result.shortages] == [
        (("ada",), ("di",), 0, 1, 1)
    ]


def test_less_fit_placed_by_priority_is_shown_as_a_rival():
    problem = Problem.of(
        mentees=["ada", "bo", "cleo"],
        mentors=["di", "ed"],
        priorities=[0, 1, 0],
        criteria=[Criterion("fit", 1, Block([[0, 100], [40, 0], [50, 0]]))],
    )

    [left] = solve(problem).unmatched

    assert left.mentee == "cleo"
    assert left.rival is not None
    assert (left.rival.mentor, left.rival.mentee, left.rival.fit, left.rival.points) == ("di", "bo", 50, 40)
    assert left.entry is not None
    assert (left.entry.left_out, left.entry.cost) == ("ada", 90)


def test_what_if_says_who_moves_and_what_it_costs():
    problem = Problem.of(
        mentees=["ada", "bo"], mentors=["cy", "di"], criteria=[Criterion("fit", 1, Block([[90, 80], [70, 20]]))]
    )
    result = solve(problem)

    forbidden = what_if(problem, result, block=[Blocked("bo", "cy", "kept-apart")])
    nothing = what_if(problem, result, lock=[Lock("bo", "cy")])

    assert result.points == 150
    assert (forbidden.people, forbidden.pairs, forbidden.points) == (0, 0, -40)
    assert [(move.mentee, move.gives, move.gets) for move in forbidden.moves] == [
        ("ada", ("di",), ("cy",)),
        ("bo", ("cy",), ("di",)),
    ]
    assert (nothing.points, nothing.moves) == (0, ())


def test_why_unmatched_answers_only_for_people_without_a_mentor():
    problem = Problem.of(mentees=["ada", "bo"], mentors=["cy"], criteria=[Criterion("fit", 1, Block([[9], [8]]))])
    explainer = Explainer(problem, solve(problem))

    assert explainer.why_unmatched("bo").reason is Reason.PRICED_OUT
    with pytest.raises(NotUnmatched):
        explainer.why_unmatched("ada")
    with pytest.raises(UnknownId):
        explainer.why_unmatched("nobody")


def test_explainer_refuses_a_result_of_another_problem():
    problem = Problem.of(mentees=["ada"], mentors=["cy"])
    result = solve(problem)

    with pytest.raises(UnknownId):
        Explainer(Problem.of(mentees=["bo"], mentors=["cy"]), result)
