"""Reading the facts about people, one by one or in bulk, and sweeping rules over the whole directory."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, literal, select
from sqlalchemy.exc import SQLAlchemyError

from tandem.directory.models import Employer, Experience, Member, Membership, MemberState, Position
from tandem.eligibility.checking import truth_of
from tandem.eligibility.clauses import Clause, read_clause
from tandem.eligibility.sql import MemberFacts, compile_where
from tandem.extensions import db
from tandem.forms.models import AnswerFact as AnswerRow
from tandem.plugin_api.facts import AnswerFact, ExperienceFact, Facts, MembershipFact, PositionFact
from tandem.plugin_api.types import Truth
from tandem.plugins import installed
from tandem.tenancy.base import one_of

log = logging.getLogger(__name__)

#: How many people are held in memory at once where rules are checked in Python.
CHUNK = 2000

_ALL_FACTS = frozenset({"memberships", "positions", "experience", "answers"})

#: A person together with the submission at hand, if any.
Subject = tuple[UUID, UUID | None]


def facts_for_member(
    *, member_id: UUID, submission_id: UUID | None = None, today: date, answers: Sequence[AnswerFact] | None = None
) -> Facts:
    """All facts about one member on ``today``; four statements, three without a submission.

    ``answers``, if given, stand for those of the submission: the ones of a draft that was not sent yet.
    """
    facts = facts_for_many([(member_id, None if answers is not None else submission_id)], today=today)
    found = next(iter(facts.values()))
    if answers is None:
        return found
    return Facts(today, found.memberships, found.positions, found.experience, tuple(answers))


@dataclass(frozen=True, slots=True)
class Needed:
    """The facts that are asked for, by the names in ``plugin_api.facts``; of the answers those to ``questions``."""

    facts: frozenset[str]
    questions: frozenset[str]


def facts_for_many(subjects: Iterable[Subject], *, today: date, needed: Needed | None = None) -> dict[Subject, Facts]:
    """The facts about many people, by (member, submission); the number of statements does not depend on how many.

    A subject without a submission has no answers (``None``); with one that was not sent, it has none yet (empty).
    Facts that are not ``needed`` are left empty and cost nothing; ``None`` needs all.
    """
    wanted = needed.facts if needed is not None else _ALL_FACTS
    subjects = list(dict.fromkeys(subjects))
    members = list({member for member, _ in subjects})
    submissions = list({submission for _, submission in subjects if submission is not None})
    memberships = _memberships(members) if "memberships" in wanted else {}
    positions = _positions(members) if "positions" in wanted else {}
    experience = _experience(members) if "experience" in wanted else {}
    questions = needed.questions if needed is not None else None
    answers = _answers(submissions, questions) if submissions and "answers" in wanted else {}
    return {
        (member, submission): Facts(
            today,
            tuple(memberships.get(member, ())),
            tuple(positions.get(member, ())),
            tuple(experience.get(member, ())),
            None if submission is None else tuple(answers.get(submission, ())),
        )
        for member, submission in subjects
    }


@dataclass(frozen=True, slots=True)
class Sweep:
    """Whom a role's rules reach, by the ids of active members.

    ``unknown`` are mostly those for whom it depends on the form, which no sweep over the directory can know.
    """

    met: list[UUID] = field(default_factory=list)
    not_met: list[UUID] = field(default_factory=list)
    unknown: list[UUID] = field(default_factory=list)

    @property
    def could_apply(self) -> int:
        """How many are not ruled out by what the directory knows."""
        return len(self.met) + len(self.unknown)


def sweep(*, eligibility: Mapping[str, Any], today: date) -> Sweep:
    """Check the tree ``eligibility`` on every active member of the open association, without any form.

    One statement for rules that have SQL. Members whom these leave undecided are checked in Python if the tree has rules
    without SQL, and all are if PostgreSQL refuses the statement of a plugin.
    """
    clause = read_clause(eligibility, installed())
    rows, checkable = _swept(clause, today)
    result = Sweep()
    places = {True: result.met, False: result.not_met, None: result.unknown}
    undecided: list[UUID] = []
    for member_id, truth in rows:
        if truth is None and checkable:
            undecided.append(member_id)
        else:
            places[truth].append(member_id)
    for start in range(0, len(undecided), CHUNK):
        facts = facts_for_many([(member, None) for member in undecided[start : start + CHUNK]], today=today)
        for (member_id, _), known in facts.items():
            truth_here = truth_of(clause, known)
            places[{Truth.MET: True, Truth.NOT_MET: False, Truth.UNKNOWN: None}[truth_here]].append(member_id)
    return result


def sweep_role(*, resolved: Mapping[str, Any], role: str, today: date) -> Sweep:
    """``sweep`` for one role of a program's resolved document (``ProgramRevision.resolved``)."""
    return sweep(eligibility=resolved["roles"][role].get("eligibility") or {}, today=today)


def sweep_statement(clause: Clause, today: date) -> tuple[Any, list[str]]:
    """The one statement of a sweep (member id, truth), and the ids of rules that it leaves out because they have no SQL."""
    member = Member.__table__
    condition = compile_where(clause, MemberFacts(member.c, today=today))
    statement = (
        select(member.c.id, condition.sql.label("truth"))
        .where(member.c.state == MemberState.ACTIVE)
        .order_by(member.c.id)
    )
    return statement, condition.only_in_python


def _swept(clause: Clause, today: date) -> tuple[Sequence[Any], bool]:
    statement, only_in_python = sweep_statement(clause, today)
    try:
        with db.session.begin_nested():
            return db.session.execute(statement).all(), bool(only_in_python)
    except SQLAlchemyError:
        # A plugin's SQL may be refused by PostgreSQL only when it runs; its Python side still answers.
        log.exception("a sweep failed as SQL and is done in Python")
    members = db.session.execute(
        select(Member.id, literal(None)).where(Member.state == MemberState.ACTIVE).order_by(Member.id)
    )
    return members.all(), True


def _memberships(members: Sequence[UUID]) -> dict[UUID, list[MembershipFact]]:
    found: dict[UUID, list[MembershipFact]] = {}
    rows = db.session.execute(
        select(
            Membership.member_id, Membership.type, Membership.level, Membership.organisational,
            Membership.valid_from, Membership.valid_to, Membership.paid_through,
        ).where(one_of(Membership.member_id, members)).order_by(Membership.member_id, Membership.valid_from, Membership.id)
    )  # fmt: skip
    for row in rows:
        found.setdefault(row[0], []).append(MembershipFact(*row[1:]))
    return found


def _positions(members: Sequence[UUID]) -> dict[UUID, list[PositionFact]]:
    found: dict[UUID, list[PositionFact]] = {}
    rows = db.session.execute(
        select(
            Position.member_id, Position.title, Position.title_text, Employer.name, Employer.region,
            Position.valid_from, Position.valid_to, Position.acting, Position.retired,
        )
        .join(Employer, and_(Employer.association_id == Position.association_id, Employer.id == Position.employer_id))
        .where(one_of(Position.member_id, members))
        .order_by(Position.member_id, Position.valid_from, Position.id)
    )  # fmt: skip
    for row in rows:
        found.setdefault(row[0], []).append(PositionFact(*row[1:]))
    return found


def _experience(members: Sequence[UUID]) -> dict[UUID, list[ExperienceFact]]:
    found: dict[UUID, list[ExperienceFact]] = {}
    rows = db.session.execute(
        select(Experience.member_id, Experience.discipline, Experience.years)
        .where(one_of(Experience.member_id, members))
        .order_by(Experience.member_id, Experience.discipline)
    )
    for row in rows:
        found.setdefault(row[0], []).append(ExperienceFact(*row[1:]))
    return found


def _answers(submissions: Sequence[UUID], questions: frozenset[str] | None) -> dict[UUID, list[AnswerFact]]:
    found: dict[UUID, list[AnswerFact]] = {}
    asked = [AnswerRow.field.in_(sorted(questions))] if questions is not None else []
    rows = db.session.execute(
        select(
            AnswerRow.submission_id, AnswerRow.field, AnswerRow.key, AnswerRow.text_value, AnswerRow.number_value,
            AnswerRow.date_value, AnswerRow.truth_value,
        ).where(one_of(AnswerRow.submission_id, submissions), *asked)
        .order_by(AnswerRow.submission_id, AnswerRow.field, AnswerRow.position)
    )  # fmt: skip
    for row in rows:
        found.setdefault(row[0], []).append(AnswerFact(*row[1:]))
    return found
