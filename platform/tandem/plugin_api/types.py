"""What plugins and the core say to each other: truth values, messages, verdicts and the parts of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Union


class Truth(StrEnum):
    """Kleene's three values. Unknown stays unknown through ``all``, ``any`` and ``not``."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> Truth:
        """The truth of a value in which ``None`` means unknown, as in SQL."""
        if value is None:
            return cls.UNKNOWN
        return cls.MET if value else cls.NOT_MET


@dataclass(frozen=True, slots=True)
class Term:
    """A word of an association's vocabulary, shown by its label: ``Term("discipline", "payroll")``.

    The vocabulary ``question`` stands for the questions of the form at hand, ``Term("question", "expertise")``, and
    ``choice:expertise`` for the options of one of them.
    """

    vocabulary: str
    key: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """A duration, shown as "5 minutes" or "40 hours"."""

    minutes: int


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Things of which one is enough, shown as "a, b or c"; a plain sequence is shown as "a, b and c"."""

    items: tuple[Term | str | Message, ...]


#: What a message's parameters may be. Dates, numbers and lists are shown as in the reader's language; a message inside
#: another is a whole sentence.
Parameter = Union[str, int, Decimal, date, Term, Minutes, AnyOf, "Message", Sequence[Union[Term, str, "Message"]]]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence as an id, a source text and parameters, so that it can be translated, and reworded by an association.

    ``id`` is stable (``membership.tenure.describe``); ``text`` is the English source with ``%(name)s`` placeholders;
    with ``plural`` and ``count`` the reader's language chooses the form, and ``%(count)s`` is the number.
    Write ``say`` and ``say_many`` rather than this class: the catalogue of translations is collected from those two.
    """

    id: str
    text: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    plural: str | None = None
    count: int | None = None

    @property
    def source(self) -> str:
        """The English text in the form that ``count`` asks for, placeholders not filled in."""
        return self.plural if self.plural is not None and self.count != 1 else self.text


def say(message_id: str, text: str, /, **params: Parameter) -> Message:
    """A message: ``say("fee.describe", "You have paid %(amount)s.", amount=Decimal(5))``."""
    return Message(message_id, text, params)


def say_many(message_id: str, one: str, many: str, count: int, /, **params: Parameter) -> Message:
    """A message whose words depend on a number: ``say_many("x", "%(count)s year", "%(count)s years", 3)``."""
    return Message(message_id, one, {**params, "count": count}, many, count)


class Source(StrEnum):
    """Where a piece of evidence comes from."""

    DIRECTORY = "directory"
    ANSWER = "answer"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: a sentence, and where it was read."""

    source: Source
    message: Message


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one person: a truth, why, what would help, and what it rests on.

    A verdict that is not ``MET`` always has a reason; ``remedy`` is what the person can do about it.
    """

    truth: Truth
    reason: Message | None = None
    remedy: Message | None = None
    evidence: tuple[Evidence, ...] = ()


#: Settings as a plugin's own marshmallow schema loaded them.
Settings = Mapping[str, Any]
