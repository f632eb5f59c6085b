"""What the plugins on matching share: options chosen by many people, numbered so that each distinct set is met once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tandem.plugin_api import Person

Distinct = TypeVar("Distinct", bound=Hashable)


def chosen_sets(people: Sequence[Person], field: str) -> tuple[list[frozenset[str]], NDArray[np.int32]]:
    """The distinct sets of options that people chose in ``field``, and for each person which of them is theirs.

    For a question without options, the text itself stands for the option.
    """
    return numbered([values_of(person, field) for person in people])


def numbered(sets: Sequence[Distinct]) -> tuple[list[Distinct], NDArray[np.int32]]:
    """The distinct sets (or whatever tells people apart) in order of first appearance, and the number of each given one."""
    codes: dict[Distinct, int] = {}
    own = np.fromiter((codes.setdefault(one, len(codes)) for one in sets), dtype=np.int32, count=len(sets))
    return list(codes), own


def values_of(person: Person, field: str) -> frozenset[str]:
    """The options, or the text, that one person gave in ``field``."""
    answers = person.facts.answered(field)
    return frozenset(value for answer in answers if (value := answer.key or answer.text_value))


def values_of_all(people: Sequence[Person], field: str) -> frozenset[str]:
    """The options, or the texts, that any of these people gave in ``field``."""
    return frozenset().union(*(values_of(person, field) for person in people))


def shared_counts(left: Sequence[frozenset[str]], right: Sequence[frozenset[str]]) -> NDArray[np.int32]:
    """How many options each set on the left has in common with each on the right."""
    words = {word: number for number, word in enumerate(sorted(frozenset().union(*left, *right)))}
    return _incidence(left, words) @ _incidence(right, words).T


def _incidence(sets: Sequence[frozenset[str]], words: dict[str, int]) -> NDArray[np.int32]:
    matrix = np.zeros((len(sets), len(words)), dtype=np.int32)
    for row, one in enumerate(sets):
        matrix[row, [words[word] for word in one]] = 1
    return matrix
