"""The constraint ``availability``: enough hours of the week suit both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, Tables, say_many, whole
from tandem_plugins._sides import both_named, or_unknown
from tandem_plugins.availability._week import HOUR, WEEK, TwoWeeks, WeekSchema, table_of, weeks_of


class AvailabilityConstraintSchema(WeekSchema):
    """The settings of the constraint ``availability``: the two questions, the week, and how many hours must be shared."""

    at_least = whole(at_least=1, at_most=40, load_default=1)


class AvailabilityConstraint(TwoWeeks, MatchingConstraint):
    """Allows a pair with at least ``at_least`` hours in common. Who gave no slot may be matched with anybody."""

    name = "availability"
    settings_schema = AvailabilityConstraintSchema

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct week: the slots, and the clock they are on."""
        left, mentee_codes = weeks_of(mentees, settings["mentee"], settings)
        right, mentor_codes = weeks_of(mentors, settings["mentor"], settings)
        enough = table_of(left, right, np.arange(WEEK + 1) >= HOUR * settings["at_least"], settings)
        known = ([bool(week.slots) for week in weeks] for weeks in (left, right))
        return Tables(mentee_codes, mentor_codes, or_unknown(enough, *known))

    def describe(self, settings: Settings) -> Message:
        """What a pair must have in common."""
        return say_many(
            "availability.constraint.describe",
            "At least %(count)s hour of the week suits both by the %(mentee_word)s’s “%(mentee)s” and the %(mentor_word)s’s “%(mentor)s”.",
            "At least %(count)s hours of the week suit both by the %(mentee_word)s’s “%(mentee)s” and the %(mentor_word)s’s “%(mentor)s”.",
            settings["at_least"],
            **both_named(settings),
        )  # fmt: skip
