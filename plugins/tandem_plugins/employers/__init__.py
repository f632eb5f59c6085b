"""The constraint on employers."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, hookimpl
from tandem_plugins.employers.differs import EmployerDiffers


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """The one constraint."""
    return [EmployerDiffers()]
