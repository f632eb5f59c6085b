"""From pool entries to the engine's problem and back: criteria and constraints are asked once, for everybody at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import product
from typing import Any
from uuid import UUID

from flask import current_app
from marshmallow import Schema
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from tandem.applications.models import Role
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member
from tandem.eligibility.serialise import message_to_json
from tandem.eligibility.services import Needed, facts_for_many
from tandem.extensions import db
from tandem.matching.engine import (
    KEPT,
    Aim,
    Block,
    Blocked,
    Constraint,
    Criterion,
    Problem,
    Result,
    Table,
    Together,
)
from tandem.matching.engine import Lock as EngineLock
from tandem.matching.errors import PluginFailed
from tandem.matching.models import KEPT_APART, REASSIGNED, Lock, LockKind, MatchRun, PoolEntry, Proposal, ProposalState
from tandem.matching.pool import Entry, Places
from tandem.plugin_api import Block as PluginBlock
from tandem.plugin_api import MatchingConstraint, MatchingCriterion, Message, Person, Tables
from tandem.plugin_api.registry import Registry
from tandem.programs.schemas.base import days
from tandem.programs.schemas.plugged import load_settings
from tandem.tenancy.base import one_of

#: What plugins name in ``reads`` that look at ``Person.called``.
CALLED = "called"


@dataclass(frozen=True, slots=True)
class Pool:
    """Who takes part in a computation: entries by id, people as the plugins see them."""

    mentees: tuple[Entry, ...]
    mentors: tuple[Entry, ...]
    places: Mapping[UUID, Places]
    people: Mapping[UUID, Person]


def load_pool(entries: Sequence[tuple[Entry, Places]], matching: Mapping[str, Any]) -> Pool:
    """Split the entries by side and load everybody's facts; a constant number of statements.

    Only the facts that the criteria and constraints of ``matching`` read: half of them where there are thousands. Raises
    ``PluginFailed`` where one of these cannot say.
    """
    needed = _needed(matching)
    facts = facts_for_many(
        [(entry.member_id, entry.submission_id) for entry, _places in entries], today=program_today(), needed=needed
    )
    called = _called([entry for entry, _places in entries]) if needed is None or CALLED in needed.facts else {}
    return Pool(
        mentees=tuple(entry for entry, _places in entries if entry.role is Role.MENTEE),
        mentors=tuple(entry for entry, _places in entries if entry.role is Role.MENTOR),
        places={entry.id: places for entry, places in entries},
        people={
            entry.id: Person(
                str(entry.id), facts[(entry.member_id, entry.submission_id)], called.get(entry.member_id, frozenset())
            )
            for entry, _places in entries
        },
    )


def _called(entries: Sequence[Entry]) -> dict[UUID, frozenset[str]]:
    """What others may name each member by, as ``Person.called`` has it; one statement."""
    rows = db.session.execute(
        select(Member.id, Member.number, Member.email, Member.given_name, Member.family_name).where(
            one_of(Member.id, {entry.member_id for entry in entries})
        )
    )
    return {
        row.id: frozenset(
            " ".join(name.split()).casefold()
            for name in (row.number, row.email, f"{row.given_name} {row.family_name}")
            if name
        )
        for row in rows
    }


def build_problem(
    pool: Pool,
    matching: Mapping[str, Any],
    *,
    obey_locks: bool = True,
    together: Collection[tuple[UUID, UUID]] = (),
) -> Problem:
    """The engine's problem under a program's ``matching`` configuration; pairs ``together`` in the last run get its bonus.

    Raises the engine's errors for contradictory locks or a plugin that returns the wrong shape, and ``PluginFailed``.
    """
    mentees = [pool.people[entry.id] for entry in pool.mentees]
    mentors = [pool.people[entry.id] for entry in pool.mentors]
    # Whoever comes back after a reassignment stands before those who have waited long, and these before all others.
    long = long_waiting(pool.mentees, matching)
    locks = locks_among([*pool.mentees, *pool.mentors]) if obey_locks else ()
    locked = [lock for lock in locks if lock.kind is LockKind.TOGETHER]
    refused = _same_person(pool.mentees, pool.mentors) | kept_apart(pool.mentees, pool.mentors)
    return Problem.of(
        mentees=[entry.id for entry in pool.mentees],
        mentors=[entry.id for entry in pool.mentors],
        needs=[min(1, pool.places[entry.id].free) for entry in pool.mentees],
        capacities=[pool.places[entry.id].free for entry in pool.mentors],
        priorities=[2 * entry.priority + (entry.id in long) for entry in pool.mentees],
        criteria=[
            Criterion(
                item["id"],
                float(item["weight"]),
                _asked(item, _criterion(item).score, mentees, mentors),
                item.get("counts_for", "both"),
            )
            for item in matching.get("criteria", ())
        ],
        constraints=[
            Constraint(
                item["id"],
                _asked(item, _constraint(item).allowed, mentees, mentors),
                item.get("strength", "hard"),
            )
            for item in matching.get("constraints", ())
        ],
        blocked=[Blocked(mentee_id, mentor_id, reason) for (mentee_id, mentor_id), reason in refused.items()],
        locks=[EngineLock(lock.mentee_entry_id, lock.mentor_entry_id) for lock in locked],
        aim=Aim(matching.get("aim", Aim.POINTS)),
        together=[Together(*pair) for pair in together],
        keep_bonus=matching.get("keep_bonus", 0) if together else 0,
    )


def long_waiting(mentees: Sequence[Entry], matching: Mapping[str, Any]) -> frozenset[UUID]:
    """The entries that have waited for as long as the program wants them first; nobody where it does not say."""
    waiting_first = matching.get("waiting_first")
    if waiting_first is None:
        return frozenset()
    since = program_now() - timedelta(days=days(waiting_first))
    return frozenset(entry.id for entry in mentees if entry.entered_at <= since)


def pairs_before(
    pool: Pool, *, program_id: UUID, cohort_id: UUID | None, run: MatchRun | None = None
) -> set[tuple[UUID, UUID]]:
    """The pairs of the pool's last run (before ``run``), without those set aside or of which somebody no longer waits."""
    last = db.session.scalar(
        select(MatchRun.id)
        .where(
            MatchRun.program_id == program_id,
            MatchRun.cohort_id.is_not_distinct_from(cohort_id),
            *([MatchRun.id != run.id, MatchRun.created_at <= run.created_at] if run else []),
            exists().where(Proposal.association_id == MatchRun.association_id, Proposal.match_run_id == MatchRun.id),
        )
        .order_by(MatchRun.created_at.desc(), MatchRun.id.desc())
        .limit(1)
    )
    rows = db.session.execute(
        select(Proposal.mentee_entry_id, Proposal.mentor_entry_id).where(
            Proposal.match_run_id == last, Proposal.state != ProposalState.DECLINED
        )
    )
    mentees, mentors = {entry.id for entry in pool.mentees}, {entry.id for entry in pool.mentors}
    return {(mentee, mentor) for mentee, mentor in rows if mentee in mentees and mentor in mentors}


def locks_among(entries: Sequence[Entry]) -> Sequence[Lock]:
    """Staff's locks whose both sides are among ``entries``."""
    ids = [entry.id for entry in entries]
    return db.session.scalars(
        select(Lock).where(one_of(Lock.mentee_entry_id, ids), one_of(Lock.mentor_entry_id, ids)).order_by(Lock.id)
    ).all()


def kept_apart(mentees: Sequence[Entry], mentors: Sequence[Entry]) -> dict[tuple[UUID, UUID], str]:
    """The pairs of entries that must not be made, with the reason's id: ``REASSIGNED`` or ``KEPT_APART``.

    It is people who are kept apart within a program: an entry from a later application does not bring them together again.
    """
    mentee, mentor = aliased(PoolEntry), aliased(PoolEntry)
    # Who is kept apart are few; asking for one side alone spares sending thousands of ids, and the other side is sorted out below.
    few, column = (mentees, mentee.member_id) if len(mentees) <= len(mentors) else (mentors, mentor.member_id)
    rows = db.session.execute(
        select(mentee.program_id, mentee.member_id, mentor.member_id, Lock.reason)
        .join(mentee, (mentee.association_id == Lock.association_id) & (mentee.id == Lock.mentee_entry_id))
        .join(mentor, (mentor.association_id == Lock.association_id) & (mentor.id == Lock.mentor_entry_id))
        .where(
            Lock.kind == LockKind.APART,
            one_of(column, {entry.member_id for entry in few}),
        )
    ).all()
    if not rows:
        return {}
    ones, others = _by_person(mentees), _by_person(mentors)
    apart: dict[tuple[UUID, UUID], str] = {}
    for program_id, mentee_id, mentor_id, reason in rows:
        for pair in product(ones[program_id, mentee_id], others[program_id, mentor_id]):
            if reason == REASSIGNED or pair not in apart:
                apart[pair] = REASSIGNED if reason == REASSIGNED else KEPT_APART
    return apart


def _same_person(mentees: Sequence[Entry], mentors: Sequence[Entry]) -> dict[tuple[UUID, UUID], str]:
    others = _by_person(mentors)
    return {(one.id, other): "self" for one in mentees for other in others[one.program_id, one.member_id]}


def _by_person(entries: Sequence[Entry]) -> Mapping[tuple[UUID, UUID], list[UUID]]:
    found: dict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
    for entry in entries:
        found[entry.program_id, entry.member_id].append(entry.id)
    return found


def broken_constraints(
    mentee: Person, mentor: Person, matching: Mapping[str, Any]
) -> list[tuple[dict[str, Any], Message]]:
    """The constraints that one pair breaks, each with the sentence that says why."""
    broken = []
    for item in matching.get("constraints", ()):
        constraint = _constraint(item)
        allowed = _source(constraint.allowed([mentee], [mentor], _settings(item)))
        value = (
            allowed.values
            if isinstance(allowed, Block)
            else [[allowed.values[allowed.mentee_codes[0]][allowed.mentor_codes[0]]]]  # type: ignore[index]
        )
        if not value[0][0]:  # type: ignore[index]
            broken.append((item, constraint.explain(mentee, mentor, _settings(item))))
    return broken


def reasons_for(mentee: Person, mentor: Person, matching: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Why a pair fits, criterion by criterion: the id and the sentence, ready to store."""
    return [
        {"id": item["id"], "message": message_to_json(_criterion(item).explain(mentee, mentor, _settings(item)))}
        for item in matching.get("criteria", ())
    ]


def lacking_for(
    mentees: Sequence[Person], mentors: Sequence[Person], item: Mapping[str, Any]
) -> list[dict[str, Any] | None]:
    """What each mentee asks for by one constraint and none of these mentors has, ready to store. Raises ``PluginFailed``."""
    try:
        said = list(_constraint(item).lacking(mentees, mentors, _settings(item)))
    except Exception as error:
        raise PluginFailed(item["id"], error) from error
    return [message_to_json(one) if one is not None else None for one in said]


def parts_of(result: Result, parts: Sequence[int]) -> list[dict[str, Any]]:
    """A pair's points by criterion: id, points and the most it could give; they add up to the pair's fit."""
    return [
        {"id": share.id, "points": int(points), "most": share.points}
        for share, points in zip(result.criteria, parts, strict=True)
        if share.id != KEPT
    ]


def _needed(matching: Mapping[str, Any]) -> Needed | None:
    """The facts that criteria and constraints read; ``None`` where one of them does not say which. Raises ``PluginFailed``."""
    facts: set[str] = set()
    questions: set[str] = set()
    for item in (*matching.get("criteria", ()), *matching.get("constraints", ())):
        plugin = _plugin(item)
        if plugin.reads is None:
            return None
        facts |= plugin.reads
        try:
            mentees, mentors = plugin.fields(_settings(item))
        except Exception as error:
            raise PluginFailed(item["id"], error) from error
        questions.update(mentees, mentors)
    return Needed(frozenset(facts), frozenset(questions))


def _asked(
    item: Mapping[str, Any], ask: Callable[..., Tables | PluginBlock], *people: Sequence[Person]
) -> Table | Block:
    try:
        return _source(ask(*people, _settings(item)))
    except Exception as error:
        # Whatever a plugin does, its name is told and the run ends as one that could not be computed.
        raise PluginFailed(item["id"], error) from error


def _source(given: Tables | PluginBlock) -> Table | Block:
    if isinstance(given, PluginBlock):
        return Block(given.values)
    return Table(given.mentee_codes, given.mentor_codes, given.table)


def _settings(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plugin's own settings of a configured criterion or constraint, as its schema loads them."""
    return _loaded(_plugin(item).settings_schema, json.dumps(item, sort_keys=True))


def _plugin(item: Mapping[str, Any]) -> MatchingCriterion | MatchingConstraint:
    return _criterion(item) if "criterion" in item else _constraint(item)


@lru_cache(maxsize=512)
def _loaded(schema: type[Schema], item: str) -> Mapping[str, Any]:
    # A run asks for each pair's reasons; reading the same settings for each took longer than the match itself.
    return load_settings(schema, json.loads(item))


def _registry() -> Registry:
    registry: Registry = current_app.extensions["tandem.registry"]
    return registry


def _criterion(item: Mapping[str, Any]) -> MatchingCriterion:
    return _registry().criteria[item["criterion"]]


def _constraint(item: Mapping[str, Any]) -> MatchingConstraint:
    return _registry().constraints[item["constraint"]]
