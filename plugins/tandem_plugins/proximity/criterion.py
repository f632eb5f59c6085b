"""The criterion ``proximity``: points for working in the same region, fewer for a neighbouring one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import fields, validate

from tandem.plugin_api import (
    MatchingCriterion,
    Message,
    Person,
    Settings,
    SettingsSchema,
    Tables,
    Term,
    key,
    keys,
    say,
    whole,
    wrong,
)
from tandem_plugins._choices import numbered


class ProximitySchema(SettingsSchema):
    """The settings of ``proximity``. ``near`` is read both ways: a neighbour's neighbour is oneself."""

    on = fields.String(load_default="region", validate=validate.OneOf(["region"], error=wrong("must be region")))
    near = fields.Dict(
        keys=key(metadata={"vocabulary": "region"}), values=keys(metadata={"vocabulary": "region"}),
        load_default=dict, validate=validate.Length(max=500),
    )  # fmt: skip
    near_points = whole(at_least=0, at_most=100, load_default=50)


class Proximity(MatchingCriterion):
    """Looks at the regions of all current positions and takes the nearest two."""

    name = "proximity"
    settings_schema = ProximitySchema
    reads = frozenset({"positions"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of regions."""
        left, mentee_codes = numbered([_regions(person) for person in mentees])
        right, mentor_codes = numbered([_regions(person) for person in mentors])
        points = [[_points(one, other, settings)[0] for other in right] for one in left]
        return Tables(mentee_codes, mentor_codes, np.array(points, dtype=np.uint8).reshape(len(left), len(right)))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Where the two are."""
        left, right = _regions(mentee), _regions(mentor)
        _, pair = _points(left, right, settings)
        if pair is None:
            if left and right:
                return say(
                    "proximity.apart", "%(mentee)s and %(mentor)s are not neighbors.",
                    mentee=Term("region", min(left)), mentor=Term("region", min(right)),
                )  # fmt: skip
            return say("proximity.unknown", "The region of one of them is not on file.")
        if pair[0] == pair[1]:
            return say("proximity.same", "Both in %(region)s.", region=Term("region", pair[0]))
        return say(
            "proximity.near", "%(mentee)s is next to %(mentor)s.",
            mentee=Term("region", pair[0]), mentor=Term("region", pair[1]),
        )  # fmt: skip

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        if settings["near"]:
            return say(
                "proximity.describe.near",
                "Whether the %(mentee_word)s and the %(mentor_word)s work in the same region, or in neighboring ones.",
                mentee_word=Term("role", "mentee"),
                mentor_word=Term("role", "mentor"),
            )
        return say(
            "proximity.describe",
            "Whether the %(mentee_word)s and the %(mentor_word)s work in the same region.",
            mentee_word=Term("role", "mentee"),
            mentor_word=Term("role", "mentor"),
        )


def _regions(person: Person) -> frozenset[str]:
    positions, today = person.facts.positions, person.facts.today
    return frozenset(
        position.region for position in positions if position.region is not None and position.runs_on(today)
    )


def _points(left: frozenset[str], right: frozenset[str], settings: Settings) -> tuple[int, tuple[str, str] | None]:
    """The points of the nearest two regions, and which they are."""
    same = left & right
    if same:
        return 100, (min(same), min(same))
    near: Mapping[str, Any] = settings["near"]
    pairs = [(a, b) for a in sorted(left) for b in sorted(right) if b in near.get(a, ()) or a in near.get(b, ())]
    return (settings["near_points"], pairs[0]) if pairs else (0, None)
