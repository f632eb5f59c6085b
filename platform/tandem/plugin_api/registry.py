"""Loading plugins, guarded: a broken one is reported with its reason and stops nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

import pluggy
from marshmallow import Schema

from tandem.plugin_api.hooks import ENTRY_POINT_GROUP, PROJECT, Hooks
from tandem.plugin_api.rules import EligibilityRule, FieldType, MatchingConstraint, MatchingCriterion

#: Hook → the class of what it returns. The order is that of ``tandem plugin list``.
KINDS: Mapping[str, type] = MappingProxyType(
    {
        "eligibility_rules": EligibilityRule,
        "matching_constraints": MatchingConstraint,
        "matching_criteria": MatchingCriterion,
        "field_types": FieldType,
    }
)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that was loaded: its entry point's name, the distribution that brought it, and its offers by hook."""

    name: str
    distribution: str | None
    version: str | None
    offers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plugin that could not be used, and why."""

    plugin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All that the installed plugins offer, by name and sorted; ``plugin_of`` (``hook:name``) tells who offers what."""

    rules: Mapping[str, EligibilityRule]
    criteria: Mapping[str, MatchingCriterion]
    constraints: Mapping[str, MatchingConstraint]
    field_types: Mapping[str, FieldType]
    plugin_of: Mapping[str, str]
    plugins: tuple[Plugin, ...]
    problems: tuple[PluginProblem, ...] = field(default=())

    def only(self, allowed: Iterable[str]) -> Registry:
        """The registry of an association that uses only the plugins named in ``allowed``."""
        names = frozenset(allowed)
        kept = [plugin for plugin in self.plugins if plugin.name in names]
        offers = {
            kind: {name: self._named(kind)[name] for plugin in kept for name in plugin.offers[kind]} for kind in KINDS
        }
        return _freeze(offers, kept, self.problems)

    def _named(self, kind: str) -> Mapping[str, Any]:
        return {
            "eligibility_rules": self.rules,
            "matching_constraints": self.constraints,
            "matching_criteria": self.criteria,
            "field_types": self.field_types,
        }[kind]


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every plugin of the entry-point group (or ``points``) and collect what they offer.

    A plugin that fails to import, has an unknown hook, raises or returns something else while it lists its offers, or offers
    a name that another one already has, is left out as a whole and named in ``problems``. Plugins are taken in the order of
    their names, so the outcome does not depend on what was installed first.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    problems: list[PluginProblem] = []
    offers: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    owner: dict[str, str] = {}
    loaded: list[Plugin] = []
    for point in sorted(points if points is not None else entry_points(group=ENTRY_POINT_GROUP), key=_order):
        try:
            own = _load(manager, point, offers, owner)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's code does, it may not stop the platform
            problems.append(PluginProblem(point.name, f"{type(error).__name__}: {error}"))
            continue
        for kind, named in own.items():
            offers[kind].update(named)
            owner.update({f"{kind}:{name}": point.name for name in named})
        loaded.append(_describe(point, own))
    return _freeze(offers, loaded, problems)


def _order(point: EntryPoint) -> tuple[str, str]:
    return point.name, point.value


def _load(
    manager: pluggy.PluginManager, point: EntryPoint, offers: Mapping[str, Mapping[str, Any]], owner: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    if manager.has_plugin(point.name):
        raise ValueError(f"another plugin is already called {point.name!r}")
    plugin = point.load()
    manager.register(plugin, name=point.name)
    try:
        manager.check_pending()
        own = {kind: _offers_of(manager, plugin, kind) for kind in KINDS}
        _refuse_clashes(own, offers, owner)
    except BaseException:
        manager.unregister(plugin)
        raise
    return own


def _refuse_clashes(
    own: Mapping[str, Mapping[str, Any]], offers: Mapping[str, Mapping[str, Any]], owner: Mapping[str, str]
) -> None:
    for kind, named in own.items():
        for name in named:
            if name in offers[kind]:
                raise ValueError(f"{name!r} is already offered by {owner[f'{kind}:{name}']}")


def _offers_of(manager: pluggy.PluginManager, plugin: object, kind: str) -> dict[str, Any]:
    callers = manager.get_hookcallers(plugin) or ()
    if kind not in {caller.name for caller in callers}:
        return {}
    own = manager.subset_hook_caller(kind, [other for other in manager.get_plugins() if other is not plugin])
    answers = own()
    # pluggy drops a hook's None, so an implementation that forgot to return would look like one that offers nothing.
    if len(answers) != 1 or not isinstance(answers[0], list | tuple):
        raise TypeError(f"{kind} must return a list, not {type(answers[0]).__name__ if answers else 'None'}")
    named: dict[str, Any] = {}
    for offer in answers[0]:
        name = _checked_name(offer, kind)
        if name in named:
            raise ValueError(f"{kind} offers {name!r} twice")
        named[name] = offer
    return named


def _checked_name(offer: Any, kind: str) -> str:
    wanted = KINDS[kind].__name__
    if isinstance(offer, type):
        raise TypeError(f"{kind} must return {wanted} objects; {offer.__name__} is a class: write {offer.__name__}()")
    if not isinstance(offer, KINDS[kind]):
        raise TypeError(f"{kind} must return {wanted} objects, not {type(offer).__name__}")
    name = getattr(offer, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"{kind}: {type(offer).__name__} needs a name")
    schema = getattr(offer, "settings_schema", None)
    if not (isinstance(schema, type) and issubclass(schema, Schema)):
        raise TypeError(f"{kind}: the settings_schema of {name!r} must be a marshmallow Schema class")
    return name


def _describe(point: EntryPoint, own: Mapping[str, Mapping[str, Any]]) -> Plugin:
    return Plugin(
        name=point.name,
        distribution=point.dist.name if point.dist is not None else None,
        version=point.dist.version if point.dist is not None else None,
        offers=MappingProxyType({kind: tuple(sorted(named)) for kind, named in own.items()}),
    )


def _freeze(
    offers: Mapping[str, Mapping[str, Any]], plugins: Iterable[Plugin], problems: Iterable[PluginProblem]
) -> Registry:
    plugins = tuple(plugins)
    frozen = {kind: MappingProxyType(dict(sorted(named.items()))) for kind, named in offers.items()}
    return Registry(
        rules=frozen["eligibility_rules"],
        criteria=frozen["matching_criteria"],
        constraints=frozen["matching_constraints"],
        field_types=frozen["field_types"],
        plugin_of=MappingProxyType(
            {f"{kind}:{name}": plugin.name for plugin in plugins for kind in KINDS for name in plugin.offers[kind]}
        ),
        plugins=plugins,
        problems=tuple(problems),
    )
