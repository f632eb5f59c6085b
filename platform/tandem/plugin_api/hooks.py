"""The hooks of Tandem's plugins: the whole contract by which a package adds to the platform.

A plugin is any installed package with an entry point in the group ``tandem.plugins`` that names a module or object with some
of these functions, each marked ``@hookimpl``. See ``docs/plugins.md``.
"""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from tandem.plugin_api.rules import EligibilityRule, FieldType, MatchingConstraint, MatchingCriterion

PROJECT = "tandem"
ENTRY_POINT_GROUP = "tandem.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """Every hook, with what it returns."""

    @hookspec
    def eligibility_rules(self) -> Sequence[EligibilityRule]:  # type: ignore[empty-body]
        """The eligibility rules that the plugin offers. Two rules of one name are refused."""

    @hookspec
    def matching_criteria(self) -> Sequence[MatchingCriterion]:  # type: ignore[empty-body]
        """The matching criteria that the plugin offers."""

    @hookspec
    def matching_constraints(self) -> Sequence[MatchingConstraint]:  # type: ignore[empty-body]
        """The matching constraints that the plugin offers."""

    @hookspec
    def field_types(self) -> Sequence[FieldType]:  # type: ignore[empty-body]
        """The kinds of question that the plugin offers."""
