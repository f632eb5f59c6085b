"""The criterion ``proximity``: points for working in the same region, fewer for a neighboring one, or by a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import ValidationError, fields, validate, validates_schema

from tandem.plugin_api import (
    MatchingCriterion,
    Message,
    Person,
    Settings,
    Tables,
    Term,
    key,
    say,
    whole,
    wrong,
)
from tandem_plugins._choices import numbered
from tandem_plugins._sides import SIDES
from tandem_plugins.proximity._regions import RegionsSchema, are_near, greatest, names_in, regions_of


class ProximitySchema(RegionsSchema):
    """The settings of ``proximity``. ``near`` and ``table`` are read both ways: a neighbor's neighbor is oneself.

    ``table`` gives points (0–100) to pairs of different regions, and goes before ``near``. What it says of a region with itself
    changes nothing: the same region has 100 points.
    """

    near_points = whole(at_least=0, at_most=100, load_default=50)
    table = fields.Dict(
        keys=key(metadata={"vocabulary": "region"}),
        values=fields.Dict(
            keys=key(metadata={"vocabulary": "region"}), values=whole(at_least=0, at_most=100),
            validate=validate.Length(max=500, error=wrong("must name at most 500 regions")),
        ),
        load_default=dict, validate=validate.Length(max=500, error=wrong("must name at most 500 regions")),
    )  # fmt: skip

    @validates_schema
    def check_table(self, data: Mapping[str, Any], **_: Any) -> None:
        """A pair of regions has the same points both ways, where the table names it both ways."""
        table = data.get("table", {})
        for one, row in table.items():
            for other, points in row.items():
                back = table.get(other, {}).get(one, points)
                if back != points:
                    raise ValidationError(
                        wrong(
                            "gives %(one)s and %(other)s %(points)s points, and %(back)s the other way round; write the pair once",
                            one=one, other=other, points=points, back=back,
                        ),
                        "table",
                    )  # fmt: skip


class Proximity(MatchingCriterion):
    """Looks at the regions of all current positions and takes the two that give most. Without a region on file: 0 points."""

    name = "proximity"
    settings_schema = ProximitySchema
    reads = frozenset({"positions"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of regions."""
        left, mentee_codes = numbered([regions_of(person) for person in mentees])
        right, mentor_codes = numbered([regions_of(person) for person in mentors])
        rows, columns = names_in(left), names_in(right)
        points = [[_points(one, other, settings) or 0 for other in columns] for one in rows]
        values = np.array(points, dtype=np.uint8).reshape(len(rows), len(columns))
        return Tables(mentee_codes, mentor_codes, greatest(left, right, values))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Where the two are."""
        left, right = regions_of(mentee), regions_of(mentor)
        if not left or not right:
            return say("proximity.unknown", "The region of one of them is not on file.")
        pairs = [(_points(one, other, settings), one, other) for one in sorted(left) for other in sorted(right)]
        named = [(points, one, other) for points, one, other in pairs if points is not None]
        if not named:
            return _apart(min(left), min(right), settings)
        # Where the table gives 100 points too, the one region that both are in is still the reason to name.
        points, one, other = max(named, key=lambda found: (found[0], found[1] == found[2]))
        if one == other:
            return say("proximity.same", "Both in %(region)s.", region=Term("region", one))
        if _from_table(one, other, settings) is not None:
            return say(
                "proximity.table", "%(mentee)s and %(mentor)s: %(points)s of 100 in the table of regions.",
                mentee=Term("region", one), mentor=Term("region", other), points=points,
            )  # fmt: skip
        return say(
            "proximity.near", "%(mentee)s is next to %(mentor)s.",
            mentee=Term("region", one), mentor=Term("region", other),
        )  # fmt: skip

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        if settings["table"]:
            return say(
                "proximity.describe.table",
                "How near the regions of the %(mentee_word)s and the %(mentor_word)s are to each other, by a table of regions.",
                **SIDES,
            )
        if settings["near"]:
            return say(
                "proximity.describe.near",
                "Whether the %(mentee_word)s and the %(mentor_word)s work in the same region, or in neighboring ones.",
                **SIDES,
            )
        return say(
            "proximity.describe",
            "Whether the %(mentee_word)s and the %(mentor_word)s work in the same region.",
            **SIDES,
        )


def _from_table(one: str, other: str, settings: Settings) -> int | None:
    table: Mapping[str, Mapping[str, int]] = settings["table"]
    return table.get(one, {}).get(other, table.get(other, {}).get(one))


def _points(one: str, other: str, settings: Settings) -> int | None:
    """The points of two regions; ``None`` where the settings do not name the pair, which then has none."""
    if one == other:
        return 100
    points = _from_table(one, other, settings)
    if points is None and are_near(one, other, settings["near"]):
        near_points: int = settings["near_points"]
        return near_points
    return points


def _apart(one: str, other: str, settings: Settings) -> Message:
    if settings["table"]:
        return say(
            "proximity.not-in-table", "%(mentee)s and %(mentor)s are not in the table of regions, and not neighbors.",
            mentee=Term("region", one), mentor=Term("region", other),
        )  # fmt: skip
    return say(
        "proximity.apart", "%(mentee)s and %(mentor)s are not neighbors.",
        mentee=Term("region", one), mentor=Term("region", other),
    )  # fmt: skip
