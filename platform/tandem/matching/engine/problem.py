"""The problem as the solver sees it: people in one fixed order, scores and permissions computed by rows, never stored whole.

People are sorted by a hash of their public id. So neither the order of the input nor the spelling of an id can change the
result, and nobody is first because of the alphabet. ``n`` is the number of mentees, ``m`` of mentors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tandem.matching.engine.checks import (
    check_locks,
    checked_counts,
    checked_ids,
    checked_priorities,
    positions,
    rescaled,
)
from tandem.matching.engine.errors import DuplicateId, OutOfRange, WaiverError
from tandem.matching.engine.inputs import Aim, Blocked, Constraint, Criterion, Id, Lock, Side, Together, Waiver
from tandem.matching.engine.lookups import Bytes, Index, Lookup, Rows, Single, compiled, ranges
from tandem.matching.engine.ties import digests

# Scores are whole points of this total unless the caller says otherwise: what people are shown as "fit of 100" is then exactly
# what was added up and made as large as possible. 250 is the most that fits a byte.
POINTS = 100
MOST_POINTS = 250
# Rows are worked on in pieces of about this many pairs, so that the pieces stay in the processor's cache.
PIECE = 1 << 21

SELF = "self"
# The part that a pair gets for being together already, and what keeps a pair out that fits less than any pair made may.
KEPT = "_kept"
FLOOR = "_floor"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A criterion as it counts: up to ``points`` of the problem's total, ``table`` in points, ``values`` in 0–100.

    The points for pairs already together are a part too (``KEPT``), the last one.
    """

    id: str
    points: int
    table: Lookup | Single
    values: Lookup | Single
    side: Side = "both"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A constraint as it is asked: 1 in ``allows`` means the pair is allowed."""

    id: str
    waivable: bool
    allows: Lookup


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything a match depends on. Make one with ``Problem.of``; people are in the engine's own order.

    ``needs`` and ``capacities`` are whole numbers ≥ 0 (how many mentors a mentee asks for, how many mentees a mentor can take);
    ``priorities`` decide who is placed first where not everybody can be (higher first). ``blocked`` maps pairs of positions to
    the reasons, ``waived`` to the positions of the constraints set aside; ``locks`` and ``apart`` (the blocked pairs again) are
    positions of shape ``(l, 2)``, sorted. Pairs of less than ``floor`` points are not open (``Aim.MAX_MIN``).
    """

    mentees: tuple[str, ...]
    mentors: tuple[str, ...]
    needs: Index
    capacities: Index
    priorities: Index
    parts: tuple[Part, ...]
    rules: tuple[Rule, ...]
    total: int
    blocked: Mapping[tuple[int, int], tuple[str, ...]]
    waived: Mapping[tuple[int, int], frozenset[int]]
    locks: Index
    apart: Index
    mentee_digests: NDArray[np.uint64]
    mentor_digests: NDArray[np.uint64]
    mentee_at: Mapping[str, int] = field(repr=False)
    mentor_at: Mapping[str, int] = field(repr=False)
    aim: Aim = Aim.POINTS
    floor: int = 0

    @classmethod
    def of(
        cls,
        *,
        mentees: Sequence[Id],
        mentors: Sequence[Id],
        needs: ArrayLike | None = None,
        capacities: ArrayLike | None = None,
        priorities: ArrayLike | None = None,
        criteria: Sequence[Criterion] = (),
        constraints: Sequence[Constraint] = (),
        blocked: Sequence[Blocked] = (),
        locks: Sequence[Lock] = (),
        waivers: Sequence[Waiver] = (),
        total: int = POINTS,
        aim: Aim = Aim.POINTS,
        together: Sequence[Together] = (),
        keep_bonus: int = 0,
    ) -> Problem:
        """Check the input and put it in order.

        ``needs``, ``capacities`` (default 1 each) and ``priorities`` (default 0) have the length of their side. Criteria's
        weights are rescaled to whole points that add up to ``total`` (1–250). One id on both sides is one person, who is never
        paired with himself or herself. ``together`` pairs get ``keep_bonus`` points more, on top of ``total`` (250 in all at
        most).

        Raises a subclass of ``EngineError``; ``ContradictoryLocks`` names every lock that cannot be obeyed.
        """
        if not 1 <= total <= MOST_POINTS:
            raise OutOfRange(f"the total of points is {total}, allowed are 1 to {MOST_POINTS}")
        if not 0 <= keep_bonus <= MOST_POINTS - total:
            raise OutOfRange(f"the bonus is {keep_bonus} points, allowed are 0 to {MOST_POINTS - total}")
        left, right = checked_ids(mentees, "mentee"), checked_ids(mentors, "mentor")
        hashes = digests(left, "mentee"), digests(right, "mentor")
        order = _order(left, hashes[0]), _order(right, hashes[1])
        left, right = tuple(left[i] for i in order[0]), tuple(right[j] for j in order[1])
        problem = cls(
            mentees=left,
            mentors=right,
            needs=checked_counts(needs, len(left), "need")[order[0]],
            capacities=checked_counts(capacities, len(right), "capacity")[order[1]],
            priorities=checked_priorities(priorities, len(left))[order[0]],
            parts=_parts(criteria, order, total),
            rules=_rules(constraints, order),
            total=total,
            blocked={},
            waived={},
            locks=np.zeros((0, 2), dtype=np.int64),
            apart=np.zeros((0, 2), dtype=np.int64),
            mentee_digests=hashes[0][order[0]],
            mentor_digests=hashes[1][order[1]],
            mentee_at={name: at for at, name in enumerate(left)},
            mentor_at={name: at for at, name in enumerate(right)},
            aim=Aim(aim),
        )
        if keep_bonus:
            problem = problem.keeping(together, keep_bonus)
        oneself = [Blocked(name, name, SELF) for name in left if name in problem.mentor_at]
        return problem.changed(block=[*oneself, *blocked], lock=locks, waive=waivers)

    def changed(
        self,
        *,
        lock: Sequence[Lock] = (),
        block: Sequence[Blocked] = (),
        waive: Sequence[Waiver] = (),
    ) -> Problem:
        """The same problem with more locks, blocked pairs and waivers; the tables are shared, nothing is copied.

        Raises ``UnknownId``, ``WaiverError`` or ``ContradictoryLocks``.
        """
        blocked = dict(self.blocked)
        for pair in block:
            at = positions(self.mentee_at, self.mentor_at, pair.mentee, pair.mentor)
            blocked[at] = tuple(dict.fromkeys((*blocked.get(at, ()), pair.reason)))
        waived = dict(self.waived)
        for waiver in waive:
            at = positions(self.mentee_at, self.mentor_at, waiver.mentee, waiver.mentor)
            waived[at] = waived.get(at, frozenset()) | {self._waivable(waiver.constraint)}
        pairs = {(int(i), int(j)) for i, j in self.locks}
        pairs |= {positions(self.mentee_at, self.mentor_at, pair.mentee, pair.mentor) for pair in lock}
        problem = replace(self, blocked=blocked, waived=waived, locks=_sorted(pairs), apart=_sorted(blocked))
        names, limits = (self.mentees, self.mentors), (self.needs, self.capacities)
        check_locks(problem.locks, names, limits, blocked, problem.broken_rules)
        return problem

    def keeping(self, together: Sequence[Together], bonus: int) -> Problem:
        """The same problem with ``bonus`` points more for pairs that exist already. Raises ``UnknownId``."""
        pairs = _sorted({positions(self.mentee_at, self.mentor_at, pair.mentee, pair.mentor) for pair in together})
        shape = len(self.mentees), len(self.mentors)
        part = Part(KEPT, bonus, Single(pairs, bonus, shape), Single(pairs, 100, shape))
        return replace(self, parts=(*self.parts, part), total=self.total + bonus)

    def above(self, floor: int) -> Problem:
        """The same problem without pairs of less than ``floor`` points, the bonus for staying together apart."""
        return replace(self, floor=floor)

    def _waivable(self, constraint: str) -> int:
        for at, rule in enumerate(self.rules):
            if rule.id == constraint:
                if not rule.waivable:
                    raise WaiverError(f"constraint {constraint} is hard: nobody overrides it")
                return at
        raise WaiverError(f"there is no constraint {constraint}")

    def pieces(self, pairs: int = PIECE) -> Iterator[slice]:
        """Runs of mentees of about so many pairs each."""
        n = len(self.mentees)
        step = max(1, pairs // max(1, len(self.mentors)))
        return (slice(begin, min(begin + step, n)) for begin in range(0, n, step))

    def score_rows(self, which: Rows) -> Bytes:
        """Points of some mentees with every mentor, allowed or not, shape ``(rows, m)``."""
        return self.sum_rows(which, self.parts)

    def sum_rows(self, which: Rows, parts: Sequence[Part]) -> Bytes:
        """Points that some of the parts give, shape ``(rows, m)``."""
        points = np.zeros((len(self.needs[which]), len(self.mentors)), dtype=np.uint8)
        for part in parts:
            points += part.table.rows(which)
        return points

    @property
    def fit(self) -> tuple[Part, ...]:
        """The parts without the bonus for staying together."""
        return tuple(part for part in self.parts if part.id != KEPT)

    def allowed_rows(self, which: Rows) -> Mask:
        """Who may be paired: constraints with their waivers, less blocked pairs; shape ``(rows, m)``."""
        who = np.arange(len(self.mentees), dtype=np.int64)[which]
        allowed = np.ones((len(who), len(self.mentors)), dtype=np.uint8)
        for rule in self.rules:
            allowed &= rule.allows.rows(which)
        for i, j in self.waived:
            allowed[who == i, j] = not self.broken_rules(i, j)
        strike(allowed, who, self.apart)
        return allowed.view(np.bool_)

    def open_rows(self, which: Rows) -> Mask:
        """Which pairs may still be made: allowed, not locked, of mentees whom locks leave a need; shape ``(rows, m)``."""
        allowed = self.allowed_rows(which)
        locked = np.bincount(self.locks[:, 0], minlength=len(self.mentees))
        allowed[np.flatnonzero((self.needs <= locked)[which])] = False
        strike(allowed, np.arange(len(self.mentees), dtype=np.int64)[which], self.locks)
        if self.floor:
            allowed &= self.sum_rows(which, self.fit) >= self.floor
        return allowed

    def open_at(self, mentees: Index, mentors: Index) -> Mask:
        """As ``open_rows``, for single pairs, shape of the index arrays."""
        pairs = zip(mentees.tolist(), mentors.tolist(), strict=True)
        locked = {(i, j) for i, j in self.locks.tolist()}
        full = np.bincount(self.locks[:, 0], minlength=len(self.mentees)) >= self.needs
        allowed = ~full[mentees]
        for rule in self.rules:
            allowed &= rule.allows.at(mentees, mentors) != 0
        for at, pair in enumerate(pairs):
            if pair in self.waived and not full[pair[0]]:
                allowed[at] = not self.broken_rules(*pair)
            allowed[at] &= pair not in self.blocked and pair not in locked
        if self.floor:
            allowed &= self.scores_at(mentees, mentors, self.fit) >= self.floor
        return allowed

    def turned(self) -> Problem:
        """The same problem with the two sides exchanged."""
        return replace(
            self,
            mentees=self.mentors,
            mentors=self.mentees,
            needs=self.capacities,
            capacities=self.needs,
            priorities=np.zeros_like(self.capacities),
            parts=tuple(
                replace(part, table=part.table.turned().spread_out(), values=part.values.turned())
                for part in self.parts
            ),
            rules=tuple(replace(rule, allows=rule.allows.turned().spread_out()) for rule in self.rules),
            blocked={(j, i): reasons for (i, j), reasons in self.blocked.items()},
            waived={(j, i): rules for (i, j), rules in self.waived.items()},
            locks=_sorted((j, i) for i, j in self.locks.tolist()),
            apart=_sorted((j, i) for i, j in self.apart.tolist()),
            mentee_digests=self.mentor_digests,
            mentor_digests=self.mentee_digests,
            mentee_at=self.mentor_at,
            mentor_at=self.mentee_at,
        )

    def scores_at(self, mentees: Index, mentors: Index, parts: Sequence[Part] | None = None) -> Index:
        """Points of single pairs (of all parts unless told which), shape of the index arrays."""
        points = np.zeros(mentees.shape, dtype=np.int64)
        for part in self.parts if parts is None else parts:
            points += part.table.at(mentees, mentors)
        return points

    def broken_rules(self, mentee: int, mentor: int) -> tuple[str, ...]:
        """Ids of the constraints that a pair breaks and that no waiver sets aside for it."""
        here = np.array([mentee]), np.array([mentor])
        aside = self.waived.get((mentee, mentor), frozenset())
        return tuple(r.id for at, r in enumerate(self.rules) if at not in aside and not r.allows.at(*here)[0])

    def broken_for_mentee(self, mentee: int) -> tuple[tuple[str, ...], Mask]:
        """What keeps each mentor from one mentee: ids and reasons, and a mask of shape ``(len(ids), m)``."""
        rows = [rule.allows.rows(slice(mentee, mentee + 1))[0] == 0 for rule in self.rules]
        aside = [(j, rules) for (i, j), rules in self.waived.items() if i == mentee]
        kept_apart = [(j, reasons) for (i, j), reasons in self.blocked.items() if i == mentee]
        low = self.sum_rows(slice(mentee, mentee + 1), self.fit)[0] < self.floor
        return self._broken(rows, aside, kept_apart, low)

    def broken_for_mentor(self, mentor: int) -> tuple[tuple[str, ...], Mask]:
        """What keeps each mentee from one mentor: ids and reasons, and a mask of shape ``(len(ids), n)``."""
        rows = [rule.allows.column(mentor) == 0 for rule in self.rules]
        aside = [(i, rules) for (i, j), rules in self.waived.items() if j == mentor]
        kept_apart = [(i, reasons) for (i, j), reasons in self.blocked.items() if j == mentor]
        points = np.zeros(len(self.mentees), dtype=np.int64)
        for part in self.fit:
            points += part.table.column(mentor)
        return self._broken(rows, aside, kept_apart, points < self.floor)

    def _broken(
        self,
        rows: list[Mask],
        aside: list[tuple[int, frozenset[int]]],
        kept_apart: list[tuple[int, tuple[str, ...]]],
        low: Mask,
    ) -> tuple[tuple[str, ...], Mask]:
        for at, rules in aside:
            for rule in rules:
                rows[rule][at] = False
        reasons = sorted({reason for _, given in kept_apart for reason in given})
        extra = {reason: np.zeros(len(low), dtype=np.bool_) for reason in reasons}
        for at, given in kept_apart:
            for reason in given:
                extra[reason][at] = True
        if self.floor:
            extra[FLOOR] = low
        names = (*(rule.id for rule in self.rules), *extra)
        return names, np.array([*rows, *extra.values()], dtype=np.bool_).reshape(len(names), len(low))


def strike(mask: Any, who: Index, pairs: Index) -> None:
    """Clear single pairs, sorted by mentee and of shape ``(l, 2)``, in the rows ``who`` of a mask, in place."""
    if len(pairs):
        first, last = (np.searchsorted(pairs[:, 0], who, side=side) for side in ("left", "right"))
        mask[np.repeat(np.arange(len(who)), last - first), pairs[ranges(first, last), 1]] = 0


def _sorted(pairs: Iterable[tuple[int, int]]) -> Index:
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _order(ids: tuple[str, ...], hashes: NDArray[np.uint64]) -> Index:
    order = np.argsort(hashes, kind="stable")
    if len(ids) and (hashes[order][1:] == hashes[order][:-1]).any():
        order = np.array(sorted(range(len(ids)), key=lambda at: (int(hashes[at]), ids[at])), dtype=np.int64)
    return order.astype(np.int64, copy=False)


def _parts(criteria: Sequence[Criterion], order: tuple[Index, Index], total: int) -> tuple[Part, ...]:
    _distinct([c.id for c in criteria], "criterion")
    made = []
    for criterion, points in zip(criteria, rescaled([(c.id, c.weight) for c in criteria], total), strict=True):
        values = compiled(f"criterion {criterion.id}", criterion.source, order, boolean=False)
        table = ((values.table.astype(np.uint16) * points + 50) // 100).astype(np.uint8)
        made.append(Part(criterion.id, points, values.over(table), values, criterion.side))
    return tuple(made)


def _rules(constraints: Sequence[Constraint], order: tuple[Index, Index]) -> tuple[Rule, ...]:
    _distinct([c.id for c in constraints], "constraint")
    return tuple(
        Rule(c.id, c.strength == "waivable", compiled(f"constraint {c.id}", c.source, order, boolean=True).spread_out())
        for c in constraints
    )


def _distinct(ids: list[str], what: str) -> None:
    if len(set(ids)) != len(ids):
        twice = sorted({i for i in ids if ids.count(i) > 1})
        raise DuplicateId(f"{what} {', '.join(twice)} stands more than once")
