"""Keeping how pairs were before a change by hand, so that the last one can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import Lock, LockKind, MatchRun, PoolEntry, Proposal, ProposalState
from tandem.matching.pool import Entry

#: What a change is called that confirmed every proposed pair.
EVERY = "all-confirmed"

_KEPT = ("mentee_entry_id", "mentor_entry_id", "points", "parts", "reasons", "by_hand", "waived", "waiver_reason", "missed",
         "note", "state", "confirmed_by")  # fmt: skip
_IDS = ("id", "mentee_entry_id", "mentor_entry_id", "confirmed_by")


def remember(
    run: MatchRun,
    what: str,
    before: Sequence[Proposal],
    *,
    mentee: PoolEntry | None = None,
    lifted: Sequence[Lock] = (),
) -> None:
    """Keep how these pairs are now, so that the change that follows can be taken back.

    ``mentee`` is somebody about to get a pair by hand: what else stood for them goes then, and who was left over is kept too.
    """
    left = [at for at, one in enumerate(run.unmatched) if mentee and one["entry_id"] == str(mentee.id)]
    run.last_change = {
        "what": what,
        "pairs": [kept_pair(one) for one in before],
        "mentee": str(mentee.id) if mentee else None,
        "left": [run.unmatched[at] for at in left],
        "at": left[0] if left else 0,
        "lifted": [kept_lock(lock) for lock in lifted],
    }


def remember_confirmed(run: MatchRun, confirmed: Sequence[UUID]) -> None:
    """Keep which proposed pairs are confirmed at once: their ids alone, for they may be thousands."""
    run.last_change = {"what": EVERY, "ids": [str(one) for one in confirmed]}


def kept_pair(pair: Proposal) -> dict[str, Any]:
    """A pair as JSON data, from which ``pair_of`` makes it again."""
    return {"id": str(pair.id), **{name: _plain(getattr(pair, name)) for name in _KEPT}}


def pair_of(run: MatchRun, kept: Mapping[str, Any]) -> Proposal:
    """The pair that ``kept_pair`` kept, to be added again."""
    ids = {name: UUID(kept[name]) if kept[name] else None for name in _IDS}
    return Proposal(match_run_id=run.id, **{**kept, **ids, "state": ProposalState(kept["state"])})


def kept_lock(lock: Lock) -> dict[str, Any]:
    """A lock as JSON data, from which ``lock_of`` makes it again."""
    return {
        "mentee_entry_id": str(lock.mentee_entry_id),
        "mentor_entry_id": str(lock.mentor_entry_id),
        "kind": lock.kind.value,
        "reason": lock.reason,
        "created_by": str(lock.created_by),
    }


def lock_of(kept: Mapping[str, Any]) -> Lock:
    """The lock that ``kept_lock`` kept, to be added again."""
    ids = {name: UUID(kept[name]) for name in ("mentee_entry_id", "mentor_entry_id", "created_by")}
    # A change that was kept before kinds were noted lifted nothing but what held two apart.
    return Lock(kind=LockKind(kept.get("kind", LockKind.APART)), reason=kept["reason"], **ids)


def locks_apart(mentee: Entry, mentor: Entry) -> Sequence[Lock]:
    """What staff said to keep two people apart, in whichever of their entries."""
    ones, others = (
        select(PoolEntry.id).where(PoolEntry.member_id == entry.member_id, PoolEntry.program_id == entry.program_id)
        for entry in (mentee, mentor)
    )
    return db.session.scalars(
        select(Lock).where(
            Lock.kind == LockKind.APART, Lock.mentee_entry_id.in_(ones), Lock.mentor_entry_id.in_(others)
        )
    ).all()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value.value if isinstance(value, ProposalState) else value
