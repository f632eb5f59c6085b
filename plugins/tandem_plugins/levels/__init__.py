"""Levels in an order: the mentor so many steps above the mentee, as a condition of the pair and as points."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.levels.constraint import LevelsConstraint
from tandem_plugins.levels.criterion import LevelsCriterion


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """The mentor stands far enough above."""
    return [LevelsConstraint()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The nearer to the wished distance, the more points."""
    return [LevelsCriterion()]
