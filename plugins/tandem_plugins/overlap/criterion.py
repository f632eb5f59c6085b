"""The criterion ``overlap``: the share of the mentee's options that the mentor chose too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import (
    MatchingCriterion,
    Message,
    Person,
    Settings,
    Tables,
    Term,
    say,
    say_many,
)
from tandem_plugins._choices import chosen_sets, shared_counts, values_of
from tandem_plugins._sides import TwoQuestions, TwoQuestionsSchema, both_named


class OverlapCriterion(TwoQuestions, MatchingCriterion):
    """100 points where the mentor covers all that the mentee asks for, in proportion where only a part."""

    name = "overlap"
    settings_schema = TwoQuestionsSchema

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of options."""
        wanted, mentee_codes = chosen_sets(mentees, settings["mentee"])
        offered, mentor_codes = chosen_sets(mentors, settings["mentor"])
        sizes = np.maximum(np.array([len(one) for one in wanted], dtype=np.int32), 1)
        # Rounded half up in whole numbers, so that the same pair has the same points everywhere.
        points = (200 * shared_counts(wanted, offered) + sizes[:, None]) // (2 * sizes[:, None])
        return Tables(mentee_codes, mentor_codes, points.astype(np.uint8))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """How many, and which, of the mentee's options the mentor covers."""
        wanted = values_of(mentee, settings["mentee"])
        shared = sorted(wanted & values_of(mentor, settings["mentor"]))
        if not shared:
            return say("overlap.points.none", "None of what is asked for.")
        return say_many(
            "overlap.points",
            "%(count)s of %(wanted)s asked for: %(shared)s.",
            "%(count)s of %(wanted)s asked for: %(shared)s.",
            len(shared),
            wanted=len(wanted),
            shared=[Term(f"choice:{settings['mentee']}", key) for key in shared],
        )

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "overlap.criterion.describe", "How much of the %(mentee_word)s’s “%(mentee)s” is in the %(mentor_word)s’s “%(mentor)s”.",
            **both_named(settings),
        )  # fmt: skip
