"""Hours of the week that suit both mentee and mentor: as a condition of the pair, and as points."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.availability.constraint import AvailabilityConstraint
from tandem_plugins.availability.criterion import AvailabilityCriterion


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """A pair needs enough hours that suit both."""
    return [AvailabilityConstraint()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The more hours suit both, the more points."""
    return [AvailabilityCriterion()]
