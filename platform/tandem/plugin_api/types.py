"""What plugins and the core say to each other: truth values, messages, verdicts, and the parts of a match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Truth(StrEnum):
    """Kleene's three values. Unknown stays unknown through ``all``, ``any`` and ``not``."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Term:
    """A word of an association's vocabulary, shown by its label: ``Term("discipline", "payroll")``."""

    vocabulary: str
    key: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """A duration, shown as "5 minutes" or "40 hours"."""

    minutes: int


#: What a message's parameters may be. A sequence is shown as a list ("a, b or c"); dates in the reader's language.
Parameter = str | int | Decimal | date | Term | Minutes | Sequence["Term | str"]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence as an id, a source text and parameters, so that it can be translated, and reworded by an association.

    ``id`` is stable (``membership.tenure.describe``); ``text`` is the English source with ``%(name)s`` placeholders;
    with ``plural`` and ``count`` the reader's language chooses the form.
    """

    id: str
    text: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    plural: str | None = None
    count: int | None = None


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
