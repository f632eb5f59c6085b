"""What the criterion and the constraint on levels share: where on the ladder somebody stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from marshmallow import ValidationError, validates_schema
from numpy.typing import NDArray

from tandem.plugin_api import Message, Person, Settings, SettingsSchema, Term, key, keys, say, wrong

#: Where somebody stands of whom no level is known.
NOWHERE = -1


class LadderSchema(SettingsSchema):
    """``levels`` from the lowest to the highest; the two questions, or neither for the titles of current positions."""

    levels = keys(required=True)
    mentee = key(load_default=None, metadata={"question": "mentee"})
    mentor = key(load_default=None, metadata={"question": "mentor"})

    @validates_schema
    def check_questions(self, data: Mapping[str, Any], **_: Any) -> None:
        """One question alone could not be compared with anything."""
        if (data.get("mentee") is None) != (data.get("mentor") is None):
            missing = "mentor" if data.get("mentor") is None else "mentee"
            raise ValidationError(wrong("name the question of both sides, or of neither"), missing)


def standing(person: Person, side: str, settings: Settings) -> int:
    """The highest of somebody's levels, counted from 0 for the lowest of all; ``NOWHERE`` without one that the settings name."""
    place = {level: number for number, level in enumerate(settings["levels"])}
    return max((place[one] for one in _own(person, side, settings) if one in place), default=NOWHERE)


def _own(person: Person, side: str, settings: Settings) -> Sequence[str]:
    question = settings[side]
    if question is not None:
        return person.facts.chosen(question)
    today = person.facts.today
    return [position.title for position in person.facts.positions if position.title and position.runs_on(today)]


def standings(people: Sequence[Person], side: str, settings: Settings) -> NDArray[np.int32]:
    """``standing`` of many, shape ``(people,)``, plus one: 0 is nowhere, so that they number the rows of a table."""
    return np.fromiter((standing(one, side, settings) + 1 for one in people), dtype=np.int32, count=len(people))


def steps_above(settings: Settings) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """For each standing of a mentee and of a mentor (both plus one) how many steps the mentor is above, and whether both are known.

    Both of shape ``(levels + 1, levels + 1)``.
    """
    numbers = np.arange(len(settings["levels"]) + 1, dtype=np.int32)
    known = (numbers > 0)[:, None] & (numbers > 0)[None, :]
    return numbers[None, :] - numbers[:, None], known


class TwoStandings:
    """Compares where two people stand; comes before the contract among the bases."""

    reads: ClassVar[frozenset[str] | None] = frozenset({"answers", "positions"})

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question, where the levels are answers."""
        return ([], []) if settings["mentee"] is None else ([settings["mentee"]], [settings["mentor"]])

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Where the two stand, or that it is not known."""
        low, high = standing(mentee, "mentee", settings), standing(mentor, "mentor", settings)
        if NOWHERE in (low, high):
            return say("levels.unknown", "The level of one of them is not known.")
        left, right = _term("mentee", low, settings), _term("mentor", high, settings)
        if low == high:
            return say("levels.same", "Both are at %(level)s.", level=left)
        if high > low:
            return say("levels.above", "%(mentor)s is above %(mentee)s.", mentor=right, mentee=left)
        return say("levels.below", "%(mentor)s is below %(mentee)s.", mentor=right, mentee=left)


def _term(side: str, level: int, settings: Settings) -> Term:
    question = settings[side]
    return Term("title" if question is None else f"choice:{question}", settings["levels"][level])
