"""What the offers share that compare the answers to a question to mentees with those to a question to mentors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tandem.plugin_api import Settings, SettingsSchema, Term, key

#: What the association calls both sides, for a message's parameters.
SIDES: Mapping[str, Term] = MappingProxyType(
    {"mentee_word": Term("role", "mentee"), "mentor_word": Term("role", "mentor")}
)


class TwoQuestionsSchema(SettingsSchema):
    """The two questions."""

    mentee = key(required=True, metadata={"question": "mentee"})
    mentor = key(required=True, metadata={"question": "mentor"})


class TwoQuestions:
    """A criterion or constraint with these settings, which reads nothing but the answers; comes before the contract among its bases."""

    reads: ClassVar[frozenset[str] | None] = frozenset({"answers"})

    def fields(self, settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
        """The mentee's and the mentor's question."""
        return [settings["mentee"]], [settings["mentor"]]


def both_named(settings: Settings) -> dict[str, Term]:
    """Both sides and their questions, for a message's parameters."""
    return {
        **SIDES,
        "mentee": Term("question", settings["mentee"]),
        "mentor": Term("question", settings["mentor"]),
    }


def or_unknown(table: NDArray[np.bool_], left: Sequence[bool], right: Sequence[bool]) -> NDArray[np.bool_]:
    """A table of permissions, with every pair allowed of which one side is not known; ``left`` and ``right`` tell who is."""
    rows, columns = (np.fromiter(known, dtype=np.bool_, count=len(known)) for known in (left, right))
    allowed: NDArray[np.bool_] = table | ~rows[:, None] | ~columns[None, :]
    return allowed
