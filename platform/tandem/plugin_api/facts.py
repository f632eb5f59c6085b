"""The documented facts about a person that eligibility rules read.

A rule never touches tables. In Python it is given a ``Facts`` for one person; for sweeps over many people it is given a
``SqlFacts``, by which it builds conditions on columns of the same names, correlated to the person of the outer query.

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

    def runs_on(self, day: date) -> bool:
        """Whether ``day`` is one of its days."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)


@dataclass(frozen=True, slots=True)
class PositionFact:
    """One post; ``title`` is a vocabulary key, ``title_text`` free words. ``retired``: the person retired from it."""

    title: str | None
    title_text: str | None
    employer: str
    region: str | None
    valid_from: date
    valid_to: date | None
    acting: bool
    retired: bool

    def runs_on(self, day: date) -> bool:
        """Whether ``day`` is one of its days."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)


@dataclass(frozen=True, slots=True)
class ExperienceFact:
    """Years within one discipline, from the directory."""

    discipline: str
    years: Decimal


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """One typed value of an answer; ``key`` names the choice it belongs to (years *in payroll*).

    A chosen option has its key in ``key`` and in ``text_value``; hours are minutes in ``number_value``.
    """

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

    def chosen(self, field: str) -> list[str]:
        """The keys of the options chosen in one question, in order."""
        return [answer.key for answer in self.answered(field) if answer.key is not None]


@dataclass(frozen=True, slots=True)
class SqlSpan:
    """Days out of one row for ``SqlFacts.days``: from ``start`` up to, and without, ``end``, where ``where`` holds."""

    where: ColumnElement[bool]
    start: ColumnElement[date]
    end: ColumnElement[date]


#: A condition on the columns of one fact.
Where = Callable[[Any], ColumnElement[bool]]


class SqlFacts(Protocol):
    """The same facts as SQL: correlated sub-queries over one of the documented facts of the outer query's person.

    The functions passed in are given an object with the fact's columns, and may use ``exists`` again inside.
    """

    today: date

    def exists(self, fact: str, where: Where) -> ColumnElement[bool]:
        """Whether the person has a row of ``fact`` for which ``where(columns)`` holds. Never NULL."""
        ...

    def count(self, fact: str, where: Where) -> ColumnElement[int]:
        """How many rows of ``fact`` the person has for which ``where(columns)`` holds."""
        ...

    def total(self, fact: str, value: Callable[[Any], ColumnElement[Any]], where: Where) -> ColumnElement[Any]:
        """The sum of ``value(columns)`` over the person's rows of ``fact`` for which ``where`` holds; 0 without rows."""
        ...

    def days(
        self,
        fact: str,
        spans: Callable[[Any], Sequence[SqlSpan]],
        result: Callable[[ColumnElement[int], ColumnElement[date]], ColumnElement[Any]],
    ) -> ColumnElement[Any]:
        """Something about the days that the spans of all the person's rows of ``fact`` cover.

        ``result`` is given how many they are, each counted once (0 if none), and the first of them (NULL if none).
        """
        ...

    @property
    def has_answers(self) -> ColumnElement[bool]:
        """Whether a form is at hand for the person. Never NULL."""
        ...
