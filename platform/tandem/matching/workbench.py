"""Changing a run's pairs by hand: swapping two pairs, notes, and taking the last change back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError
from tandem.audit.services import record
from tandem.extensions import db
from tandem.matching.computing import Pool, broken_constraints, build_problem, kept_apart, load_pool, reasons_for
from tandem.matching.decided.applying import LIST, put_back
from tandem.matching.engine import explain_pair
from tandem.matching.models import REASSIGNED, Lock, LockKind, MatchRun, PoolEntry, PoolState, Proposal, ProposalState
from tandem.matching.pool import free_places
from tandem.matching.remembering import EVERY, lock_of, pair_of, remember
from tandem.matching.runs import open_run
from tandem.matching.standing import count_again
from tandem.programs.queries import resolved as resolved_document
from tandem.tenancy.base import one_of
from tandem.texts import too_long
from tandem.wording import in_words, labels_for_program

#: The longest note on a pair, in characters.
MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Exchange:
    """What swapping two pairs' mentors would do: the points of both pairs afterwards and the change, or why it cannot be."""

    other: Proposal
    first_points: int
    second_points: int
    change: int
    refusals: tuple[str, ...]


def exchanges(run: MatchRun, one: Proposal, others: Sequence[Proposal]) -> list[Exchange]:
    """The effect of swapping ``one`` with each of ``others`` (their entries and members loaded); nothing is changed.

    The number of people never changes. Loads the facts of these people only.
    """
    resolved = resolved_document(run.program_revision_id)
    matching, labels = resolved.get("matching", {}), labels_for_program(resolved)
    pool = _pool([one, *others], matching)
    problem = build_problem(pool, matching, obey_locks=False)
    apart, together = kept_apart(pool.mentees, pool.mentors), _kept_together([one, *others])
    found = []
    for other in others:
        sums, refusals = [], []
        for mentee, mentor in ((one.mentee_entry, other.mentor_entry), (other.mentee_entry, one.mentor_entry)):
            sums.append(explain_pair(problem, mentee.id, mentor.id).points)
            refusals += [in_words(message, labels) for message in _why_not(pool, mentee, mentor, matching)]
            refusals += _apart(mentee, mentor, apart)
        refusals += [
            _(
                "%(mentee)s and %(mentor)s are kept together. Lift that first.",
                mentee=pair.mentee_entry.member.name, mentor=pair.mentor_entry.member.name,
            )
            for pair in (one, other)
            if (pair.mentee_entry_id, pair.mentor_entry_id) in together
        ]  # fmt: skip
        change = sum(sums) - one.points - other.points
        found.append(Exchange(other, sums[0], sums[1], change, tuple(dict.fromkeys(refusals))))
    return found


def swap_pairs(*, actor: Actor, run: MatchRun, one: Proposal, other: Proposal) -> Exchange:
    """Exchange the mentors of two pairs; both are confirmed then. No rule gives way here, waivable or not (C2).

    Raises ``InvalidError`` at ``swap`` with what forbids either pair, ``ConflictError`` where one of the four is no longer waiting
    or the pairs have changed meanwhile.
    """
    open_run(actor, run)
    for proposal in (one, other):
        db.session.refresh(proposal)
    if one.id == other.id or one.mentor_entry_id == other.mentor_entry_id:
        raise InvalidError({"swap": _("Choose a pair with a different partner.")})
    gone = [
        entry.member.name
        for proposal in (one, other)
        for entry in (proposal.mentee_entry, proposal.mentor_entry)
        if entry.state is not PoolState.OPEN
    ]
    if gone:
        raise ConflictError(_("%(name)s is no longer waiting in the pool.", name=gone[0]))
    effect = exchanges(run, one, [other])[0]
    if effect.refusals:
        raise InvalidError({"swap": " ".join(effect.refusals)})
    remember(run, "swap", [one, other])
    matching = resolved_document(run.program_revision_id).get("matching", {})
    pool = _pool([one, other], matching)
    problem = build_problem(pool, matching, obey_locks=False)
    mentors = other.mentor_entry_id, one.mentor_entry_id
    names = {each.mentor_entry_id: each.mentor_entry.member.name for each in (one, other)}
    for proposal, mentor_id in zip((one, other), mentors, strict=True):
        shown = explain_pair(problem, proposal.mentee_entry_id, mentor_id)
        if proposal.note:
            # It was written of the pair before; so it says of whom.
            proposal.note = _(
                "Of the pair with %(name)s: %(note)s", name=names[proposal.mentor_entry_id], note=proposal.note
            )
        proposal.mentor_entry_id = mentor_id
        proposal.points = shown.points
        proposal.parts = [{"id": part.id, "points": part.points, "most": part.of} for part in shown.parts]
        proposal.reasons = reasons_for(pool.people[proposal.mentee_entry_id], pool.people[mentor_id], matching)
        proposal.by_hand, proposal.missed, proposal.waived, proposal.waiver_reason = True, None, [], None
        proposal.state, proposal.confirmed_by = ProposalState.CONFIRMED, actor.account_id
    count_again(run)
    db.session.expire(one)
    db.session.expire(other)
    _record(actor, run, "pair.swapped", {"points": [0, effect.change]})
    return effect


def write_note(*, actor: Actor, run: MatchRun, proposal: Proposal, note: str) -> None:
    """Keep staff's note on a pair; an empty one removes it. Raises ``InvalidError`` at ``note``."""
    open_run(actor, run)
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise InvalidError({"note": too_long(MAX_NOTE)})
    proposal.note = note or None
    db.session.flush()
    _record(actor, run, "pair.noted")


def undo_last(*, actor: Actor, run: MatchRun) -> str:
    """Put back what the last change of this run's pairs was; returns what it was. Raises ``ConflictError`` if there is none."""
    open_run(actor, run)
    db.session.refresh(run, attribute_names=["last_change"])
    change = run.last_change
    if not change:
        raise ConflictError(_("There is no change to take back. Reload the page."))
    if change["what"] == LIST:
        put_back(run)
    elif change["what"] == EVERY:
        db.session.execute(
            update(Proposal)
            .where(Proposal.match_run_id == run.id, Proposal.id.in_([UUID(one) for one in change["ids"]]))
            .values(state=ProposalState.PROPOSED, confirmed_by=None)
        )
    else:
        _put_back(run, change)
    run.last_change = None
    count_again(run)
    _record(actor, run, "pair.undone")
    return str(change["what"])


def _put_back(run: MatchRun, change: Mapping[str, Any]) -> None:
    ids = [UUID(pair["id"]) for pair in change["pairs"]]
    mentee = UUID(change["mentee"]) if change["mentee"] else None
    db.session.execute(
        delete(Proposal).where(
            Proposal.match_run_id == run.id, or_(Proposal.id.in_(ids), Proposal.mentee_entry_id == mentee)
        )
    )
    db.session.expire_all()
    db.session.add_all(pair_of(run, pair) for pair in change["pairs"])
    db.session.add_all(lock_of(lock) for lock in change["lifted"])
    # Where they stood among the others, if that was kept.
    at = change.get("at", len(run.unmatched))
    run.unmatched = [*run.unmatched[:at], *change["left"], *run.unmatched[at:]]


def _pool(proposals: Sequence[Proposal], matching: Mapping[str, Any]) -> Pool:
    entries = {entry.id: entry for one in proposals for entry in (one.mentee_entry, one.mentor_entry)}
    places = free_places(list(entries.values()))
    return load_pool([(entry, places[entry.id]) for entry in entries.values()], matching)


def _why_not(pool: Pool, mentee: PoolEntry, mentor: PoolEntry, matching: Mapping[str, Any]) -> list[Any]:
    return [message for _item, message in broken_constraints(pool.people[mentee.id], pool.people[mentor.id], matching)]


def _apart(mentee: PoolEntry, mentor: PoolEntry, apart: Mapping[tuple[UUID, UUID], str]) -> list[str]:
    if mentee.member_id == mentor.member_id:
        return [_("Nobody can be paired with themselves. Choose someone else.")]
    kept = apart.get((mentee.id, mentor.id))
    if kept is None:
        return []
    if kept == REASSIGNED:
        return [_("These two were reassigned from each other and are not matched again.")]
    return [_("Staff keep these two apart. Choose someone else.")]


def _kept_together(pairs: Sequence[Proposal]) -> set[tuple[UUID, UUID]]:
    mentees = [pair.mentee_entry_id for pair in pairs]
    kept = select(Lock.mentee_entry_id, Lock.mentor_entry_id).where(
        Lock.kind == LockKind.TOGETHER, one_of(Lock.mentee_entry_id, mentees)
    )
    return {(mentee, mentor) for mentee, mentor in db.session.execute(kept)}


def _record(actor: Actor, run: MatchRun, action: str, changes: dict[str, Any] | None = None) -> None:
    record(
        actor=actor,
        action=action,
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        changes=changes,
    )
