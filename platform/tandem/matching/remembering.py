"""Keeping how pairs were before a change by hand, so that the last one can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.extensions import db
from tandem.matching.models import Lock, LockKind, MatchRun, PoolEntry, Proposal, ProposalState

_KEPT = ("mentee_entry_id", "mentor_entry_id", "points", "parts", "reasons", "by_hand", "waived", "waiver_reason", "missed",
         "note", "state", "confirmed_by")  # fmt: skip


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
    run.last_change = {
        "what": what,
        "pairs": [{"id": str(one.id), **{name: _plain(getattr(one, name)) for name in _KEPT}} for one in before],
        "mentee": str(mentee.id) if mentee else None,
        "left": [one for one in run.unmatched if mentee and one["entry_id"] == str(mentee.id)],
        "points": run.summary.get("points"),
        "lifted": [
            {"mentee_entry_id": str(lock.mentee_entry_id), "mentor_entry_id": str(lock.mentor_entry_id),
             "reason": lock.reason, "created_by": str(lock.created_by)}
            for lock in lifted
        ],
    }  # fmt: skip


def locks_apart(mentee: PoolEntry, mentor: PoolEntry) -> Sequence[Lock]:
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
