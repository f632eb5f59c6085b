"""The constraint ``overlap``: mentee and mentor chose enough of the same options."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.plugin_api import (
    AnyOf,
    MatchingConstraint,
    Message,
    Person,
    Settings,
    Tables,
    Term,
    say,
    say_many,
    whole,
)
from tandem_plugins._choices import chosen_sets, shared_counts, values_of, values_of_all
from tandem_plugins._sides import TwoQuestions, TwoQuestionsSchema, both_named


class OverlapConstraintSchema(TwoQuestionsSchema):
    """The settings of the constraint ``overlap``: the two questions, and how many options must be shared."""

    at_least = whole(at_least=1, at_most=50, load_default=1)


class OverlapConstraint(TwoQuestions, MatchingConstraint):
    """Allows a pair with at least ``at_least`` options in common."""

    name = "overlap"
    settings_schema = OverlapConstraintSchema

    def allowed(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct set of options."""
        wanted, mentee_codes = chosen_sets(mentees, settings["mentee"])
        offered, mentor_codes = chosen_sets(mentors, settings["mentor"])
        return Tables(mentee_codes, mentor_codes, shared_counts(wanted, offered) >= settings["at_least"])

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Which options the two share; where there are none, what the one asks for and the other offers."""
        wanted, offered = values_of(mentee, settings["mentee"]), values_of(mentor, settings["mentor"])
        for chosen, question in ((wanted, settings["mentee"]), (offered, settings["mentor"])):
            if not chosen:
                return say(
                    "overlap.unanswered", "Nothing was chosen in “%(question)s”.", question=Term("question", question)
                )
        asked_for, shared = f"choice:{settings['mentee']}", wanted & offered
        if shared:
            return say("overlap.shared", "In common: %(shared)s.", shared=_terms(asked_for, shared))
        return say(
            "overlap.none", "Nothing in common. Asked for: %(asked)s; offered: %(offered)s.",
            asked=_terms(asked_for, wanted), offered=_terms(f"choice:{settings['mentor']}", offered),
        )  # fmt: skip

    def lacking(
        self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings
    ) -> Sequence[Message | None]:
        """Which options a mentee asks for, and which of them nobody offers."""
        offered = values_of_all(mentors, settings["mentor"])
        return [_lacking(values_of(mentee, settings["mentee"]), offered, settings["mentee"]) for mentee in mentees]

    def describe(self, settings: Settings) -> Message:
        """What a pair must have in common."""
        return say_many(
            "overlap.constraint.describe",
            "The %(mentee_word)s and the %(mentor_word)s share at least %(count)s of “%(mentee)s” and “%(mentor)s”.",
            "The %(mentee_word)s and the %(mentor_word)s share at least %(count)s of “%(mentee)s” and “%(mentor)s”.",
            settings["at_least"],
            **both_named(settings),
        )


def _terms(vocabulary: str, keys: frozenset[str]) -> tuple[Term, ...]:
    return tuple(Term(vocabulary, key) for key in sorted(keys))


def _lacking(wanted: frozenset[str], offered: frozenset[str], question: str) -> Message:
    asked, missing = (_terms(f"choice:{question}", some) for some in (wanted, wanted - offered))
    if not asked:
        return say(
            "overlap.lacking.unanswered", "Nothing was chosen in “%(question)s”.", question=Term("question", question)
        )
    if not missing:
        return say("overlap.lacking.nothing", "Asked for: %(asked)s.", asked=asked)
    if missing == asked:
        return say(
            "overlap.lacking.all",
            "Nobody with a free place offers %(missing)s, which was asked for.",
            missing=AnyOf(missing),
        )
    return say(
        "overlap.lacking.some",
        "Asked for: %(asked)s. Nobody with a free place offers %(missing)s.",
        asked=asked,
        missing=AnyOf(missing),
    )
