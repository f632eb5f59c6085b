"""What would happen if: the same problem with one more wish of staff, solved again and set against the result at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tandem.matching.engine.inputs import Blocked, Lock, Waiver
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.result import Result
from tandem.matching.engine.solve import solve


@dataclass(frozen=True, slots=True)
class Move:
    """A mentee whose mentors change: those given up and those gained."""

    mentee: str
    gives: tuple[str, ...]
    gets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A new result and how it differs: ``people``, ``pairs`` and ``points`` are new less old."""

    people: int
    pairs: int
    points: int
    moves: tuple[Move, ...]
    result: Result


def what_if(
    problem: Problem,
    result: Result,
    *,
    lock: Sequence[Lock] = (),
    block: Sequence[Blocked] = (),
    waive: Sequence[Waiver] = (),
) -> Change:
    """Solve with more locks, blocks and waivers and say what changes; takes as long as a solve.

    Raises as ``Problem.changed`` and ``solve`` do.
    """
    return compare(result, solve(problem.changed(lock=lock, block=block, waive=waive)))


def compare(before: Result, after: Result) -> Change:
    """How one result differs from another, in the order of the mentees' ids."""
    old, new = _mentors(before), _mentors(after)
    moves = [
        Move(name, tuple(sorted(old.get(name, set()) - new.get(name, set()))),
             tuple(sorted(new.get(name, set()) - old.get(name, set()))))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]  # fmt: skip
    return Change(
        people=after.counts.people - before.counts.people,
        pairs=after.counts.pairs - before.counts.pairs,
        points=after.points - before.points,
        moves=tuple(moves),
        result=after,
    )


def _mentors(result: Result) -> dict[str, set[str]]:
    mentors: dict[str, set[str]] = {}
    for pair in result.pairs:
        mentors.setdefault(pair.mentee, set()).add(pair.mentor)
    return mentors
