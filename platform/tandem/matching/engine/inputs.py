"""What a caller hands over: criteria and constraints as look-up tables, and what staff have said about single pairs.

A criterion never says what one pair is worth by being asked about it. It gives each person a code and one small table
(discipline by discipline, region by region), or, where the pairs have no such shape, a whole block. Everything is in the
caller's own order of people; ``Problem.of`` sorts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from numpy.typing import ArrayLike

Id = str | UUID

Strength = Literal["hard", "waivable"]
Side = Literal["mentee", "mentor", "both"]


class Aim(StrEnum):
    """Which set of pairs is the best one.

    ``POINTS``: as many people as possible, then as many points. ``MAX_MIN``: as many people, then the worst pair as good as
    possible, then points. ``STABLE``: no mentee and mentor would both rather have each other (Gale and Shapley 1962).
    """

    POINTS = "points"
    MAX_MIN = "max-min"
    STABLE = "stable"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Values by code.

    ``mentee_codes`` has shape ``(n,)`` and ``mentor_codes`` ``(m,)``, whole numbers; ``values`` has shape ``(a, b)`` and holds
    at ``[mentee code, mentor code]`` what the pair is worth (0–100 for a criterion) or whether it is allowed.
    """

    mentee_codes: ArrayLike
    mentor_codes: ArrayLike
    values: ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Values for every pair, shape ``(n, m)``: 0–100 for a criterion, true or false for a constraint."""

    values: ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class Criterion:
    """One part of the score: ``weight`` is its share (any scale, 0 allowed), its values are 0–100.

    ``side`` says who looks at it when both sides rank each other (``Aim.STABLE``); any other aim counts all criteria.
    """

    id: str
    weight: float
    source: Table | Block
    side: Side = "both"


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """One rule about pairs; true means allowed. ``waivable`` ones can be set aside for a single pair by a ``Waiver``."""

    id: str
    source: Table | Block
    strength: Strength = "hard"


class Blocked(NamedTuple):
    """A pair that must not be made, with a word for why: a recusal, a past pair, staff's own "keep apart"."""

    mentee: Id
    mentor: Id
    reason: str = "blocked"


class Lock(NamedTuple):
    """A pair that must be made."""

    mentee: Id
    mentor: Id


class Together(NamedTuple):
    """A pair that exists already, for which ``keep_bonus`` points are added."""

    mentee: Id
    mentor: Id


class Waiver(NamedTuple):
    """A waivable constraint set aside for one pair."""

    mentee: Id
    mentor: Id
    constraint: str
