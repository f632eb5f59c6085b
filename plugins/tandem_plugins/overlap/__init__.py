"""Choices that mentee and mentor have in common: as a condition of the pair, and as points."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.overlap.constraint import OverlapConstraint
from tandem_plugins.overlap.criterion import OverlapCriterion


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """A pair needs enough in common."""
    return [OverlapConstraint()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """The more in common, the more points."""
    return [OverlapCriterion()]
