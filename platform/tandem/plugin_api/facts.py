"""The documented facts about a person that eligibility rules read.

A rule never touches tables. In Python it is given a ``Facts`` for one person; for sweeps over many people it is given a
``SqlFacts`` whose members are selectables with the same names and columns, correlated to the person of the outer query.

| fact          | columns                                                                                      |
|---------------|----------------------------------------------------------------------------------------------|
| memberships   | type, level, organisational, valid_from, valid_to, paid_through                              |
| positions     | title, title_text, employer, region, valid_from, valid_to, acting, retired                   |
| experience    | discipline, years                                                                            |
| answers       | field, key, text_value, number_value, date_value, truth_value                                |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class MembershipFact:
    """One dated membership; ``valid_to`` is the last day, empty while it runs."""

    type: str
    level: str | None
    organisational: bool
    valid_from: date
    valid_to: date | None
    paid_through: date | None


@dataclass(frozen=True, slots=True)
class PositionFact:
    """One post; ``title`` is a vocabulary key, ``title_text`` free words."""

    title: str | None
    title_text: str | None
    employer: str
    region: str | None
    valid_from: date
    valid_to: date | None
    acting: bool
    retired: bool


@dataclass(frozen=True, slots=True)
class ExperienceFact:
    """Years within one discipline, from the directory."""

    discipline: str
    years: Decimal


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """One typed value of an answer; ``key`` names the choice it belongs to (years *in payroll*)."""

    field: str
    key: str | None = None
    text_value: str | None = None
    number_value: Decimal | None = None
    date_value: date | None = None
    truth_value: bool | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about one person on one day of the program clock.

    ``answers`` is ``None`` where no form is at hand (a sweep over the directory): answer rules then say *unknown*.
    """

    today: date
    memberships: Sequence[MembershipFact] = ()
    positions: Sequence[PositionFact] = ()
    experience: Sequence[ExperienceFact] = ()
    answers: Sequence[AnswerFact] | None = None

    def answered(self, field: str) -> list[AnswerFact]:
        """The values given for one question, in order; empty if none (or if no form is at hand)."""
        return [answer for answer in self.answers or () if answer.field == field]


class SqlFacts(Protocol):
    """The same facts as SQL. ``exists`` and ``total`` build correlated sub-queries over one of the documented facts."""

    today: date

    def exists(self, fact: str, where: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
        """Whether the person has a row of ``fact`` for which ``where(columns)`` holds."""
        ...

    def total(
        self, fact: str, value: Callable[[Any], ColumnElement[Any]], where: Callable[[Any], ColumnElement[bool]]
    ) -> ColumnElement[Any]:
        """The sum of ``value(columns)`` over the person's rows of ``fact`` for which ``where`` holds; 0 without rows."""
        ...

    @property
    def has_answers(self) -> ColumnElement[bool]:
        """Whether a form is at hand for the person."""
        ...
