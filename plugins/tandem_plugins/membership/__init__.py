"""Rules on memberships: being a member now, and having been one for long enough."""

from collections.abc import Sequence

from tandem.plugin_api import EligibilityRule, hookimpl
from tandem_plugins.membership.current import CurrentMembership
from tandem_plugins.membership.tenure import Tenure


@hookimpl
def eligibility_rules() -> Sequence[EligibilityRule]:
    """Both rules on memberships."""
    return [CurrentMembership(), Tenure()]
