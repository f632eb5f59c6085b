"""The pool: who waits for a partner, who can take one, how many places are free.

A pool entry is apart from its application's status. Three limits bound a mentor: what the entry offers (``places``), what the
program allows one person, and what the association allows over all programs. The free places are counted from live
mentorships each time, and confirmed under a lock on the member's row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select, update

from tandem.access.actor import SYSTEM, Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Application, Role
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.forms.models import AnswerFact
from tandem.matching.models import AskState, MentorAsk, PoolEntry, PoolState
from tandem.mentorships.models import Mentorship, MentorshipState, Participant
from tandem.programs.models import Program, ProgramRevision
from tandem.programs.queries import association_document
from tandem.tenancy.base import one_of
from tandem.texts import too_long

#: The priority of someone who comes back from a reassignment: they are matched before newcomers of equal fit.
COMES_BACK = 1

#: How far ahead a rest may end.
LONGEST_REST = timedelta(days=731)

#: The longest reason that is kept with an entry, in characters.
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Places:
    """How many partners an entry can still take, and what bounds it: ``entry``, ``program`` or ``association``."""

    free: int
    taken: int
    bound_by: str


@dataclass(frozen=True, slots=True)
class Entrant:
    """What matching needs to know of a pool entry, without the rows behind it: thousands of them are loaded at once."""

    id: UUID
    member_id: UUID
    program_id: UUID
    role: Role
    places: int
    priority: int
    entered_at: datetime
    submission_id: UUID
    program_revision_id: UUID
    name: str
    name_key: str


Entry = PoolEntry | Entrant


def enter_pool(*, actor: Actor, application: Application) -> PoolEntry:
    """Put an approved application into the pool, with the places that the answers or the program give it."""
    resolved = application.program_revision.resolved
    entry = PoolEntry(
        application_id=application.id,
        member_id=application.member_id,
        program_id=application.program_id,
        cohort_id=application.cohort_id,
        role=application.role,
        places=_places_offered(application, resolved),
    )
    db.session.add(entry)
    db.session.flush()
    _record(actor, entry, "pool.entered")
    return entry


def leave_pool(*, actor: Actor, entry: PoolEntry, reason: str) -> None:
    """Take an entry out of the pool for good: at the member's own wish, or by staff. Live mentorships go on."""
    _refuse_stranger(actor, entry)
    _lock(entry)
    if entry.state is PoolState.LEFT:
        return
    entry.state = PoolState.LEFT
    entry.state_reason = checked_reason(reason)
    entry.paused_until = None
    entry.left_at = program_now()
    drop_asks(entry)
    db.session.flush()
    _record(actor, entry, "pool.left", reason=entry.state_reason)


def pause_entry(*, actor: Actor, entry: PoolEntry, reason: str, until: date | None = None) -> None:
    """Let an entry rest: it takes part in no match until ``until``, or until it is resumed. One at rest gets the new day.

    Raises ``InvalidError`` at ``until`` for a day that is not to come or more than two years ahead, ``ConflictError`` for somebody
    who is neither waiting nor at rest.
    """
    _refuse_stranger(actor, entry)
    _lock(entry)
    if entry.state not in (PoolState.OPEN, PoolState.PAUSED):
        raise ConflictError(_("Only someone who is waiting in the pool can be paused. Reload the page."))
    before = entry.paused_until
    entry.paused_until = checked_until(until)
    entry.state = PoolState.PAUSED
    entry.state_reason = checked_reason(reason)
    drop_asks(entry)
    db.session.flush()
    _record(actor, entry, "pool.paused", reason=entry.state_reason, changes={"until": [_iso(before), _iso(until)]})


def resume_entry(*, actor: Actor, entry: PoolEntry) -> None:
    """End an entry's rest."""
    _refuse_stranger(actor, entry)
    _lock(entry)
    if entry.state is not PoolState.PAUSED:
        raise ConflictError(_("This person is not paused. Reload the page."))
    entry.state = PoolState.OPEN
    entry.state_reason = entry.paused_until = None
    db.session.flush()
    _record(actor, entry, "pool.resumed")


def checked_until(until: date | None) -> date | None:
    """The day on which a rest ends, ``None`` for one without. Raises ``InvalidError`` at ``until``."""
    if until is None:
        return None
    today = program_today()
    if until <= today:
        raise InvalidError({"until": _("Enter a day after today.")})
    if until > today + LONGEST_REST:
        raise InvalidError({"until": _("Enter a day within the next two years, or leave it empty.")})
    return until


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def change_places(*, actor: Actor, entry: PoolEntry, places: int) -> None:
    """Change how many partners an entry offers; fewer than it has at present only keeps new ones away."""
    _refuse_stranger(actor, entry)
    if not 0 <= places <= 50:
        raise InvalidError({"places": _("Enter a number from 0 to 50.")})
    _lock(entry)
    before = entry.places
    entry.places = places
    db.session.flush()
    _record(actor, entry, "pool.places", changes={"places": [before, places]})


def stays_until_asked(entry: PoolEntry) -> bool:
    """Whether an entry stays on file until its person asks otherwise (``roles.*.on_file``, pinned with the application).

    A revision from before there was the setting holds what was so for everybody then: mentors stayed, mentees did not.
    """
    role = entry.application.program_revision.resolved["roles"].get(entry.role.value, {})
    once = "until-asked" if entry.role is Role.MENTOR else "until-matched"
    return bool(role.get("on_file", once) == "until-asked")


def mark_matched(entries: Sequence[PoolEntry]) -> None:
    """Take those out of the pool whose last place their new match has filled (C13), but for who stays until they ask (C14).

    Whatever waits for an answer about somebody without a place is withdrawn. Flushes.
    """
    places = free_places(entries)
    for entry in entries:
        if places[entry.id].taken >= entry.places:
            drop_asks(entry)
            if not stays_until_asked(entry):
                entry.state = PoolState.MATCHED
    db.session.flush()


def reopen_entry(*, actor: Actor, entry: PoolEntry) -> None:
    """Bring somebody back to the pool whose match was taken apart, without a new application; a mentee ahead of newcomers.

    Who left or rests does so still.
    """
    _lock(entry)
    before = (entry.state, entry.priority)
    if entry.state is PoolState.MATCHED:
        entry.state = PoolState.OPEN
    if entry.role is Role.MENTEE and entry.state is not PoolState.LEFT:
        entry.priority = COMES_BACK
    if (entry.state, entry.priority) == before:
        return
    db.session.flush()
    _record(actor, entry, "pool.reopened")


def entries_for_matching(
    *, program_id: UUID, cohort_id: UUID | None, role: Role | None = None, only: Collection[UUID] | None = None
) -> list[tuple[Entrant, Places]]:
    """Every open entry of an active member with its free places, in the order of their ids; four statements.

    ``role`` narrows it to one side, ``only`` to these entries. A mentee for whom a mentor is asked takes no part, and the place is
    not free meanwhile.
    """
    narrowed = [PoolEntry.role == role] if role is not None else []
    if only is not None:
        narrowed.append(one_of(PoolEntry.id, only))
    rows = db.session.execute(
        select(
            PoolEntry.id, PoolEntry.member_id, PoolEntry.program_id, PoolEntry.role, PoolEntry.places, PoolEntry.priority, PoolEntry.entered_at,
            Application.submission_id, Application.program_revision_id, Member.given_name, Member.family_name, Member.name_key,
        )
        .join(Member, and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id))
        .join(
            Application,
            and_(Application.association_id == PoolEntry.association_id, Application.id == PoolEntry.application_id),
        )
        .where(
            PoolEntry.program_id == program_id,
            PoolEntry.cohort_id.is_not_distinct_from(cohort_id),
            PoolEntry.state == PoolState.OPEN,
            Member.state == MemberState.ACTIVE,
            *narrowed,
        )
        .order_by(PoolEntry.id)
    )  # fmt: skip
    entries = [Entrant(*row[:9], f"{row.given_name} {row.family_name}".strip(), row.name_key) for row in rows]
    free = free_places(entries)
    waiting, promised = _asked(MentorAsk.program_id == program_id)
    return [
        (entry, replace(free[entry.id], free=max(0, free[entry.id].free - promised[entry.id])))
        for entry in entries
        if entry.id not in waiting
    ]


def places_of(entry: PoolEntry) -> Places:
    """The free places of one entry."""
    return free_places([entry])[entry.id]


def promised_places(mentor: PoolEntry) -> int:
    """How many places of a mentor are promised by asks that wait for an answer."""
    return _asked(MentorAsk.mentor_entry_id == mentor.id)[1][mentor.id]


def drop_asks(entry: PoolEntry) -> None:
    """Withdraw every ask that waits for an answer and concerns this entry: it is no longer there to be paired."""
    db.session.execute(
        update(MentorAsk)
        .where(
            or_(MentorAsk.mentee_entry_id == entry.id, MentorAsk.mentor_entry_id == entry.id),
            MentorAsk.state == AskState.ASKED,
        )
        .values(state=AskState.WITHDRAWN, answered_at=program_now())
    )


def _asked(which: ColumnElement[bool]) -> tuple[set[UUID], Counter[UUID]]:
    """The mentees for whom somebody is asked, and how many places of each mentor that promises; ``which`` asks are looked at."""
    rows = db.session.execute(
        select(MentorAsk.mentee_entry_id, MentorAsk.mentor_entry_id).where(MentorAsk.state == AskState.ASKED, which)
    ).all()
    return {row[0] for row in rows}, Counter(row[1] for row in rows)


def number_for_matching(*, program_id: UUID, cohort_id: UUID | None) -> int:
    """How many open entries of active members a pool has, whether somebody is asked for them or not."""
    counted = (
        select(func.count())
        .select_from(PoolEntry)
        .join(Member, and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id))
        .where(
            PoolEntry.program_id == program_id,
            PoolEntry.cohort_id.is_not_distinct_from(cohort_id),
            PoolEntry.state == PoolState.OPEN,
            Member.state == MemberState.ACTIVE,
        )
    )
    return db.session.scalar(counted) or 0


def free_places(entries: Sequence[Entry]) -> dict[UUID, Places]:
    """The free places of each entry, under all three limits, from live mentorships; three statements.

    The entries' applications are to be loaded with them.
    """
    load = _load({entry.member_id for entry in entries})
    most = _most_per_member({entry.program_revision_id for entry in entries})
    limit_over_all = _association_limit()
    answer: dict[UUID, Places] = {}
    for entry in entries:
        held = load.get(entry.member_id, ())
        own = sum(one.places for one in held if one.entry_id == entry.id)
        limits = [(entry.places - own, "entry")]
        per_program = most.get((entry.program_revision_id, entry.role))
        of_side = [one for one in held if one.side is entry.role]
        if per_program is not None:
            limits.append(
                (per_program - sum(one.places for one in of_side if one.program_id == entry.program_id), "program")
            )
        if limit_over_all is not None and entry.role is Role.MENTOR:
            limits.append((limit_over_all - sum(one.places for one in of_side), "association"))
        free, bound_by = min(limits, key=lambda limit: limit[0])
        answer[entry.id] = Places(max(0, free), own, bound_by)
    return answer


def lock_members(member_ids: Iterable[UUID]) -> None:
    """Lock the members' rows, in the order of their ids so that two publications cannot wait for each other."""
    db.session.execute(
        select(Member.id).where(one_of(Member.id, sorted(set(member_ids)))).order_by(Member.id).with_for_update()
    )


class _Held(NamedTuple):
    """The places that one member's entry holds on one side of a program."""

    entry_id: UUID
    side: Role
    program_id: UUID
    places: int


def _load(members: set[UUID]) -> dict[UUID, list[_Held]]:
    # By member. For a mentor each mentee in a live mentorship takes a place.
    mentees = Participant.__table__.alias("mentee")
    own = Participant.__table__.alias("own")
    # Written into the statement: of an unknown state PostgreSQL's prepared plan expects hardly any mentorship that is not in it,
    # and then went through all participants for each of them, a second for 2,500 mentors.
    ended: BindParameter[MentorshipState] = bindparam("ended", MentorshipState.ENDED, literal_execute=True)
    places = (
        select(own.c.member_id, own.c.pool_entry_id, own.c.side, Mentorship.program_id, func.count(mentees.c.id))
        .select_from(own)
        .join(
            Mentorship,
            and_(Mentorship.association_id == own.c.association_id, Mentorship.id == own.c.mentorship_id),
        )
        .join(
            mentees,
            and_(
                mentees.c.association_id == own.c.association_id,
                mentees.c.mentorship_id == own.c.mentorship_id,
                mentees.c.side != own.c.side,
                mentees.c.left_at.is_(None),
            ),
        )
        .where(one_of(own.c.member_id, members), own.c.left_at.is_(None), Mentorship.state != ended)
        .group_by(own.c.member_id, own.c.pool_entry_id, own.c.side, Mentorship.program_id)
    )
    found: dict[UUID, list[_Held]] = defaultdict(list)
    for member_id, entry_id, side, program_id, count in db.session.execute(places):
        found[member_id].append(_Held(entry_id, Role(side), program_id, count))
    return found


def _most_per_member(revision_ids: set[UUID]) -> dict[tuple[UUID, Role], int]:
    """The most places that a program allows one person, by revision and role, where it does; its documents are not loaded whole."""
    most = ProgramRevision.resolved["roles"]
    found = {}
    for revision_id, *numbers in db.session.execute(
        select(ProgramRevision.id, *(most[role.value]["places"]["per_member"].as_integer() for role in Role)).where(
            ProgramRevision.id.in_(revision_ids)
        )
    ):
        found.update({(revision_id, role): most for role, most in zip(Role, numbers, strict=True) if most is not None})
    return found


def _association_limit() -> int | None:
    limit = (association_document().get("capacity") or {}).get("mentees_per_mentor")
    return int(limit) if limit is not None else None


def _places_offered(application: Application, resolved: Mapping[str, Any]) -> int:
    # A mentee takes one partner. A mentor's answer to the places question counts, up to the program's most.
    if application.role is Role.MENTEE:
        return 1
    settings = resolved["roles"][application.role.value].get("places") or {}
    default, most = int(settings.get("default", 1)), int(settings.get("max", 50))
    field = settings.get("field")
    if field:
        answered = db.session.scalar(
            select(AnswerFact.number_value).where(
                AnswerFact.submission_id == application.submission_id, AnswerFact.field == field
            )
        )
        if answered is not None:
            return max(1, min(int(answered), most))
    return min(default, most)


def _refuse_stranger(actor: Actor, entry: PoolEntry) -> None:
    if actor == SYSTEM or (actor.member_id is not None and actor.member_id == entry.member_id):
        return
    program = db.session.scalar(select(Program).where(Program.id == entry.program_id))
    if program is None or not may_in(actor, "pools.manage", program):
        raise NotYoursError


def checked_reason(reason: str) -> str | None:
    """A reason as it is kept, ``None`` for an empty one. Raises ``InvalidError`` at ``reason``."""
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise InvalidError({"reason": too_long(MAX_REASON)})
    return reason or None


def _lock(entry: PoolEntry) -> None:
    db.session.refresh(
        entry, with_for_update={"of": PoolEntry}, attribute_names=["state", "places", "priority", "paused_until"]
    )


def _record(actor: Actor, entry: PoolEntry, action: str, *, reason: str | None = None,
            changes: dict[str, Any] | None = None) -> None:  # fmt: skip
    record(
        actor=actor,
        action=action,
        object_kind="pool_entry",
        object_id=entry.id,
        program_id=entry.program_id,
        visibility="staff",
        reason=reason,
        changes=changes,
    )
