"""Reads on mentorships. Participants read their own; staff see that and when, never private text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_where
from tandem.applications.models import Application, Role
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member
from tandem.directory.normalise import name_key
from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import (
    Attendance,
    CheckIn,
    Hours,
    JournalEntry,
    JournalVisibility,
    Meeting,
    Mentorship,
    MentorshipState,
    Participant,
    Pause,
    ReassignmentRequest,
    RequestState,
)
from tandem.programs.models import Program

PAGE = 50


def last_mentorship_of_entry(pool_entry_id: UUID) -> UUID | None:
    """The newest mentorship that a pool entry led to, for the chain of reassignments."""
    return db.session.scalar(
        select(Mentorship.id)
        .join(
            Participant,
            and_(Participant.association_id == Mentorship.association_id, Participant.mentorship_id == Mentorship.id),
        )
        .where(Participant.pool_entry_id == pool_entry_id)
        .order_by(Mentorship.started_at.desc(), Mentorship.id.desc())
        .limit(1)
    )


def own_mentorship(*, actor: Actor, mentorship_id: UUID) -> Mentorship:
    """A mentorship that the actor takes or took part in. Raises ``NotYoursError``."""
    found = db.session.scalar(
        select(Mentorship)
        .where(
            Mentorship.id == mentorship_id,
            exists().where(
                Participant.association_id == Mentorship.association_id,
                Participant.mentorship_id == Mentorship.id,
                Participant.member_id == actor.member_id,
            ),
        )
        .options(joinedload(Mentorship.program), joinedload(Mentorship.cohort), joinedload(Mentorship.program_revision))
    )
    if found is None or actor.member_id is None:
        raise NotYoursError
    return found


def mentorships_of(member_id: UUID) -> Sequence[Mentorship]:
    """Every mentorship of a member, those under way first, then the newest."""
    return db.session.scalars(
        select(Mentorship)
        .join(
            Participant,
            and_(Participant.association_id == Mentorship.association_id, Participant.mentorship_id == Mentorship.id),
        )
        .where(Participant.member_id == member_id)
        .options(joinedload(Mentorship.program), joinedload(Mentorship.cohort))
        .order_by((Mentorship.state == MentorshipState.ENDED), Mentorship.started_at.desc(), Mentorship.id.desc())
    ).all()


def people_in(mentorship_ids: Sequence[UUID]) -> dict[UUID, list[Participant]]:
    """The participants of several mentorships at once, mentors first; one statement."""
    people: dict[UUID, list[Participant]] = {identifier: [] for identifier in mentorship_ids}
    for participant in db.session.scalars(
        select(Participant)
        .where(Participant.mentorship_id.in_(list(mentorship_ids)))
        .options(joinedload(Participant.member))
        .order_by(Participant.side.desc(), Participant.id)
    ):
        people[participant.mentorship_id].append(participant)
    return people


def application_of(participant: Participant) -> Application:
    """The application that brought somebody into a mentorship, with the form as they sent it."""
    return db.session.execute(
        select(Application)
        .join(
            PoolEntry,
            and_(PoolEntry.association_id == Application.association_id, PoolEntry.application_id == Application.id),
        )
        .where(PoolEntry.id == participant.pool_entry_id)
        .options(joinedload(Application.submission).joinedload(Submission.form_revision))
    ).scalar_one()


def meetings_of(mentorship_id: UUID) -> Sequence[Meeting]:
    """The meetings that were noted, newest first."""
    return db.session.scalars(
        select(Meeting)
        .where(Meeting.mentorship_id == mentorship_id, Meeting.removed_at.is_(None))
        .order_by(Meeting.held_on.desc(), Meeting.id.desc())
    ).all()


def attendance_of(mentorship_id: UUID) -> dict[UUID, set[UUID]]:
    """Who was at each meeting: meeting id to participants' ids."""
    present: dict[UUID, set[UUID]] = {}
    rows = db.session.execute(
        select(Attendance.meeting_id, Attendance.participant_id)
        .join(
            Meeting,
            and_(Meeting.association_id == Attendance.association_id, Meeting.id == Attendance.meeting_id),
        )
        .where(Meeting.mentorship_id == mentorship_id, Meeting.removed_at.is_(None))
    )
    for meeting_id, participant_id in rows:
        present.setdefault(meeting_id, set()).add(participant_id)
    return present


def hours_of(mentorship_id: UUID) -> Sequence[Hours]:
    """The time noted outside meetings, newest first."""
    return db.session.scalars(
        select(Hours)
        .where(Hours.mentorship_id == mentorship_id, Hours.removed_at.is_(None))
        .order_by(Hours.spent_on.desc(), Hours.id.desc())
    ).all()


def journal_for(*, actor: Actor, mentorship_id: UUID) -> Sequence[JournalEntry]:
    """The journal entries the actor may read: one's own, and what others in this one mentorship shared.

    Staff get nothing here, and neither does a later partner: entries hang on this mentorship alone.
    """
    me = db.session.scalar(
        select(Participant.id).where(
            Participant.mentorship_id == mentorship_id, Participant.member_id == actor.member_id
        )
    )
    if me is None or actor.member_id is None:
        raise NotYoursError
    return db.session.scalars(
        select(JournalEntry)
        .where(
            JournalEntry.mentorship_id == mentorship_id,
            or_(JournalEntry.participant_id == me, JournalEntry.visibility == JournalVisibility.PAIR),
        )
        .order_by(JournalEntry.created_at.desc(), JournalEntry.id.desc())
    ).all()


def open_pauses(mentorship_id: UUID) -> Sequence[Pause]:
    """Why a mentorship rests at present."""
    return db.session.scalars(
        select(Pause).where(Pause.mentorship_id == mentorship_id, Pause.until_at.is_(None)).order_by(Pause.from_at)
    ).all()


@dataclass(frozen=True, slots=True)
class Filters:
    """What the staff list is narrowed to; ``queue`` is one of ``QUEUES`` or empty."""

    search: str = ""
    state: MentorshipState | None = None
    program_id: UUID | None = None
    asked: bool = False
    queue: str = ""
    silent: bool = False

    @classmethod
    def asked_for(cls, query: MultiDict[str, str]) -> Filters:
        """The filters that an address asks for; what is none is left out."""
        state, queue = query.get("state", ""), query.get("queue", "")
        return cls(
            search=query.get("q", "").strip()[:100],
            state=MentorshipState(state) if state in set(MentorshipState) else None,
            program_id=query.get("program", type=UUID),
            asked=query.get("asked") == "1",
            silent=query.get("silent") == "1",
            queue=queue if queue in QUEUES else "",
        )


#: Days without a meeting or hours after which a mentorship counts as silent.
SILENT_DAYS = 30

#: Mentorships that staff should look at.
QUEUES = ("dues", "silent")


def queue_where(queue: str) -> list[ColumnElement[bool]]:
    """Conditions on ``Mentorship``. ``dues``: at rest because dues lapsed. ``silent``: nothing recorded for ``SILENT_DAYS``."""
    if queue == "dues":
        return [
            Mentorship.state == MentorshipState.PAUSED,
            exists().where(
                Pause.association_id == Mentorship.association_id,
                Pause.mentorship_id == Mentorship.id,
                Pause.reason == "dues",
                Pause.until_at.is_(None),
            ),
        ]
    if queue != "silent":
        return []
    since = program_today() - timedelta(days=SILENT_DAYS)
    return [
        Mentorship.state == MentorshipState.ACTIVE,
        Mentorship.started_at < program_now() - timedelta(days=SILENT_DAYS),
        ~exists().where(
            Meeting.association_id == Mentorship.association_id,
            Meeting.mentorship_id == Mentorship.id,
            Meeting.held_on > since,
            Meeting.removed_at.is_(None),
        ),
        ~exists().where(
            Hours.association_id == Mentorship.association_id,
            Hours.mentorship_id == Mentorship.id,
            Hours.spent_on > since,
            Hours.removed_at.is_(None),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """One mentorship on the staff list: that and when they met, never what was said."""

    mentorship: Mentorship
    people: list[Participant]
    meetings: int
    last_met: date | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the staff list."""

    rows: Sequence[Line]
    total: int
    after: str | None


def mentorships_page(*, actor: Actor, filters: Filters, after: str | None = None) -> Page:
    """Mentorships in the actor's programs, newest first; four statements however many there are."""
    base = _listed(actor, filters)
    total = db.session.scalar(select(func.count()).select_from(base.with_only_columns(Mentorship.id).subquery())) or 0
    cursor = _parse_cursor(after)
    if cursor is not None:
        base = base.where(tuple_(Mentorship.started_at, Mentorship.id) < tuple_(*cursor))
    found = _newest_first(base, PAGE + 1)
    more, rows = len(found) > PAGE, found[:PAGE]
    return Page(_lines(rows), total, f"{rows[-1].started_at.isoformat()}~{rows[-1].id}" if more else None)


def mentorships_all(*, actor: Actor, filters: Filters, most: int) -> Sequence[Line]:
    """The whole list of ``mentorships_page``, at most ``most`` of it, in three statements."""
    return _lines(_newest_first(_listed(actor, filters), most))


def mentorship_people(*, actor: Actor, filters: Filters, side: Role | None) -> Sequence[Row[Member, UUID]]:
    """Everybody in the mentorships of ``mentorships_page``, on one side or both, with the program; one statement."""
    listed = _listed(actor, filters).with_only_columns(Mentorship.id)
    found = (
        select(Member, Mentorship.program_id)
        .join(
            Participant, and_(Participant.association_id == Member.association_id, Participant.member_id == Member.id)
        )
        .join(
            Mentorship,
            and_(Mentorship.association_id == Participant.association_id, Mentorship.id == Participant.mentorship_id),
        )
        .where(Mentorship.id.in_(listed), Participant.left_at.is_(None))
        .order_by(Member.name_key, Participant.id)
    )
    return db.session.execute(found if side is None else found.where(Participant.side == side)).all()


def _newest_first(statement: Select[Mentorship], most: int) -> Sequence[Mentorship]:
    return db.session.scalars(
        statement.options(joinedload(Mentorship.program), joinedload(Mentorship.cohort))
        .order_by(Mentorship.started_at.desc(), Mentorship.id.desc())
        .limit(most)
    ).all()


def _lines(rows: Sequence[Mentorship]) -> list[Line]:
    ids = [mentorship.id for mentorship in rows]
    people = people_in(ids)
    met = {
        row[0]: (row[1], row[2])
        for row in db.session.execute(
            select(Meeting.mentorship_id, func.count(), func.max(Meeting.held_on))
            .where(Meeting.mentorship_id.in_(ids), Meeting.removed_at.is_(None))
            .group_by(Meeting.mentorship_id)
        )
    }
    return [Line(row, people[row.id], *met.get(row.id, (0, None))) for row in rows]


def _listed(actor: Actor, filters: Filters) -> Select[Mentorship]:
    where = [programs_where(actor, "mentorships.read")]
    if filters.state is not None:
        where.append(Mentorship.state == filters.state)
    if filters.program_id is not None:
        where.append(Mentorship.program_id == filters.program_id)
    where += queue_where(filters.queue)
    if filters.asked:
        where.append(
            exists().where(
                ReassignmentRequest.association_id == Mentorship.association_id,
                ReassignmentRequest.mentorship_id == Mentorship.id,
                ReassignmentRequest.state == RequestState.OPEN,
            )
        )
    if filters.silent:
        where.append(Mentorship.state == MentorshipState.ACTIVE)
        where.append(
            exists().where(
                CheckIn.association_id == Mentorship.association_id,
                CheckIn.mentorship_id == Mentorship.id,
                or_(CheckIn.answered_at.is_(None), CheckIn.still.is_(False)),
            )
        )
    if filters.search:
        key = name_key(filters.search)
        where.append(
            exists().where(
                Participant.association_id == Mentorship.association_id,
                Participant.mentorship_id == Mentorship.id,
                Member.association_id == Participant.association_id,
                Member.id == Participant.member_id,
                Member.name_key >= key,
                Member.name_key < key + "\U0010ffff",
            )
        )
    return (
        select(Mentorship)
        .join(Program, and_(Program.association_id == Mentorship.association_id, Program.id == Mentorship.program_id))
        .where(*where)
    )


def staff_mentorship(*, actor: Actor, mentorship_id: UUID) -> Mentorship:
    """A mentorship in one of the actor's programs. Raises ``NotYoursError``."""
    found = db.session.scalar(
        select(Mentorship)
        .where(Mentorship.id == mentorship_id)
        .options(joinedload(Mentorship.program), joinedload(Mentorship.cohort), joinedload(Mentorship.program_revision))
    )
    if found is None or not may_in(actor, "mentorships.read", found.program):
        raise NotYoursError
    return found


def requests_of(mentorship_id: UUID) -> Sequence[ReassignmentRequest]:
    """The reassignment requests in one mentorship, newest first."""
    return db.session.scalars(
        select(ReassignmentRequest)
        .where(ReassignmentRequest.mentorship_id == mentorship_id)
        .order_by(ReassignmentRequest.created_at.desc())
    ).all()


def _parse_cursor(after: str | None) -> tuple[datetime, UUID] | None:
    if not after:
        return None
    moment, _, identifier = after.partition("~")
    try:
        return datetime.fromisoformat(moment), UUID(identifier)
    except ValueError:
        return None


def minutes_of(mentorship_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Mentorship → minutes of its meetings and of the hours that were noted; two statements."""
    found: dict[UUID, int] = {}
    for model in (Meeting, Hours):
        for mentorship_id, minutes in db.session.execute(
            select(model.mentorship_id, func.sum(model.minutes))
            .where(model.mentorship_id.in_(mentorship_ids), model.removed_at.is_(None))
            .group_by(model.mentorship_id)
        ):
            found[mentorship_id] = found.get(mentorship_id, 0) + int(minutes)
    return found
