"""Which pairs the solver gets to see.

All of them while they are few. Beyond that a small share is enough: the best of every mentee and of every mentor to begin with,
and later every pair that the prices call for (``breaking``), until none is left: column generation (Dantzig and Wolfe 1960; for
assignments Volgenant 1996). Which pairs were looked at can then not be told from the result.

A pair is named by one whole number, ``mentee · m + mentor``; arrays of them are sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from tandem.matching.engine.lookups import Index, Rows
from tandem.matching.engine.problem import Mask, Problem
from tandem.matching.engine.scan import FAR, NEVER, Scan, Short
from tandem.matching.engine.ties import pair_ties

# Rows are searched in pieces of about this many pairs: several arrays of this size share the processor's cache. Where there are not many
# more, what a piece needs anew costs more than going through them in small pieces.
SCAN_PIECE, SMALL_PIECE = 1 << 19, 1 << 16
# The best of a row are found by a cut: the best of each of so many groups of it say how much some of them have. Of a mentor's column
# every so manieth pair is looked at for that. Draws are decided by this many bits.
GROUPS, SAMPLE = 96, 8
NOISE_BITS = 6
NOISE = (1 << NOISE_BITS) - 1
# Few pairs: so many times as many to begin with, and up to so many times those again rather than sorting to leave some out.
SMALL_TIMES, SMALL_SPARE = 1.75, 2
# At this bar no pair is ever above it.
HUGE = 1 << 60


class Step(StrEnum):
    """What a solve is doing; some of it several times."""

    LOOKING = "looking"
    CHOOSING = "choosing"
    PROVING = "proving"
    EXPLAINING = "explaining"
    RECRUITING = "recruiting"


# Told often while a problem is solved: what is being done, and which share of it is done, 0 to 1.
Report = Callable[[Step, float], None]


def unheard(_step: Step, _share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How a problem is solved; the defaults are exact.

    ``whole``: up to so many open pairs all go to the solver. Beyond, it begins with the best ``per_mentee`` of each mentee and
    ``per_mentor`` of each mentor (``SMALL_TIMES`` as many or more where there are at most ``small`` pairs, open or not: there solving
    once more costs more than looking at more), and adds at most ``per_round`` pairs a mentee in each of at most ``rounds`` rounds. It ends when
    nothing better exists, or when at most the share ``tolerance`` of the points can be missing; then the figures of explanations
    hold among the pairs looked at. ``report`` hears how far it is; what it raises ends the solve.
    """

    whole: int = 50_000
    small: int = 1_000_000
    per_mentee: int = 8
    per_mentor: int = 16
    per_round: int = 8
    rounds: int = 60
    tolerance: float = 0.0
    report: Report = field(default=unheard, compare=False, repr=False)

    def is_small(self, problem: Problem) -> bool:
        """Whether there are so few pairs that other ways are faster."""
        return len(problem.mentees) * len(problem.mentors) <= self.small

    def piece(self, problem: Problem) -> int:
        """How many pairs to go through at a time."""
        return SMALL_PIECE if self.is_small(problem) else SCAN_PIECE


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """What a pair may weigh at most at some prices: ``mentee`` ``(n,)`` plus ``mentor`` ``(m,)``, in weights."""

    mentee: Index
    mentor: Index


@dataclass(frozen=True, slots=True, eq=False)
class Breaking:
    """Pairs above or near a bar: their names, how many are above each bar, and each mentee's largest excess over the first bar ``(n,)``."""

    pairs: Index
    counts: tuple[int, ...]
    excess: Index


def first_pairs(problem: Problem, effort: Effort) -> tuple[Index, bool]:
    """The pairs to begin with, and whether these are all there are."""
    found, count = [np.zeros(0, dtype=np.int64)], 0
    for rows in problem.pieces(effort.piece(problem)):
        opened = problem.open_rows(rows)
        count += int(np.count_nonzero(opened))
        if count > effort.whole:
            break
        found.append(np.flatnonzero(opened) + rows.start * len(problem.mentors))
    else:
        return np.concatenate(found), True
    times, spare = (SMALL_TIMES, SMALL_SPARE) if effort.is_small(problem) else (1, 0)
    return _best_pairs(problem, int(times * effort.per_mentee), int(times * effort.per_mentor), spare, effort), False


def _best_pairs(problem: Problem, per_mentee: int, per_mentor: int, spare: int, effort: Effort) -> Index:
    """About the best open pairs of each mentee and of each mentor, by points, at least one where there is one.

    Mentors with places come first. Draws are decided by each person's own order, so that not everybody ends up with the same
    partners. A cut is found for each row and column: sorting whole ones would take longer than scoring them. What reaches the cuts
    is left as it is where that is up to ``spare`` times as many as were asked for.
    """
    n, m = len(problem.mentees), len(problem.mentors)
    noise = ((problem.mentor_digests >> np.uint64(20)) & np.uint64(NOISE)).astype(np.int64)
    own = ((problem.mentee_digests >> np.uint64(20)) & np.uint64(NOISE)).astype(np.int64)
    scan = Scan(problem, np.zeros(m, dtype=np.int16))
    # 1: no place; from 2 on: the points; below 1: not open.
    most_points = np.where(problem.capacities > 0, NEVER, 1).astype(np.int16)

    def points_of(rows: Rows) -> Short:
        points = scan.rows(rows)
        points += 2
        return np.minimum(points, most_points, out=points)

    def keys_of(points: Short, rows: slice, at: Index) -> Index:
        i, j = np.divmod(at, m)
        keys: Index = (points.ravel()[at].astype(np.int64) << NOISE_BITS) + (noise[j] ^ own[i + rows.start])
        return keys

    # Of each mentor a part of the mentees is looked at beforehand, in groups of which the best are kept.
    best = np.zeros((GROUPS, m), dtype=np.int16)
    sampled = np.arange(0, n, SAMPLE)
    for begin in range(0, len(sampled), GROUPS):
        some = points_of(sampled[begin : begin + GROUPS])
        np.maximum(best[: len(some)], some, out=best[: len(some)])
    of_mentor = _cuts(best.T, -(-per_mentor // SAMPLE) + 2)
    found, theirs = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    values = [np.zeros(0, dtype=np.int16)]
    for rows in problem.pieces(effort.piece(problem)):
        effort.report(Step.LOOKING, rows.start / n)
        points = points_of(rows)
        of_mentee = _cuts(_groups(points), per_mentee)
        at = np.flatnonzero(points >= of_mentee[:, None])
        if len(at) > spare * per_mentee * len(points):
            at = at[_top_of_each(at // m, keys_of(points, rows, at), per_mentee)]
        found.append(at + rows.start * m)
        at = np.flatnonzero(points >= of_mentor)
        theirs.append(at + rows.start * m)
        values.append(keys_of(points, rows, at).astype(np.int16))
    others = np.concatenate(theirs)
    if len(others) <= spare * per_mentor * m:
        return merged(*found, others)
    return merged(*found, others[_top_of_each(others % m, np.concatenate(values), per_mentor)])


def _groups(points: Short) -> Short:
    """The best of each of up to ``GROUPS`` groups of every row's columns, at most as many columns left out as there are groups."""
    groups = min(GROUPS, points.shape[1])
    size = points.shape[1] // groups
    best: Short = points[:, : groups * size].reshape(len(points), size, groups).max(axis=1)
    return best


def _cuts(best: Short, most: int) -> Short:
    """For each row of groups' best, what at least ``most`` of its whole row reach, or all where there are fewer; 1 at least."""
    if best.shape[1] < most:
        return np.ones(len(best), dtype=np.int16)
    # Short numbers are sorted by counting, which is faster than looking for one of them.
    return np.maximum(np.sort(best, axis=1, kind="stable")[:, -most], 1)


def _top_of_each(owner: Index, keys: Index, most: int) -> Index:
    """Positions of the largest ``keys`` (under 2^15), at most ``most`` of each owner."""
    packed = owner << 39
    packed += ((1 << 15) - keys.astype(np.int64)) << 24
    packed += np.arange(len(owner))
    packed.sort()
    owner = packed >> 39
    rank = np.arange(len(packed)) - np.searchsorted(owner, owner)
    return packed[rank < most] & ((1 << 24) - 1)


def breaking(
    problem: Problem,
    scale: int,
    bars: Sequence[Bar],
    made: Index,
    *,
    most: int,
    near: int = 0,
    piece: int = SCAN_PIECE,
    report: Callable[[float], None] = lambda _share: None,
) -> Breaking:
    """The open pairs that weigh more than some bar allows, at most ``most`` a mentee and bar, pairs already ``made`` apart.

    With ``near`` those within so many points of the first bar come as well: when prices move a little, they break it next.
    Points are compared in 16 bits for all pairs; only those that come near are weighed exactly.
    """
    excess = np.zeros(len(problem.mentees), dtype=np.int64)
    counts = [0] * len(bars)
    found = [np.zeros(0, dtype=np.int64)]
    under = [near * scale, *[0] * len(bars)]
    low = [
        (_near(bar.mentee, scale) - less // scale, _near(bar.mentor, scale))
        for bar, less in zip(bars, under, strict=False)
    ]
    scans = [Scan(problem, mentors) for _, mentors in low]
    # Mentees whom no bar concerns are not looked at.
    watched = [np.flatnonzero(bar.mentee < HUGE) for bar in bars]
    for rows in problem.pieces(piece):
        report(rows.start / len(problem.mentees))
        for at, (mentees, _) in enumerate(low):
            who = watched[at][slice(*np.searchsorted(watched[at], (rows.start, rows.stop)))]
            if not len(who):
                continue
            i, j = np.divmod(np.flatnonzero(scans[at].rows(who) >= mentees[who, None]), len(problem.mentors))
            i = who[i]
            over = problem.scores_at(i, j) * scale
            over += pair_ties(problem.mentee_digests[i], problem.mentor_digests[j])
            over -= bars[at].mentee[i] + bars[at].mentor[j]
            pairs = i * len(problem.mentors) + j
            some = np.flatnonzero(over > -under[at])
            some = some[~among(pairs[some], made)]
            above = some[over[some] > 0]
            counts[at] += len(above)
            if at == 0:
                np.maximum.at(excess, i[above], over[above])
            found.append(pairs[_most_of_each(i, over, some, most)])
    return Breaking(merged(*found), tuple(counts), excess)


def _near(values: Index, scale: int) -> Short:
    """Whole points of weights, kept within 16 bits so that no pair above a bar is missed."""
    points = np.clip(values // scale, -FAR, FAR)
    points[values >= HUGE] = NEVER
    near: Short = points.astype(np.int16)
    return near


def merged(*pairs: Index) -> Index:
    """Names from several arrays, sorted, each once."""
    names: Index = np.sort(np.concatenate(pairs))
    # A plain sort is several times faster here than NumPy's own set operations.
    return names[np.concatenate(([True], names[1:] != names[:-1]))] if len(names) else names


def among(values: Index, known: Index) -> Mask:
    """Which values stand among sorted ``known`` ones."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: Mask = known[at] == values
    return found


def _most_of_each(owner: Index, over: Index, some: Index, most: int) -> Index:
    """Of the positions ``some`` those with the largest ``over``, at most ``most`` of each owner."""
    order = some[np.lexsort((-over[some], owner[some]))]
    rank = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    kept: Index = order[rank < most]
    return kept
