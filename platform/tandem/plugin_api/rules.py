"""The contracts a plugin implements: eligibility rules, matching criteria and constraints, form field types."""

# ruff: noqa: ARG002 - what a contract does by default needs none of what it is given.

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import numpy as np
from marshmallow import Schema
from numpy.typing import NDArray
from sqlalchemy import ColumnElement

from tandem.plugin_api.facts import AnswerFact, Facts, SqlFacts
from tandem.plugin_api.types import Message, Settings, Verdict, say


class EligibilityRule(ABC):
    """A rule on one person. ``name`` is what a configuration writes after ``rule:``, for example ``membership.tenure``."""

    name: ClassVar[str]
    settings_schema: ClassVar[type[Schema]]
    #: Whether staff may set the rule aside with a reason, unless the configuration says otherwise.
    waivable: ClassVar[bool] = True

    @abstractmethod
    def check(self, facts: Facts, settings: Settings) -> Verdict:
        """What the rule says of this person. Must not raise for any facts that the types allow."""

    @abstractmethod
    def describe(self, settings: Settings) -> Message:
        """The requirement in one sentence to the applicant ("You have …"), as shown wherever the rule is named."""

    def where(self, facts: SqlFacts, settings: Settings) -> ColumnElement[bool] | None:
        """The same rule as a SQL condition (NULL meaning unknown), or ``None`` if it can only be checked one by one.

        Where given, it agrees with ``check`` for every person; a property test holds it to that.
        """
        return None

    def fields(self, settings: Settings) -> Sequence[str]:
        """The ids of the form questions that the rule reads, so that they can be checked to exist."""
        return ()


@dataclass(frozen=True, slots=True)
class Person:
    """What criteria and constraints may know of someone in a pool.

    ``facts.answers`` are those of the application that put them there. ``id`` is the pool entry's id. ``called`` is what others may
    name them by: member number, e-mail address and full name, in lower case (``str.casefold``) with single blanks; left empty
    where no criterion or constraint of the program has ``"called"`` among what it ``reads``.
    """

    id: str
    facts: Facts
    called: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tables:
    """Scores (or permissions) for all pairs, as a small table and one code per person.

    ``table[mentee_codes[i], mentor_codes[j]]`` is the value for the pair (i, j): points 0–100 (uint8) from a criterion,
    allowed or not (bool) from a constraint.
    """

    mentee_codes: NDArray[np.int32]
    mentor_codes: NDArray[np.int32]
    table: NDArray[np.uint8] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """Scores or permissions for all pairs written out: ``values[i, j]``, uint8 0–100 or bool."""

    values: NDArray[np.uint8] | NDArray[np.bool_]


class MatchingCriterion(ABC):
    """How well a mentee and a mentor fit in one respect. Its weight is the configuration's."""

    name: ClassVar[str]
    settings_schema: ClassVar[type[Schema]]
    #: The facts it reads (``"positions"``, ``"answers"`` …, and ``"called"`` of ``Person``); of the answers those to ``fields``. The others may be left empty,
    #: because a pool of thousands is loaded for a page. ``None``: all facts, whole.
    reads: ClassVar[frozenset[str] | None] = None

    @abstractmethod
    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables | Block:
        """Points 0–100 for every pair."""

    @abstractmethod
    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Why this pair got its points, in one sentence."""

    @abstractmethod
    def describe(self, settings: Settings) -> Message:
        """What the criterion looks at, in one sentence."""

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The ids of the questions it reads in the mentee's and in the mentor's form, so that they can be checked to exist."""
        return (), ()


class MatchingConstraint(ABC):
    """Which pairs may be made at all. The configuration says whether it is ``hard`` or ``waivable``."""

    name: ClassVar[str]
    settings_schema: ClassVar[type[Schema]]
    #: The facts it reads, as in ``MatchingCriterion``.
    reads: ClassVar[frozenset[str] | None] = None

    @abstractmethod
    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables | Block:
        """Whether each pair may be made."""

    @abstractmethod
    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Why this pair may, or may not, be made."""

    @abstractmethod
    def describe(self, settings: Settings) -> Message:
        """What the constraint asks of a pair, in one sentence."""

    def lacking(
        self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings
    ) -> Sequence[Message | None]:
        """For each mentee what they ask for and which of it none of these mentors has, in one sentence to staff.

        The mentees are those who may have nobody, the mentors those with a free place. ``None`` where there is nothing to name.
        """
        return [None] * len(mentees)

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The ids of the questions it reads in the mentee's and in the mentor's form, so that they can be checked to exist."""
        return (), ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question. An option that is not ``offered`` any more keeps its label for older answers."""

    key: str
    label: str
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form as a field type sees it; ``settings`` are those of the type's own schema.

    ``today`` is the program's date while the question is asked; ``None`` where answers are shown that were taken earlier.
    ``date_order`` is the order in which the association asks for the parts of a date.
    """

    id: str
    label: str
    required: bool
    settings: Settings
    choices: tuple[Choice, ...] = ()
    today: date | None = None
    date_order: tuple[str, ...] = ("day", "month", "year")

    def label_of(self, key: str) -> str:
        """The label of one option; the key itself where the option is gone."""
        return next((choice.label for choice in self.choices if choice.key == key), key)


class FieldError(Exception):
    """An answer that cannot be taken; ``message`` says what to enter instead.

    ``part`` names one of several inputs (``years.payroll``); ``also`` are further errors of the same question.
    """

    def __init__(self, message: Message, part: str | None = None, also: Sequence[FieldError] = ()) -> None:
        super().__init__(message.id)
        self.message = message
        self.part = part
        self.also = tuple(also)


class FieldType(ABC):
    """A kind of question: how it is asked, what it takes, and the typed facts it yields.

    ``widget`` names the macro that draws it. ``raw`` is what the browser sent for the question's inputs: the input that is
    named like the question under the key ``""``, an input named ``<question>.<part>`` under ``<part>``; strings only, in order,
    without NUL characters and of bounded length.
    """

    name: ClassVar[str]
    widget: ClassVar[str]
    settings_schema: ClassVar[type[Schema]]
    #: Whether the question offers options (``choices:`` in the form).
    takes_choices: ClassVar[bool] = False
    #: Whether the question is answered by files. They are kept apart; ``raw`` then holds an id, a blank and a name for each, and the
    #: settings say ``most`` (how many), ``max_mb`` (how large each) and ``kinds`` (of ``file_kinds``).
    takes_files: ClassVar[bool] = False
    #: The kinds of file that there are.
    file_kinds: ClassVar[tuple[str, ...]] = ("pdf", "jpeg", "png")

    @abstractmethod
    def load(self, raw: Mapping[str, Sequence[str]], question: Question) -> Any:
        """The JSON value to store, or ``None`` where nothing was answered. Raises ``FieldError``."""

    @abstractmethod
    def facts(self, value: Any, question: Question) -> Sequence[AnswerFact]:
        """The typed facts of a stored value."""

    @abstractmethod
    def show(self, value: Any, question: Question) -> Sequence[Message | str]:
        """The answer in words, one item a line."""

    def example(self, question: Question) -> str:
        """An answer as it could be typed, for a question without a hint of its own; empty where none is needed."""
        return ""

    def missing(self, question: Question) -> Message:
        """What to say where a required question has no answer."""
        return say("field.missing", "Answer “%(question)s”.", question=question.label)
