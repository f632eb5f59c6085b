"""Reading whom somebody names in an answer: by member number, e-mail address or full name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import ValidationError, validates_schema
from numpy.typing import NDArray

from tandem.plugin_api import Person, Settings, SettingsSchema, Tables, key, wrong
from tandem_plugins._choices import numbered, shared_counts

#: Shape (mentees,) or (mentors,).
Codes = NDArray[np.int32]

#: What stands between two people in one answer.
_BETWEEN = re.compile(r"[,;\n]")


class NamingSchema(SettingsSchema):
    """The questions in which people name others; one is enough."""

    mentee = key(load_default=None, metadata={"question": "mentee"})
    mentor = key(load_default=None, metadata={"question": "mentor"})

    @validates_schema
    def check_questions(self, data: Mapping[str, Any], **_: Any) -> None:
        """Without a question nobody could name anybody."""
        if data.get("mentee") is None and data.get("mentor") is None:
            raise ValidationError(wrong("name the question of the mentee, of the mentor, or both"), "mentee")


def fields_of(settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
    """The questions that there are, by side."""
    mentee, mentor = settings["mentee"], settings["mentor"]
    return [] if mentee is None else [mentee], [] if mentor is None else [mentor]


def named_by(person: Person, field: str | None) -> frozenset[str]:
    """Whom somebody names in the answers to ``field``, written as in ``Person.called``; empty without a question."""
    if field is None:
        return frozenset()
    typed = (answer.text_value or "" for answer in person.facts.answered(field))
    parts = (" ".join(part.split()).casefold() for text in typed for part in _BETWEEN.split(text))
    return frozenset(part for part in parts if part)


def naming(
    mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings
) -> tuple[Tables, NDArray[np.bool_]]:
    """Which mentee names which mentor, as tables, and by the same codes which mentor names which mentee."""
    wishing, wished, by_mentee = _one_way(mentees, settings["mentee"], mentors)
    offering, offered, by_mentor = _one_way(mentors, settings["mentor"], mentees)
    # One code a person for both: whom they name, and by what they are named.
    left, mentee_codes = _both(wishing, offered)
    right, mentor_codes = _both(wished, offering)
    theirs = by_mentor[right[:, 1][None, :], left[:, 1][:, None]]
    return Tables(mentee_codes, mentor_codes, by_mentee[left[:, 0][:, None], right[:, 0][None, :]]), theirs


def _one_way(
    ones: Sequence[Person], field: str | None, others: Sequence[Person]
) -> tuple[Codes, Codes, NDArray[np.bool_]]:
    """Which of ``ones`` name which of ``others``: codes of both, and the table by code.

    Few people are named, so whoever nobody names shares a column with all others like them.
    """
    lists, one_codes = numbered([named_by(person, field) for person in ones])
    anybody = frozenset[str]().union(*lists)
    called, other_codes = numbered([person.called & anybody for person in others])
    return one_codes, other_codes, shared_counts(lists, called) > 0


def _both(one: Codes, other: Codes) -> tuple[NDArray[np.int64], Codes]:
    """The distinct pairs of two codes ``(k, 2)``, and which of them each person has ``(people,)``."""
    pairs = list(zip(one.tolist(), other.tolist(), strict=True))
    numbers: dict[tuple[int, int], int] = {}
    own = np.fromiter((numbers.setdefault(pair, len(numbers)) for pair in pairs), dtype=np.int32, count=len(pairs))
    return np.array(list(numbers), dtype=np.int64).reshape(-1, 2), own


def names(one: Person, field: str | None, other: Person) -> bool:
    """Whether one person names the other."""
    return bool(named_by(one, field) & other.called)
