"""The constraints ``equality`` and ``difference``: an answer in common is needed, or is not allowed."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, Tables, Term, say
from tandem_plugins._choices import chosen_sets, shared_counts
from tandem_plugins.equality._answers import TwoQuestionsSchema, questions, told


class EqualityConstraint(MatchingConstraint):
    """Allows a pair with an answer in common; where several can be chosen, one is enough. Whoever did not answer has none."""

    name = "equality"
    settings_schema = TwoQuestionsSchema
    reads = frozenset({"answers"})

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        left, mentee_codes = chosen_sets(mentees, settings["mentee"])
        right, mentor_codes = chosen_sets(mentors, settings["mentor"])
        return Tables(mentee_codes, mentor_codes, shared_counts(left, right) > 0)

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether the answers agree."""
        return told(mentee, mentor, settings)

    def describe(self, settings: Settings) -> Message:
        """What a pair must be."""
        return say(
            "equality.constraint.describe", "The %(mentee_word)s’s “%(mentee)s” is the %(mentor_word)s’s “%(mentor)s”.",
            mentee_word=Term("role", "mentee"), mentor_word=Term("role", "mentor"),
            mentee=Term("question", settings["mentee"]), mentor=Term("question", settings["mentor"]),
        )  # fmt: skip

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return questions(settings)


class DifferenceConstraint(MatchingConstraint):
    """Allows a pair without an answer in common. Whoever did not answer may be matched with anybody."""

    name = "difference"
    settings_schema = TwoQuestionsSchema
    reads = frozenset({"answers"})

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        left, mentee_codes = chosen_sets(mentees, settings["mentee"])
        right, mentor_codes = chosen_sets(mentors, settings["mentor"])
        return Tables(mentee_codes, mentor_codes, shared_counts(left, right) == 0)

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether the answers differ."""
        return told(mentee, mentor, settings)

    def describe(self, settings: Settings) -> Message:
        """What a pair must be."""
        return say(
            "difference.constraint.describe",
            "The %(mentee_word)s’s “%(mentee)s” is not the %(mentor_word)s’s “%(mentor)s”.",
            mentee_word=Term("role", "mentee"), mentor_word=Term("role", "mentor"),
            mentee=Term("question", settings["mentee"]), mentor=Term("question", settings["mentor"]),
        )  # fmt: skip

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return questions(settings)
