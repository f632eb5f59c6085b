"""The criterion on what a mentee has to learn and a mentor can teach."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingCriterion, hookimpl
from tandem_plugins.skills.gap import SkillsGap


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The one criterion."""
    return [SkillsGap()]
