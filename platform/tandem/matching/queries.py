"""Reads on pools and match runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import joinedload, undefer
from sqlalchemy.sql.base import ExecutableOption
from werkzeug.datastructures import MultiDict

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_for, programs_where
from tandem.applications.models import Application, Role
from tandem.clocks import program_now, program_today
from tandem.directory.models import Employer, Member, Position
from tandem.directory.normalise import name_key
from tandem.extensions import db
from tandem.forms.models import AnswerFact
from tandem.matching.models import MatchRun, PoolEntry, PoolState, Proposal, RunState
from tandem.matching.pool import Places, free_places
from tandem.matching.standing import stands
from tandem.programs.models import Cohort, Program, ProgramRevision

PAGE = 50


@dataclass(frozen=True, slots=True)
class PoolSummary:
    """One pool that can be matched: a program, or one cohort of it, with who waits in it and its runs."""

    program: Program
    cohort: Cohort | None
    mentees: int
    mentors: int
    live_run: MatchRun | None
    runs: Sequence[MatchRun]


def pools_of(actor: Actor) -> list[PoolSummary]:
    """Every pool of the actor's programs with open entries or runs, by program and cohort; four statements."""
    programs = programs_for(actor, "matching.run")
    ids = [program.id for program in programs]
    counts: dict[tuple[UUID, UUID | None, Role], int] = {
        (row[0], row[1], Role(row[2])): row[3]
        for row in db.session.execute(
            select(PoolEntry.program_id, PoolEntry.cohort_id, PoolEntry.role, func.count())
            .where(PoolEntry.program_id.in_(ids), PoolEntry.state == PoolState.OPEN)
            .group_by(PoolEntry.program_id, PoolEntry.cohort_id, PoolEntry.role)
        )
    }
    runs = db.session.scalars(
        select(MatchRun).where(MatchRun.program_id.in_(ids)).order_by(MatchRun.created_at.desc()).limit(200)
    ).all()
    cohorts = db.session.scalars(select(Cohort).where(Cohort.program_id.in_(ids)).order_by(Cohort.starts_on)).all()
    found = []
    for program in programs:
        own: list[Cohort | None] = [cohort for cohort in cohorts if cohort.program_id == program.id]
        for cohort in own or [None]:
            cohort_id = cohort.id if cohort else None
            of_pool = [run for run in runs if run.program_id == program.id and run.cohort_id == cohort_id]
            live = [run for run in of_pool if run.state in (RunState.QUEUED, RunState.RUNNING, RunState.PROPOSED)]
            found.append(
                PoolSummary(
                    program,
                    cohort,
                    counts.get((program.id, cohort_id, Role.MENTEE), 0),
                    counts.get((program.id, cohort_id, Role.MENTOR), 0),
                    live[0] if live else None,
                    of_pool,
                )
            )
    return found


def staff_run(*, actor: Actor, run_id: UUID) -> MatchRun:
    """A run in one of the actor's programs. Raises ``NotYoursError``."""
    run = db.session.scalar(
        select(MatchRun)
        .where(MatchRun.id == run_id)
        .options(
            joinedload(MatchRun.program),
            joinedload(MatchRun.cohort),
            undefer(MatchRun.unmatched),
            undefer(MatchRun.recruiting),
        )
    )
    if run is None or not may_in(actor, "matching.run", run.program):
        raise NotYoursError
    return run


def proposed_runs(actor: Actor) -> dict[tuple[UUID, UUID | None], UUID]:
    """The run that waits to be confirmed in each pool of the actor's programs, by program and cohort; one statement."""
    rows = db.session.execute(
        select(MatchRun.program_id, MatchRun.cohort_id, MatchRun.id)
        .join(Program, and_(Program.association_id == MatchRun.association_id, Program.id == MatchRun.program_id))
        .where(MatchRun.state == RunState.PROPOSED, programs_where(actor, "matching.run"))
        .order_by(MatchRun.created_at)
    )
    return {(program_id, cohort_id): run_id for program_id, cohort_id, run_id in rows}


def came_since(run: MatchRun) -> dict[Role, int]:
    """How many people entered a run's pool after the run was begun, and wait there now, by side."""
    rows = db.session.execute(
        select(PoolEntry.role, func.count())
        .where(
            PoolEntry.program_id == run.program_id,
            PoolEntry.cohort_id.is_not_distinct_from(run.cohort_id),
            PoolEntry.state == PoolState.OPEN,
            PoolEntry.entered_at > run.created_at,
        )
        .group_by(PoolEntry.role)
    )
    return {Role(role): count for role, count in rows}


def can_undo(run: MatchRun) -> bool:
    """Whether there is a last change to take back. What it was is not loaded: after a list it may be every pair."""
    kind = func.jsonb_typeof(MatchRun.last_change)
    return db.session.scalar(select(kind).where(MatchRun.id == run.id)) == "object"


def runs_of_pool(run: MatchRun) -> Sequence[MatchRun]:
    """The computed runs of the same pool, the latest first."""
    return db.session.scalars(
        select(MatchRun)
        .where(
            MatchRun.program_id == run.program_id,
            MatchRun.cohort_id.is_not_distinct_from(run.cohort_id),
            MatchRun.state.in_((RunState.PROPOSED, RunState.PUBLISHED, RunState.DISCARDED)),
        )
        .order_by(MatchRun.created_at.desc())
        .limit(20)
    ).all()


def points_of_pairs(run: MatchRun) -> list[tuple[int, int]]:
    """How many pairs of a run that stand have a fit of 0–9, 10–19, … 90 and more: the lower end and the number."""
    tens = func.least(Proposal.points // 10, 9)
    rows = db.session.execute(
        select(tens, func.count()).where(Proposal.match_run_id == run.id, stands(run)).group_by(tens)
    )
    found = {int(row[0]): int(row[1]) for row in rows}
    return [(10 * ten, found.get(ten, 0)) for ten in range(10)]


def proposal_in(run: MatchRun, proposal_id: UUID) -> Proposal:
    """A pair of a run with its people and their applications. Raises ``NotYoursError``."""
    proposal = db.session.scalar(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.match_run_id == run.id)
        .options(*_people(with_applications=True))
    )
    if proposal is None:
        raise NotYoursError
    return proposal


def _people(*, with_applications: bool) -> list[ExecutableOption]:
    """What loads both people of a pair with it."""
    further = [joinedload(PoolEntry.member), *([joinedload(PoolEntry.application)] if with_applications else ())]
    return [joinedload(side).options(*further) for side in (Proposal.mentee_entry, Proposal.mentor_entry)]


def proposals_of(
    run: MatchRun,
    *,
    search: str = "",
    state: str = "",
    offset: int = 0,
    with_applications: bool = False,
    to_swap_with: Proposal | None = None,
) -> tuple[Sequence[Proposal], int]:
    """One page of a run's pairs, the weakest fit first, because those are worth a look; and how many there are.

    ``with_applications`` loads what their places and facts are asked by, in the same statement. ``to_swap_with`` leaves out this
    pair and those with the same mentor: there is nothing to swap with them.
    """
    base = select(Proposal).where(Proposal.match_run_id == run.id)
    if state:
        base = base.where(Proposal.state == state)
    if to_swap_with is not None:
        base = base.where(Proposal.id != to_swap_with.id, Proposal.mentor_entry_id != to_swap_with.mentor_entry_id)
    if search:
        key = name_key(search)
        entries = (
            select(PoolEntry.id)
            .join(Member, and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id))
            .where(PoolEntry.program_id == run.program_id, Member.name_key >= key, Member.name_key < key + "\U0010ffff")
        )
        base = base.where(Proposal.mentee_entry_id.in_(entries) | Proposal.mentor_entry_id.in_(entries))
    total = db.session.scalar(select(func.count()).select_from(base.with_only_columns(Proposal.id).subquery())) or 0
    rows = db.session.scalars(
        base.options(*_people(with_applications=with_applications))
        .order_by(Proposal.points, Proposal.id)
        .offset(offset)
        .limit(PAGE)
    ).all()
    return rows, total


def state_counts(run: MatchRun) -> dict[str, int]:
    """How many pairs of a run are in each state."""
    return {
        state.value: count
        for state, count in db.session.execute(
            select(Proposal.state, func.count()).where(Proposal.match_run_id == run.id).group_by(Proposal.state)
        )
    }


def entries_by_id(ids: Sequence[UUID]) -> dict[UUID, PoolEntry]:
    """Pool entries with their members, by id."""
    return {
        entry.id: entry
        for entry in db.session.scalars(
            select(PoolEntry).where(PoolEntry.id.in_(list(ids))).options(joinedload(PoolEntry.member))
        )
    }


def mentors_in_pool(run: MatchRun, *, search: str, offset: int = 0) -> tuple[Sequence[PoolEntry], int]:
    """A page of the mentors a run can draw on whose family name begins with ``search``, by name, and how many there are."""
    base = _mentors_of(run).where(_named_from(search))
    total = db.session.scalar(select(func.count()).select_from(base.with_only_columns(PoolEntry.id).subquery())) or 0
    rows = db.session.scalars(
        base.options(joinedload(PoolEntry.member), joinedload(PoolEntry.application))
        .order_by(Member.name_key, PoolEntry.id)
        .offset(offset)
        .limit(PAGE)
    ).all()
    return rows, total


def mentors_called(run: MatchRun, text: str, *, most: int) -> Sequence[PoolEntry]:
    """The mentors a run can draw on with this member number, or whose family name begins so; the number decides. At most ``most``."""
    rows = db.session.scalars(
        _mentors_of(run)
        .where(or_(_named_from(text), Member.number == text))
        .options(joinedload(PoolEntry.member))
        .order_by(Member.number != text, Member.name_key, PoolEntry.id)
        .limit(most)
    ).all()
    return rows[:1] if rows and rows[0].member.number == text else rows


def _mentors_of(run: MatchRun) -> Select[PoolEntry]:
    return (
        select(PoolEntry)
        .join(Member, and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id))
        .where(
            PoolEntry.program_id == run.program_id, PoolEntry.cohort_id.is_not_distinct_from(run.cohort_id),
            PoolEntry.role == Role.MENTOR, PoolEntry.state == PoolState.OPEN,
        )
    )  # fmt: skip


def _named_from(search: str) -> ColumnElement[bool]:
    key = name_key(search)
    return and_(Member.name_key >= key, Member.name_key < key + "\U0010ffff")


@dataclass(frozen=True, slots=True)
class PoolFilters:
    """What the pool list is narrowed to."""

    search: str = ""
    role: Role | None = None
    state: PoolState | None = PoolState.OPEN
    program_id: UUID | None = None
    discipline: str = ""
    region: str = ""
    waited: int = 0

    @classmethod
    def asked(cls, query: MultiDict[str, str]) -> PoolFilters:
        """The filters that an address asks for; what is none is left out."""
        role, state = query.get("role", ""), query.get("state", "open")
        days = query.get("waited", 0, type=int)
        return cls(
            search=query.get("q", "").strip()[:100],
            role=Role(role) if role in set(Role) else None,
            state=PoolState(state) if state in set(PoolState) else None,
            program_id=query.get("program", type=UUID),
            discipline=query.get("discipline", "")[:100],
            region=query.get("region", "")[:100],
            waited=days if days in WAITED else 0,
        )


#: Days of waiting that the pool list can be narrowed to.
WAITED = (30, 60, 90, 180)


def overlap_fields(resolved: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The questions that a program compares by overlap: those to mentees and those to mentors.

    Not all of them are about disciplines: what is counted by discipline asks for keys of that list as well.
    """
    compared = overlaps(resolved)
    return {mentee for mentee, _mentor in compared}, {mentor for _mentee, mentor in compared}


def overlaps(resolved: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each question to mentees with the one to mentors that a program compares it with by overlap, conditions first."""
    matching = resolved.get("matching") or {}
    compared = [
        (item["mentee"], item["mentor"])
        for kind, items in (("constraint", matching.get("constraints")), ("criterion", matching.get("criteria")))
        for item in items or ()
        if item.get(kind) == "overlap" and item.get("mentee") and item.get("mentor")
    ]
    return list(dict.fromkeys(compared))


@dataclass(frozen=True, slots=True)
class PoolPage:
    """One page of the pool with each entry's free places."""

    rows: Sequence[PoolEntry]
    places: dict[UUID, Places]
    total: int
    after: str | None


def pool_page(*, actor: Actor, filters: PoolFilters, after: str | None = None) -> PoolPage:
    """Pool entries in the actor's programs, the longest waiting first; six statements however many there are."""
    base = _listed(actor, filters)
    total = db.session.scalar(select(func.count()).select_from(base.with_only_columns(PoolEntry.id).subquery())) or 0
    cursor = _parse_cursor(after)
    if cursor is not None:
        base = base.where(tuple_(PoolEntry.entered_at, PoolEntry.id) > tuple_(*cursor))
    found = _in_order(base, PAGE + 1)
    rows = found[:PAGE]
    cursor_after = f"{rows[-1].entered_at.isoformat()}~{rows[-1].id}" if len(found) > PAGE else None
    return PoolPage(rows, free_places(rows), total, cursor_after)


def pool_all(*, actor: Actor, filters: PoolFilters, most: int) -> PoolPage:
    """The whole list of ``pool_page``, at most ``most`` of it."""
    rows = _in_order(_listed(actor, filters), most)
    return PoolPage(rows, free_places(rows), len(rows), None)


def pool_people(*, actor: Actor, filters: PoolFilters) -> Sequence[Row[Member, UUID]]:
    """Everybody on the list of ``pool_page`` with the program for which they are on it; one statement."""
    listed = _listed(actor, filters)
    if not filters.search:  # A search has joined the members already.
        listed = listed.join(Member, _is_of_member())
    return db.session.execute(
        listed.with_only_columns(Member, PoolEntry.program_id).order_by(Member.name_key, PoolEntry.id)
    ).all()


def _is_of_member() -> ColumnElement[bool]:
    return and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id)


def _in_order(statement: Select[PoolEntry], most: int) -> Sequence[PoolEntry]:
    return db.session.scalars(
        statement.options(
            joinedload(PoolEntry.member),
            joinedload(PoolEntry.application).options(
                joinedload(Application.program), joinedload(Application.cohort),
            ),
        )
        .order_by(PoolEntry.entered_at, PoolEntry.id)
        .limit(most)
    ).all()  # fmt: skip


def _listed(actor: Actor, filters: PoolFilters) -> Select[PoolEntry]:
    base = (
        select(PoolEntry)
        .join(Program, and_(Program.association_id == PoolEntry.association_id, Program.id == PoolEntry.program_id))
        .where(programs_where(actor, "pools.manage"))
    )
    if filters.role is not None:
        base = base.where(PoolEntry.role == filters.role)
    if filters.state is not None:
        base = base.where(PoolEntry.state == filters.state)
    if filters.program_id is not None:
        base = base.where(PoolEntry.program_id == filters.program_id)
    if filters.waited:
        base = base.where(PoolEntry.entered_at < program_now() - timedelta(days=filters.waited))
    if filters.discipline:
        base = base.where(_asks_for(actor, filters.discipline))
    if filters.region:
        base = base.where(_works_in(filters.region))
    if filters.search:
        key = name_key(filters.search)
        base = base.join(Member, _is_of_member()).where(Member.name_key >= key, Member.name_key < key + "\U0010ffff")
    return base


def _asks_for(actor: Actor, discipline: str) -> ColumnElement[bool]:
    """Entries whose application names the discipline, in the question that their program compares."""
    return exists().where(_names_disciplines(actor), AnswerFact.key == discipline)


def disciplines_in_pools(actor: Actor) -> set[str]:
    """The disciplines that people in the pools of the actor's programs named, whatever the state of their entry; two statements."""
    found = db.session.scalars(
        select(AnswerFact.key)
        .distinct()
        .select_from(PoolEntry)
        .join(Program, and_(Program.association_id == PoolEntry.association_id, Program.id == PoolEntry.program_id))
        .join(Application, _names_application())
        .join(AnswerFact, _names_disciplines(actor))
        .where(programs_where(actor, "pools.manage"))
    )
    return {key for key in found if key is not None}


def _names_application() -> ColumnElement[bool]:
    return and_(Application.association_id == PoolEntry.association_id, Application.id == PoolEntry.application_id)


def _names_disciplines(actor: Actor) -> ColumnElement[bool]:
    """Answers beside a pool entry and its application, to the question that its program compares."""
    needs: set[str] = set()
    offers: set[str] = set()
    for (resolved,) in db.session.execute(
        select(ProgramRevision.resolved)
        .join(
            Program,
            and_(
                Program.association_id == ProgramRevision.association_id,
                Program.id == ProgramRevision.program_id,
                Program.current_number == ProgramRevision.number,
            ),
        )
        .where(programs_where(actor, "pools.manage"))
    ):
        asked, offered = overlap_fields(resolved)
        needs |= asked
        offers |= offered
    return and_(
        _names_application(),
        AnswerFact.association_id == Application.association_id,
        AnswerFact.submission_id == Application.submission_id,
        answers_count(needs, offers),
    )


def answers_count(needs: Collection[str], offers: Collection[str]) -> ColumnElement[bool]:
    """A condition on ``AnswerFact`` beside ``PoolEntry``: the question that counts for the entry's role."""
    return ((PoolEntry.role == Role.MENTEE) & AnswerFact.field.in_(needs)) | (
        (PoolEntry.role == Role.MENTOR) & AnswerFact.field.in_(offers)
    )


def _works_in(region: str) -> ColumnElement[bool]:
    today = program_today()
    return exists().where(
        Position.association_id == PoolEntry.association_id,
        Position.member_id == PoolEntry.member_id,
        Position.valid_from <= today,
        or_(Position.valid_to.is_(None), Position.valid_to >= today),
        Employer.association_id == Position.association_id,
        Employer.id == Position.employer_id,
        Employer.region == region,
    )


def staff_entry(*, actor: Actor, entry_id: UUID) -> PoolEntry:
    """A pool entry in one of the actor's programs. Raises ``NotYoursError``."""
    entry = db.session.scalar(
        select(PoolEntry)
        .where(PoolEntry.id == entry_id)
        .options(joinedload(PoolEntry.application).joinedload(Application.program), joinedload(PoolEntry.member))
    )
    if entry is None or not may_in(actor, "pools.manage", entry.application.program):
        raise NotYoursError
    return entry


def _parse_cursor(after: str | None) -> tuple[datetime, UUID] | None:
    if not after:
        return None
    moment, _, identifier = after.partition("~")
    try:
        return datetime.fromisoformat(moment), UUID(identifier)
    except ValueError:
        return None
