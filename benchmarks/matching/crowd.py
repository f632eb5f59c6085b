"""A crowd to match, made from a seed alone; needs nothing but NumPy, so that every peer's environment can make the same one.

Thirteen disciplines of which about 30 % go together, sixty districts on a map, twenty-four competencies, six levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any

DISCIPLINES, DISTRICTS, COMPETENCIES, LEVELS = 13, 60, 24, 6


@dataclass(frozen=True, slots=True)
class Crowd:
    """``tables`` and ``codes`` by criterion, in points that add up to at most 100; ``rule`` says which disciplines go together."""

    places: Array
    rule: Array
    rule_codes: tuple[Array, Array]
    tables: list[Array]
    codes: list[tuple[Array, Array]]

    def points(self, begin: int, end: int) -> Array:
        """Points of mentees ``begin…end-1`` with every mentor; −1 where the pair is not allowed."""
        total = sum(
            table[mentees[begin:end]][:, mentors].astype(np.int16)
            for table, (mentees, mentors) in zip(self.tables, self.codes, strict=True)
        )
        return np.where(self.rule[self.rule_codes[0][begin:end]][:, self.rule_codes[1]], total, -1)


def a_crowd(mentees: int, *, tight: bool) -> Crowd:
    """As many mentees and half as many mentors; ``tight``: seven places for eight people, else five for four."""
    rng, mentors = np.random.default_rng(1), mentees // 2
    rule = rng.random((DISCIPLINES, DISCIPLINES)) < 0.24
    np.fill_diagonal(rule, True)
    spots = rng.random((DISTRICTS, 2))
    distance = np.sqrt(((spots[:, None] - spots[None]) ** 2).sum(-1))
    step = np.abs(np.arange(LEVELS)[:, None] - np.arange(LEVELS)[None])
    tables = [
        (rng.integers(0, 101, (COMPETENCIES, COMPETENCIES)) * 50 + 50) // 100,
        (np.clip(100 - 90 * distance, 0, 100).round().astype(np.int64) * 30 + 50) // 100,
        ((100 - 20 * step) * 20 + 50) // 100,
    ]
    kinds = (DISCIPLINES, COMPETENCIES, DISTRICTS, LEVELS)
    drawn = [(rng.integers(0, kind, mentees), rng.integers(0, kind, mentors)) for kind in kinds]
    places = rng.choice([1, 1, 2, 3] if tight else [1, 2, 3, 4], mentors)
    return Crowd(places, rule, drawn[0], tables, drawn[1:])
