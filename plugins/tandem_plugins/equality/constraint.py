"""The constraints ``equality`` and ``difference``: an answer in common is needed, or is not allowed."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import AnyOf, MatchingConstraint, Message, Person, Settings, Tables, Term, say
from tandem_plugins._choices import values_of, values_of_all
from tandem_plugins._sides import both_named
from tandem_plugins.equality._answers import TwoAnswers, compared


class EqualityConstraint(TwoAnswers, MatchingConstraint):
    """Allows a pair with an answer in common; whoever did not answer has none."""

    name = "equality"

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        mentee_codes, mentor_codes, agree, _answered = compared(mentees, mentors, settings)
        return Tables(mentee_codes, mentor_codes, agree)

    def lacking(
        self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings
    ) -> Sequence[Message | None]:
        """Which answer of a mentee nobody gave."""
        question = settings["mentee"]
        given = values_of_all(mentors, settings["mentor"])
        return [_lacking(values_of(mentee, question), given, question) for mentee in mentees]

    def describe(self, settings: Settings) -> Message:
        """What a pair must be."""
        return say(
            "equality.constraint.describe",
            "The %(mentee_word)s’s “%(mentee)s” is the %(mentor_word)s’s “%(mentor)s”.",
            **both_named(settings),
        )


class DifferenceConstraint(TwoAnswers, MatchingConstraint):
    """Allows a pair without an answer in common; whoever did not answer may be matched with anybody."""

    name = "difference"

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct answer."""
        mentee_codes, mentor_codes, agree, _answered = compared(mentees, mentors, settings)
        return Tables(mentee_codes, mentor_codes, ~agree)

    def describe(self, settings: Settings) -> Message:
        """What a pair must be."""
        return say(
            "difference.constraint.describe",
            "The %(mentee_word)s’s “%(mentee)s” is not the %(mentor_word)s’s “%(mentor)s”.",
            **both_named(settings),
        )


def _lacking(own: frozenset[str], given: frozenset[str], question: str) -> Message | None:
    if own & given:
        return None
    named = Term("question", question)
    if not own:
        return say("equality.lacking.unanswered", "“%(question)s” was not answered.", question=named)
    answers = AnyOf(tuple(Term(f"choice:{question}", key) for key in sorted(own)))
    return say(
        "equality.lacking", "For “%(question)s”, nobody with a free place has the answer %(answers)s.",
        question=named, answers=answers,
    )  # fmt: skip
