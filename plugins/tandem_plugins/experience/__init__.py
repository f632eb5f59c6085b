"""The rule on experience within one discipline."""

from collections.abc import Sequence

from tandem.plugin_api import EligibilityRule, hookimpl
from tandem_plugins.experience.within_one import WithinOne


@hookimpl
def eligibility_rules() -> Sequence[EligibilityRule]:
    """The one rule."""
    return [WithinOne()]
