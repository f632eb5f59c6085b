"""A run's figures as its pairs stand now, after staff changed them; what was computed is kept beside."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select

from tandem.extensions import db
from tandem.matching.models import KEPT_APART, Lock, LockKind, MatchRun, Proposal, ProposalState, RunState

#: Why somebody is left over whose pair staff set aside, beside the engine's reasons; ``KEPT_APART`` is another such reason.
SET_ASIDE = "set-aside"
#: Why somebody is left over whose pair nobody confirmed before the run was published.
NOT_PUBLISHED = "not-published"
#: The reasons that are staff's doing, each with the mentor of the pair at ``mentor``.
BY_STAFF = frozenset({SET_ASIDE, KEPT_APART, NOT_PUBLISHED})


def stands(run: MatchRun) -> ColumnElement[bool]:
    """Whether a pair of the run counts: it is published, or not set aside while the run is still open."""
    if run.state is RunState.PUBLISHED:
        return Proposal.state == ProposalState.PUBLISHED
    return Proposal.state != ProposalState.DECLINED


def count_again(run: MatchRun) -> None:
    """Make the run's figures and people left over those of its pairs as they stand; call it after every change of them.

    As soon as somebody changed a pair, ``summary["computed"]`` keeps the figures that were computed: nothing is proven of others.
    Where every pair is as computed again, so are the figures. Two statements, and a flush.
    """
    db.session.flush()
    counts = stands(run)
    people, pairs, points, worst, changed = db.session.execute(
        select(
            func.count(Proposal.mentee_entry_id.distinct()).filter(counts),
            func.count().filter(counts),
            func.coalesce(func.sum(Proposal.points).filter(counts), 0),
            func.min(Proposal.points).filter(counts),
            func.coalesce(func.bool_or(Proposal.by_hand | ~counts), False),
        ).where(Proposal.match_run_id == run.id)
    ).one()
    _count_left_over(run, counts)
    summary = {key: value for key, value in run.summary.items() if key != "computed"}
    computed = run.summary.get("computed") or {key: summary.get(key) for key in ("counts", "points", "worst")}
    if changed or summary.get("list"):
        now = {**(computed["counts"] or {}), "people": people, "pairs": pairs, "places_used": pairs}
        run.summary = {**summary, "counts": now, "points": int(points), "worst": worst, "computed": computed}
    else:
        run.summary = {**summary, **computed}
    db.session.flush()


def _count_left_over(run: MatchRun, counts: ColumnElement[bool]) -> None:
    """Tell those who have no pair left for a reason of staff's, after those whom the computation left over."""
    without = {one["entry_id"]: one for one in _without_pair(run, counts)}
    others = [one for one in run.unmatched if one["reason"] not in BY_STAFF]
    told: Collection[str] = {one["entry_id"] for one in others}
    run.unmatched = [*others, *(one for identifier, one in without.items() if identifier not in told)]
    run.left_over = len(run.unmatched)


def _without_pair(run: MatchRun, counts: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The mentees none of whose pairs counts, each with why the first of them does not."""
    apart = exists().where(
        Lock.association_id == Proposal.association_id,
        Lock.mentee_entry_id == Proposal.mentee_entry_id,
        Lock.mentor_entry_id == Proposal.mentor_entry_id,
        Lock.kind == LockKind.APART,
    )
    has_pair = select(Proposal.mentee_entry_id).where(and_(Proposal.match_run_id == run.id, counts)).scalar_subquery()
    rows = db.session.execute(
        select(Proposal.mentee_entry_id, Proposal.mentor_entry_id, Proposal.state, apart)
        .where(Proposal.match_run_id == run.id, ~counts, Proposal.mentee_entry_id.not_in(has_pair))
        .order_by(Proposal.mentee_entry_id, Proposal.id)
    )
    found: dict[UUID, dict[str, Any]] = {}
    for mentee, mentor, state, kept_apart in rows:
        aside = KEPT_APART if kept_apart else SET_ASIDE
        reason = aside if state is ProposalState.DECLINED else NOT_PUBLISHED
        found.setdefault(mentee, {"entry_id": str(mentee), "reason": reason, "mentor": str(mentor)})
    return list(found.values())
