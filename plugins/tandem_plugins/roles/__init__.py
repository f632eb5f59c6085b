"""The criterion on similar work."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingCriterion, hookimpl
from tandem_plugins.roles.criterion import SimilarRoles


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The one criterion."""
    return [SimilarRoles()]
