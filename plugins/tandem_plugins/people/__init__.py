"""Whom people name: somebody they ask for, and somebody they are not to be matched with."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.people.exclusion import NotNamed
from tandem_plugins.people.request import AskedFor


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """Nobody is matched with whom they named."""
    return [NotNamed()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """Points for whom somebody asked for."""
    return [AskedFor()]
