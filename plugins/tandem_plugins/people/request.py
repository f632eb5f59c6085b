"""The criterion ``people.request``: points for a pair of whom one asked for the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import MatchingCriterion, Message, Person, Settings, Tables, say, whole
from tandem_plugins._sides import SIDES
from tandem_plugins.people._named import NamingSchema, fields_of, names, naming


class AskedForSchema(NamingSchema):
    """The settings of ``people.request``: ``one_sided`` is what a wish is worth that the other does not share, or is not asked about."""

    one_sided = whole(at_least=1, at_most=100, load_default=100)


class AskedFor(MatchingCriterion):
    """100 points where both ask for each other, ``one_sided`` where one asks for the other.

    People are named by member number, e-mail address or full name, several with a comma, a semicolon or a line between them. A name
    that nobody in the pool has counts for nothing; one that two people have counts for both.
    """

    name = "people.request"
    settings_schema = AskedForSchema
    reads = frozenset({"answers", "called"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct way to name and to be named."""
        tables, by_mentor = naming(mentees, mentors, settings)
        both, one = tables.table & by_mentor, tables.table | by_mentor
        points = np.where(both, 100, np.where(one, settings["one_sided"], 0))
        return Tables(tables.mentee_codes, tables.mentor_codes, points.astype(np.uint8))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Who asked for whom."""
        by_mentee = names(mentee, settings["mentee"], mentor)
        by_mentor = names(mentor, settings["mentor"], mentee)
        if by_mentee and by_mentor:
            return say("people.request.both", "They asked for each other.")
        if by_mentee:
            return say("people.request.mentee", "The %(mentee_word)s asked for this %(mentor_word)s.", **SIDES)
        if by_mentor:
            return say("people.request.mentor", "The %(mentor_word)s asked for this %(mentee_word)s.", **SIDES)
        return say("people.request.neither", "Neither asked for the other by name.")

    def describe(self, settings: Settings) -> Message:
        """Whose wishes count."""
        if settings["mentor"] is None:
            return say(
                "people.request.describe.mentee", "Whether the %(mentee_word)s asked for this %(mentor_word)s.", **SIDES
            )
        if settings["mentee"] is None:
            return say(
                "people.request.describe.mentor", "Whether the %(mentor_word)s asked for this %(mentee_word)s.", **SIDES
            )
        return say(
            "people.request.describe",
            "Whether the %(mentee_word)s and the %(mentor_word)s asked for each other.",
            **SIDES,
        )

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The questions in which people name others."""
        return fields_of(settings)
