"""Stable pairs: no mentee and mentor would both rather have each other than what they got.

Deferred acceptance with capacities on both sides (Gale and Shapley 1962; Roth 1984): mentees ask the mentors they like best, a
mentor keeps the best who asked. Mentees rank by the points of the criteria that count for them, mentors by priority and the
points that count for them; draws by the pair's tie, then by the hash of the ids, so every ranking is strict and the answer one
and the same. Of all stable sets it is the one that every mentee likes best. Locked pairs stand outside: they hold their places.

A mentor's bar, the worst they keep once they are full, only ever rises. So mentors who would refuse are not asked at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappush, heappushpop

import numpy as np

from tandem.matching.engine.arcs import Left
from tandem.matching.engine.candidates import SCAN_PIECE
from tandem.matching.engine.lookups import Index, Rows
from tandem.matching.engine.problem import Mask, Problem
from tandem.matching.engine.ties import TIE_BITS, pair_ties

# So many mentors are put on a mentee's list at a time.
LISTED = 32
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """What each side thinks of the other, as keys of which the larger is liked better; no two of one person are alike."""

    problem: Problem
    levels: Index
    bits: int

    @classmethod
    def of(cls, problem: Problem) -> Ranks:
        """The rankings that a problem's criteria, priorities and ids give."""
        levels = np.unique(problem.priorities, return_inverse=True)[1].astype(np.int64)
        return cls(problem, levels, max(len(problem.mentees), len(problem.mentors)).bit_length())

    def rows(self, which: Rows) -> tuple[Index, Index]:
        """The keys of some mentees' pairs with every mentor, for the mentees and for the mentors, each ``(rows, m)``."""
        problem, m = self.problem, len(self.problem.mentors)
        who = np.arange(len(problem.mentees), dtype=np.int64)[which]
        ties = pair_ties(problem.mentee_digests[who, None], problem.mentor_digests[None, :])
        keys = []
        for other, level in (("mentor", np.int64(0)), ("mentee", self.levels[who, None] << 8)):
            points = problem.sum_rows(which, [part for part in problem.parts if part.side != other])
            keys.append((((level + points) << TIE_BITS) + ties) << self.bits)
        keys[0] += m - np.arange(m)
        keys[1] += len(problem.mentees) - who[:, None]
        return keys[0], keys[1]


class _Asking:
    """The state of the asking: whom each mentor keeps, and each mentee's list with the place reached on it."""

    def __init__(self, problem: Problem) -> None:
        self.ranks, self.left = Ranks.of(problem), Left.of(problem)
        self.kept: list[list[tuple[int, int]]] = [[] for _ in problem.mentors]
        self.bars = np.where(self.left.places > 0, np.int64(-1), NEVER)
        self.lists: list[list[tuple[int, int]]] = [[] for _ in problem.mentees]
        self.more = np.ones(len(problem.mentees), dtype=np.bool_)
        self.with_: list[set[int]] = [set() for _ in problem.mentees]

    def run(self) -> None:
        for rows in self.ranks.problem.pieces(SCAN_PIECE // 4):
            self._list(np.arange(rows.start, rows.stop))
        needs, places = self.left.needs.tolist(), self.left.places.tolist()
        waiting = [i for i, need in enumerate(needs) for _ in range(need)][::-1]
        while waiting:
            i = waiting.pop()
            if not self.lists[i] and self.more[i]:
                self._list(np.array([i]))
            if not self.lists[i]:
                continue
            j, key = self.lists[i].pop()
            self.with_[i].add(j)
            if len(self.kept[j]) < places[j]:
                heappush(self.kept[j], (key, i))
            else:
                _, refused = heappushpop(self.kept[j], (key, i))
                self.with_[refused].discard(j)
                waiting.append(refused)
            if len(self.kept[j]) == places[j]:
                self.bars[j] = self.kept[j][0][0]

    def _list(self, who: Index) -> None:
        """Put the mentors these mentees like best, of those who would keep them, on their lists, the best last."""
        mine, theirs = self.ranks.rows(who)
        open_now = self.ranks.problem.open_rows(who) & (theirs > self.bars)
        for row, i in enumerate(who.tolist()):
            open_now[row, list(self.with_[i])] = False
        mine[~open_now] = 0
        listed = min(LISTED, mine.shape[1])
        best = np.argpartition(mine, mine.shape[1] - listed, axis=1)[:, mine.shape[1] - listed :]
        keys = np.take_along_axis(mine, best, axis=1)
        best = np.take_along_axis(best, np.argsort(keys, axis=1), axis=1)
        held = np.take_along_axis(theirs, best, axis=1).tolist()
        counts = np.minimum(np.count_nonzero(open_now, axis=1), listed)
        self.more[who] = counts == listed
        for i, mentors, values, count in zip(who.tolist(), best.tolist(), held, counts.tolist(), strict=True):
            begin = listed - count
            self.lists[i] = list(zip(mentors[begin:], values[begin:], strict=True))


def stable_pairs(problem: Problem) -> Index:
    """The stable pairs that mentees like best, locked ones apart, as positions of shape ``(pairs, 2)``, sorted."""
    if not problem.mentees or not problem.mentors:
        return np.zeros((0, 2), dtype=np.int64)
    asking = _Asking(problem)
    asking.run()
    pairs = sorted((i, j) for j, kept in enumerate(asking.kept) for _, i in kept)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def blocking_pairs(problem: Problem, pairs: Index) -> int:
    """How many open pairs not among ``pairs`` both sides would rather have; 0 proves ``pairs`` stable.

    Knows nothing of how the pairs were found: every open pair is held against what its two people got.
    """
    if not problem.mentees or not problem.mentors:
        return 0
    ranks, left = Ranks.of(problem), Left.of(problem)
    worst = np.full(len(problem.mentees), NEVER), np.full(len(problem.mentors), NEVER)
    of_mentee = np.bincount(pairs[:, 0], minlength=len(problem.mentees))
    of_mentor = np.bincount(pairs[:, 1], minlength=len(problem.mentors))
    rows_of = [slice(rows.start, rows.stop) for rows in problem.pieces(SCAN_PIECE // 4)]
    for rows in rows_of:
        mine, theirs = ranks.rows(rows)
        i, j = _within(pairs, rows)
        np.minimum.at(worst[0], i + rows.start, mine[i, j])
        np.minimum.at(worst[1], j, theirs[i, j])
    # Whoever could have one more would take anybody; whoever has no place takes nobody.
    worst[0][of_mentee < left.needs] = -1
    worst[1][of_mentor < left.places] = -1
    count = 0
    for rows in rows_of:
        mine, theirs = ranks.rows(rows)
        would: Mask = problem.open_rows(rows) & (mine > worst[0][rows, None]) & (theirs > worst[1])
        would[_within(pairs, rows)] = False
        count += int(np.count_nonzero(would))
    return count


def _within(pairs: Index, rows: slice) -> tuple[Index, Index]:
    first, last = np.searchsorted(pairs[:, 0], [rows.start, rows.stop])
    return pairs[first:last, 0] - rows.start, pairs[first:last, 1]
