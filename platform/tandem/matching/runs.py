"""Match runs: asking for one, computing it in a worker, confirming, setting aside, swapping by hand, discarding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, undefer

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Role
from tandem.audit.services import record
from tandem.extensions import db
from tandem.jobs.services import enqueue, stop_job
from tandem.matching.computing import (
    Pool,
    broken_constraints,
    build_problem,
    kept_apart,
    load_pool,
    parts_of,
    reasons_for,
)
from tandem.matching.engine import solve
from tandem.matching.models import (
    COMPUTING,
    REASSIGNED,
    Lock,
    LockKind,
    MatchRun,
    PoolEntry,
    PoolState,
    Proposal,
    ProposalState,
    RunState,
)
from tandem.matching.pool import checked_reason, entries_for_matching
from tandem.matching.remembering import locks_apart, remember, remember_confirmed
from tandem.matching.standing import count_again
from tandem.programs.models import Program
from tandem.programs.queries import cohorts_of, current_revision
from tandem.programs.queries import resolved as resolved_document
from tandem.wording import in_words, labels_for_program


def start_run(*, actor: Actor, program: Program, cohort_id: UUID | None) -> MatchRun:
    """Ask for a run over the program's pool, under the newest revision's ``matching``; a worker computes it.

    Raises ``NotYoursError``, also for a cohort that is not one of the program's, or none where it has some, and
    ``ConflictError`` while another run of the same pool is not finished.
    """
    if not may_in(actor, "matching.run", program):
        raise NotYoursError
    cohorts = {cohort.id for cohort in cohorts_of(program.id)}
    if (cohort_id not in cohorts) if cohorts else (cohort_id is not None):
        raise NotYoursError
    run = MatchRun(
        program_id=program.id,
        cohort_id=cohort_id,
        program_revision_id=current_revision(program).id,
        created_by=actor.account_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(run)
    except IntegrityError as error:
        raise ConflictError(
            _("A run for this pool is not finished yet. Publish or discard it first; it is on the matching page.")
        ) from error
    job = enqueue(
        kind="matching.run",
        arguments={"match_run_id": str(run.id)},
        dedupe_key=str(run.id),
        requested_by=actor.account_id,
        total=100,
    )
    run.job_id = job.id
    db.session.flush()
    record(
        actor=actor,
        action="run.asked",
        object_kind="match_run",
        object_id=run.id,
        program_id=program.id,
        visibility="staff",
    )
    return run


def confirm_proposal(*, actor: Actor, run: MatchRun, proposal: Proposal) -> None:
    """Mark a proposed pair as good to publish; setting it aside is undone by this too."""
    _change_proposal(actor, run, proposal, ProposalState.CONFIRMED)


def decline_proposal(*, actor: Actor, run: MatchRun, proposal: Proposal) -> None:
    """Set a proposed pair aside: it will not be published. Both people stay in the pool."""
    _change_proposal(actor, run, proposal, ProposalState.DECLINED)


def confirm_all(*, actor: Actor, run: MatchRun) -> int:
    """Confirm every pair that is still only proposed; returns how many."""
    open_run(actor, run)
    confirmed = db.session.scalars(
        update(Proposal)
        .where(Proposal.match_run_id == run.id, Proposal.state == ProposalState.PROPOSED)
        .values(state=ProposalState.CONFIRMED, confirmed_by=actor.account_id)
        .returning(Proposal.id)
    ).all()
    count = len(confirmed)
    if confirmed:
        remember_confirmed(run, confirmed)
    db.session.flush()
    record(
        actor=actor,
        action="run.confirmed",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        changes={"pairs": [0, count]},
    )
    return count


def pair_by_hand(
    *, actor: Actor, run: MatchRun, mentee_entry_id: UUID, mentor_entry_id: UUID, reason: str = ""
) -> Proposal:
    """Propose a pair of staff's own choice. Hard constraints refuse it, always (C2); waivable ones give way to a reason.

    Two people whom staff kept apart may meet after all. Raises ``InvalidError`` with the sentence of every broken constraint
    at ``mentor``, and at ``reason`` where one would help.
    """
    open_run(actor, run)
    mentee, mentor = entry_in(run, mentee_entry_id, Role.MENTEE), entry_in(run, mentor_entry_id, Role.MENTOR)
    if mentee.member_id == mentor.member_id:
        raise InvalidError({"mentor": _("Nobody can be paired with themselves. Choose someone else.")})
    entries = {entry.id: (entry, places) for entry, places in entries_for_matching(
        program_id=run.program_id, cohort_id=run.cohort_id, only={mentee.id, mentor.id})}  # fmt: skip
    if mentee.id not in entries or mentor.id not in entries:
        raise ConflictError(_("One of the two is no longer waiting in the pool. Reload the page."))
    if kept_apart([mentee], [mentor]).get((mentee.id, mentor.id)) == REASSIGNED:
        raise InvalidError({"mentor": _("These two were reassigned from each other and are not matched again.")})
    resolved, said = _resolved(run), checked_reason(reason)
    matching = resolved.get("matching", {})
    pool = load_pool([entries[mentee.id], entries[mentor.id]], matching)
    waived = _waived_for(pool, mentee, mentor, resolved, said)
    earlier = db.session.scalars(
        select(Proposal).where(Proposal.match_run_id == run.id, Proposal.mentee_entry_id == mentee.id)
    ).all()
    lifted = locks_apart(mentee, mentor)
    remember(run, "by-hand", earlier, mentee=mentee, lifted=lifted)
    for lock in lifted:
        db.session.delete(lock)
    kept = [item for item in matching.get("constraints", ()) if item["id"] not in waived]
    result = solve(build_problem(pool, {**matching, "constraints": kept}))
    points = int(result.pairs[0].points) if result.pairs else 0
    db.session.execute(
        delete(Proposal).where(
            Proposal.match_run_id == run.id,
            Proposal.mentee_entry_id == mentee.id,
            Proposal.state != ProposalState.PUBLISHED,
        )
    )
    proposal = Proposal(
        match_run_id=run.id,
        mentee_entry_id=mentee.id,
        mentor_entry_id=mentor.id,
        points=points,
        parts=parts_of(result, result.pairs[0].parts) if result.pairs else [],
        reasons=reasons_for(pool.people[mentee.id], pool.people[mentor.id], matching),
        by_hand=True,
        waived=waived,
        waiver_reason=said if waived else None,
        state=ProposalState.CONFIRMED,
        confirmed_by=actor.account_id,
    )
    db.session.add(proposal)
    run.unmatched = [left for left in run.unmatched if left["entry_id"] != str(mentee.id)]
    count_again(run)
    record_by_hand(actor, run, waived, proposal.waiver_reason)
    return proposal


def record_by_hand(actor: Actor, run: MatchRun, waived: list[str], reason: str | None) -> None:
    """Write to the trail that staff made a pair, with the constraints that they set aside for it and why."""
    record(
        actor=actor,
        action="pair.by-hand",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        reason=reason,
        changes={"waived": [[], waived]} if waived else None,
    )


def _waived_for(
    pool: Pool, mentee: PoolEntry, mentor: PoolEntry, resolved: Mapping[str, Any], reason: str | None
) -> list[str]:
    """The ids of the constraints that ``reason`` sets aside for a pair. Raises ``InvalidError`` where it cannot be made."""
    matching, labels = resolved.get("matching", {}), labels_for_program(resolved)
    broken = broken_constraints(pool.people[mentee.id], pool.people[mentor.id], matching)
    waivable = all(item["strength"] == "waivable" for item, _message in broken)
    if broken and not (reason and waivable):
        problems = {"mentor": " ".join(in_words(message, labels) for _item, message in broken)}
        if waivable:
            problems["reason"] = _("You can pair them all the same: give the reason, which is kept.")
        raise InvalidError(problems)
    return [item["id"] for item, _message in broken]


def set_lock(
    *,
    actor: Actor,
    run: MatchRun,
    mentee_entry_id: UUID,
    mentor_entry_id: UUID,
    kind: LockKind | None,
    reason: str = "",
) -> None:
    """Keep a pair together or apart in every later run, or lift that (``kind=None``).

    A pair that is kept apart is set aside in this run as well, if it is still open.
    Raises ``NotYoursError``, ``InvalidError``, and ``ConflictError`` for two who were reassigned from each other.
    """
    open_run(actor, run, any_state=True)
    mentee, mentor = entry_in(run, mentee_entry_id, Role.MENTEE), entry_in(run, mentor_entry_id, Role.MENTOR)
    said = checked_reason(reason)
    if kept_apart([mentee], [mentor]).get((mentee.id, mentor.id)) == REASSIGNED:
        raise ConflictError(_("These two were reassigned from each other and are not matched again."))
    existing = db.session.scalar(
        select(Lock).where(Lock.mentee_entry_id == mentee.id, Lock.mentor_entry_id == mentor.id)
    )
    if existing is not None:
        db.session.delete(existing)
        db.session.flush()
    if kind is not None:
        db.session.add(
            Lock(
                mentee_entry_id=mentee.id,
                mentor_entry_id=mentor.id,
                kind=kind,
                reason=said,
                created_by=actor.account_id,
            )
        )
        db.session.flush()
    if kind is LockKind.APART and run.state is RunState.PROPOSED:
        db.session.execute(
            update(Proposal)
            .where(
                Proposal.match_run_id == run.id,
                Proposal.mentee_entry_id == mentee.id,
                Proposal.mentor_entry_id == mentor.id,
            )
            .values(state=ProposalState.DECLINED, confirmed_by=None)
        )
        # Taking an earlier change back would bring the pair in again.
        run.last_change = None
    if run.state is RunState.PROPOSED:
        count_again(run)
    record(
        actor=actor,
        action="pair.locked" if kind else "pair.unlocked",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        reason=said,
    )


def discard_run(*, actor: Actor, run: MatchRun) -> None:
    """Throw a run's proposals away; the pool is as it was. A published run stays.

    A run that is being computed is stopped: its worker ends at its next report and keeps nothing.
    """
    open_run(actor, run, any_state=True)
    if run.state in (RunState.PUBLISHED, RunState.DISCARDED):
        raise ConflictError(_("This run is closed already. Reload the page to see it."))
    if run.state in COMPUTING and run.job_id is not None:
        stop_job(run.job_id)
    run.state = RunState.DISCARDED
    db.session.flush()
    record(
        actor=actor,
        action="run.discarded",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
    )


def lock_run(run: MatchRun) -> None:
    """Lock the run's row and read its state anew. Raises ``ConflictError`` while a job writes the run, which may take a while."""
    free = db.session.scalar(
        select(MatchRun)
        .where(MatchRun.id == run.id)
        .options(undefer(MatchRun.unmatched))
        .with_for_update(of=MatchRun, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if free is not None:
        return
    db.session.refresh(run, attribute_names=["state", "decided"])
    if run.state in COMPUTING or (run.decided or {}).get("state") == "applying":
        raise ConflictError(
            _(
                "Tandem is writing the pairs of this run at this moment. Reload the page in a moment to see how it stands."
            )
        )
    db.session.refresh(
        run, with_for_update={"of": MatchRun}, attribute_names=["state", "unmatched", "left_over", "summary"]
    )


def _resolved(run: MatchRun) -> Mapping[str, Any]:
    return resolved_document(run.program_revision_id)


def _change_proposal(actor: Actor, run: MatchRun, proposal: Proposal, state: ProposalState) -> None:
    open_run(actor, run)
    db.session.refresh(proposal)
    if state is ProposalState.CONFIRMED and kept_apart([proposal.mentee_entry], [proposal.mentor_entry]):
        raise ConflictError(_("You keep these two apart. Lift that first, if you want them matched after all."))
    before = proposal.state
    remember(run, state.value, [proposal])
    proposal.state = state
    proposal.confirmed_by = actor.account_id if state is ProposalState.CONFIRMED else None
    count_again(run)
    record(
        actor=actor,
        action=f"pair.{state.value}",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        changes={"state": [before.value, state.value]},
    )


def open_run(actor: Actor, run: MatchRun, *, any_state: bool = False) -> None:
    """Lock a run that the actor may change. Raises ``NotYoursError``, and ``ConflictError`` where it is closed."""
    program = db.session.scalar(select(Program).where(Program.id == run.program_id))
    if program is None or not may_in(actor, "matching.run", program):
        raise NotYoursError
    lock_run(run)
    if not any_state and run.state is not RunState.PROPOSED:
        raise ConflictError(_("This run cannot be changed any more. Reload the page to see where it stands."))


def entry_in(run: MatchRun, identifier: UUID, role: Role) -> PoolEntry:
    """Somebody in a run's pool, on one side. Raises ``NotYoursError``."""
    entry = db.session.scalar(
        select(PoolEntry)
        .where(PoolEntry.id == identifier, PoolEntry.program_id == run.program_id, PoolEntry.role == role)
        .options(joinedload(PoolEntry.application))
    )
    if entry is None:
        raise NotYoursError
    return entry


__all__ = [
    "PoolState", "confirm_all", "confirm_proposal", "decline_proposal", "discard_run", "lock_run",
    "pair_by_hand", "set_lock", "start_run",
]  # fmt: skip
