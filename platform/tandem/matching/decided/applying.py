"""Setting a checked list's pairs as the pairs of a run, locked, and putting back what was before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, not_, select, update

from tandem.access.actor import Actor
from tandem.audit.services import record
from tandem.extensions import db
from tandem.matching.computing import reasons_for
from tandem.matching.decided.checking import Check, Wanted
from tandem.matching.leftovers import NOT_IN_LIST
from tandem.matching.models import Lock, LockKind, MatchRun, Proposal, ProposalState
from tandem.matching.remembering import kept_lock, kept_pair, lock_of, locks_apart, pair_of
from tandem.matching.runs import record_by_hand
from tandem.matching.standing import BY_STAFF, count_again
from tandem.tenancy.base import one_of

LIST = "list"


def apply_check(*, actor: Actor, run: MatchRun, check: Check, file: str) -> None:
    """Make the run's pairs what the list says: confirmed, and kept together in every later run; all in the caller's transaction.

    Pairs that are so already keep their notes and reasons. Other pairs of the run go, except those that the list takes out, which
    are set aside. What was before can be taken back. Writes one line to the trail, and one for each condition set aside.
    """
    before = db.session.scalars(select(Proposal).where(Proposal.match_run_id == run.id)).all()
    paired = {mentee for mentee, _mentor in check.wanted}
    by_pair = {(one.mentee_entry_id, one.mentor_entry_id): one for one in before}
    aside = {pair for pair in check.out if pair in by_pair and pair[0] not in paired}
    gone = [one for pair, one in by_pair.items() if pair not in check.same and pair not in aside]
    stay = [one for pair, one in by_pair.items() if pair in check.same or pair in aside]
    lifted, missing = _locks_to_lift(check), _pairs_to_lock(check)
    run.last_change = {
        "what": LIST,
        "pairs": [kept_pair(one) for one in gone],
        "stay": [[str(one.id), one.state.value, str(one.confirmed_by) if one.confirmed_by else None] for one in stay],
        "locked": [[str(mentee), str(mentor)] for mentee, mentor in missing],
        "lifted": [kept_lock(lock) for lock in lifted],
        "unmatched": list(run.unmatched),
        "summary": run.summary,
    }
    _set_state(
        [one.id for one in stay if (one.mentee_entry_id, one.mentor_entry_id) in check.same],
        ProposalState.CONFIRMED,
        actor.account_id,
    )
    _set_state(
        [one.id for one in stay if (one.mentee_entry_id, one.mentor_entry_id) in aside], ProposalState.DECLINED, None
    )
    db.session.execute(delete(Proposal).where(one_of(Proposal.id, [one.id for one in gone])))
    db.session.execute(delete(Lock).where(one_of(Lock.id, [lock.id for lock in lifted])))
    made = [_proposal(actor, run, one, check) for pair, one in check.wanted.items() if pair not in check.same]
    db.session.add_all(made)
    db.session.add_all(
        Lock(mentee_entry_id=mentee, mentor_entry_id=mentor, kind=LockKind.TOGETHER, created_by=actor.account_id)
        for mentee, mentor in missing
    )
    _count(run, check, file)
    _record(actor, run, made, before=len(before), file=file)


def put_back(run: MatchRun) -> None:
    """Take a list back: the pairs, locks, figures and people left over are as they were. ``run.last_change`` is the list's."""
    change: Mapping[str, Any] = run.last_change or {}
    stay: dict[tuple[str, str | None], list[UUID]] = defaultdict(list)
    for identifier, state, by in change["stay"]:
        stay[state, by].append(UUID(identifier))
    kept = [identifier for ids in stay.values() for identifier in ids]
    db.session.execute(delete(Proposal).where(Proposal.match_run_id == run.id, not_(one_of(Proposal.id, kept))))
    for (state, by), ids in stay.items():
        _set_state(ids, ProposalState(state), UUID(by) if by else None)
    db.session.expire_all()
    db.session.add_all(pair_of(run, pair) for pair in change["pairs"])
    locked = {(UUID(mentee), UUID(mentor)) for mentee, mentor in change["locked"]}
    locks = [
        lock.id
        for lock in _together({mentee for mentee, _mentor in locked})
        if (lock.mentee_entry_id, lock.mentor_entry_id) in locked
    ]
    db.session.execute(delete(Lock).where(one_of(Lock.id, locks)))
    db.session.add_all(lock_of(lock) for lock in change["lifted"])
    run.unmatched, run.summary = change["unmatched"], change["summary"]
    run.left_over = len(run.unmatched)
    if run.decided is not None and "lines" not in run.decided:
        run.decided = None  # It said that this list was applied; one that was brought in since waits on.
    db.session.flush()


def _set_state(ids: Sequence[UUID], state: ProposalState, by: UUID | None) -> None:
    db.session.execute(update(Proposal).where(one_of(Proposal.id, ids)).values(state=state, confirmed_by=by))


def _proposal(actor: Actor, run: MatchRun, one: Wanted, check: Check) -> Proposal:
    people = check.pool.people
    return Proposal(
        match_run_id=run.id,
        mentee_entry_id=one.mentee.id,
        mentor_entry_id=one.mentor.id,
        points=one.shown.points,
        parts=[{"id": part.id, "points": part.points, "most": part.of} for part in one.shown.parts],
        reasons=reasons_for(people[one.mentee.id], people[one.mentor.id], check.matching),
        by_hand=True,
        waived=list(one.waived),
        waiver_reason=one.reason,
        state=ProposalState.CONFIRMED,
        confirmed_by=actor.account_id,
    )


def _locks_to_lift(check: Check) -> list[Lock]:
    """Locks that say something else than the list: kept apart, or kept together with another partner or though left out."""
    others = [
        lock
        for lock in _together({entry.id for entry in check.pool.mentees})
        if (lock.mentee_entry_id, lock.mentor_entry_id) not in check.wanted
    ]
    return others + [lock for one in check.wanted.values() if one.lifts for lock in locks_apart(one.mentee, one.mentor)]


def _pairs_to_lock(check: Check) -> list[tuple[UUID, UUID]]:
    held = {
        (lock.mentee_entry_id, lock.mentor_entry_id) for lock in _together({mentee for mentee, _mentor in check.wanted})
    }
    return sorted(check.wanted.keys() - held)


def _together(mentees: set[UUID]) -> Sequence[Lock]:
    return db.session.scalars(
        select(Lock).where(Lock.kind == LockKind.TOGETHER, one_of(Lock.mentee_entry_id, mentees)).order_by(Lock.id)
    ).all()


def _count(run: MatchRun, check: Check, file: str) -> None:
    """The run's figures for these pairs. Nothing is proven of them, and nobody was left over by the computation."""
    told = {one["entry_id"]: one for one in run.unmatched if one["reason"] not in BY_STAFF}
    paired = {mentee for mentee, _mentor in check.wanted}
    run.unmatched = [
        told.get(str(entry.id), {"entry_id": str(entry.id), "reason": NOT_IN_LIST})
        for entry in check.pool.mentees
        if entry.id not in paired and check.pool.places[entry.id].free
    ]
    run.summary = {**run.summary, "instead": None, "kept": None, "list": file}
    count_again(run)


def _record(actor: Actor, run: MatchRun, made: Sequence[Proposal], *, before: int, file: str) -> None:
    record(
        actor=actor,
        action="run.list-applied",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        changes={"pairs": [before, run.summary["counts"]["pairs"]], "file": [None, file]},
    )
    for one in made:
        if one.waived:
            record_by_hand(actor, run, one.waived, one.waiver_reason)
