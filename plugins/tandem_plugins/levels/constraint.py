"""The constraint ``levels``: the mentor stands enough steps above the mentee, and not too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import ValidationError, validates_schema

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, Tables, say, say_many, whole, wrong
from tandem_plugins._sides import SIDES
from tandem_plugins.levels._ladder import LadderSchema, TwoStandings, standings, steps_above


class LevelsConstraintSchema(LadderSchema):
    """The settings of the constraint ``levels``: the fewest steps above (below 0: so many under), and the most, if there is one."""

    at_least = whole(at_least=-50, at_most=50, load_default=1)
    at_most = whole(at_least=-50, at_most=50, load_default=None)

    @validates_schema
    def check_range(self, data: Mapping[str, Any], **_: Any) -> None:
        """No pair could be made between a least and a smaller most."""
        if data.get("at_most") is not None and data["at_most"] < data["at_least"]:
            raise ValidationError(wrong("must not be less than at_least"), "at_most")


class LevelsConstraint(TwoStandings, MatchingConstraint):
    """Allows a pair within the range. Somebody whose level is not known may be matched with anybody."""

    name = "levels"
    settings_schema = LevelsConstraintSchema

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each level, and one for those without."""
        above, known = steps_above(settings)
        within = above >= settings["at_least"]
        if settings["at_most"] is not None:
            within &= above <= settings["at_most"]
        return Tables(
            standings(mentees, "mentee", settings),
            standings(mentors, "mentor", settings),
            np.where(known, within, True),
        )

    def describe(self, settings: Settings) -> Message:
        """What a pair must be."""
        least, most = settings["at_least"], settings["at_most"]
        if most is not None:
            return say(
                "levels.constraint.describe.range",
                "The %(mentor_word)s is between %(least)s and %(most)s levels above the %(mentee_word)s.",
                least=least, most=most, **SIDES,
            )  # fmt: skip
        return say_many(
            "levels.constraint.describe",
            "The %(mentor_word)s is at least %(count)s level above the %(mentee_word)s.",
            "The %(mentor_word)s is at least %(count)s levels above the %(mentee_word)s.",
            least,
            **SIDES,
        )
