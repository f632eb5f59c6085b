"""The best fit not got, and the mentors to recruit: both are checked against what really happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from tandem.matching.engine import Block, Criterion, Effort, Explainer, Problem, Step, missed_fits, recruits, solve
from tests.matching.engine.brute import Case, cases, thorough
from tests.matching.engine.test_certified import PART, a_crowd

pytestmark = pytest.mark.proof


@thorough
@given(cases())
def test_the_best_fit_not_got_is_the_best_there_is_and_its_place_is_worth_more(case: Case):
    problem = case.problem()
    result = solve(problem)
    explainer = Explainer(problem, result)

    told = {one.mentee: (one.mentor, one.points) for one in missed_fits(problem, result)}
    alone = [a for a in case.mentees if sum(pair.mentee == a for pair in result.pairs) == 1]
    answers = {a: explainer.why_not_best(a) for a in alone}
    assert told == {a: (answer.mentor, answer.points) for a, answer in answers.items() if answer.mentor}


@thorough
@given(cases(locks=False))
def test_what_is_missed_costs_more_than_it_brings(case: Case):
    problem = case.problem()

    for one in missed_fits(problem, solve(problem)):
        if not case.priorities[one.mentee]:
            assert one.price - one.own_price >= one.points - one.got_points - 1


@thorough
@given(cases())
def test_more_places_of_a_kind_place_as_many_people_as_is_said(case: Case):
    problem = case.problem()
    result = solve(problem)

    for one in recruits(problem, result):
        grown = case
        for _ in range(one.places):
            grown = grown.with_place(one.mentor)
        after = solve(grown.problem())
        assert after.counts.people == result.counts.people + one.places == result.counts.people + len(one.mentees)
        assert after.points == result.points + one.points
        assert one.places > 0


def test_mentors_of_one_kind_are_told_once():
    problem = Problem.of(
        mentees=["ada", "bo", "cleo", "dan"], mentors=["ed", "fay"],
        criteria=[Criterion("fit", 1, Block([[50, 50]] * 4))],
    )  # fmt: skip

    found = recruits(problem, solve(problem))

    assert [(one.places, len(one.mentees), one.points) for one in found] == [(2, 2, 100)]


def test_whom_to_recruit_is_the_same_whichever_pairs_were_looked_at():
    problem = a_crowd(1, places=1)

    whole, part = (recruits(problem, solve(problem, effort), effort=effort) for effort in (Effort(), PART))

    assert whole
    assert [(one.mentor, one.places) for one in part] == [(one.mentor, one.places) for one in whole]
    for one in part:
        more = problem.capacities.copy()
        more[problem.mentor_at[one.mentor]] += one.places
        after = solve(replace(problem, capacities=more))
        assert after.counts.people == solve(problem).counts.people + one.places


def test_a_solve_tells_how_far_it_is_and_ends_when_it_is_told_to():
    problem, heard = a_crowd(1), []
    told = replace(PART, report=lambda step, share: heard.append((step, share)))

    result = solve(problem, told)
    recruits(problem, result, effort=told)

    assert {step for step, _share in heard} == set(Step)
    assert all(0 <= share <= 1 for _step, share in heard)

    def stop(_step: Step, _share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(problem, replace(PART, report=stop))
