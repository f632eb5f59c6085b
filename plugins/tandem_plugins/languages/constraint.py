"""The constraint ``languages``: mentee and mentor speak one language."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import AnyOf, MatchingConstraint, Message, Person, Settings, Tables, Term, say
from tandem_plugins._choices import numbered, shared_counts
from tandem_plugins._sides import SIDES
from tandem_plugins.languages._spoken import LanguagesSchema, TwoSpeakers, spoken


class LanguageConstraint(TwoSpeakers, MatchingConstraint):
    """Allows a pair with a language in common. Whoever gave none speaks the assumed ones; without these, no language."""

    name = "languages"
    settings_schema = LanguagesSchema

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of languages."""
        left, mentee_codes = numbered([spoken(person, "mentee", settings) for person in mentees])
        right, mentor_codes = numbered([spoken(person, "mentor", settings) for person in mentors])
        return Tables(mentee_codes, mentor_codes, shared_counts(left, right) > 0)

    def lacking(
        self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings
    ) -> Sequence[Message | None]:
        """Which languages of a mentee nobody speaks."""
        known = frozenset().union(*(spoken(mentor, "mentor", settings) for mentor in mentors))
        return [_lacking(spoken(mentee, "mentee", settings), known, settings) for mentee in mentees]

    def describe(self, settings: Settings) -> Message:  # noqa: ARG002 - the same for all
        """What a pair must have."""
        return say(
            "languages.constraint.describe",
            "The %(mentee_word)s and the %(mentor_word)s speak at least one language in common.",
            **SIDES,
        )


def _lacking(own: frozenset[str], known: frozenset[str], settings: Settings) -> Message | None:
    if own & known:
        return None
    if not own:
        return say("languages.lacking.none", "No language was given.")
    languages = AnyOf(tuple(Term(f"choice:{settings['mentee']}", language) for language in sorted(own)))
    return say("languages.lacking", "Nobody with a free place speaks %(languages)s.", languages=languages)
