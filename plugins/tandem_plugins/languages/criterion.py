"""The criterion ``languages``: points for a language in common, fewer where it is only the one that everybody speaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, Tables, Term, key, say, whole
from tandem_plugins._choices import numbered, shared_counts
from tandem_plugins._sides import SIDES
from tandem_plugins.languages._spoken import LanguagesSchema, TwoSpeakers, spoken


class LanguageCriterionSchema(LanguagesSchema):
    """The settings of the criterion ``languages``: what is common, and what any other language in common is worth.

    ``common`` is the language in which everybody can talk anyway; a pair that shares another one gets all points.
    """

    common = key(load_default=None)
    common_points = whole(at_least=0, at_most=100, load_default=50)


class LanguageCriterion(TwoSpeakers, MatchingCriterion):
    """100 points for a language in common, ``common_points`` where ``common`` is the only one. Whoever gave none speaks the assumed ones."""

    name = "languages"
    settings_schema = LanguageCriterionSchema

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of languages."""
        left, mentee_codes = numbered([spoken(person, "mentee", settings) for person in mentees])
        right, mentor_codes = numbered([spoken(person, "mentor", settings) for person in mentors])
        everyday = frozenset({settings["common"]})
        special = shared_counts([one - everyday for one in left], right) > 0
        points = np.where(special, 100, np.where(shared_counts(left, right) > 0, settings["common_points"], 0))
        return Tables(mentee_codes, mentor_codes, points.astype(np.uint8))

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        if settings["common"] is None:
            return say(
                "languages.describe",
                "Whether the %(mentee_word)s and the %(mentor_word)s speak a language in common.",
                **SIDES,
            )
        return say(
            "languages.describe.common",
            "Whether the %(mentee_word)s and the %(mentor_word)s speak a language in common, best another one than %(common)s.",
            common=Term(f"choice:{settings['mentee']}", settings["common"]),
            **SIDES,
        )
