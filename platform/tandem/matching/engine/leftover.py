"""Why people are left over: exactly one first reason for each, in a fixed order, each with its proof.

1. *No mentor allowed*: no pair is open to them at all.
2. *Too few places*: they belong to a violator of Hall's condition that holds no more than half of all places (a bottleneck one can
   recruit for), or nobody of their priority could make room for them.
3. *Costs others*: somebody with less fit is placed where they could be, but putting them there costs the program more in total.
4. *Priced out*: everybody placed where they could be fits at least as well.

Under the goal "as many people as possible" whoever has an allowed mentor and no place belongs to some violator, if only to the
whole program's; that one is given too, with ``local`` false.
"""

from __future__ import annotations

import numpy as np

from tandem.matching.engine.arcs import Arcs
from tandem.matching.engine.lookups import Index
from tandem.matching.engine.problem import Problem
from tandem.matching.engine.reach import Alternating, Mask
from tandem.matching.engine.refusals import refusal_of_mentee, refusal_of_mentor
from tandem.matching.engine.residual import UNREACHED, Gains, Residual
from tandem.matching.engine.result import Entry, Idle, IdleReason, Reason, Rival, Shortage, Unmatched

# A shortage that holds more than this share of all places is the program's, not a group's.
LOCAL_SHARE = 0.5


def unmatched_mentees(problem: Problem, residual: Residual) -> tuple[tuple[Unmatched, ...], tuple[Shortage, ...]]:
    """Everybody who asked for a mentor and has none, each with a reason; and the shortages these refer to."""
    first = residual.tiers.room[: residual.tiers.first]
    alone = first.any(axis=0) & (residual.got == 0)
    waiting = np.flatnonzero(alone & (np.diff(residual.arcs.start) > 0))
    shortages, belongs, local = _shortages(problem, residual, waiting)
    answers: list[Unmatched] = []
    ways: dict[int, tuple[Gains, Index]] = {}
    lowest = _lowest(residual)
    for i in np.flatnonzero(alone).tolist():
        asked = int(problem.needs[i])
        if i not in belongs:
            refusal = refusal_of_mentee(problem, i)
            answers.append(Unmatched(problem.mentees[i], Reason.NO_MENTOR_ALLOWED, asked, 0, refusal=refusal))
            continue
        tier = int(np.argmax(first[:, i]))
        if tier not in ways:
            gains = residual.gains_to(tier=tier)
            ways[tier] = gains, residual.leavers(gains, tier)
        arcs = slice(int(residual.arcs.start[i]), int(residual.arcs.start[i + 1]))
        best = arcs.start + int(np.argmax(residual.arcs.weight[arcs]))
        entry = _entry(problem, residual.arcs, *ways[tier], i)
        rival = _rival(problem, residual.arcs, arcs, lowest)
        if local[i] or entry is None:
            reason = Reason.TOO_FEW_PLACES
        else:
            reason = Reason.COSTS_OTHERS if rival else Reason.PRICED_OUT
        answers.append(
            Unmatched(
                mentee=problem.mentees[i],
                reason=reason,
                asked=asked,
                allowed=arcs.stop - arcs.start,
                best_mentor=problem.mentors[int(residual.arcs.mentor[best])],
                best_fit=residual.arcs.points(int(residual.arcs.weight[best])),
                shortage=belongs[i],
                entry=entry,
                rival=rival,
            )
        )
    return tuple(answers), shortages


def idle_mentors(problem: Problem, residual: Residual) -> tuple[Idle, ...]:
    """Mentors with places who got nobody, locks included."""
    locked = np.bincount(problem.locks[:, 1], minlength=len(problem.mentors))
    idle = []
    for j in np.flatnonzero((problem.capacities > 0) & (residual.used + locked == 0)).tolist():
        _, broken = problem.broken_for_mentor(j)
        allowed = int(np.count_nonzero(~broken.any(axis=0) & (problem.needs > 0)))
        places = int(problem.capacities[j])
        if allowed:
            idle.append(Idle(problem.mentors[j], IdleReason.ALL_PLACED, places, allowed))
        else:
            refusal = refusal_of_mentor(problem, j)
            idle.append(Idle(problem.mentors[j], IdleReason.NO_MENTEE_ALLOWED, places, 0, refusal))
    return tuple(idle)


def _shortages(
    problem: Problem, residual: Residual, waiting: Index
) -> tuple[tuple[Shortage, ...], dict[int, int], dict[int, bool]]:
    """Shortages, the position of each waiting mentee's own, and whether it is a local one.

    Local violators that share a mentor are told as one: a union of violators is a violator.
    """
    room = residual.tiers.room[: residual.tiers.first].sum(axis=0)
    search = Alternating(residual.arcs, residual.kept, room, residual.places)
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


def _entry(problem: Problem, arcs: Arcs, gains: Gains, leavers: Index, mentee: int) -> Entry | None:
    """The cheapest way in, at the price of one other of the same tier; ``None`` if nobody can make room."""
    begin, end = int(arcs.start[mentee]), int(arcs.start[mentee + 1])
    totals = arcs.weight[begin:end] + gains.mentor[arcs.mentor[begin:end]]
    best = int(np.argmax(totals))
    if totals[best] < UNREACHED:
        return None
    mentor, fit = int(arcs.mentor[begin + best]), arcs.points(int(arcs.weight[begin + best]))
    cost = -arcs.points(int(totals[best]))
    return Entry(problem.mentors[mentor], fit, fit + cost, cost, problem.mentees[int(leavers[mentor])])


def _lowest(residual: Residual) -> tuple[Index, Index]:
    """For each mentor the lowest weight among the pairs made, and the mentee of that pair (−1: none)."""
    weights = np.full(len(residual.places), np.iinfo(np.int64).max, dtype=np.int64)
    who = np.full(len(residual.places), -1, dtype=np.int64)
    made = residual.arcs.weight[residual.kept]
    order = np.argsort(-made, kind="stable")
    weights[residual.kept_mentor[order]] = made[order]
    who[residual.kept_mentor[order]] = residual.kept_mentee[order]
    return weights, who


def _rival(problem: Problem, arcs: Arcs, mine: slice, lowest: tuple[Index, Index]) -> Rival | None:
    """Whoever is placed with the largest lead in points given away, if anybody with less fit is."""
    mentors = arcs.mentor[mine]
    theirs, who = lowest[0][mentors], lowest[1][mentors]
    lead = np.where(who >= 0, arcs.weight[mine] // arcs.scale - theirs // arcs.scale, 0)
    if not len(lead) or lead.max() <= 0:
        return None
    at = int(np.argmax(lead))
    return Rival(
        mentor=problem.mentors[int(mentors[at])],
        mentee=problem.mentees[int(who[at])],
        fit=int(arcs.weight[mine][at] // arcs.scale),
        points=int(theirs[at] // arcs.scale),
    )
