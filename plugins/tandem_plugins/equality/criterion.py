"""The criteria ``equality`` and ``difference``: all points where the mentee's and the mentor's answer agree, or where they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, Tables, Term, say
from tandem_plugins._choices import chosen_sets, shared_counts
from tandem_plugins.equality._answers import TwoQuestionsSchema, questions, told


class Equality(MatchingCriterion):
    """100 points for one answer in common; where several can be chosen, one is enough."""

    name = "equality"
    settings_schema = TwoQuestionsSchema
    reads = frozenset({"answers"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        left, mentee_codes = chosen_sets(mentees, settings["mentee"])
        right, mentor_codes = chosen_sets(mentors, settings["mentor"])
        points = np.where(shared_counts(left, right) > 0, 100, 0)
        return Tables(mentee_codes, mentor_codes, points.astype(np.uint8))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether the answers agree."""
        return told(mentee, mentor, settings)

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "equality.describe", "Whether the %(mentee_word)s’s “%(mentee)s” is the %(mentor_word)s’s “%(mentor)s”.",
            mentee_word=Term("role", "mentee"), mentor_word=Term("role", "mentor"),
            mentee=Term("question", settings["mentee"]), mentor=Term("question", settings["mentor"]),
        )  # fmt: skip

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return questions(settings)


class Difference(MatchingCriterion):
    """100 points where both answered and have no answer in common; none where one of them did not answer."""

    name = "difference"
    settings_schema = TwoQuestionsSchema
    reads = frozenset({"answers"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        left, mentee_codes = chosen_sets(mentees, settings["mentee"])
        right, mentor_codes = chosen_sets(mentors, settings["mentor"])
        answered = _any(left)[:, None] & _any(right)[None, :]
        points = np.where(answered & (shared_counts(left, right) == 0), 100, 0)
        return Tables(mentee_codes, mentor_codes, points.astype(np.uint8))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether the answers differ."""
        return told(mentee, mentor, settings)

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "difference.describe", "Whether the %(mentee_word)s’s “%(mentee)s” is another one than the %(mentor_word)s’s “%(mentor)s”.",
            mentee_word=Term("role", "mentee"), mentor_word=Term("role", "mentor"),
            mentee=Term("question", settings["mentee"]), mentor=Term("question", settings["mentor"]),
        )  # fmt: skip

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return questions(settings)


def _any(sets: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """Which sets have something in them."""
    return np.fromiter((bool(one) for one in sets), dtype=np.bool_, count=len(sets))
