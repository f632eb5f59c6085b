"""Checking a tree of clauses on one person, in Python: three values, guarded rules, and a verdict for every requirement."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tandem.eligibility.clauses import Clause, Conditional, Group, Negation, RuleLeaf
from tandem.eligibility.describing import describe_rule
from tandem.plugin_api.facts import Facts
from tandem.plugin_api.types import AnyOf, Evidence, Message, Truth, Verdict, say

log = logging.getLogger(__name__)

NOT_CHECKABLE = Verdict(
    Truth.UNKNOWN,
    reason=say("eligibility.not-checkable", "This could not be checked."),
    remedy=say("eligibility.not-checkable.remedy", "Staff can look at it themselves."),
)

_MET = Verdict(Truth.MET)


def kleene_all(truths: Iterable[Truth]) -> Truth:
    """Not met if one is not met, else unknown if one is unknown, else met."""
    found = set(truths)
    if Truth.NOT_MET in found:
        return Truth.NOT_MET
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.MET


def kleene_any(truths: Iterable[Truth]) -> Truth:
    """Met if one is met, else unknown if one is unknown, else not met."""
    found = set(truths)
    if Truth.MET in found:
        return Truth.MET
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.NOT_MET


def kleene_not(truth: Truth) -> Truth:
    """The opposite; unknown stays unknown."""
    return {Truth.MET: Truth.NOT_MET, Truth.NOT_MET: Truth.MET, Truth.UNKNOWN: Truth.UNKNOWN}[truth]


def check_rule(leaf: RuleLeaf, facts: Facts) -> Verdict:
    """What the rule says. One that raises, or answers with something else than a verdict, is logged and cannot be checked."""
    if leaf.rule is None:
        return NOT_CHECKABLE
    try:
        verdict: Any = leaf.rule.check(facts, leaf.settings)
    except Exception:
        log.exception("the rule %r (id %r) failed", leaf.name, leaf.id)
        return NOT_CHECKABLE
    if not isinstance(verdict, Verdict) or not isinstance(verdict.truth, Truth):
        log.error("the rule %r (id %r) answered %r instead of a verdict", leaf.name, leaf.id, type(verdict).__name__)
        return NOT_CHECKABLE
    if verdict.truth is not Truth.MET and verdict.reason is None:
        log.warning("the rule %r (id %r) gave no reason", leaf.name, leaf.id)
        return Verdict(verdict.truth, describe_rule(leaf), verdict.remedy, verdict.evidence)
    return verdict


def truth_of(clause: Clause, facts: Facts) -> Truth:
    """What the whole tree says, without reasons."""
    return verdict_of(clause, facts).truth


def verdict_of(clause: Clause, facts: Facts) -> Verdict:
    """What a tree says, with the reasons and the evidence of the rules that decided it."""
    match clause:
        case RuleLeaf():
            return check_rule(clause, facts)
        case Group(kind="all", parts=parts):
            return _all([verdict_of(part, facts) for part in parts])
        case Group(parts=parts):
            return _any([verdict_of(part, facts) for part in parts])
        case Negation(part=part):
            return _not(part, verdict_of(part, facts))
        case Conditional(condition=condition, consequence=consequence):
            return _when(verdict_of(condition, facts), lambda: verdict_of(consequence, facts))


def _all(verdicts: Sequence[Verdict]) -> Verdict:
    truth = kleene_all(verdict.truth for verdict in verdicts)
    return _joined(
        truth, verdicts if truth is Truth.MET else [verdict for verdict in verdicts if verdict.truth is truth]
    )


def _any(verdicts: Sequence[Verdict]) -> Verdict:
    truth = kleene_any(verdict.truth for verdict in verdicts)
    deciding = [verdict for verdict in verdicts if verdict.truth is truth]
    # One alternative that holds is enough to be shown; of those that do not, each has its own reason and remedy.
    joined = _joined(truth, deciding[:1] if truth is Truth.MET else deciding)
    remedies = [verdict.remedy for verdict in deciding if verdict.remedy is not None]
    if truth is Truth.MET or len(remedies) < 2:
        return joined
    return Verdict(
        truth, joined.reason, say("eligibility.either", "%(parts)s", parts=AnyOf(tuple(remedies))), joined.evidence
    )


def _joined(truth: Truth, verdicts: Sequence[Verdict]) -> Verdict:
    evidence: tuple[Evidence, ...] = tuple(item for verdict in verdicts for item in verdict.evidence)
    if truth is Truth.MET:
        return Verdict(truth, evidence=evidence)
    reasons = [verdict.reason for verdict in verdicts if verdict.reason is not None]
    remedies = [verdict.remedy for verdict in verdicts if verdict.remedy is not None]
    none = say("eligibility.none", "None of the alternatives is met.")
    return Verdict(truth, _sentences(reasons) or none, _sentences(remedies), evidence)


def _sentences(messages: Sequence[Message]) -> Message | None:
    if len(messages) < 2:
        return messages[0] if messages else None
    return say("eligibility.sentences", "%(parts)s", parts=tuple(messages))


def _not(part: Clause, verdict: Verdict) -> Verdict:
    truth = kleene_not(verdict.truth)
    if truth is not Truth.NOT_MET:
        return Verdict(truth, verdict.reason if truth is Truth.UNKNOWN else None, verdict.remedy, verdict.evidence)
    excluded = [describe_rule(part)] if isinstance(part, RuleLeaf) else []
    if excluded:
        reason = say("eligibility.excluded", "This must not be the case: %(requirement)s", requirement=excluded[0])
    else:
        reason = say("eligibility.excluded.group", "What must not be the case is the case.")
    return Verdict(truth, reason, None, verdict.evidence)


def _when(condition: Verdict, consequence: Callable[[], Verdict]) -> Verdict:
    if condition.truth is Truth.NOT_MET:
        return _MET
    verdict = consequence()
    if condition.truth is Truth.MET:
        return Verdict(verdict.truth, verdict.reason, verdict.remedy, (*verdict.evidence, *condition.evidence))
    if verdict.truth is Truth.MET:
        return verdict
    return Verdict(Truth.UNKNOWN, condition.reason, condition.remedy, condition.evidence)
