"""What the criterion and the constraint on languages share: which languages somebody speaks, and which a pair has in common."""

from __future__ import annotations

from tandem.plugin_api import Message, Person, Settings, Term, keys, say
from tandem_plugins._choices import values_of
from tandem_plugins._sides import TwoQuestions, TwoQuestionsSchema


class LanguagesSchema(TwoQuestionsSchema):
    """The two questions, and the languages of everybody who did not answer them."""

    assumed = keys(load_default=list)


def spoken(person: Person, side: str, settings: Settings) -> frozenset[str]:
    """The languages that somebody gave, or those that are assumed."""
    return values_of(person, settings[side]) or frozenset(settings["assumed"])


class TwoSpeakers(TwoQuestions):
    """Compares the languages of two people."""

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Which languages the two share."""
        left, right = spoken(mentee, "mentee", settings), spoken(mentor, "mentor", settings)
        shared = sorted(left & right)
        if shared:
            terms = [Term(f"choice:{settings['mentee']}", language) for language in shared]
            return say("languages.shared", "Both speak %(languages)s.", languages=terms)
        if not left or not right:
            return say("languages.unknown", "One of them gave no language.")
        return say("languages.none", "They have no language in common.")
