"""The constraint ``proximity``: mentee and mentor work in one region, or in neighboring ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tandem.plugin_api import (
    MatchingConstraint,
    Message,
    Person,
    Settings,
    Tables,
    Term,
    say,
)
from tandem_plugins._choices import numbered
from tandem_plugins._sides import SIDES, or_unknown
from tandem_plugins.proximity._regions import RegionsSchema, are_near, greatest, names_in, regions_of


class ProximityConstraintSchema(RegionsSchema):
    """The settings of the constraint ``proximity``. Without ``near`` only the same region will do."""


class ProximityConstraint(MatchingConstraint):
    """Allows a pair of which two current regions are the same, or neighbors.

    Somebody without a current region on file may be matched with anybody.
    """

    name = "proximity"
    settings_schema = ProximityConstraintSchema
    reads = frozenset({"positions"})

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of regions."""
        left, mentee_codes = numbered([regions_of(person) for person in mentees])
        right, mentor_codes = numbered([regions_of(person) for person in mentors])
        rows, columns = names_in(left), names_in(right)
        near = [[are_near(one, other, settings["near"]) for other in columns] for one in rows]
        values = np.array(near, dtype=np.uint8).reshape(len(rows), len(columns))
        known = ([bool(one) for one in sets] for sets in (left, right))
        return Tables(mentee_codes, mentor_codes, or_unknown(greatest(left, right, values) > 0, *known))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Where the two are."""
        left, right = regions_of(mentee), regions_of(mentor)
        if not left or not right:
            return say("proximity.unknown", "The region of one of them is not on file.")
        shared = left & right
        if shared:
            return say("proximity.same", "Both in %(region)s.", region=Term("region", min(shared)))
        near = [(a, b) for a in sorted(left) for b in sorted(right) if are_near(a, b, settings["near"])]
        if near:
            return say(
                "proximity.near", "%(mentee)s is next to %(mentor)s.",
                mentee=Term("region", near[0][0]), mentor=Term("region", near[0][1]),
            )  # fmt: skip
        return say(
            "proximity.apart", "%(mentee)s and %(mentor)s are not neighbors.",
            mentee=Term("region", min(left)), mentor=Term("region", min(right)),
        )  # fmt: skip

    def describe(self, settings: Settings) -> Message:
        """What a pair must be."""
        if settings["near"]:
            return say(
                "proximity.constraint.describe.near",
                "The %(mentee_word)s and the %(mentor_word)s work in the same region, or in neighboring ones.",
                **SIDES,
            )
        return say(
            "proximity.constraint.describe",
            "The %(mentee_word)s and the %(mentor_word)s work in the same region.",
            **SIDES,
        )
