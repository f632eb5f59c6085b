"""Loading plugins, guarded: a broken one is reported with its reason and stops nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import pluggy

from tandem.plugin_api.hooks import ENTRY_POINT_GROUP, PROJECT, Hooks
from tandem.plugin_api.rules import EligibilityRule, FieldType, MatchingConstraint, MatchingCriterion


class _Named(Protocol):
    name: Any


Offer = TypeVar("Offer", bound=_Named)


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plugin that could not be used, and why."""

    plugin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All that the installed plugins offer, by name and sorted; ``plugin_of`` tells who offers what."""

    rules: Mapping[str, EligibilityRule]
    criteria: Mapping[str, MatchingCriterion]
    constraints: Mapping[str, MatchingConstraint]
    field_types: Mapping[str, FieldType]
    plugin_of: Mapping[str, str]
    plugins: tuple[str, ...]
    problems: tuple[PluginProblem, ...] = field(default=())


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every plugin of the entry-point group (or ``points``) and collect what they offer.

    A plugin that fails to import, has an unknown hook, raises while it lists its offers, or offers a name that another one
    already has, is left out as a whole and named in ``problems``.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    problems: list[PluginProblem] = []
    offers: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    plugin_of: dict[str, str] = {}
    loaded: list[str] = []
    for point in sorted(points if points is not None else entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
        try:
            plugin = point.load()
            manager.register(plugin, name=point.name)
            manager.check_pending()
            own = {kind: _offers_of(manager, plugin, kind) for kind in _KINDS}
            _refuse_clashes(own, offers, plugin_of)
        except Exception as error:  # noqa: BLE001 - any failure of a stranger's code is reported, none may stop the platform
            if manager.has_plugin(point.name):
                manager.unregister(name=point.name)
            problems.append(PluginProblem(point.name, f"{type(error).__name__}: {error}"))
            continue
        for kind, named in own.items():
            offers[kind].update(named)
            plugin_of.update({f"{kind}:{name}": point.name for name in named})
        loaded.append(point.name)
    frozen = {kind: MappingProxyType(dict(sorted(named.items()))) for kind, named in offers.items()}
    return Registry(
        rules=frozen["eligibility_rules"],
        criteria=frozen["matching_criteria"],
        constraints=frozen["matching_constraints"],
        field_types=frozen["field_types"],
        plugin_of=MappingProxyType(plugin_of),
        plugins=tuple(loaded),
        problems=tuple(problems),
    )


_KINDS: Mapping[str, type] = MappingProxyType(
    {
        "eligibility_rules": EligibilityRule,
        "matching_criteria": MatchingCriterion,
        "matching_constraints": MatchingConstraint,
        "field_types": FieldType,
    }
)


def _offers_of(manager: pluggy.PluginManager, plugin: object, kind: str) -> dict[str, Any]:
    caller = manager.subset_hook_caller(kind, [other for other in manager.get_plugins() if other is not plugin])
    named: dict[str, Any] = {}
    answers: Sequence[Sequence[_Named]] = caller()
    for offer in (offer for answer in answers for offer in answer):
        if not isinstance(offer, _KINDS[kind]):
            raise TypeError(f"{kind} must return {_KINDS[kind].__name__} objects, not {type(offer).__name__}")
        if offer.name in named:
            raise ValueError(f"{kind} offers {offer.name!r} twice")
        named[offer.name] = offer
    return named


def _refuse_clashes(own: Mapping[str, Mapping[str, Any]], offers: Mapping[str, Any], plugin_of: Mapping[str, str]) -> None:
    for kind, named in own.items():
        for name in named:
            if name in offers[kind]:
                raise ValueError(f"{name!r} is already offered by {plugin_of[f'{kind}:{name}']}")
