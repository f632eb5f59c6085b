"""The criterion ``distance``: the fewer kilometers between the places of two regions, the more points."""

# ruff: noqa: ARG002 - marshmallow hands every field all of this, whether it needs it or not.

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import ValidationError, fields, validate, validates_schema
from numpy.typing import NDArray

from tandem.plugin_api import (
    MatchingCriterion,
    Message,
    Person,
    Settings,
    SettingsSchema,
    Tables,
    Term,
    key,
    say,
    whole,
    wrong,
)
from tandem_plugins._choices import numbered
from tandem_plugins._sides import SIDES
from tandem_plugins.proximity._regions import greatest, names_in, regions_of

#: The mean radius of the earth, in kilometers.
EARTH_RADIUS_KM = 6371


class Place(fields.Field[tuple[float, float]]):
    """A point on the earth: ``[latitude, longitude]`` in degrees, north and east positive. Loads to a pair of floats."""

    refusal = wrong("must be [latitude, longitude] in degrees, such as [39.74, -104.99]")
    north_or_south = wrong("must have a latitude from -90 to 90, and the latitude first")
    east_or_west = wrong("must have a longitude from -180 to 180")

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> tuple[float, float]:
        if not isinstance(value, list | tuple) or len(value) != 2 or not all(_is_number(one) for one in value):
            raise ValidationError(self.refusal)
        latitude, longitude = value
        if not -90 <= latitude <= 90:
            raise ValidationError(self.north_or_south)
        if not -180 <= longitude <= 180:
            raise ValidationError(self.east_or_west)
        return float(latitude), float(longitude)


class DistanceSchema(SettingsSchema):
    """The settings of ``distance``: where the regions are, and from how many to how many kilometers the points fall."""

    places = fields.Dict(
        keys=key(metadata={"vocabulary": "region"}), values=Place(),
        required=True, validate=validate.Length(min=1, max=500, error=wrong("must name 1–500 places")),
    )  # fmt: skip
    near_km = whole(at_least=0, at_most=20_000, load_default=50)
    far_km = whole(at_least=0, at_most=20_000, load_default=500)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """Points fall from ``near_km`` to ``far_km``."""
        near, far = data.get("near_km"), data.get("far_km")
        if near is not None and far is not None and far <= near:
            raise ValidationError(wrong("must be more than near_km, which is %(near)s", near=near), "far_km")


class Distance(MatchingCriterion):
    """100 points up to ``near_km``, 0 from ``far_km``, in proportion between, rounded half up.

    Looks at the regions of all current positions and takes the nearest two. A region that is not among ``places`` says nothing;
    where nothing is known of one of the two, there are no points.
    """

    name = "distance"
    settings_schema = DistanceSchema
    reads = frozenset({"positions"})

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of regions whose place is known."""
        left, mentee_codes = numbered([_placed(person, settings) for person in mentees])
        right, mentor_codes = numbered([_placed(person, settings) for person in mentors])
        # The fewer meters the more points, so the greatest of the points are those of the nearest two.
        points = _points(_meters(names_in(left), names_in(right), settings), settings)
        return Tables(mentee_codes, mentor_codes, greatest(left, right, points))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """How far the nearest two of their regions are from each other."""
        left, right = sorted(_placed(mentee, settings)), sorted(_placed(mentor, settings))
        if not left or not right:
            return say("distance.unknown", "Where one of them works is not on file.")
        meters = _meters(left, right, settings)
        row, column = divmod(int(meters.argmin()), len(right))
        shared = sorted(set(left) & set(right))
        if shared:
            return say("distance.same", "Both in %(region)s.", region=Term("region", shared[0]))
        return say(
            "distance.apart", "From %(mentee)s to %(mentor)s it is %(km)s km.",
            mentee=Term("region", left[row]), mentor=Term("region", right[column]),
            km=(int(meters[row, column]) + 500) // 1000,
        )  # fmt: skip

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "distance.describe",
            "How far apart the %(mentee_word)s and the %(mentor_word)s work: all points up to %(near)s km, none from %(far)s km.",
            **SIDES, near=settings["near_km"], far=settings["far_km"],
        )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _placed(person: Person, settings: Settings) -> frozenset[str]:
    return frozenset(region for region in regions_of(person) if region in settings["places"])


def _meters(left: Sequence[str], right: Sequence[str], settings: Settings) -> NDArray[np.int64]:
    """The great-circle distance of each place on the left and each on the right, in whole meters, by the haversine formula.

    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), p. 159: unlike the cosine it stays exact for
    places that are near each other. The earth is taken as a sphere, which is off by about half a percent at most.
    """
    places = settings["places"]
    # Two columns also where nobody is on a side.
    one = np.radians(np.array([places[name] for name in left], dtype=np.float64).reshape(-1, 2))
    other = np.radians(np.array([places[name] for name in right], dtype=np.float64).reshape(-1, 2))
    latitudes, others = one[:, None, 0], other[None, :, 0]
    share = (
        np.sin((others - latitudes) / 2) ** 2
        + np.cos(latitudes) * np.cos(others) * np.sin((other[None, :, 1] - one[:, None, 1]) / 2) ** 2
    )
    # For places on opposite sides of the earth rounding can carry the share past 1.
    angles = 2 * np.arcsin(np.sqrt(np.minimum(share, 1)))
    meters: NDArray[np.int64] = np.floor(1000 * EARTH_RADIUS_KM * angles + 0.5).astype(np.int64)
    return meters


def _points(meters: NDArray[np.int64], settings: Settings) -> NDArray[np.uint8]:
    # In whole meters and rounded half up, so that the same pair has the same points everywhere.
    near, far = 1000 * settings["near_km"], 1000 * settings["far_km"]
    left = far - np.clip(meters, near, far)
    points: NDArray[np.uint8] = ((200 * left + far - near) // (2 * (far - near))).astype(np.uint8)
    return points
