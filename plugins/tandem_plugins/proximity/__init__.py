"""Nearness of regions: as points by neighborhood or by distance, and as a condition of the pair."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.proximity.constraint import ProximityConstraint
from tandem_plugins.proximity.criterion import Proximity
from tandem_plugins.proximity.distance import Distance


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """A pair must be near each other."""
    return [ProximityConstraint()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The nearer, the more points: in steps, or by kilometers."""
    return [Proximity(), Distance()]
