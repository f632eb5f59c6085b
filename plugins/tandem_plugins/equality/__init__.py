"""Answers that agree, or differ: as a condition of the pair, and as points."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.equality.constraint import DifferenceConstraint, EqualityConstraint
from tandem_plugins.equality.criterion import Difference, Equality


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """A pair must agree, or differ."""
    return [EqualityConstraint(), DifferenceConstraint()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """Points for agreeing, or for differing."""
    return [Equality(), Difference()]
