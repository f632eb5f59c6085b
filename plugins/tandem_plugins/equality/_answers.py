"""What the offers on answers that agree or differ share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from marshmallow import Schema
from numpy.typing import NDArray

from tandem.plugin_api import Message, Person, Settings, Term, say
from tandem_plugins._choices import chosen_sets, shared_counts, values_of
from tandem_plugins._sides import TwoQuestions, TwoQuestionsSchema


class TwoAnswers(TwoQuestions):
    """Compares two answers; where several options can be chosen, one in common is enough. Whoever did not answer has none."""

    settings_schema: ClassVar[type[Schema]] = TwoQuestionsSchema

    def explain(self, mentee: Person, mentor: Person, settings: Settings) -> Message:
        """Whether the answers agree."""
        left, right = values_of(mentee, settings["mentee"]), values_of(mentor, settings["mentor"])
        shared = sorted(left & right)
        if shared:
            terms = [Term(f"choice:{settings['mentee']}", key) for key in shared]
            return say("equality.same", "The same answer: %(shared)s.", shared=terms)
        if not left or not right:
            return say("equality.unanswered", "One of them did not answer.")
        return say("equality.different", "Different answers.")


def compared(
    mentees: Sequence[Person], mentors: Sequence[Person], settings: Settings
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Codes of both sides for each distinct answer, and by code whether two have one in common, and whether both answered."""
    left, mentee_codes = chosen_sets(mentees, settings["mentee"])
    right, mentor_codes = chosen_sets(mentors, settings["mentor"])
    rows, columns = (np.fromiter(map(bool, sets), dtype=np.bool_, count=len(sets)) for sets in (left, right))
    return mentee_codes, mentor_codes, shared_counts(left, right) > 0, rows[:, None] & columns[None, :]
