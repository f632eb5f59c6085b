"""The criterion ``levels``: all points where the mentor stands the wished number of steps above, fewer for each step off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, Tables, say_many, whole
from tandem_plugins._sides import SIDES
from tandem_plugins.levels._ladder import LadderSchema, TwoStandings, standings, steps_above


class LevelsCriterionSchema(LadderSchema):
    """The settings of the criterion ``levels``: how many steps above are wished, and what each step off costs."""

    steps = whole(at_least=0, at_most=50, load_default=1)
    step_points = whole(at_least=1, at_most=100, load_default=25)


class LevelsCriterion(TwoStandings, MatchingCriterion):
    """100 points at ``steps`` above, ``step_points`` less for each step more or fewer; none where a level is not known."""

    name = "levels"
    settings_schema = LevelsCriterionSchema

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each level, and one for those without."""
        above, known = steps_above(settings)
        points = np.clip(100 - settings["step_points"] * np.abs(above - settings["steps"]), 0, 100)
        return Tables(
            standings(mentees, "mentee", settings),
            standings(mentors, "mentor", settings),
            np.where(known, points, 0).astype(np.uint8),
        )

    def describe(self, settings: Settings) -> Message:
        """What is wished."""
        return say_many(
            "levels.describe",
            "Whether the %(mentor_word)s is %(count)s level above the %(mentee_word)s.",
            "Whether the %(mentor_word)s is %(count)s levels above the %(mentee_word)s.",
            settings["steps"],
            **SIDES,
        )
