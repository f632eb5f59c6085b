"""All that plugins import: hooks, contracts, facts and types. Nothing else of the core is theirs to use."""

from tandem.plugin_api.dates import Span, add_months, add_years, covered_days, merge, month_number, years_and_months
from tandem.plugin_api.facts import (
    AnswerFact,
    ExperienceFact,
    Facts,
    MembershipFact,
    PositionFact,
    SqlFacts,
    SqlSpan,
)
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
from tandem.plugin_api.settings import Day, Days, Duration, SettingsSchema, key, keys, whole, wrong
from tandem.plugin_api.types import (
    AnyOf,
    Evidence,
    Message,
    Minutes,
    Settings,
    Source,
    Term,
    Truth,
    Verdict,
    say,
    say_many,
)

__all__ = [
    "AnswerFact", "AnyOf", "Block", "Choice", "Day", "Days", "Duration", "EligibilityRule", "Evidence", "ExperienceFact", "Facts",
    "FieldError", "FieldType", "MatchingConstraint", "MatchingCriterion", "MembershipFact", "Message", "Minutes", "Person",
    "PositionFact", "Question", "Settings", "SettingsSchema", "Source", "Span", "SqlFacts", "SqlSpan", "Tables",
    "Term", "Truth", "Verdict", "add_months", "add_years", "covered_days", "hookimpl", "key", "keys", "merge", "month_number", "say",
    "say_many", "whole", "wrong", "years_and_months",
]  # fmt: skip
