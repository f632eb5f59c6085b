"""The criterion on nearness."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingCriterion, hookimpl
from tandem_plugins.proximity.criterion import Proximity


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The one criterion."""
    return [Proximity()]
