"""The clause tree of a role's eligibility: read once, then checked, described, compiled to SQL.

A document is a mapping: a rule (``rule:`` with its settings), ``all`` or ``any`` of several, ``not``, or ``when`` with ``then``. Documents were checked by the configuration before they were stored; here one that
cannot be read any more (its plugin is gone, its settings have changed) becomes a rule that cannot be checked, never an error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import ValidationError

from tandem.plugin_api.registry import Registry
from tandem.plugin_api.rules import EligibilityRule
from tandem.plugin_api.types import Settings
from tandem.programs.schemas.plugged import load_settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HelpLink:
    """Where somebody can do what a rule asks: the words of the link and its web address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class RuleLeaf:
    """A rule with its loaded settings. ``rule`` is ``None`` where it cannot be checked."""

    id: str
    name: str
    rule: EligibilityRule | None
    settings: Settings
    waivable: bool
    link: HelpLink | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """``all`` or ``any`` of the parts. An empty ``all`` is met, an empty ``any`` is not."""

    id: str
    kind: Literal["all", "any"]
    parts: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The opposite of the part."""

    id: str
    part: Clause


@dataclass(frozen=True, slots=True)
class Conditional:
    """``consequence`` is asked for only where ``condition`` holds."""

    id: str
    condition: Clause
    consequence: Clause


Clause = RuleLeaf | Group | Negation | Conditional


def read_clause(document: Mapping[str, Any], registry: Registry) -> Clause:
    """The tree of ``document``; an empty document asks for nothing."""
    return _read(document, registry, str(document.get("id", "rule")) if document else "nothing")


def leaves(clause: Clause) -> Iterator[RuleLeaf]:
    """Every rule of a tree, in reading order."""
    match clause:
        case RuleLeaf():
            yield clause
        case Group(parts=parts):
            for part in parts:
                yield from leaves(part)
        case Negation(part=part):
            yield from leaves(part)
        case Conditional(condition=condition, consequence=consequence):
            yield from leaves(condition)
            yield from leaves(consequence)


def requirements(clause: Clause) -> tuple[Clause, ...]:
    """The parts that all have to hold: what an applicant reads as one line each."""
    if isinstance(clause, Group) and clause.kind == "all":
        return tuple(found for part in clause.parts for found in requirements(part))
    return (clause,)


def link_of(clause: Clause) -> HelpLink | None:
    """The link of the first rule in a requirement that has one."""
    return next((leaf.link for leaf in leaves(clause) if leaf.link is not None), None)


def is_waivable(clause: Clause) -> bool:
    """Whether staff may set the requirement aside: if they may do so with every rule in it."""
    return all(leaf.waivable for leaf in leaves(clause))


def _read(document: Mapping[str, Any], registry: Registry, name: str) -> Clause:
    if not document:
        return Group(name, "all", ())
    for kind in ("all", "any"):
        if kind in document:
            parts = document[kind]
            return Group(
                name,
                "all" if kind == "all" else "any",
                tuple(
                    _read(part, registry, str(part.get("id", f"{name}.{number}")))
                    for number, part in enumerate(parts, 1)
                ),
            )
    if "not" in document:
        return Negation(name, _read_inner(document["not"], registry, f"{name}.not"))
    if "when" in document:
        return Conditional(
            name,
            _read_inner(document["when"], registry, f"{name}.when"),
            _read_inner(document.get("then", {}), registry, f"{name}.then"),
        )
    return _read_rule(document, registry, name)


def _read_inner(document: Mapping[str, Any], registry: Registry, name: str) -> Clause:
    return _read(document, registry, str(document.get("id", name)))


def _read_rule(document: Mapping[str, Any], registry: Registry, name: str) -> RuleLeaf:
    called = str(document.get("rule"))
    rule = registry.rules.get(called)
    waivable = bool(document.get("waivable", rule is None or rule.waivable))
    link = HelpLink(**document["help_link"]) if document.get("help_link") else None
    if rule is None:
        log.error("no plugin offers the rule %r (id %r)", called, name)
        return RuleLeaf(name, called, None, {}, waivable, link)
    try:
        settings = load_settings(rule.settings_schema, document)
    except ValidationError as error:
        log.error("the settings of rule %r (id %r) cannot be read: %s", called, name, error.messages)  # noqa: TRY400 - the messages say it all
        return RuleLeaf(name, called, None, {}, waivable, link)
    return RuleLeaf(name, called, rule, settings, waivable, link)
