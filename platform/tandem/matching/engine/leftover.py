"""Why people are left over: exactly one first reason for each, in a fixed order, each with its proof.

1. *No mentor allowed*: no pair is open to them at all.
2. *Too few places*: they belong to a violator of Hall's condition that holds no more than half of all places (a bottleneck one can
   recruit for), or nobody of their priority could make room for them.
3. *Costs in total*: they could be placed by others moving and somebody being left out instead; that costs the program points, but
   fewer than simply taking somebody's place.
4. *Priced out*: the cheapest way in is to take the place of somebody who fits there at least as well.

Under the goal "as many people as possible" whoever has an allowed mentor and no place belongs to some violator, if only to the
whole program's; that one is given too, with ``local`` false.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tandem.matching.engine.arcs import Left, weights
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.reach import Alternating, Mask
from tandem.matching.engine.refusals import refusal_of_mentee, refusal_of_mentor
from tandem.matching.engine.residual import UNREACHED, Gains, Residual
from tandem.matching.engine.result import Entry, Idle, IdleReason, Reason, Rival, Shortage, Unmatched
from tandem.matching.engine.solved import Solved
from tandem.matching.engine.stable import Ranks
from tandem.matching.engine.ties import pair_ties

# A shortage that holds more than this share of all places is the program's, not a group's.
LOCAL_SHARE = 0.5


def unmatched_mentees(solved: Solved) -> tuple[tuple[Unmatched, ...], tuple[Shortage, ...]]:
    """Everybody who asked for a mentor and has none, each with a reason; and the shortages these refer to."""
    problem, residual = solved.problem, solved.residual
    first = residual.tiers.room[: residual.tiers.first]
    alone = first.any(axis=0) & (residual.got == 0)
    waiting = np.flatnonzero(alone & (np.diff(residual.arcs.start) > 0))
    shortages, belongs, local = _shortages(solved, waiting)
    entries = _Entries(solved)
    answers: list[Unmatched] = []
    for i in np.flatnonzero(alone).tolist():
        asked = int(problem.needs[i])
        if i not in belongs:
            refusal = refusal_of_mentee(problem, i)
            answers.append(Unmatched(problem.mentees[i], Reason.NO_MENTOR_ALLOWED, asked, 0, refusal=refusal))
            continue
        ways = _Ways.of(solved, i)
        best = int(np.argmax(ways.weights))
        entry = entries.cheapest(ways, int(np.argmax(first[:, i])))
        if local[i] or entry is None:
            reason = Reason.TOO_FEW_PLACES
        else:
            reason = Reason.PRICED_OUT if entry.direct else Reason.COSTS_IN_TOTAL
        answers.append(
            Unmatched(
                mentee=problem.mentees[i],
                reason=reason,
                asked=asked,
                allowed=len(ways.mentors),
                best_mentor=problem.mentors[int(ways.mentors[best])],
                best_fit=residual.arcs.points(int(ways.weights[best])),
                shortage=belongs[i],
                entry=entry,
                rival=entries.rival(ways),
            )
        )
    return tuple(answers), shortages


def outranked_mentees(problem: Problem, pairs: Index) -> tuple[Unmatched, ...]:
    """Everybody who asked for a mentor and has none where ``pairs`` ``(k, 2)`` are stable: who keeps them out."""
    left = Left.of(problem)
    got = np.bincount(pairs[:, 0], minlength=len(problem.mentees)) + left.locked
    answers = []
    for i in np.flatnonzero((got == 0) & (problem.needs > 0)).tolist():
        asked, mentors = int(problem.needs[i]), np.flatnonzero(problem.open_rows(slice(i, i + 1))[0])
        if not len(mentors):
            refusal = refusal_of_mentee(problem, i)
            answers.append(Unmatched(problem.mentees[i], Reason.NO_MENTOR_ALLOWED, asked, 0, refusal=refusal))
            continue
        points = problem.scores_at(np.full_like(mentors, i), mentors)
        at = int(np.lexsort((pair_ties(problem.mentee_digests[i], problem.mentor_digests[mentors]), points))[-1])
        j = int(mentors[at])
        fit = int(problem.scores_at(np.array([i]), np.array([j]), problem.fit)[0])
        answers.append(
            Unmatched(
                mentee=problem.mentees[i],
                reason=Reason.OUTRANKED,
                asked=asked,
                allowed=len(mentors),
                best_mentor=problem.mentors[j],
                best_fit=fit,
                rival=_last_kept(problem, pairs, j, fit),
            )
        )
    return tuple(answers)


def _last_kept(problem: Problem, pairs: Index, mentor: int, fit: int) -> Rival | None:
    """Whom the mentor likes least of those kept; ``None`` if there are only locked pairs."""
    kept = pairs[pairs[:, 1] == mentor, 0]
    if not len(kept):
        return None
    keys = Ranks.of(problem).rows(kept)[1][:, mentor]
    last = int(kept[np.argmin(keys)])
    points = int(problem.scores_at(np.array([last]), np.array([mentor]), problem.fit)[0])
    return Rival(problem.mentors[mentor], problem.mentees[last], fit=fit, points=points)


def idle_mentors(problem: Problem, used: Index) -> tuple[Idle, ...]:
    """Mentors with places who got nobody; ``used`` ``(m,)`` counts their pairs, locked ones apart."""
    locked = np.bincount(problem.locks[:, 1], minlength=len(problem.mentors))
    idle = []
    for j in np.flatnonzero((problem.capacities > 0) & (used + locked == 0)).tolist():
        _, broken = problem.broken_for_mentor(j)
        allowed = int(np.count_nonzero(~broken.any(axis=0) & (problem.needs > 0)))
        places = int(problem.capacities[j])
        if allowed:
            idle.append(Idle(problem.mentors[j], IdleReason.ALL_PLACED, places, allowed))
        else:
            refusal = refusal_of_mentor(problem, j)
            idle.append(Idle(problem.mentors[j], IdleReason.NO_MENTEE_ALLOWED, places, 0, refusal))
    return tuple(idle)


def _shortages(solved: Solved, waiting: Index) -> tuple[tuple[Shortage, ...], dict[int, int], dict[int, bool]]:
    """Shortages, the position of each waiting mentee's own, and whether it is a local one.

    Local violators that share a mentor are told as one: a union of violators is a violator.
    """
    problem, residual = solved.problem, solved.residual
    room = residual.tiers.room[: residual.tiers.first].sum(axis=0)
    search = Alternating(residual.arcs, residual.kept, room, residual.places, solved.open_rows)
    most = int(LOCAL_SHARE * residual.places.sum())
    groups: list[tuple[Mask, Mask, list[int]]] = []
    elsewhere: list[int] = []
    wide = np.zeros(len(problem.mentors), dtype=np.bool_)
    for i in waiting.tolist():
        own = residual.arcs.mentor[residual.arcs.start[i] : residual.arcs.start[i + 1]]
        if wide[own].any():
            elsewhere.append(i)
            continue
        met = search.search(np.array([i]), most)
        if not met.whole:
            elsewhere.append(i)
            # Whoever may go to this mentor reaches all that the mentor's mentees reach: the next ones need no search.
            wide[own[0]] = not search.search(search.guests(own[:1]), most).whole
            continue
        mentees, mentors, members = met.mentees, met.mentors, [i]
        apart = []
        for group in groups:
            if (group[1] & mentors).any():
                mentees, mentors, members = mentees | group[0], mentors | group[1], members + group[2]
            else:
                apart.append(group)
        groups = [*apart, (mentees, mentors, members)]
    shortages = [_shortage(problem, residual, mentees, mentors, local=True) for mentees, mentors, _ in groups]
    belongs = {i: at for at, (_, _, members) in enumerate(groups) for i in members}
    if elsewhere:
        met = search.search(np.array(elsewhere))
        belongs |= dict.fromkeys(elsewhere, len(shortages))
        shortages.append(_shortage(problem, residual, met.mentees, met.mentors, local=False))
    widely = set(elsewhere)
    return tuple(shortages), belongs, {i: i not in widely for i in waiting.tolist()}


def _shortage(problem: Problem, residual: Residual, mentees: Mask, mentors: Mask, *, local: bool) -> Shortage:
    places = int(residual.places[mentors].sum())
    return Shortage(
        mentees=tuple(problem.mentees[i] for i in np.flatnonzero(mentees).tolist()),
        mentors=tuple(problem.mentors[j] for j in np.flatnonzero(mentors).tolist()),
        places=places,
        locked_places=int(problem.capacities[mentors].sum()) - places,
        short=int(mentees.sum()) - places,
        local=local,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """The mentors whom one mentee may have, and what each pair weighs."""

    mentors: Index
    weights: Index

    @classmethod
    def of(cls, solved: Solved, mentee: int) -> _Ways:
        mentors = np.flatnonzero(solved.problem.open_rows(slice(mentee, mentee + 1))[0])
        return cls(mentors, weights(solved.problem, solved.arcs.scale, np.full_like(mentors, mentee), mentors))


class _Entries:
    """Ways in for people left over, and who stands in them; per tier computed once."""

    def __init__(self, solved: Solved) -> None:
        self.solved, self.problem, self.scale = solved, solved.problem, solved.arcs.scale
        self._lowest_of_all = self._lowest(np.ones(len(solved.residual.kept), dtype=np.bool_))
        self._tiers: dict[int, tuple[Gains, Index, tuple[Index, Index]]] = {}

    def cheapest(self, ways: _Ways, tier: int) -> Entry | None:
        """The cheapest way in at the price of one other of the same tier; ``None`` if nobody can make room."""
        if tier not in self._tiers:
            gains = self.solved.gains_to_tier(tier)
            residual = self.solved.residual
            drew = residual.drawn[tier, residual.kept_mentee] > 0
            self._tiers[tier] = gains, residual.leavers(gains, tier), self._lowest(drew)
        gains, leavers, (lowest, holders) = self._tiers[tier]
        mentors, points = ways.mentors, self.solved.arcs.points
        around = ways.weights + gains.mentor[mentors]
        at = int(np.argmax(around))
        if around[at] < UNREACHED:
            return None
        cost = -points(int(around[at]))
        straight = np.where(holders[mentors] >= 0, ways.weights - lowest[mentors], UNREACHED)
        nearest = int(np.argmax(straight))
        direct = straight[nearest] > UNREACHED and -points(int(straight[nearest])) == cost
        at = nearest if direct else at
        left_out = (holders if direct else leavers)[mentors[at]]
        fit = points(int(ways.weights[at]))
        names = self.problem.mentors[int(mentors[at])], self.problem.mentees[int(left_out)]
        return Entry(names[0], fit=fit, needed=fit + cost, cost=cost, left_out=names[1], direct=bool(direct))

    def rival(self, ways: _Ways) -> Rival | None:
        """Whoever is placed with the largest lead in points given away, if anybody with less fit is."""
        mentors, points = ways.mentors, ways.weights // self.scale
        theirs, who = self._lowest_of_all[0][mentors] // self.scale, self._lowest_of_all[1][mentors]
        lead = np.where(who >= 0, points - theirs, 0)
        at = int(np.argmax(lead))
        if lead[at] <= 0:
            return None
        names = self.problem.mentors[int(mentors[at])], self.problem.mentees[int(who[at])]
        return Rival(*names, fit=int(points[at]), points=int(theirs[at]))

    def _lowest(self, among: Mask) -> tuple[Index, Index]:
        """For each mentor the lowest weight among some of the pairs made, and the mentee of that pair (−1: none)."""
        residual = self.solved.residual
        lowest = np.zeros(len(residual.places), dtype=np.int64)
        who = np.full(len(residual.places), -1, dtype=np.int64)
        pairs = residual.kept[among]
        # Heaviest first, so that the last one written for each mentor is the lightest.
        pairs = pairs[np.argsort(-residual.arcs.weight[pairs], kind="stable")]
        lowest[residual.arcs.mentor[pairs]] = residual.arcs.weight[pairs]
        who[residual.arcs.mentor[pairs]] = residual.arcs.mentee[pairs]
        return lowest, who
