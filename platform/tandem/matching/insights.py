"""What a run found out beside its pairs, in words: better fits not made, whom to recruit, why it could not be computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.eligibility.serialise import message_from_json
from tandem.extensions import db
from tandem.matching.engine import ConflictKind
from tandem.matching.leftovers import rule_words
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tandem.matching.queries import entries_by_id
from tandem.plugin_api import Term
from tandem.wording import Labels, in_words


@dataclass(frozen=True, slots=True)
class ShownRecruit:
    """A kind of mentor to look for: like whom (and that one's member number), how many places, whom they would place, and why one suits."""

    like: str
    number: str
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
        if one["price"] is None:
            shown[row.id] = _(
                "The best fit would be %(mentor)s with %(points)s, who keeps %(taker)s, ranked higher there.",
                mentor=names.get(mentor, "–"),
                points=one["points"],
                taker=", ".join(takers[mentor]) or _("somebody locked to it"),
            )
            continue
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


@dataclass(frozen=True, slots=True)
class Option:
    """How many ask for one option, how many of them a run matched, and how many places offered it."""

    label: str
    asked: int
    matched: int
    places: int


def shown_options(summary: Mapping[str, Any], labels: Labels) -> tuple[str, list[Option]]:
    """The question that a run was counted by, and its options, those with the fewest places for who asks first."""
    counted = summary.get("options")
    if not counted:
        return "", []
    question = counted["question"]
    return labels.of(Term("question", question)), [
        Option(labels.of(Term(f"choice:{question}", key)), asked, matched, places)
        for key, asked, matched, places in counted["rows"]
    ]


def aim_words(summary: Mapping[str, Any]) -> list[str]:
    """What a run aimed at, what that cost beside most points, and how many pairs of the last run it kept; a sentence each."""
    said = [
        {
            "max-min": _("Aim: as many people as possible, then the weakest pair as good as possible, then the best fit in total."),
            "stable": _("Aim: no two people would rather have each other than whom they got."),
        }.get(str(summary.get("aim")), _("Aim: as many people as possible, then the best fit in total."))
    ]  # fmt: skip
    if summary.get("worst") is not None:
        said.append(_("The weakest pair fits %(points)s.", points=summary["worst"]))
    instead = summary.get("instead")
    if instead:
        people, pairs = instead["people"], max(1, instead["pairs"])
        said.append(
            ngettext(
                "Aiming at the best fit in total would match %(num)s person, with a fit of %(average)s on average.",
                "Aiming at the best fit in total would match %(num)s people, with a fit of %(average)s on average.",
                people,
                average=round(instead["points"] / pairs),
            )
        )
    waited = summary.get("waited")
    if waited:
        said.append(
            ngettext(
                "Who had waited for %(days)s days came first: %(num)s person, of whom %(matched)s was matched.",
                "Who had waited for %(days)s days came first: %(num)s people, of whom %(matched)s were matched.",
                waited["people"],
                days=waited["days"],
                matched=waited["matched"],
            )
            if waited["people"]
            else _("Who has waited for %(days)s days comes first; nobody had waited so long.", days=waited["days"])
        )
    kept = summary.get("kept")
    # Once somebody changed pairs it is not so any more.
    if kept and not summary.get("computed"):
        said.append(
            ngettext(
                "Of %(before)s pairs of the last run %(num)s stays; each counted %(bonus)s points more.",
                "Of %(before)s pairs of the last run %(num)s stay; each counted %(bonus)s points more.",
                kept["still"],
                before=kept["before"],
                bonus=kept["bonus"],
            )
        )
    return said


def computed_words(summary: Mapping[str, Any], people: str) -> str:
    """What was computed and proven, before staff changed pairs; empty where nobody did. ``people`` is what mentees are called."""
    computed = summary.get("computed")
    if not computed or summary.get("list"):
        return ""
    counts, proof = computed["counts"] or {}, summary.get("proof") or {}
    matched = {"num": counts.get("people", 0), "all": counts.get("mentees", 0), "people": people}
    if proof.get("optimal"):
        return _(
            "before your changes: %(num)s of %(all)s %(people)s matched, and proven: %(proof)s",
            **matched,
            proof=proof_words(summary),
        )
    return _("before your changes: %(num)s of %(all)s %(people)s matched", **matched)


def why_empty(summary: Mapping[str, Any]) -> str:
    """Why a run made no pair at all, and what helps; empty where the people left over say it themselves."""
    pool, counts = summary.get("pool"), summary.get("counts") or {}
    if pool is None or counts.get("pairs"):
        return ""
    if not pool["mentees"]:
        return _("Nobody waits for a partner in this pool. People come here when their application is approved.")
    if not pool["mentors"]:
        return _(
            "Nobody in this pool offers a place. Approve somebody’s application, or bring somebody back who rests."
        )
    if not counts.get("mentors"):
        return _("Nobody who offers places has one left. Raise their places on the pools’ page.")
    return _("The program’s rules allow no pair at all. Below stands which rule keeps how many away.")


def proof_words(summary: Mapping[str, Any]) -> str:
    """What has been proven of a run, by its aim."""
    if summary.get("aim") == "max-min":
        return _("nobody can place more people, nor lift the weakest pair")
    if summary.get("aim") == "stable":
        return _("every pair that could be made was checked: none would rather have each other")
    return _("nobody can place more people, nor the same people better")


def shown_recruits(run: MatchRun, labels: Labels) -> list[ShownRecruit]:
    """The kinds of mentors of whom more would place more people, those that place most first."""
    if not run.recruiting:
        return []
    ids = {UUID(name) for one in run.recruiting for name in (one["mentor"], *one["mentees"])}
    members = {str(identifier): entry.member for identifier, entry in entries_by_id(sorted(ids)).items()}
    names = {identifier: member.name for identifier, member in members.items()}
    return [
        ShownRecruit(
            like=names.get(one["mentor"], "–"),
            number=members[one["mentor"]].number if one["mentor"] in members else "",
            places=one["places"],
            points=one["points"],
            names=tuple(names.get(name, "–") for name in one["mentees"]),
            more=one["places"] - len(one["mentees"]),
            reasons=tuple(in_words(message_from_json(item["message"]), labels) for item in one["reasons"]),
        )
        for one in run.recruiting
    ]


def why_failed(summary: Mapping[str, Any], matching: Mapping[str, Any], labels: Labels) -> str:
    """Why a run could not be computed, and who can help, without the engine's own words."""
    if summary.get("conflicts"):
        return " ".join(
            [*_contradictions(summary["conflicts"], matching, labels), _("Lift one of them and run the match again.")]
        )
    item = summary.get("item")
    named = {
        one["id"]: one.get("label") or one["id"]
        for kind in ("criteria", "constraints")
        for one in matching.get(kind, ())
    }
    said = {
        "PluginFailed": _("The part “%(item)s” of the program’s matching failed when it was asked about the people in the pool. Tell whoever looks after the plugin.", item=named.get(item, item)),
        "ShapeError": _("The part “%(item)s” of the program’s matching gave an answer of the wrong shape. Tell whoever looks after the plugin.", item=named.get(item, item)),
        "NotFinite": _("The part “%(item)s” of the program’s matching gave something that is not a number. Tell whoever looks after the plugin.", item=named.get(item, item)),
        "OutOfRange": _("The part “%(item)s” of the program’s matching gave points outside 0 to 100. Tell whoever looks after the plugin.", item=named.get(item, item)),
        "ContradictoryLocks": _("Pairs that are to be kept together contradict each other, or a rule of the program. Lift one of them and run the match again."),
        "CapacityError": _("Somebody’s number of places is not a whole number. Change it on the pools’ page."),
        "MemoryError": _("The pool needs more memory than a job may take. Split it into cohorts, or ask whoever looks after Tandem to allow more."),
        "TooLarge": _("The pool is too large to be matched exactly. Split it into cohorts."),
    }  # fmt: skip
    return said.get(str(summary.get("error")), _("The match could not be computed. Tell whoever looks after Tandem."))


def _contradictions(conflicts: Sequence[Mapping[str, Any]], matching: Mapping[str, Any], labels: Labels) -> list[str]:
    """A sentence for each contradiction among the pairs that staff keep together, by name."""
    ids = sorted({UUID(one[side]) for one in conflicts for side in ("mentee", "mentor") if one[side]})
    names = {str(identifier): entry.member.name for identifier, entry in entries_by_id(ids).items()}
    constraints = {item["id"]: item for item in matching.get("constraints", ())}
    said = []
    for one in conflicts:
        mentee, mentor = names.get(one["mentee"], "–"), names.get(one["mentor"], "–")
        rules = _(" and ").join(rule_words(rule, constraints, labels) for rule in one["rules"])
        said.append(
            {
                ConflictKind.BLOCKED: _("%(mentee)s and %(mentor)s are to be kept together, but %(rules)s forbids it.", mentee=mentee, mentor=mentor, rules=rules),
                ConflictKind.NOT_ALLOWED: _("%(mentee)s and %(mentor)s are to be kept together, but %(rules)s forbids it.", mentee=mentee, mentor=mentor, rules=rules),
                ConflictKind.MENTEE_FULL: _("%(name)s is to be kept together with %(asked)s people and can have %(limit)s.", name=mentee, asked=one["asked"], limit=one["limit"]),
                ConflictKind.MENTOR_FULL: _("%(name)s is to be kept together with %(asked)s people and has places for %(limit)s.", name=mentor, asked=one["asked"], limit=one["limit"]),
            }[ConflictKind(one["kind"])]
        )  # fmt: skip
    return said


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
