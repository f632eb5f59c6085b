"""The criterion ``skills.gap``: the share of what the mentee has to learn that the mentor is ahead in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tandem.plugin_api import (
    MatchingCriterion,
    Message,
    Person,
    Settings,
    Tables,
    Term,
    say,
    whole,
)
from tandem_plugins._sides import TwoQuestions, TwoQuestionsSchema, both_named

#: How many of the skills in which the mentor is ahead a sentence names.
_NAMED = 3
#: How many pairs are computed at a time: some arrays of two bytes for each, which the processor's cache holds.
_AT_ONCE = 1 << 17

Ratings = Mapping[str, int]


class SkillsGapSchema(TwoQuestionsSchema):
    """The settings of ``skills.gap``: two questions of the kind ``ratings``, and the top of their scales."""

    scale = whole(at_least=2, at_most=7, load_default=5)


class SkillsGap(TwoQuestions, MatchingCriterion):
    """100 points where the mentor is at the top in all that the mentee has to learn, in proportion to how far they are ahead.

    Points = 100 × Σ max(0, mentor − mentee) / Σ (scale − mentee) over the skills that the mentee rated, rounded half up. What the
    mentor did not rate teaches nothing, and what the mentee did not rate counts for nothing. A mentee who rated nothing, or
    everything at the top, has nothing to learn here: 0 with everybody. Ratings above ``scale`` are taken as ``scale``.
    """

    name = "skills.gap"
    settings_schema = SkillsGapSchema

    def score(self, mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings) -> Tables:
        """One row and column for each distinct list of ratings; most people have one of their own, so mind the whole table."""
        learning, mentee_codes = _numbered([_ratings(one, settings["mentee"], settings) for one in mentees])
        teaching, mentor_codes = _numbered([_ratings(one, settings["mentor"], settings) for one in mentors])
        return Tables(mentee_codes, mentor_codes, _points(learning, teaching, settings["scale"]))

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """The skills in which the mentor is furthest ahead."""
        learning = _ratings(mentee, settings["mentee"], settings)
        teaching = _ratings(mentor, settings["mentor"], settings)
        if not learning:
            return say("skills.gap.unrated", "The %(mentee_word)s rated no skill.", mentee_word=Term("role", "mentee"))
        if all(own >= settings["scale"] for own in learning.values()):
            return say(
                "skills.gap.top",
                "The %(mentee_word)s is at the top of the scale in every skill rated.",
                mentee_word=Term("role", "mentee"),
            )
        gaps = {skill: teaching.get(skill, 0) - own for skill, own in learning.items()}
        ahead = sorted((skill for skill, gap in gaps.items() if gap > 0), key=lambda skill: (-gaps[skill], skill))
        if not ahead:
            return say(
                "skills.gap.none",
                "The %(mentor_word)s is ahead in none of the skills rated.",
                mentor_word=Term("role", "mentor"),
            )
        named = [Term(f"choice:{settings['mentee']}", skill) for skill in ahead[:_NAMED]]
        if len(ahead) > _NAMED:
            return say("skills.gap.most", "Furthest ahead in %(skills)s.", skills=named)
        return say("skills.gap.ahead", "Ahead in %(skills)s.", skills=named)

    def describe(self, settings: Settings) -> Message:
        """What is compared."""
        return say(
            "skills.gap.describe",
            "How much of what the %(mentee_word)s has to learn (“%(mentee)s”) the %(mentor_word)s can teach (“%(mentor)s”).",
            **both_named(settings),
        )  # fmt: skip


def _ratings(person: Person, field: str, settings: Settings) -> Ratings:
    """What a person rated in ``field``, each within 1 and the top of the scale.

    Answers of another kind of question have no number, or none that belongs to an option, and are left out.
    """
    return {
        answer.key: min(max(int(answer.number_value), 1), settings["scale"])
        for answer in person.facts.answered(field)
        if answer.key is not None and answer.number_value is not None
    }


def _numbered(people: Sequence[Ratings]) -> tuple[list[Ratings], NDArray[np.int32]]:
    """The distinct ratings in order of first appearance, and for each person which of them are theirs."""
    codes: dict[frozenset[tuple[str, int]], int] = {}
    distinct: list[Ratings] = []
    own = np.zeros(len(people), dtype=np.int32)
    for place, ratings in enumerate(people):
        code = codes.setdefault(frozenset(ratings.items()), len(distinct))
        if code == len(distinct):
            distinct.append(ratings)
        own[place] = code
    return distinct, own


def _points(learning: Sequence[Ratings], teaching: Sequence[Ratings], scale: int) -> NDArray[np.uint8]:
    """Points of everybody on the left with everybody on the right; rows by rows, so that beside the result little is held."""
    skills = sorted({skill for one in learning for skill in one})
    # What a mentee did not rate stands at the top, so that nobody is ahead of it and nothing of it is left to learn.
    wanted, offered = _matrix(learning, skills, scale), _matrix(teaching, skills, 0)
    left = np.maximum((scale - wanted.astype(np.int64)).sum(axis=1), 1)
    points = np.empty((len(learning), len(teaching)), dtype=np.uint8)
    step = max(1, _AT_ONCE // max(1, len(teaching)))
    for start in range(0, len(learning), step):
        rows = slice(start, start + step)
        gained = np.zeros(points[rows].shape, dtype=np.int32)
        for own, theirs in zip(wanted[rows].T, offered.T, strict=True):
            # max(theirs, own) − own is how far they are ahead, without a number below zero, which a byte could not hold.
            gained += np.maximum(theirs, own[:, None]) - own[:, None]
        # Rounded half up in whole numbers, so that the same pair has the same points everywhere.
        points[rows] = (200 * gained + left[rows, None]) // (2 * left[rows, None])
    return points


def _matrix(people: Sequence[Ratings], skills: Sequence[str], unrated: int) -> NDArray[np.uint8]:
    return np.array([[one.get(skill, unrated) for skill in skills] for one in people], dtype=np.uint8).reshape(
        len(people), len(skills)
    )
