"""What a run found out beside its pairs, in words: better fits not made, whom to recruit, why it could not be computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.eligibility.serialise import message_from_json
from tandem.extensions import db
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tandem.matching.queries import entries_by_id
from tandem.wording import Labels, in_words


@dataclass(frozen=True, slots=True)
class ShownRecruit:
    """A kind of mentor to look for: like whom, how many places, whom they would place, and why one of them suits."""

    like: str
    places: int
    points: int
    names: tuple[str, ...]
    more: int
    reasons: tuple[str, ...]


def shown_missed(run: MatchRun, rows: Sequence[Proposal]) -> dict[UUID, str]:
    """For each of these pairs whose mentee fits somebody else better, one sentence that says why it was not made."""
    better = {row.id: row.missed for row in rows if row.missed}
    wanted = {UUID(one["mentor"]) for one in better.values()}
    if not wanted:
        return {}
    names = {identifier: entry.member.name for identifier, entry in entries_by_id(sorted(wanted)).items()}
    takers = _takers(run, wanted)
    shown = {}
    for row in rows:
        one = better.get(row.id)
        if one is None:
            continue
        mentor = UUID(one["mentor"])
        shown[row.id] = _(
            "The best fit would be %(mentor)s with %(points)s. That place went to %(taker)s: to the program it is worth %(price)s points, a place with %(own)s %(own_price)s.",
            mentor=names.get(mentor, "–"),
            points=one["points"],
            taker=", ".join(takers[mentor]) or _("somebody locked to it"),
            price=one["price"],
            own=row.mentor_entry.member.name,
            own_price=one["own"],
        )
    return shown


def shown_recruits(run: MatchRun, labels: Labels) -> list[ShownRecruit]:
    """The kinds of mentors of whom more would place more people, those that place most first."""
    if not run.recruiting:
        return []
    ids = {UUID(name) for one in run.recruiting for name in (one["mentor"], *one["mentees"])}
    names = {str(identifier): entry.member.name for identifier, entry in entries_by_id(sorted(ids)).items()}
    return [
        ShownRecruit(
            like=names.get(one["mentor"], "–"),
            places=one["places"],
            points=one["points"],
            names=tuple(names.get(name, "–") for name in one["mentees"]),
            more=one["places"] - len(one["mentees"]),
            reasons=tuple(in_words(message_from_json(item["message"]), labels) for item in one["reasons"]),
        )
        for one in run.recruiting
    ]


def why_failed(summary: Mapping[str, Any], matching: Mapping[str, Any]) -> str:
    """Why a run could not be computed, and who can help, without the engine's own words."""
    item = summary.get("item")
    named = {
        one["id"]: one.get("label") or one["id"]
        for kind in ("criteria", "constraints")
        for one in matching.get(kind, ())
    }
    said = {
        "PluginFailed": _("The part “%(item)s” of the program’s matching failed when it was asked about the people in the pool. Tell whoever looks after the plugin.", item=named.get(item, item)),
        "ShapeError": _("A part of the program’s matching gave an answer of the wrong shape. Tell whoever looks after the plugin."),
        "NotFinite": _("A part of the program’s matching gave something that is not a number. Tell whoever looks after the plugin."),
        "OutOfRange": _("A part of the program’s matching gave points outside 0 to 100. Tell whoever looks after the plugin."),
        "ContradictoryLocks": _("Pairs that are to be kept together contradict each other, or a rule of the program. Lift one of them and run the match again."),
        "CapacityError": _("Somebody’s number of places is not a whole number. Change it on the pools’ page."),
        "TooLarge": _("The pool is too large to be matched exactly. Split it into cohorts."),
    }  # fmt: skip
    return said.get(str(summary.get("error")), _("The match could not be computed. Tell whoever looks after Tandem."))


def _takers(run: MatchRun, mentors: set[UUID]) -> Mapping[UUID, list[str]]:
    rows = db.session.scalars(
        select(Proposal)
        .where(Proposal.match_run_id == run.id, Proposal.mentor_entry_id.in_(mentors))
        .options(joinedload(Proposal.mentee_entry).joinedload(PoolEntry.member))
        .order_by(Proposal.id)
    )
    takers: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        takers[row.mentor_entry_id].append(row.mentee_entry.member.name)
    return takers
