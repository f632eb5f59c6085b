"""Which mentors' places somebody could come to by others moving, and so which places are short.

When a search along alternating paths from people without a partner finds no free place, the mentees it met can only go to the
mentors it met, and there are more of them than places: a violator of Hall's condition (1935), which nobody can reshuffle away.
The same search gives the smallest cut (Ford and Fulkerson 1956), which proves that no more people could be placed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tandem.matching.engine.arcs import Arcs
from tandem.matching.engine.lookups import Index, ranges

Mask = NDArray[np.bool_]

FIRST_LOOK = 8
MOST_AT_ONCE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """The mentees ``(n,)`` and mentors ``(m,)`` met by a search; ``whole`` is false where it stopped early."""

    mentees: Mask
    mentors: Mask
    whole: bool


class Alternating:
    """Searches over the pairs ``kept`` (positions of arcs), at most ``limits`` of them per mentee, shape ``(n,)``.

    ``open_rows`` gives the open pairs of some mentees, shape ``(rows, m)``; without it the arcs are all there are.
    """

    def __init__(
        self, arcs: Arcs, kept: Index, limits: Index, places: Index, open_rows: Callable[[Index], Mask] | None = None
    ) -> None:
        self.arcs, self.limits, self.places, self.open_rows = arcs, limits, places, open_rows
        owner = arcs.mentee[kept]
        rank = np.arange(len(kept)) - np.searchsorted(owner, owner)
        self.kept = kept[rank < limits[owner]]
        self.served = np.bincount(arcs.mentee[self.kept], minlength=len(limits))
        self._is_kept = np.zeros(len(arcs.mentee), dtype=np.bool_)
        self._is_kept[self.kept] = True
        by_mentor = self.kept[np.argsort(arcs.mentor[self.kept], kind="stable")]
        self._guests = arcs.mentee[by_mentor]
        self._guest_start = np.zeros(len(places) + 1, dtype=np.int64)
        np.cumsum(np.bincount(arcs.mentor[by_mentor], minlength=len(places)), out=self._guest_start[1:])

    def search(self, begin: Index, most_places: int | None = None) -> Reached:
        """Everybody reached from the mentees in ``begin``; stops once the mentors met have more than ``most_places``."""
        mentees = np.zeros(len(self.limits), dtype=np.bool_)
        mentors = np.zeros(len(self.places), dtype=np.bool_)
        mentees[begin] = True
        waiting, size = np.asarray(begin), FIRST_LOOK
        while len(waiting):
            # A few people at first: often they alone reach enough places to stop.
            met = self._mentors_of(waiting[:size])
            waiting, size = waiting[size:], min(2 * size, MOST_AT_ONCE)
            new = np.flatnonzero(met & ~mentors)
            mentors |= met
            if most_places is not None and self.places[mentors].sum() > most_places:
                return Reached(mentees, mentors, whole=False)
            guests = self.guests(new)
            guests = guests[~mentees[guests]]
            mentees[guests] = True
            waiting = np.concatenate((waiting, guests))
        return Reached(mentees, mentors, whole=True)

    def _mentors_of(self, mentees: Index) -> Mask:
        """Mentors with whom some of these mentees may make a pair that is not made."""
        steps = ranges(self.arcs.start[mentees], self.arcs.start[mentees + 1])
        if self.open_rows is not None:
            rows, kept = self.open_rows(mentees), self._is_kept[steps]
            owner = np.repeat(np.arange(len(mentees)), self.arcs.start[mentees + 1] - self.arcs.start[mentees])
            rows[owner[kept], self.arcs.mentor[steps[kept]]] = False
            anybody: Mask = np.logical_or.reduce(rows, axis=0)
            return anybody
        met = np.zeros(len(self.places), dtype=np.bool_)
        met[self.arcs.mentor[steps[~self._is_kept[steps]]]] = True
        return met

    def guests(self, mentors: Index) -> Index:
        """The mentees of the pairs kept with these mentors."""
        found = np.zeros(len(self.limits), dtype=np.bool_)
        found[self._guests[ranges(self._guest_start[mentors], self._guest_start[mentors + 1])]] = True
        return np.flatnonzero(found)

    def most_units(self) -> int:
        """An upper bound on how many units any flow can pass within ``limits`` and ``places``; reached by the largest flow."""
        met = self.search(np.flatnonzero(self.served < self.limits))
        # Of the pairs that leave the set only those kept remain: the search went along all others.
        crossing = np.count_nonzero(
            met.mentees[self.arcs.mentee[self.kept]] & ~met.mentors[self.arcs.mentor[self.kept]]
        )
        return int(self.limits[~met.mentees].sum()) + int(self.places[met.mentors].sum()) + int(crossing)
