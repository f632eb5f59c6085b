"""The criterion on equal answers."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingCriterion, hookimpl
from tandem_plugins.equality.criterion import Equality


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The one criterion."""
    return [Equality()]
