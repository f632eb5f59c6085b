"""Publishing a run: every confirmed pair becomes a mentorship, with all notices, in one transaction or not at all."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Application
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import MemberState
from tandem.extensions import db
from tandem.matching.computing import broken_constraints, kept_apart, load_pool
from tandem.matching.models import MatchRun, PoolEntry, PoolState, Proposal, ProposalState, RunState
from tandem.matching.pool import free_places, lock_members, mark_matched
from tandem.matching.runs import lock_run
from tandem.matching.standing import count_again
from tandem.mentorships.models import Mentorship
from tandem.mentorships.queries import last_mentorship_of_entry
from tandem.mentorships.services import begin_mentorship, have_dues_checked
from tandem.programs.models import Program, ProgramRevision


def publish_run(*, actor: Actor, run: MatchRun) -> list[Mentorship]:
    """Publish the confirmed pairs of a run.

    Locks the run and every member concerned, then counts the places and asks the constraints again: what has changed since the
    run was computed is found here. Raises ``InvalidError`` naming the pairs that can no longer be made, ``ConflictError`` if the
    run was published or discarded meanwhile; then nothing is changed.
    """
    program = db.session.scalar(select(Program).where(Program.id == run.program_id))
    if program is None or not may_in(actor, "matching.run", program):
        raise NotYoursError
    lock_run(run)
    if run.state is not RunState.PROPOSED:
        raise ConflictError(_("This run has been published or discarded already. Reload the page to see it."))
    proposals = _confirmed(run)
    if not proposals:
        raise InvalidError({"publish": _("Confirm at least one pair first.")})
    member_ids = sorted({entry.member_id for pair in proposals for entry in (pair.mentee_entry, pair.mentor_entry)})
    lock_members(member_ids)
    matching = db.session.scalar(select(ProgramRevision.resolved).where(ProgramRevision.id == run.program_revision_id))
    matching = (matching or {}).get("matching", {})
    _refuse_stale(proposals, matching)
    groups = _groups(proposals, in_groups=bool(matching.get("groups")))
    mentorships = []
    for mentor, mentees in groups:
        previous = [last_mentorship_of_entry(mentee.id) for mentee in mentees]
        replaced = [identifier for identifier in previous if identifier is not None]
        mentorships.append(
            begin_mentorship(
                actor=actor,
                mentor=mentor,
                mentees=mentees,
                match_run_id=run.id,
                replaces_id=replaced[0] if len(replaced) == 1 and len(mentees) == 1 else None,
            )
        )
    mark_matched(list({entry.id: entry for mentor, mentees in groups for entry in (mentor, *mentees)}.values()))
    for proposal in proposals:
        proposal.state = ProposalState.PUBLISHED
    run.state = RunState.PUBLISHED
    run.published_at = program_now()
    count_again(run)
    # Somebody's dues may have lapsed while they waited: such a mentorship rests from its first day.
    have_dues_checked(member_ids=member_ids)
    record(
        actor=actor,
        action="run.published",
        object_kind="match_run",
        object_id=run.id,
        program_id=run.program_id,
        visibility="staff",
        changes={"pairs": [0, len(proposals)]},
    )
    return mentorships


def _confirmed(run: MatchRun) -> list[Proposal]:
    # Not their programs' revisions: there are few, and each would come once for every pair.
    statement = (
        select(Proposal)
        .where(Proposal.match_run_id == run.id, Proposal.state == ProposalState.CONFIRMED)
        .options(
            joinedload(Proposal.mentee_entry).options(
                joinedload(PoolEntry.member), joinedload(PoolEntry.application).joinedload(Application.program)
            ),
            joinedload(Proposal.mentor_entry).options(joinedload(PoolEntry.member), joinedload(PoolEntry.application)),
        )
        .order_by(Proposal.id)
    )
    return list(db.session.scalars(statement))


def _refuse_stale(proposals: list[Proposal], matching: dict[str, object]) -> None:
    entries = {entry.id: entry for pair in proposals for entry in (pair.mentee_entry, pair.mentor_entry)}
    places = free_places(list(entries.values()))
    wanted: dict[UUID, int] = defaultdict(int)
    for proposal in proposals:
        wanted[proposal.mentee_entry_id] += 1
        wanted[proposal.mentor_entry_id] += 1
    problems: list[str] = []
    for entry in entries.values():
        if entry.state is not PoolState.OPEN or entry.member.state is not MemberState.ACTIVE:
            problems.append(_("%(name)s is no longer waiting in the pool.", name=entry.member.name))
        elif places[entry.id].free < wanted[entry.id]:
            free = places[entry.id].free
            problems.append(
                ngettext(
                    "%(name)s has %(num)s place left.",
                    "%(name)s has %(num)s places left.",
                    free,
                    name=entry.member.name,
                )
            )
    apart = kept_apart([pair.mentee_entry for pair in proposals], [pair.mentor_entry for pair in proposals])
    problems += [
        _(
            "%(mentee)s and %(mentor)s are kept apart.",
            mentee=pair.mentee_entry.member.name,
            mentor=pair.mentor_entry.member.name,
        )
        for pair in proposals
        if (pair.mentee_entry_id, pair.mentor_entry_id) in apart
    ]
    pool = load_pool([(entry, places[entry.id]) for entry in entries.values()], matching)
    problems += [
        _(
            "%(mentee)s and %(mentor)s no longer meet the program's conditions for a pair.",
            mentee=proposal.mentee_entry.member.name,
            mentor=proposal.mentor_entry.member.name,
        )
        for proposal in proposals
        if any(
            item["id"] not in proposal.waived
            for item, _message in broken_constraints(
                pool.people[proposal.mentee_entry_id], pool.people[proposal.mentor_entry_id], matching
            )
        )
    ]
    if problems:
        raise InvalidError(
            {
                "publish": " ".join(problems)
                + " "
                + _("Nothing was published. Set these pairs aside, or run the match again.")
            }
        )


def _groups(proposals: list[Proposal], *, in_groups: bool) -> list[tuple[PoolEntry, list[PoolEntry]]]:
    """One mentorship a pair, or one a mentor with all mentees where the program works in groups."""
    if not in_groups:
        return [(proposal.mentor_entry, [proposal.mentee_entry]) for proposal in proposals]
    by_mentor: dict[UUID, tuple[PoolEntry, list[PoolEntry]]] = {}
    for proposal in proposals:
        by_mentor.setdefault(proposal.mentor_entry_id, (proposal.mentor_entry, []))[1].append(proposal.mentee_entry)
    return list(by_mentor.values())
