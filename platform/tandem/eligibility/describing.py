"""A tree of clauses as the sentences that people read on the program page, in the form and in letters."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tandem.eligibility.clauses import (
    Clause,
    Conditional,
    Group,
    HelpLink,
    Negation,
    RuleLeaf,
    link_of,
    requirements,
)
from tandem.plugin_api.types import AnyOf, Message, say

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of what is asked of an applicant; with ``only_if`` it is asked only of those for whom that sentence holds.

    ``link`` leads to where they can do it.
    """

    id: str
    message: Message
    only_if: Message | None = None
    link: HelpLink | None = None


def describe(clause: Clause) -> tuple[Requirement, ...]:
    """A requirement for each part that has to hold, in the order of the configuration."""
    found = []
    for part in requirements(clause):
        if isinstance(part, Conditional):
            asked, only_if = part.consequence, describe_clause(part.condition)
            found.append(Requirement(part.id, describe_clause(asked), only_if, link_of(asked)))
        else:
            found.append(Requirement(part.id, describe_clause(part), link=link_of(part)))
    return tuple(found)


def describe_clause(clause: Clause) -> Message:
    """A clause in one message, however it is built."""
    match clause:
        case RuleLeaf():
            return describe_rule(clause)
        case Group(kind="any", parts=parts):
            return say(
                "eligibility.any.describe", "%(parts)s", parts=AnyOf(tuple(describe_clause(part) for part in parts))
            )
        case Group(parts=()):
            return say("eligibility.nothing.describe", "Nothing is asked for.")
        case Group(parts=parts):
            return say("eligibility.all.describe", "%(parts)s", parts=tuple(describe_clause(part) for part in parts))
        case Negation(part=part):
            return say(
                "eligibility.not.describe", "This is not the case: %(requirement)s", requirement=describe_clause(part)
            )
        case Conditional(condition=condition, consequence=consequence):
            return say(
                "eligibility.when.describe", "%(requirement)s (Only if this is so: %(condition)s)",
                requirement=describe_clause(consequence), condition=describe_clause(condition),
            )  # fmt: skip


def describe_rule(leaf: RuleLeaf) -> Message:
    """The rule's own sentence; a rule that cannot say it is named."""
    if leaf.rule is not None:
        try:
            message = leaf.rule.describe(leaf.settings)
        except Exception:
            log.exception("the rule %r (id %r) could not describe itself", leaf.name, leaf.id)
        else:
            if isinstance(message, Message):
                return message
            log.error("the rule %r (id %r) described itself by %r", leaf.name, leaf.id, type(message).__name__)
    return say(
        "eligibility.unknown-rule.describe", "A rule that is not available at present (%(name)s).", name=leaf.name
    )
