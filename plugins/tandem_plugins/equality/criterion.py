"""The criterion ``equality``: all points where the mentee's and the mentor's answer agree, none where they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, SettingsSchema, Tables, Term, key, say
from tandem_plugins._choices import chosen_sets, shared_counts, values_of


class EqualitySchema(SettingsSchema):
    """The settings of ``equality``: the two questions."""

    mentee = key(required=True, metadata={"question": "mentee"})
    mentor = key(required=True, metadata={"question": "mentor"})


class Equality(MatchingCriterion):
    """100 points for one answer in common; where several can be chosen, one is enough."""

    name = "equality"
    settings_schema = EqualitySchema
    reads = frozenset({"answers"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        left, mentee_codes = chosen_sets(mentees, settings["mentee"])
        right, mentor_codes = chosen_sets(mentors, settings["mentor"])
        points = np.where(shared_counts(left, right) > 0, 100, 0)
        return Tables(mentee_codes, mentor_codes, points.astype(np.uint8))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether the answers agree."""
        left, right = values_of(mentee, settings["mentee"]), values_of(mentor, settings["mentor"])
        shared = sorted(left & right)
        if shared:
            terms = [Term(f"choice:{settings['mentee']}", key) for key in shared]
            return say("equality.same", "The same answer: %(shared)s.", shared=terms)
        if not left or not right:
            return say("equality.unanswered", "One of them did not answer.")
        return say("equality.different", "Different answers.")

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "equality.describe", "Whether the %(mentee_word)s’s “%(mentee)s” is the %(mentor_word)s’s “%(mentor)s”.",
            mentee_word=Term("role", "mentee"), mentor_word=Term("role", "mentor"),
            mentee=Term("question", settings["mentee"]), mentor=Term("question", settings["mentor"]),
        )  # fmt: skip

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return [settings["mentee"]], [settings["mentor"]]
