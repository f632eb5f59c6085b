"""The criterion ``availability``: the more hours of the week suit both, the more points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, Tables, say_many, whole
from tandem_plugins._sides import both_named
from tandem_plugins.availability._week import HOUR, WEEK, TwoWeeks, WeekSchema, table_of, weeks_of


class AvailabilityCriterionSchema(WeekSchema):
    """The settings of the criterion ``availability``: the two questions, the week, and how many hours give all points."""

    enough = whole(at_least=1, at_most=40, load_default=3)


class AvailabilityCriterion(TwoWeeks, MatchingCriterion):
    """100 points from ``enough`` hours in common, in proportion below, rounded half up. Who gave no slot has 0 points."""

    name = "availability"
    settings_schema = AvailabilityCriterionSchema

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct week: the slots, and the clock they are on."""
        left, mentee_codes = weeks_of(mentees, settings["mentee"], settings)
        right, mentor_codes = weeks_of(mentors, settings["mentor"], settings)
        enough = HOUR * settings["enough"]
        shared = np.minimum(np.arange(WEEK + 1), enough)
        # Rounded half up in whole numbers, so that the same pair has the same points everywhere.
        points = ((200 * shared + enough) // (2 * enough)).astype(np.uint8)
        return Tables(mentee_codes, mentor_codes, table_of(left, right, points, settings))

    def describe(self, settings: Settings) -> Message:
        """What is compared, and how much of it is enough."""
        return say_many(
            "availability.criterion.describe",
            "How much of the week suits both by the %(mentee_word)s’s “%(mentee)s” and the %(mentor_word)s’s “%(mentor)s”; %(count)s hour is enough.",
            "How much of the week suits both by the %(mentee_word)s’s “%(mentee)s” and the %(mentor_word)s’s “%(mentor)s”; %(count)s hours are enough.",
            settings["enough"],
            **both_named(settings),
        )  # fmt: skip
