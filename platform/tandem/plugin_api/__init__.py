"""All that plugins import: hooks, contracts, facts and types. Nothing else of the core is theirs to use."""

from tandem.plugin_api.facts import AnswerFact, ExperienceFact, Facts, MembershipFact, PositionFact, SqlFacts
from tandem.plugin_api.hooks import hookimpl
from tandem.plugin_api.rules import (
    Block,
    Choice,
    EligibilityRule,
    FieldError,
    FieldType,
    MatchingConstraint,
    MatchingCriterion,
    Person,
    Question,
    Tables,
)
from tandem.plugin_api.types import Evidence, Message, Minutes, Settings, Source, Term, Truth, Verdict

__all__ = [
    "AnswerFact", "Block", "Choice", "EligibilityRule", "Evidence", "ExperienceFact", "Facts", "FieldError", "FieldType",
    "MatchingConstraint", "MatchingCriterion", "MembershipFact", "Message", "Minutes", "Person", "PositionFact", "Question",
    "Settings", "Source", "SqlFacts", "Tables", "Term", "Truth", "Verdict", "hookimpl",
]  # fmt: skip
