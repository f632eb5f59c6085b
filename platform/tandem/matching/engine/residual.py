"""What could still move around a set of pairs: the residual network, its longest paths and what can be reached in it.

A step goes along a pair not made (gaining its weight), back along a pair made (losing it), from a mentor with a free place to
the *sink* and from the sink to any mentor who has somebody, from a *tier* to a mentee with room and back from a mentee who drew
from it. In the best set of pairs no round trip gains anything, so longest paths are well defined (Bellman 1958, Ford 1956); they
are the dual prices of the assignment, and differences between them say exactly what a change would cost.

The sweeps run over mentors with NumPy; one sweep relaxes every arc once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tandem.matching.engine.arcs import Arcs
from tandem.matching.engine.errors import NotOptimal
from tandem.matching.engine.flow import Tiers
from tandem.matching.engine.lookups import Index

# "Cannot get there": every node also has a way out at this price, so that all gains stay finite and remain valid potentials.
FLOOR = -(1 << 58)
UNREACHED = FLOOR // 2

NOBODY = np.iinfo(np.int64).max

# How far, in points, an arc may be from the best to be swept often, and how often at most before all are swept again.
NEAR_POINTS = 1
NEAR_SWEEPS = 50


@dataclass(slots=True, eq=False)
class Gains:
    """Longest-path gains by node: ``mentee`` ``(n,)``, ``mentor`` ``(m,)``, ``tier`` ``(t,)``, ``sink`` ``(1,)``, in weights.

    Values under ``UNREACHED`` mean that there is no way.
    """

    mentee: Index
    mentor: Index
    tier: Index
    sink: Index

    @classmethod
    def nowhere(cls, n: int, m: int, tiers: int) -> Gains:
        """Everything unreached."""
        return cls(*(np.full(size, FLOOR, dtype=np.int64) for size in (n, m, tiers, 1)))

    def copy(self) -> Gains:
        """An independent copy."""
        return Gains(self.mentee.copy(), self.mentor.copy(), self.tier.copy(), self.sink.copy())

    def same(self, other: Gains) -> bool:
        """Whether a sweep changed nothing."""
        return (
            np.array_equal(self.mentor, other.mentor)
            and np.array_equal(self.mentee, other.mentee)
            and np.array_equal(self.tier, other.tier)
            and np.array_equal(self.sink, other.sink)
        )


class Residual:
    """The residual network of the pairs ``made`` (a mask over ``arcs``), with ``places`` per mentor left by locks.

    ``drawn`` of shape ``(t, n)`` says how many units each mentee drew from each tier; ``free`` ``(m,)`` how many places are left.
    """

    def __init__(self, arcs: Arcs, tiers: Tiers, places: Index, made: NDArray[np.bool_]) -> None:
        self.arcs, self.tiers, self.places, self.made = arcs, tiers, places, made
        self.kept = np.flatnonzero(made)
        self.kept_mentee, self.kept_mentor = arcs.mentee[self.kept], arcs.mentor[self.kept]
        self.got = np.bincount(self.kept_mentee, minlength=tiers.room.shape[1])
        self.used = np.bincount(self.kept_mentor, minlength=len(places))
        self.free = places - self.used
        self.drawn = np.zeros_like(tiers.room)
        rest = self.got.copy()
        for tier, room in enumerate(tiers.room):
            self.drawn[tier] = np.minimum(room, rest)
            rest -= self.drawn[tier]

    def gains_to(self, *, tier: int | None = None, mentee: int | None = None, most: int | None = None) -> Gains:
        """The most a path from each node to the given tier or mentee gains.

        Raises ``NotOptimal``, with ``most`` also where that many sweeps do not suffice.
        """
        start = self._nowhere()
        if tier is not None:
            start.tier[tier] = 0
        if mentee is not None:
            start.mentee[mentee] = 0
        return self._settle(start, self._sweep_to, most)

    def gains_from_sink(self) -> Gains:
        """The most a path from the sink to each node gains: at a mentor, what one more place there is worth.

        Raises ``NotOptimal``.
        """
        start = self._nowhere()
        start.sink[0] = 0
        return self._settle(start, self._sweep_from, None)

    def gains_from(self, mentees: Index) -> Gains:
        """The most a path from any of the given mentees to each node gains. Raises ``NotOptimal``."""
        start = self._nowhere()
        start.mentee[mentees] = 0
        return self._settle(start, self._sweep_from, None)

    def leavers(self, gains: Gains, tier: int) -> Index:
        """For each mentor, who would leave at the end of the best path from there to ``tier``, shape ``(m,)``; −1 for nobody.

        ``gains`` are those to that tier. Of several such people the one fewest moves away is named, then the first in order.
        """
        arcs = self.arcs
        by_mentee = np.where((self.drawn[tier] > 0) & (gains.mentee == 0), np.arange(len(self.got)), NOBODY)
        by_mentor = np.full(len(self.places), NOBODY, dtype=np.int64)
        tight = np.flatnonzero(arcs.weight + gains.mentor[arcs.mentor] == gains.mentee[arcs.mentee])
        tight = tight[~self.made[tight]]
        back = gains.mentee[self.kept_mentee] - arcs.weight[self.kept] == gains.mentor[self.kept_mentor]
        back_mentee, back_mentor = self.kept_mentee[back], self.kept_mentor[back]
        to_sink, from_sink = self.free > 0, (self.used > 0) & (gains.mentor == gains.sink[0])
        to_sink &= gains.mentor == gains.sink[0]
        while True:
            known = np.count_nonzero(by_mentor < NOBODY) + np.count_nonzero(by_mentee < NOBODY)
            _name(by_mentor, back_mentor, by_mentee[back_mentee])
            _name(by_mentor, np.flatnonzero(to_sink), by_mentor[from_sink].min(initial=NOBODY))
            _name(by_mentee, arcs.mentee[tight], by_mentor[arcs.mentor[tight]])
            for through in range(len(self.drawn)):
                enters = (self.tiers.room[through] > self.drawn[through]) & (gains.mentee == gains.tier[through])
                draws = np.flatnonzero((self.drawn[through] > 0) & (gains.mentee == gains.tier[through]))
                _name(by_mentee, draws, by_mentee[enters].min(initial=NOBODY))
            if known == np.count_nonzero(by_mentor < NOBODY) + np.count_nonzero(by_mentee < NOBODY):
                return np.where(by_mentor < NOBODY, by_mentor, -1)

    def _nowhere(self) -> Gains:
        return Gains.nowhere(len(self.got), len(self.places), len(self.tiers.room))

    def _settle(self, gains: Gains, sweep: Callable[[Gains, Steps | None], Steps], most: int | None) -> Gains:
        """Sweep until nothing changes; ``NotOptimal`` after ``most`` sweeps, or where a path would have to visit somebody twice.

        Most arcs are far from being on a longest path. So after each sweep over all arcs only the near ones are swept until they
        are at rest; a sweep over all that changes nothing ends it. The answer does not depend on which arcs count as near.
        """
        swept = 0
        # A path without a loop visits each mentor once; one sweep carries it past at least one of them.
        for _ in range(2 * (len(self.places) + len(self.tiers.room)) + 8):
            before = gains.copy()
            near = sweep(gains, None)
            if gains.same(before):
                return gains
            for _ in range(NEAR_SWEEPS):
                before = gains.copy()
                sweep(gains, near)
                swept += 1
                if gains.same(before):
                    break
            if most is not None and swept > most:
                break
        raise NotOptimal

    @cached_property
    def _by_mentee(self) -> Steps:
        """Along the pairs not made, to mentees."""
        others, arcs = np.flatnonzero(~self.made), self.arcs
        return Steps.of(arcs.mentee[others], arcs.mentor[others], arcs.weight[others])

    @cached_property
    def _by_mentor(self) -> Steps:
        """The same to mentors."""
        steps = self._by_mentee
        order = np.argsort(steps.source, kind="stable")
        return Steps.of(steps.source[order], steps.end[order], steps.weight[order])

    @cached_property
    def _back(self) -> tuple[Steps, Steps]:
        """Back along the pairs made, to mentees and to mentors."""
        order, lost = np.argsort(self.kept_mentor, kind="stable"), -self.arcs.weight[self.kept]
        return (
            Steps.of(self.kept_mentee, self.kept_mentor, lost),
            Steps.of(self.kept_mentor[order], self.kept_mentee[order], lost[order]),
        )

    @cached_property
    def _where(self) -> _Where:
        return _Where(
            free=np.flatnonzero(self.free > 0),
            used=np.flatnonzero(self.used > 0),
            draws=[np.flatnonzero(drawn > 0) for drawn in self.drawn],
            enters=[np.flatnonzero(room > 0) for room in self.tiers.room - self.drawn],
        )

    def _sweep_to(self, gains: Gains, steps: Steps | None) -> Steps:
        where, every = self._where, steps is None
        steps = self._by_mentee if steps is None else steps
        near = steps.carry(gains.mentor, gains.mentee, self._reach if every else None)
        for tier, draws in enumerate(where.draws):
            _raise_to(gains.mentee, draws, gains.tier[tier])
        self._back[1].carry(gains.mentee, gains.mentor)
        _raise_to(gains.mentor, where.free, gains.sink[0])
        gains.sink[0] = gains.mentor[where.used].max(initial=gains.sink[0])
        for tier, enters in enumerate(where.enters):
            gains.tier[tier] = gains.mentee[enters].max(initial=gains.tier[tier])
        return near

    def _sweep_from(self, gains: Gains, steps: Steps | None) -> Steps:
        where, every = self._where, steps is None
        steps = self._by_mentor if steps is None else steps
        near = steps.carry(gains.mentee, gains.mentor, self._reach if every else None)
        gains.sink[0] = gains.mentor[where.free].max(initial=gains.sink[0])
        _raise_to(gains.mentor, where.used, gains.sink[0])
        self._back[0].carry(gains.mentor, gains.mentee)
        for tier, draws in enumerate(where.draws):
            gains.tier[tier] = gains.mentee[draws].max(initial=gains.tier[tier])
        for tier, enters in enumerate(where.enters):
            _raise_to(gains.mentee, enters, gains.tier[tier])
        return near

    @property
    def _reach(self) -> int:
        return NEAR_POINTS * self.arcs.scale


@dataclass(frozen=True, slots=True, eq=False)
class _Where:
    """Positions of mentors with a free place and with somebody, and by tier of mentees who drew and who may draw more."""

    free: Index
    used: Index
    draws: list[Index]
    enters: list[Index]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Steps of a residual network, sorted by where they ``end``: from which ``source``, gaining which ``weight``, each ``(s,)``.

    ``ends`` names each end once, and ``start`` the first step to it.
    """

    end: Index
    source: Index
    weight: Index
    ends: Index
    start: Index

    @classmethod
    def of(cls, end: Index, source: Index, weight: Index) -> Steps:
        """Steps whose ``end`` is sorted."""
        start = np.flatnonzero(np.diff(end, prepend=-1))
        return cls(end, source, weight, end[start], start)

    def carry(self, values: Index, to: Index, near: int | None = None) -> Steps:
        """Raise ``to`` at the ends to what the steps bring there, in place; with ``near`` tell the steps so close to the best."""
        if not len(self.end):
            return self
        ahead = values[self.source] + self.weight
        to[self.ends] = np.maximum(to[self.ends], np.maximum.reduceat(ahead, self.start))
        if near is None:
            return self
        close = np.flatnonzero(ahead >= to[self.end] - near)
        return Steps.of(self.end[close], self.source[close], self.weight[close])


def _name(names: Index, at: Index, given: Index | np.int64) -> None:
    """Give names to those who have none yet, the smallest where several are given."""
    fresh = np.full_like(names, NOBODY)
    np.minimum.at(fresh, at, given)
    unnamed = names == NOBODY
    names[unnamed] = fresh[unnamed]


def _raise_to(values: Index, where: Index, to: np.int64) -> None:
    if to > FLOOR:
        values[where] = np.maximum(values[where], to)
