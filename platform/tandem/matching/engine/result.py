"""What comes out: numbers and ids only, so that callers can word it in any language.

Ids are the public ids as text. "Places" are a mentor's, "asked" is a mentee's number of mentors. Points are out of the problem's
total.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tandem.matching.engine.inputs import Aim
from tandem.matching.engine.lookups import Index


@dataclass(frozen=True, slots=True)
class Share:
    """A criterion and the most points it can give."""

    id: str
    points: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair made. ``parts`` stand in the order of ``Result.criteria`` and add up to ``points``."""

    mentee: str
    mentor: str
    points: int
    parts: tuple[int, ...]
    locked: bool = False


class Reason(StrEnum):
    """Why a mentee has no mentor; the first that applies, in this order, is the one given.

    Where pairs are stable only the first and the last arise: every mentor allowed keeps others, ranked higher.
    """

    NO_MENTOR_ALLOWED = "no_mentor_allowed"
    TOO_FEW_PLACES = "too_few_places"
    COSTS_IN_TOTAL = "costs_in_total"
    PRICED_OUT = "priced_out"
    OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True)
class RuleShare:
    """What one constraint (or kind of block) does to somebody.

    ``forbids`` people of the other side break it; ``alone`` of them break nothing else, so they would open if it were relaxed.
    """

    id: str
    forbids: int
    alone: int
    waivable: bool


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A smallest set of rules that would have to give way together, and how many people of the other side that opens."""

    rules: tuple[str, ...]
    opens: int
    waivable: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Proof that nobody is allowed: all ``others`` (who have places, or need somebody) break at least one rule.

    ``relaxations`` are sorted: fewest rules first, then those that open most; the first is the one that opens most for least.
    """

    others: int
    rules: tuple[RuleShare, ...]
    relaxations: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class Shortage:
    """Proof that places are short: these mentees can only go to these mentors, who have too few places between them.

    ``places`` excludes those taken by locks (``locked_places``); ``short`` = mentees − places > 0, which is also the number of
    these mentees without a mentor. Mentees with a locked mentor are not counted. ``local`` is false where those left over reach
    more than half of all places: then the program as a whole is short.
    """

    mentees: tuple[str, ...]
    mentors: tuple[str, ...]
    places: int
    locked_places: int
    short: int
    local: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """The cheapest way in: with ``mentor``, where the fit is ``fit`` and ``needed`` would have been enough.

    The program would lose ``cost`` = needed − fit points, and ``left_out`` would be left without a mentor instead. ``direct``: that
    is somebody who has a place with this very mentor, with fit ``needed``; otherwise others move in between. Cost 0 is a draw,
    decided by the hash of the ids.
    """

    mentor: str
    fit: int
    needed: int
    cost: int
    left_out: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody placed with ``mentor``, with their ``points`` and the ``fit`` of the one left over.

    They have a higher priority if they fit less; for ``OUTRANKED`` it is the last whom the mentor keeps.
    """

    mentor: str
    mentee: str
    fit: int
    points: int


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A mentee without any mentor, with the one reason given first and every figure behind it.

    ``allowed`` counts the mentors the rules allow; ``best_mentor`` is the best fit among them. ``refusal`` is there for
    ``NO_MENTOR_ALLOWED``; ``shortage`` (a position in ``Result.shortages``) for the others; ``entry`` where somebody could be
    left out instead; ``rival`` where someone with less fit is placed.
    """

    mentee: str
    reason: Reason
    asked: int
    allowed: int
    best_mentor: str | None = None
    best_fit: int | None = None
    refusal: Refusal | None = None
    shortage: int | None = None
    entry: Entry | None = None
    rival: Rival | None = None


@dataclass(frozen=True, slots=True)
class Partly:
    """A mentee who asked for several mentors and got at least one, but not all."""

    mentee: str
    asked: int
    got: int


class IdleReason(StrEnum):
    """Why a mentor with places has nobody."""

    NO_MENTEE_ALLOWED = "no_mentee_allowed"
    ALL_PLACED = "all_placed"


@dataclass(frozen=True, slots=True)
class Idle:
    """A mentor with places and no mentee. Every one of the ``allowed`` mentees has all the mentors asked for (``ALL_PLACED``)."""

    mentor: str
    reason: IdleReason
    places: int
    allowed: int
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a mentor's places are worth.

    One more place with this mentor would place ``more_people`` (0 or 1), make ``more_pairs`` (0 or 1) and bring ``more_points`` in
    total. ``price`` ≥ 0 is what it would bring in points with as many people and pairs as now: how dear the places are to others.
    It is 0 where a place is free.
    """

    mentor: str
    places: int
    used: int
    price: int
    more_people: int
    more_pairs: int
    more_points: int


@dataclass(frozen=True, slots=True)
class Proof:
    """How good the result is at worst. Bounds hold for every possible set of pairs with these rules and locks.

    ``points_bound`` holds for every set that places as many people (``Aim.MAX_MIN``: and has as good a worst pair). ``gap`` =
    (bound − points) / bound, 0.0 to 1.0; ``optimal`` only if all bounds are reached exactly, draws included.

    ``floor_bound`` (``Aim.MAX_MIN``): with as many people no set has a worst pair above it. ``blocking`` (``Aim.STABLE``): how many
    pairs would rather have each other, over all pairs; ``optimal`` then says that there are none, and the bounds are those of
    the best set by points.
    """

    optimal: bool
    people_bound: int
    pairs_bound: int
    points_bound: int
    gap: float
    floor_bound: int | None = None
    blocking: int | None = None


@dataclass(frozen=True, slots=True)
class Instead:
    """What ``Aim.POINTS`` would have reached with the same problem: people, pairs and points."""

    people: int
    pairs: int
    points: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are: mentees who asked for somebody, those with at least one mentor, pairs, places and used places."""

    mentees: int
    people: int
    mentors: int
    pairs: int
    locked: int
    places: int
    places_used: int


@dataclass(frozen=True, slots=True)
class Result:
    """A match: pairs and people left over in the order of ids' hashes, with the figures to explain both.

    ``points`` is the sum over all pairs, locked ones included. ``worst`` is the least fit of a pair that is not locked, the bonus for
    staying together apart. ``floor`` is what a pair needed at least, and ``instead`` what most points would have been, under
    another aim than ``Aim.POINTS``. ``looked`` names the pairs looked at, if that were not all, for whoever goes on from here.
    """

    pairs: tuple[Pair, ...]
    points: int
    criteria: tuple[Share, ...]
    total: int
    unmatched: tuple[Unmatched, ...]
    shortages: tuple[Shortage, ...]
    partly: tuple[Partly, ...]
    idle: tuple[Idle, ...]
    prices: tuple[Price, ...]
    proof: Proof
    counts: Counts
    aim: Aim = Aim.POINTS
    worst: int | None = None
    floor: int = 0
    instead: Instead | None = None
    looked: Index | None = field(default=None, compare=False, repr=False)
