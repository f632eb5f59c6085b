"""How the programs are doing: how long people wait, month by month, and which disciplines are short of mentors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask_babel import format_date
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.applications.models import Application, Decision, Outcome, Role
from tandem.clocks import program_today
from tandem.extensions import db
from tandem.forms.models import AnswerFact
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.queries import answers_count, overlap_fields
from tandem.mentorships.models import Mentorship, MentorshipState, Participant
from tandem.programs.models import Program, ProgramRevision
from tandem.programs.queries import term_labels
from tandem.tenancy.scope import current_scope

#: Months that the charts look back, this one included.
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Month:
    """One month: the median of whole days, and of how many; ``None`` where nothing happened."""

    first: date
    to_decision: float | None
    decided: int
    to_match: float | None
    matched: int

    @property
    def label(self) -> str:
        """The month's short name in the reader's language."""
        return str(format_date(self.first, "LLL"))


def waits(actor: Actor) -> Sequence[Month]:
    """For each of the last twelve months, how long those waited who were decided on, and matched, in it. Two statements."""
    months = _months(program_today())
    begin = _moment(months[0])
    decided = _medians(
        select(Decision.created_at.label("at"), Application.submitted_at.label("since"))
        .join(
            Application,
            and_(Application.association_id == Decision.association_id, Application.id == Decision.application_id),
        )
        .join(Program, _program(Application))
        .where(
            Decision.created_at >= begin,
            Decision.outcome.in_((Outcome.APPROVED, Outcome.DECLINED)),
            Application.submitted_at.is_not(None),
            programs_where(actor, "applications.read"),
        ),
    )
    matched = _medians(
        select(Participant.joined_at.label("at"), Application.submitted_at.label("since"))
        .join(
            PoolEntry,
            and_(PoolEntry.association_id == Participant.association_id, PoolEntry.id == Participant.pool_entry_id),
        )
        .join(
            Application,
            and_(Application.association_id == PoolEntry.association_id, Application.id == PoolEntry.application_id),
        )
        .join(Program, _program(Application))
        .where(
            Participant.joined_at >= begin,
            Participant.side == Role.MENTEE,
            Application.submitted_at.is_not(None),
            programs_where(actor, "mentorships.read"),
        ),
    )
    nothing = (None, 0)
    return [Month(first, *decided.get(first, nothing), *matched.get(first, nothing)) for first in months]


@dataclass(frozen=True, slots=True)
class Discipline:
    """One discipline of one program: who waits for help with it, and how many places its mentors have free."""

    program: Program
    key: str
    label: str
    waiting: int
    free: int

    @property
    def short(self) -> int:
        """How many more wait than there are places."""
        return max(self.waiting - self.free, 0)


def disciplines(actor: Actor) -> Sequence[Discipline]:
    """Who waits and what is free by discipline, the shortest first. A mentor's free place counts in each of their disciplines.

    A program has disciplines where its matching compares questions about them by overlap. Four statements and one for each
    such program.
    """
    found = []
    labels = term_labels("discipline")
    for program, resolved in db.session.execute(
        select(Program, ProgramRevision.resolved)
        .join(
            ProgramRevision,
            and_(
                ProgramRevision.association_id == Program.association_id,
                ProgramRevision.program_id == Program.id,
                ProgramRevision.number == Program.current_number,
            ),
        )
        .where(programs_where(actor, "pools.manage"))
        .order_by(Program.name)
    ).all():
        needs, offers = overlap_fields(resolved)
        if needs:
            found += _of_program(program, needs, offers, labels)
    return sorted(found, key=lambda row: (-row.short, -row.waiting, row.label))


def _of_program(program: Program, needs: set[str], offers: set[str], labels: Mapping[str, str]) -> list[Discipline]:
    own, mentee = aliased(Participant), aliased(Participant)
    # Each mentee in a live mentorship takes a place of its mentor, several in a group.
    taken = (
        select(func.count())
        .select_from(own)
        .join(Mentorship, and_(Mentorship.association_id == own.association_id, Mentorship.id == own.mentorship_id))
        .join(
            mentee,
            and_(
                mentee.association_id == own.association_id,
                mentee.mentorship_id == own.mentorship_id,
                mentee.side != own.side,
                mentee.left_at.is_(None),
            ),
        )
        .where(
            own.association_id == PoolEntry.association_id,
            own.pool_entry_id == PoolEntry.id,
            own.left_at.is_(None),
            Mentorship.state != MentorshipState.ENDED,
        )
        .correlate(PoolEntry)
        .scalar_subquery()
    )
    # Two questions may name the same discipline: somebody counts in it once, as on the list that the number opens.
    found = (
        select(PoolEntry.id, PoolEntry.role, AnswerFact.key, func.greatest(PoolEntry.places - taken, 0).label("free"))
        .join(
            Application,
            and_(Application.association_id == PoolEntry.association_id, Application.id == PoolEntry.application_id),
        )
        .join(
            AnswerFact,
            and_(
                AnswerFact.association_id == Application.association_id,
                AnswerFact.submission_id == Application.submission_id,
                answers_count(needs, offers),
            ),
        )
        .where(PoolEntry.program_id == program.id, PoolEntry.state == PoolState.OPEN, AnswerFact.key.in_(labels))
        .distinct()
        .subquery()
    )
    waiting = func.count().filter(found.c.role == Role.MENTEE)
    free = func.coalesce(func.sum(found.c.free).filter(found.c.role == Role.MENTOR), 0)
    rows = db.session.execute(select(found.c.key, waiting, free).group_by(found.c.key))
    return [Discipline(program, key, labels[key], waits_, int(free_)) for key, waits_, free_ in rows]


def _medians(rows: Any) -> dict[date, tuple[float, int]]:
    waited = rows.subquery()
    month = func.date_trunc("month", func.timezone(current_scope().time_zone, waited.c.at))
    days = func.extract("epoch", waited.c.at - waited.c.since) / 86400
    return {
        first.date(): (round(float(median), 1), count)
        for first, median, count in db.session.execute(
            select(month, func.percentile_cont(0.5).within_group(days), func.count()).group_by(month)
        )
    }


def _months(today: date) -> list[date]:
    first = today.replace(day=1)
    months = [first]
    while len(months) < MONTHS:
        first = (
            first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)
        )
        months.insert(0, first)
    return months


def _moment(day: date) -> Any:
    return datetime.combine(day, time(), tzinfo=current_scope().zone)


def _program(target: type[Application]) -> ColumnElement[bool]:
    return and_(Program.association_id == target.association_id, Program.id == target.program_id)
