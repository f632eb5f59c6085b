"""The rule on the posts that somebody holds or has retired from."""

from collections.abc import Sequence

from tandem.plugin_api import EligibilityRule, hookimpl
from tandem_plugins.positions.holds import Holds


@hookimpl
def eligibility_rules() -> Sequence[EligibilityRule]:
    """The one rule."""
    return [Holds()]
