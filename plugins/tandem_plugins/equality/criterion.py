"""The criteria ``equality`` and ``difference``: all points where the mentee's and the mentor's answer agree, or where they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, Tables, say
from tandem_plugins._sides import both_named
from tandem_plugins.equality._answers import TwoAnswers, compared


class Equality(TwoAnswers, MatchingCriterion):
    """100 points for one answer in common; where several can be chosen, one is enough."""

    name = "equality"

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        mentee_codes, mentor_codes, agree, _answered = compared(mentees, mentors, settings)
        return Tables(mentee_codes, mentor_codes, np.uint8(100) * agree)

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "equality.describe",
            "Whether the %(mentee_word)s’s “%(mentee)s” is the %(mentor_word)s’s “%(mentor)s”.",
            **both_named(settings),
        )


class Difference(TwoAnswers, MatchingCriterion):
    """100 points where both answered and have no answer in common; none where one of them did not answer."""

    name = "difference"

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        mentee_codes, mentor_codes, agree, answered = compared(mentees, mentors, settings)
        return Tables(mentee_codes, mentor_codes, np.uint8(100) * (answered & ~agree))

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "difference.describe",
            "Whether the %(mentee_word)s’s “%(mentee)s” is another one than the %(mentor_word)s’s “%(mentor)s”.",
            **both_named(settings),
        )
