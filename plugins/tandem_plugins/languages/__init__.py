"""Languages that both speak: as a condition of the pair, and as points."""

from collections.abc import Sequence

from tandem.plugin_api import MatchingConstraint, MatchingCriterion, hookimpl
from tandem_plugins.languages.constraint import LanguageConstraint
from tandem_plugins.languages.criterion import LanguageCriterion


@hookimpl
def matching_constraints() -> Sequence[MatchingConstraint]:
    """A pair needs a language."""
    return [LanguageConstraint()]


@hookimpl
def matching_criteria() -> Sequence[MatchingCriterion]:
    """Points for a language in common."""
    return [LanguageCriterion()]
