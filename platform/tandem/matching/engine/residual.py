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
NEAR_POINTS = 2
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
        self.filled = np.flatnonzero(np.diff(arcs.start))

    def gains_to(self, *, tier: int | None = None, mentee: int | None = None) -> Gains:
        """The most a path from each node to the given tier or mentee gains. Raises ``NotOptimal``."""
        start = self._nowhere()
        if tier is not None:
            start.tier[tier] = 0
        if mentee is not None:
            start.mentee[mentee] = 0
        return self._settle(start, self._sweep_to)

    def gains_from_sink(self) -> Gains:
        """The most a path from the sink to each node gains: at a mentor, what one more place there is worth.

        Raises ``NotOptimal``.
        """
        start = self._nowhere()
        start.sink[0] = 0
        return self._settle(start, self._sweep_from)

    def gains_from(self, mentees: Index) -> Gains:
        """The most a path from any of the given mentees to each node gains. Raises ``NotOptimal``."""
        start = self._nowhere()
        start.mentee[mentees] = 0
        return self._settle(start, self._sweep_from)

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

    def _settle(self, gains: Gains, sweep: Callable[[Gains, Index | None], Index]) -> Gains:
        """Sweep until nothing changes.

        Most arcs are far from being on a longest path. So after each sweep over all arcs only the near ones are swept until they
        are at rest; a sweep over all that changes nothing ends it. The answer does not depend on which arcs count as near.
        """
        # A path without a loop visits each mentor once; one sweep carries it past at least one of them.
        for _ in range(2 * (len(self.places) + len(self.tiers.room)) + 8):
            before = gains.copy()
            near = sweep(gains, None)
            if gains.same(before):
                return gains
            for _ in range(NEAR_SWEEPS):
                before = gains.copy()
                sweep(gains, near)
                if gains.same(before):
                    break
        raise NotOptimal

    def _sweep_to(self, gains: Gains, steps: Index | None) -> Index:
        arcs = self.arcs
        near = np.zeros(0, dtype=np.int64)
        if steps is not None:
            np.maximum.at(gains.mentee, arcs.mentee[steps], arcs.weight[steps] + gains.mentor[arcs.mentor[steps]])
        elif len(arcs.mentee):
            ahead = arcs.weight + gains.mentor[arcs.mentor]
            ahead[self.kept] = FLOOR
            best = np.maximum.reduceat(ahead, arcs.start[self.filled])
            gains.mentee[self.filled] = np.maximum(gains.mentee[self.filled], best)
            near = self._near(ahead, gains.mentee[arcs.mentee])
        for tier, drawn in enumerate(self.drawn):
            _raise_to(gains.mentee, drawn > 0, int(gains.tier[tier]))
        np.maximum.at(gains.mentor, self.kept_mentor, gains.mentee[self.kept_mentee] - arcs.weight[self.kept])
        _raise_to(gains.mentor, self.free > 0, int(gains.sink[0]))
        gains.sink[0] = _highest(gains.mentor, self.used > 0, int(gains.sink[0]))
        for tier, room in enumerate(self.tiers.room - self.drawn):
            gains.tier[tier] = _highest(gains.mentee, room > 0, int(gains.tier[tier]))
        return near

    def _sweep_from(self, gains: Gains, steps: Index | None) -> Index:
        arcs = self.arcs
        near = np.zeros(0, dtype=np.int64)
        if steps is not None:
            np.maximum.at(gains.mentor, arcs.mentor[steps], gains.mentee[arcs.mentee[steps]] + arcs.weight[steps])
        else:
            ahead = gains.mentee[arcs.mentee] + arcs.weight
            ahead[self.kept] = FLOOR
            np.maximum.at(gains.mentor, arcs.mentor, ahead)
            near = self._near(ahead, gains.mentor[arcs.mentor])
        gains.sink[0] = _highest(gains.mentor, self.free > 0, int(gains.sink[0]))
        _raise_to(gains.mentor, self.used > 0, int(gains.sink[0]))
        np.maximum.at(gains.mentee, self.kept_mentee, gains.mentor[self.kept_mentor] - arcs.weight[self.kept])
        for tier, drawn in enumerate(self.drawn):
            gains.tier[tier] = _highest(gains.mentee, drawn > 0, int(gains.tier[tier]))
        for tier, room in enumerate(self.tiers.room - self.drawn):
            _raise_to(gains.mentee, room > 0, int(gains.tier[tier]))
        return near

    def _near(self, ahead: Index, best: Index) -> Index:
        """Arcs not made whose gain is within a few points of the best at their end."""
        near = ahead >= best - NEAR_POINTS * self.arcs.scale
        near[self.kept] = False
        return np.flatnonzero(near)


def _name(names: Index, at: Index, given: Index | np.int64) -> None:
    """Give names to those who have none yet, the smallest where several are given."""
    fresh = np.full_like(names, NOBODY)
    np.minimum.at(fresh, at, given)
    unnamed = names == NOBODY
    names[unnamed] = fresh[unnamed]


def _raise_to(values: Index, where: NDArray[np.bool_], to: int) -> None:
    values[where] = np.maximum(values[where], to)


def _highest(values: Index, where: NDArray[np.bool_], at_least: int) -> int:
    return max(at_least, int(values[where].max())) if where.any() else at_least
