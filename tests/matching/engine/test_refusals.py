"""Bad input is refused by name before anything is solved."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from tandem.matching.engine import (
    Block,
    Blocked,
    CapacityError,
    ConflictKind,
    Constraint,
    ContradictoryLocks,
    Criterion,
    DuplicateId,
    EngineError,
    Lock,
    NotFinite,
    OutOfRange,
    Problem,
    ShapeError,
    Table,
    TooLarge,
    UnknownId,
    Waiver,
    WaiverError,
    explain_pair,
    shortlist,
    solve,
)

PEOPLE = {"mentees": ["ada", "bo"], "mentors": ["cy", "di", "ed"]}


def block(value=1.0, shape=(2, 3)):
    return Block(np.full(shape, value))


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (DuplicateId, {"mentees": ["ada", "ada"]}),
        (DuplicateId, {"mentors": [UUID(int=1), str(UUID(int=1)), "x"]}),
        (DuplicateId, {"criteria": [Criterion("a", 1, block()), Criterion("a", 1, block())]}),
        (DuplicateId, {"constraints": [Constraint("a", block()), Constraint("a", block())]}),
        (ShapeError, {"criteria": [Criterion("a", 1, block(shape=(3, 2)))]}),
        (ShapeError, {"criteria": [Criterion("a", 1, Table([0, 1], [0, 0, 0], [[1]]))]}),
        (ShapeError, {"criteria": [Criterion("a", 1, Table([0, -1], [0, 0, 0], [[1]]))]}),
        (ShapeError, {"criteria": [Criterion("a", 1, Table([0], [0, 0, 0], [[1]]))]}),
        (ShapeError, {"criteria": [Criterion("a", 1, Table([0.5, 0], [0, 0, 0], [[1]]))]}),
        (ShapeError, {"criteria": [Criterion("a", 1, Table([0, 0], [0, 0, 0], [1]))]}),
        (ShapeError, {"criteria": [Criterion("a", 1, Block([["x"] * 3] * 2))]}),
        (ShapeError, {"needs": [1]}),
        (ShapeError, {"capacities": [[1, 1, 1]]}),
        (ShapeError, {"priorities": [1.5, 2]}),
        (NotFinite, {"criteria": [Criterion("a", 1, block(np.nan))]}),
        (NotFinite, {"criteria": [Criterion("a", 1, block(np.inf))]}),
        (NotFinite, {"criteria": [Criterion("a", float("nan"), block())]}),
        (NotFinite, {"needs": [np.nan, 1]}),
        (OutOfRange, {"criteria": [Criterion("a", 1, block(101))]}),
        (OutOfRange, {"criteria": [Criterion("a", 1, block(-1))]}),
        (OutOfRange, {"criteria": [Criterion("a", -1, block())]}),
        (OutOfRange, {"criteria": [Criterion("a", 1, block(True))]}),
        (OutOfRange, {"constraints": [Constraint("a", block(2))]}),
        (OutOfRange, {"total": 251}),
        (OutOfRange, {"total": 0}),
        (CapacityError, {"needs": [-1, 1]}),
        (CapacityError, {"capacities": [1, 2, 0.5]}),
        (CapacityError, {"capacities": [1, 2, 10**9]}),
        (CapacityError, {"capacities": ["1", "2", "3"]}),
        (UnknownId, {"locks": [Lock("zoe", "cy")]}),
        (UnknownId, {"blocked": [Blocked("ada", "zoe")]}),
        (UnknownId, {"waivers": [Waiver("zoe", "cy", "a")]}),
        (WaiverError, {"waivers": [Waiver("ada", "cy", "none")]}),
        (WaiverError, {"constraints": [Constraint("a", block(False))], "waivers": [Waiver("ada", "cy", "a")]}),
    ],
)
def test_bad_input_is_refused_by_name(error, given):
    with pytest.raises(error) as refused:
        Problem.of(**(PEOPLE | given))

    assert type(refused.value) is error
    assert issubclass(error, EngineError)


def test_contradictory_locks_are_all_named():
    with pytest.raises(ContradictoryLocks) as refused:
        Problem.of(
            **PEOPLE,
            needs=[1, 1],
            capacities=[1, 1, 0],
            constraints=[Constraint("open", Block([[True, True, True], [True, False, True]]), "waivable")],
            blocked=[Blocked("ada", "cy", "recusal")],
            locks=[Lock("ada", "cy"), Lock("ada", "di"), Lock("bo", "di"), Lock("bo", "ed")],
        )

    told = [(c.kind, c.mentee, c.mentor, c.rules, c.asked, c.limit) for c in refused.value.conflicts]
    assert sorted(told, key=str) == sorted(
        [
            (ConflictKind.BLOCKED, "ada", "cy", ("recusal",), 0, 0),
            (ConflictKind.NOT_ALLOWED, "bo", "di", ("open",), 0, 0),
            (ConflictKind.MENTEE_FULL, "ada", None, (), 2, 1),
            (ConflictKind.MENTEE_FULL, "bo", None, (), 2, 1),
            (ConflictKind.MENTOR_FULL, None, "di", (), 2, 1),
            (ConflictKind.MENTOR_FULL, None, "ed", (), 1, 0),
        ],
        key=str,
    )


def test_a_waiver_opens_exactly_its_pair():
    rule = Constraint("never", block(False), "waivable")

    result = solve(Problem.of(**PEOPLE, constraints=[rule], waivers=[Waiver("bo", "ed", "never")]))

    assert [(pair.mentee, pair.mentor) for pair in result.pairs] == [("bo", "ed")]


def test_a_lock_on_a_pair_that_breaks_a_rule_needs_its_waiver():
    rule = Constraint("never", block(False), "waivable")
    lock, waiver = Lock("bo", "ed"), Waiver("bo", "ed", "never")

    with pytest.raises(ContradictoryLocks):
        Problem.of(**PEOPLE, constraints=[rule], locks=[lock])
    result = solve(Problem.of(**PEOPLE, constraints=[rule], locks=[lock], waivers=[waiver]))

    assert [(pair.mentee, pair.mentor, pair.locked) for pair in result.pairs] == [("bo", "ed", True)]


def test_costs_beyond_the_exact_range_are_refused():
    crowd = np.full(30, 1_000_000)
    problem = Problem.of(
        mentees=[f"a{k}" for k in range(30)], mentors=[f"b{k}" for k in range(30)], needs=crowd, capacities=crowd
    )

    with pytest.raises(TooLarge):
        solve(problem)


def test_questions_about_strangers_are_refused():
    problem = Problem.of(**PEOPLE)

    for ask in (lambda: shortlist(problem, "zoe"), lambda: explain_pair(problem, "ada", "zoe")):
        with pytest.raises(UnknownId):
            ask()
