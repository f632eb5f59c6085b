"""What other capabilities ask of eligibility: check someone, describe what is asked, find who no longer fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tandem.eligibility.checking import check_rule, truth_of, verdict_of
from tandem.eligibility.clauses import (
    Clause,
    Conditional,
    Group,
    HelpLink,
    Negation,
    RuleLeaf,
    is_waivable,
    leaves,
    read_clause,
    requirements,
)
from tandem.eligibility.describing import Requirement, describe
from tandem.eligibility.queries import (
    Needed,
    Subject,
    Sweep,
    facts_for_many,
    facts_for_member,
    sweep,
    sweep_role,
)
from tandem.plugin_api.facts import Facts
from tandem.plugin_api.registry import Registry
from tandem.plugin_api.types import Truth, Verdict
from tandem.plugins import installed


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """One requirement with what was found: a rule, or a group of rules that counts as one line."""

    id: str
    requirement: Requirement
    verdict: Verdict
    waivable: bool


def check_tree(tree: Mapping[str, Any], facts: Facts, *, registry: Registry | None = None) -> list[CheckedRule]:
    """Check each requirement of ``tree`` on one person, in the order of the configuration.

    A requirement that is asked only under a condition is left out where the condition does not hold. The person meets the
    whole tree if every verdict is met. Never raises: a rule that fails is unknown, the others are checked all the same.
    """
    clause = read_clause(tree, registry or installed())
    return [
        CheckedRule(part.id, sentence, verdict_of(part, facts), is_waivable(part))
        for part, sentence in zip(requirements(clause), describe(clause), strict=True)
        if not (isinstance(part, Conditional) and truth_of(part.condition, facts) is Truth.NOT_MET)
    ]


def requirements_of(role: Mapping[str, Any], *, registry: Registry | None = None) -> tuple[Requirement, ...]:
    """What a role (``resolved["roles"][…]``) asks of applicants, as sentences for the program page, form and handbook."""
    return describe(read_clause(role.get("eligibility") or {}, registry or installed()))


def rule_is_waivable(role: Mapping[str, Any], rule_id: str, *, registry: Registry | None = None) -> bool:
    """Whether staff may set this requirement of a role aside; an unknown id may not be."""
    clause = read_clause(role.get("eligibility") or {}, registry or installed())
    return any(part.id == rule_id and is_waivable(part) for part in requirements(clause))


def lapse_link(role: Mapping[str, Any], *, registry: Registry | None = None) -> HelpLink | None:
    """Where to do what the rules with ``on_lapse`` ask for: the first such link of a role; none where none is configured."""
    clause = read_clause(role.get("eligibility") or {}, registry or installed())
    return next((leaf.link for leaf in leaves(clause) if leaf.link and leaf.settings.get("on_lapse")), None)


@dataclass(frozen=True, slots=True)
class Lapse:
    """A rule that somebody in a mentorship no longer meets, with what the configuration wants done: ``pause`` or ``tell``."""

    member_id: UUID
    submission_id: UUID | None
    rule_id: str
    then: str
    verdict: Verdict


def lapses(
    *, role: Mapping[str, Any], subjects: Iterable[Subject], today: date, registry: Registry | None = None
) -> list[Lapse]:
    """Who of ``subjects`` no longer meets a rule that has ``on_lapse``, and has not met it for longer than its grace.

    A rule counts as lapsed when it is not met today and was not met ``grace`` days ago either, as far as today's records
    tell. Unknown is not a lapse. The number of statements does not depend on the number of subjects.
    """
    clause = read_clause(role.get("eligibility") or {}, registry or installed())
    watched = [leaf for leaf in leaves(clause) if leaf.settings.get("on_lapse")]
    if not watched:
        return []
    found = []
    for (member_id, submission_id), facts in facts_for_many(subjects, today=today).items():
        for leaf in watched:
            if not _applies(clause, leaf, facts):
                continue
            verdict = check_rule(leaf, facts)
            on_lapse = leaf.settings["on_lapse"]
            if verdict.truth is Truth.NOT_MET and _was_not_met(leaf, facts, on_lapse["grace"]):
                found.append(Lapse(member_id, submission_id, leaf.id, on_lapse["then"], verdict))
    return found


def _was_not_met(leaf: RuleLeaf, facts: Facts, grace: int) -> bool:
    if grace == 0:
        return True
    earlier = Facts(
        facts.today - timedelta(days=grace), facts.memberships, facts.positions, facts.experience, facts.answers
    )
    return check_rule(leaf, earlier).truth is Truth.NOT_MET


def _applies(clause: Clause, leaf: RuleLeaf, facts: Facts) -> bool:
    """Whether ``leaf`` is asked of this person: not where it stands behind a ``when`` that does not hold, or within ``not``."""
    match clause:
        case RuleLeaf():
            return clause is leaf
        case Group(kind="any", parts=parts):
            # An alternative that another one makes up for has not lapsed.
            holds = any(truth_of(part, facts) is not Truth.NOT_MET for part in parts)
            return not holds and any(_applies(part, leaf, facts) for part in parts)
        case Group(parts=parts):
            return any(_applies(part, leaf, facts) for part in parts)
        case Conditional(condition=condition, consequence=consequence):
            return truth_of(condition, facts) is not Truth.NOT_MET and _applies(consequence, leaf, facts)
        case Negation():
            return False


__all__ = [
    "CheckedRule", "HelpLink", "Lapse", "Needed", "Requirement", "Subject", "Sweep", "check_tree", "facts_for_many", "facts_for_member",
    "lapse_link", "lapses", "requirements_of", "rule_is_waivable", "sweep", "sweep_role",
]  # fmt: skip
