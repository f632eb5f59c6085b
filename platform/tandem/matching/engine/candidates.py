"""Which pairs the solver gets to see.

All of them while they are few. Beyond that a small share is enough: the best of every mentee and of every mentor to begin with,
and later every pair that the prices call for (``breaking``), until none is left: column generation (Dantzig and Wolfe 1960; for
assignments Volgenant 1996). Which pairs were looked at can then not be told from the result.

A pair is named by one whole number, ``mentee · m + mentor``; arrays of them are sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Mask, Problem
from tandem.matching.engine.ties import pair_ties

# Rows are searched in pieces of about this many pairs: several arrays of this size share the processor's cache.
SCAN_PIECE = 1 << 18
# Prices in points are compared as 16-bit numbers; beyond this bound the exact comparison that follows decides alone.
FAR = 15_000
NEVER = 30_000
# The best of a row are found by a cut that every so manieth pair of it gives; draws are decided by this many bits.
SAMPLE = 16
NOISE_BITS = 6
NOISE = (1 << NOISE_BITS) - 1
# At this bar no pair is ever above it.
HUGE = 1 << 60


@dataclass(frozen=True, slots=True)
class Effort:
    """How a problem is solved; the defaults are exact.

    ``whole``: up to so many open pairs all go to the solver. Beyond, it begins with the best ``per_mentee`` of each mentee and
    ``per_mentor`` of each mentor, and adds at most ``per_round`` pairs a mentee in each of at most ``rounds`` rounds. It ends when
    nothing better exists, or when at most the share ``tolerance`` of the points can be missing; then the figures of explanations
    hold among the pairs looked at.
    """

    whole: int = 1_000_000
    per_mentee: int = 16
    per_mentor: int = 40
    per_round: int = 24
    rounds: int = 60
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """What a pair may weigh at most at some prices: ``mentee`` ``(n,)`` plus ``mentor`` ``(m,)``, in weights."""

    mentee: Index
    mentor: Index


@dataclass(frozen=True, slots=True, eq=False)
class Breaking:
    """Pairs above a bar: their names, how many at each bar, and each mentee's largest excess over the first bar ``(n,)``."""

    pairs: Index
    counts: tuple[int, ...]
    excess: Index


def first_pairs(problem: Problem, effort: Effort) -> tuple[Index, bool]:
    """The pairs to begin with, and whether these are all there are."""
    found, count = [np.zeros(0, dtype=np.int64)], 0
    for rows in problem.pieces():
        flat = np.flatnonzero(problem.open_rows(rows)) + rows.start * len(problem.mentors)
        count += len(flat)
        if count > effort.whole:
            break
        found.append(flat)
    else:
        return np.concatenate(found), True
    theirs = _best_pairs(problem.turned(), effort.per_mentor)
    mentor, mentee = np.divmod(theirs, len(problem.mentees))
    return merged(_best_pairs(problem, effort.per_mentee), mentee * len(problem.mentors) + mentor), False


def _best_pairs(problem: Problem, most: int) -> Index:
    """About ``most`` open pairs of each mentee, by points, and at least one where there is one; mentors with places first.

    Draws are decided by each mentee's own order, so that not everybody ends up with the same mentors. A sample of the row says
    where to cut it: sorting whole rows would take longer than scoring them.
    """
    m = len(problem.mentors)
    noise = (np.arange(m) & NOISE).astype(np.int16)
    own = ((problem.mentee_digests >> np.uint64(20)) & np.uint64(NOISE)).astype(np.int16)
    no_place = np.flatnonzero(problem.capacities == 0)
    sampled = min(m, -(-most // SAMPLE) + 2)
    found = [np.zeros(0, dtype=np.int64)]
    for rows in problem.pieces(SCAN_PIECE):
        keys = problem.score_rows(rows).astype(np.int16)
        keys += 1
        keys <<= NOISE_BITS
        keys += noise ^ own[rows, None]
        keys[:, no_place] = 1
        keys *= problem.open_rows(rows)
        sample = keys[:, ::SAMPLE].copy()
        cut = max(0, sample.shape[1] - sampled)
        sample.partition(cut, axis=1)
        i, j = np.divmod(np.flatnonzero(keys >= np.maximum(sample[:, cut], 1)[:, None]), m)
        at = _most_of_each(i, keys[i, j].astype(np.int64), np.arange(len(i)), most)
        found.append((i[at] + rows.start) * m + j[at])
    return np.sort(np.concatenate(found))


def breaking(problem: Problem, scale: int, bars: Sequence[Bar], made: Index, most: int) -> Breaking:
    """The open pairs that weigh more than some bar allows, at most ``most`` a mentee and bar, pairs already ``made`` apart.

    Points are compared in 16 bits for all pairs; only those that come near are weighed exactly.
    """
    excess = np.zeros(len(problem.mentees), dtype=np.int64)
    counts = [0] * len(bars)
    found = [np.zeros(0, dtype=np.int64)]
    low = [(_near(bar.mentee, scale), _near(bar.mentor, scale)) for bar in bars]
    for rows in problem.pieces(SCAN_PIECE):
        points = problem.score_rows(rows).astype(np.int16)
        allowed = problem.open_rows(rows)
        for at, (mentees, mentors) in enumerate(low):
            hits = (points - mentors) >= mentees[rows, None]
            hits &= allowed
            i, j = np.divmod(np.flatnonzero(hits), len(problem.mentors))
            over = points[i, j].astype(np.int64) * scale
            i += rows.start
            over += pair_ties(problem.mentee_digests[i], problem.mentor_digests[j])
            over -= bars[at].mentee[i] + bars[at].mentor[j]
            pairs = i * len(problem.mentors) + j
            some = np.flatnonzero(over > 0)
            some = some[~among(pairs[some], made)]
            counts[at] += len(some)
            if at == 0:
                np.maximum.at(excess, i[some], over[some])
            found.append(pairs[_most_of_each(i, over, some, most)])
    return Breaking(merged(*found), tuple(counts), excess)


def _near(values: Index, scale: int) -> Index:
    """Whole points of weights, kept within 16 bits so that no pair above a bar is missed."""
    points = np.clip(values // scale, -FAR, FAR)
    points[values >= HUGE] = NEVER
    near: Index = points.astype(np.int16)
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
