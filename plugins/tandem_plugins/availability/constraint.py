"""The constraint ``availability``: enough hours of the week suit both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, Tables, Term, say_many, whole
from tandem_plugins.availability._week import HOUR, WEEK, WeekSchema, say_shared, table_of, week_of, weeks_of


class AvailabilityConstraintSchema(WeekSchema):
    """The settings of the constraint ``availability``: the two questions, the week, and how many hours must be shared."""

    at_least = whole(at_least=1, at_most=40, load_default=1)


class AvailabilityConstraint(MatchingConstraint):
    """Allows a pair with at least ``at_least`` hours in common. Who gave no slot may be matched with anybody."""

    name = "availability"
    settings_schema = AvailabilityConstraintSchema
    reads = frozenset({"answers", "positions"})

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct week: the slots, and the clock they are on."""
        left, mentee_codes = weeks_of(mentees, settings["mentee"], settings)
        right, mentor_codes = weeks_of(mentors, settings["mentor"], settings)
        enough = table_of(left, right, np.arange(WEEK + 1) >= HOUR * settings["at_least"], settings)
        silent, quiet = (np.array([not week.slots for week in weeks], dtype=np.bool_) for weeks in (left, right))
        return Tables(mentee_codes, mentor_codes, enough | silent[:, None] | quiet[None, :])

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """How much of the week suits both."""
        return say_shared(
            week_of(mentee, settings["mentee"], settings), week_of(mentor, settings["mentor"], settings), settings
        )

    def describe(self, settings: Settings) -> Message:
        """What a pair must have in common."""
        return say_many(
            "availability.constraint.describe",
            "At least %(count)s hour of the week suits both by the %(mentee_word)s’s “%(mentee)s” and the %(mentor_word)s’s “%(mentor)s”.",
            "At least %(count)s hours of the week suit both by the %(mentee_word)s’s “%(mentee)s” and the %(mentor_word)s’s “%(mentor)s”.",
            settings["at_least"],
            mentee_word=Term("role", "mentee"), mentor_word=Term("role", "mentor"),
            mentee=Term("question", settings["mentee"]), mentor=Term("question", settings["mentor"]),
        )  # fmt: skip

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return [settings["mentee"]], [settings["mentor"]]
