"""Small cases in plain Python, and every possible set of pairs of one: what the engine is checked against.

Nothing here uses the engine's solving, scoring or constraint code; only the tie of a pair is asked from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product
from random import Random

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from tandem.matching.engine import (
    Aim,
    Block,
    Blocked,
    Constraint,
    Criterion,
    Lock,
    Problem,
    Table,
    Together,
    Waiver,
)
from tandem.matching.engine.ties import digests, pair_ties
from tests.selection import examples

#: Every property is tried on cases drawn anew in each run.
thorough = settings(max_examples=examples(20, 300), deadline=None, database=None)

Pairs = frozenset[tuple[str, str]]

RULES = (("discipline", "hard"), ("district", "waivable"))
WEIGHTS = (("skills", 70), ("region", 30))


@dataclass(frozen=True)
class Case:
    """People by name; ``scores`` and ``allowed`` by criterion or rule, then mentee, then mentor."""

    mentees: tuple[str, ...]
    mentors: tuple[str, ...]
    needs: dict[str, int]
    capacities: dict[str, int]
    priorities: dict[str, int]
    scores: dict[str, dict[tuple[str, str], int]]
    allowed: dict[str, dict[tuple[str, str], bool]]
    blocked: Pairs = frozenset()
    waived: Pairs = frozenset()
    locks: Pairs = frozenset()
    together: Pairs = frozenset()
    bonus: int = 0
    sides: tuple[str, ...] = ("both", "both")

    def problem(self, *, shuffle: int = 0, tables: bool = True, aim: Aim = Aim.POINTS) -> Problem:
        """The case as the engine takes it: in an order of its own for each ``shuffle``, as tables or as blocks."""
        random = Random(shuffle)
        left, right = list(self.mentees), list(self.mentors)
        if shuffle:
            random.shuffle(left)
            random.shuffle(right)

        def source(values, kind):
            block = np.array([[values[a, b] for b in right] for a in left], dtype=kind).reshape(len(left), len(right))
            if not tables:
                return Block(block)
            return Table(np.arange(len(left)), np.arange(len(right)), block)

        return Problem.of(
            mentees=left,
            mentors=right,
            needs=[self.needs[a] for a in left],
            capacities=[self.capacities[b] for b in right],
            priorities=[self.priorities[a] for a in left],
            criteria=[
                Criterion(name, weight, source(self.scores[name], np.uint8), side)
                for (name, weight), side in zip(WEIGHTS, self.sides, strict=True)
            ],
            constraints=[Constraint(name, source(self.allowed[name], bool), strength) for name, strength in RULES],
            blocked=[Blocked(*pair, "recusal") for pair in sorted(self.blocked)],
            waivers=[Waiver(*pair, "district") for pair in sorted(self.waived)],
            locks=[Lock(*pair) for pair in sorted(self.locks)],
            aim=aim,
            together=[Together(*pair) for pair in sorted(self.together)],
            keep_bonus=self.bonus,
        )

    def points(self, pair: tuple[str, str]) -> int:
        """The points of a pair: its fit, and the bonus if it exists already."""
        return self.fit(pair) + (self.bonus if pair in self.together else 0)

    def fit(self, pair: tuple[str, str], *, but: str = "") -> int:
        """The fit of a pair, part by part, halves up; without the parts that only the side ``but`` looks at."""
        return sum(
            (self.scores[name][pair] * weight + 50) // 100
            for (name, weight), side in zip(WEIGHTS, self.sides, strict=True)
            if side != but
        )

    def broken(self, pair: tuple[str, str]) -> set[str]:
        """What forbids a pair."""
        broken = {name for name, _ in RULES if not self.allowed[name][pair]}
        if pair in self.waived:
            broken -= {"district"}
        return broken | ({"recusal"} if pair in self.blocked else set())

    def mentors_of(self, mentee: str) -> list[str]:
        """Whom a mentee may be paired with."""
        return [b for b in self.mentors if not self.broken((mentee, b))]

    @cached_property
    def ties(self) -> dict[tuple[str, str], int]:
        """Each pair's share in the draw."""
        left, right = digests(self.mentees, "mentee"), digests(self.mentors, "mentor")
        drawn = pair_ties(left[:, None], right[None, :])
        return {(a, b): int(drawn[i, j]) for i, a in enumerate(self.mentees) for j, b in enumerate(self.mentors)}

    @cached_property
    def possible(self) -> list[tuple[tuple[int, ...], int, Pairs]]:
        """Every set of pairs that obeys rules, needs, capacities and locks: its value, its draw, its pairs."""
        choices = []
        for a in self.mentees:
            held = {b for x, b in self.locks if x == a}
            allowed = self.mentors_of(a)
            choices.append(
                [
                    chosen
                    for size in range(self.needs[a] + 1)
                    for chosen in combinations(allowed, size)
                    if held <= set(chosen)
                ]
            )
        found = []
        for chosen in product(*choices):
            used = [b for mentors in chosen for b in mentors]
            if all(used.count(b) <= self.capacities[b] for b in set(used)):
                pairs = frozenset((a, b) for a, mentors in zip(self.mentees, chosen, strict=True) for b in mentors)
                found.append((self.value(pairs), sum(self.ties[p] for p in pairs - self.locks), pairs))
        return found

    def value(self, pairs: Pairs) -> tuple[int, ...]:
        """The goals in their order: people by priority, then pairs, then points."""
        people = {a for a, _ in pairs} - {a for a, _ in self.locks}
        levels = sorted(set(self.priorities.values()), reverse=True)
        by_level = [sum(self.priorities[a] == level for a in people) for level in levels]
        return (*by_level, len(pairs), sum(self.points(p) for p in pairs))

    @cached_property
    def best(self) -> tuple[int, ...]:
        """The best value of all."""
        return max(value for value, _, _ in self.possible)

    def with_place(self, mentor: str) -> Case:
        """The same with one more place with a mentor."""
        return replace(self, capacities=self.capacities | {mentor: self.capacities[mentor] + 1})


@st.composite
def cases(draw, *, locks: bool = True) -> Case:
    """Up to four mentees and three mentors with everything the engine knows; mostly too few places, so that reasons arise."""
    mentees = tuple(f"mentee-{k}" for k in range(draw(st.sampled_from([4, 4, 4, 3, 2, 1, 0]))))
    mentors = tuple(f"mentor-{k}" for k in range(draw(st.sampled_from([3, 3, 3, 2, 1, 0]))))
    pairs = list(product(mentees, mentors))
    values = st.sampled_from([0, 20, 50, 51, 75, 90, 100])

    def rarely(odds: int) -> bool:
        return draw(st.integers(0, odds)) == odds

    case = Case(
        mentees=mentees,
        mentors=mentors,
        needs={a: draw(st.sampled_from([1, 1, 1, 1, 2, 0])) for a in mentees},
        capacities={b: draw(st.sampled_from([1, 1, 1, 2, 0])) for b in mentors},
        priorities={a: int(rarely(3)) for a in mentees},
        scores={name: {p: draw(values) for p in pairs} for name, _ in WEIGHTS},
        allowed={name: {p: not rarely(6) for p in pairs} for name, _ in RULES},
        blocked=frozenset(p for p in pairs if rarely(14)),
        waived=frozenset(p for p in pairs if rarely(6)),
    )
    if not locks or not pairs:
        return case
    held: set[tuple[str, str]] = set()
    for pair in draw(st.lists(st.sampled_from(pairs), max_size=1, unique=True)):
        fits = sum(a == pair[0] for a, _ in held) < case.needs[pair[0]]
        fits &= sum(b == pair[1] for _, b in held) < case.capacities[pair[1]]
        if fits and not case.broken(pair):
            held.add(pair)
    return replace(case, locks=frozenset(held))
