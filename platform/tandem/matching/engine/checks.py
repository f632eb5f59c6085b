"""Checks of what a caller gives, and the rescaling of weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from tandem.matching.engine.errors import (
    CapacityError,
    ConflictKind,
    ContradictoryLocks,
    DuplicateId,
    LockConflict,
    NotFinite,
    OutOfRange,
    ShapeError,
    UnknownId,
)
from tandem.matching.engine.inputs import Id
from tandem.matching.engine.lookups import Index, as_array

# More than this many partners for one person is a slip of the keyboard, and sums of them would leave the exact range.
MOST_PARTNERS = 1_000_000


def checked_ids(ids: Sequence[Id], side: str) -> tuple[str, ...]:
    """Public ids as text. Raises ``DuplicateId``."""
    names = tuple(str(i) for i in ids)
    if len(set(names)) != len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise DuplicateId(f"{side} {', '.join(twice[:5])} stands more than once")
    return names


def checked_counts(given: ArrayLike | None, people: int, what: str) -> Index:
    """Needs or capacities, shape ``(people,)``; 1 each if not given. Raises ``ShapeError``, ``NotFinite``, ``CapacityError``."""
    if given is None:
        return np.ones(people, dtype=np.int64)
    counts = as_array(f"a {what}", given)
    if counts.shape != (people,):
        raise ShapeError(f"there are {people} people and a {what} of shape {counts.shape}")
    if people == 0:
        return np.zeros(0, dtype=np.int64)
    if counts.dtype.kind not in "uif":
        raise CapacityError(f"a {what} of type {counts.dtype} is not a number")
    if not np.isfinite(counts).all():
        raise NotFinite(f"a {what} is NaN or infinite")
    if (counts < 0).any() or (counts > MOST_PARTNERS).any() or (counts != np.floor(counts)).any():
        raise CapacityError(f"a {what} is a whole number from 0 to {MOST_PARTNERS}")
    return counts.astype(np.int64)


def checked_priorities(given: ArrayLike | None, people: int) -> Index:
    """Priorities, shape ``(people,)``, any whole numbers; 0 each if not given. Raises ``ShapeError``."""
    if given is None:
        return np.zeros(people, dtype=np.int64)
    priorities = as_array("priorities", given)
    if priorities.shape != (people,) or (people and priorities.dtype.kind not in "ui"):
        raise ShapeError(f"there are {people} mentees, and priorities of {priorities.dtype} {priorities.shape}")
    return priorities.astype(np.int64)


def rescaled(weights: Sequence[tuple[str, float]], total: int) -> list[int]:
    """Weights as whole points that add up to ``total``, in the order given; all 0 if every weight is 0.

    Largest remainders (Hamilton's method of apportionment), draws by id, in exact fractions, so that neither order nor rounding
    plays a part. Raises ``NotFinite`` or ``OutOfRange``.
    """
    for name, weight in weights:
        if not isfinite(weight):
            raise NotFinite(f"criterion {name}: the weight is NaN or infinite")
        if weight < 0:
            raise OutOfRange(f"criterion {name}: the weight {weight} is negative")
    whole = sum((Fraction(weight) for _, weight in weights), Fraction(0))
    if whole == 0:
        return [0] * len(weights)
    shares = [Fraction(weight) / whole * total for _, weight in weights]
    points = [int(share) for share in shares]
    by_remainder = sorted(range(len(weights)), key=lambda k: (points[k] - shares[k], weights[k][0]))
    for k in by_remainder[: total - sum(points)]:
        points[k] += 1
    return points


def positions(mentee_at: Mapping[str, int], mentor_at: Mapping[str, int], mentee: Id, mentor: Id) -> tuple[int, int]:
    """Both sides' positions in the problem. Raises ``UnknownId``."""
    return position(mentee_at, mentee, "mentee"), position(mentor_at, mentor, "mentor")


def position(at: Mapping[str, int], name: Id, side: str) -> int:
    """One person's position in the problem. Raises ``UnknownId``."""
    found = at.get(str(name))
    if found is None:
        raise UnknownId(f"there is no {side} {name} in this problem")
    return found


def check_locks(
    locks: Index,
    names: tuple[Sequence[str], Sequence[str]],
    limits: tuple[Index, Index],
    blocked: Mapping[tuple[int, int], tuple[str, ...]],
    broken_rules: Callable[[int, int], tuple[str, ...]],
) -> None:
    """Raise ``ContradictoryLocks`` with every lock that cannot be obeyed, alone or together with the others.

    ``locks`` has shape ``(l, 2)``; ``names`` and ``limits`` are the mentees' ids and needs and the mentors' ids and capacities.
    """
    conflicts = []
    for i, j in locks.tolist():
        pair = names[0][i], names[1][j]
        if (i, j) in blocked:
            conflicts.append(LockConflict(ConflictKind.BLOCKED, *pair, rules=blocked[i, j]))
        if rules := broken_rules(i, j):
            conflicts.append(LockConflict(ConflictKind.NOT_ALLOWED, *pair, rules=rules))
    asked = np.bincount(locks[:, 0], minlength=len(names[0])), np.bincount(locks[:, 1], minlength=len(names[1]))
    for i in np.flatnonzero(asked[0] > limits[0]).tolist():
        count, limit = int(asked[0][i]), int(limits[0][i])
        conflicts.append(LockConflict(ConflictKind.MENTEE_FULL, mentee=names[0][i], asked=count, limit=limit))
    for j in np.flatnonzero(asked[1] > limits[1]).tolist():
        count, limit = int(asked[1][j]), int(limits[1][j])
        conflicts.append(LockConflict(ConflictKind.MENTOR_FULL, mentor=names[1][j], asked=count, limit=limit))
    if conflicts:
        raise ContradictoryLocks(tuple(conflicts))
