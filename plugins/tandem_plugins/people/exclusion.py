"""The constraint ``people.exclusion``: nobody is matched with somebody they named, or who named them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingConstraint, Message, Person, Settings, Tables, say
from tandem_plugins._sides import SIDES
from tandem_plugins.people._named import NamingSchema, fields_of, names, naming


class NotNamed(MatchingConstraint):
    """Allows a pair of whom neither named the other in the question for it.

    People are named as for ``people.request``. Its sentences never say who named whom: one of the two may read them.
    """

    name = "people.exclusion"
    settings_schema = NamingSchema
    reads = frozenset({"answers", "called"})

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct way to name and to be named."""
        tables, by_mentor = naming(mentees, mentors, settings)
        return Tables(tables.mentee_codes, tables.mentor_codes, np.logical_not(tables.table | by_mentor))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether one of them asked for it."""
        if names(mentee, settings["mentee"], mentor) or names(mentor, settings["mentor"], mentee):
            return say("people.exclusion.named", "One of them asked not to be matched with the other.")
        return say("people.exclusion.free", "Neither asked not to be matched with the other.")

    def describe(self, settings: Settings) -> Message:  # noqa: ARG002 - the same for all
        """What a pair must be."""
        return say(
            "people.exclusion.describe",
            "Neither the %(mentee_word)s nor the %(mentor_word)s asked not to be matched with the other.",
            **SIDES,
        )

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The questions in which people name others."""
        return fields_of(settings)
