"""The constraint ``languages``: mentee and mentor speak one language."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, Tables, say
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

    def describe(self, settings: Settings) -> Message:  # noqa: ARG002 - the same for all
        """What a pair must have."""
        return say(
            "languages.constraint.describe",
            "The %(mentee_word)s and the %(mentor_word)s speak at least one language in common.",
            **SIDES,
        )
