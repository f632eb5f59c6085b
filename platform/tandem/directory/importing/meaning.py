"""What a file's own headings, dates and words mean, where they are not ours: set by staff, kept with the import, saved under a name."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.directory import cells
from tandem.directory.importing.columns import (
    BY_FIELD,
    FIELDS,
    FLAGS,
    OPEN_NAMES,
    Field,
    column_name,
    heading_key,
    recognise,
)
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem
from tandem.directory.vocabularies import Term, Vocabulary

#: Orders of day, month and year that can be chosen; empty: ISO, or the order of the association's language.
DATE_ORDERS = ("", "iso", "mdy", "dmy")

#: Fields whose values are words of a list, with the list.
WORDS: Mapping[tuple[str, str], str] = {
    ("membership", "type"): "membership-type",
    ("membership", "level"): "membership-level",
    ("position", "region"): "region",
}

#: How many memberships and positions of one row can be given a meaning by hand.
ORDINALS = 3

#: Fields that hold days.
DAYS = frozenset({"valid_from", "valid_to", "paid_through"})

_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_EMPLOYER = BY_FIELD["position", "employer"]

#: The column beside which days are of a membership or of a position.
_BESIDE = {"membership": "membership type", "position": "employer"}

#: How alike two names have to be to be taken for one, 0 to 1.
_ALIKE = 0.62


@dataclass(frozen=True, slots=True)
class Meaning:
    """``columns`` maps a heading to the name of one of our columns, or to nothing where it is left out; ``values`` maps a list's
    name to the file's words and the keys they stand for.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    dates: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "columns": dict(self.columns),
            "dates": self.dates,
            "values": {name: dict(words) for name, words in self.values.items()},
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any] | None) -> Meaning | None:
        """From what is stored; nothing of nothing."""
        if plain is None:
            return None
        return cls(plain.get("columns") or {}, plain.get("dates") or "", plain.get("values") or {})

    def lists(self, lists: Mapping[str, Vocabulary]) -> Mapping[str, Vocabulary]:
        """The association's lists, in which the file's words stand for theirs as well."""
        return {name: _with_words(found, self.values.get(name) or {}) for name, found in lists.items()}


def _with_words(vocabulary: Vocabulary, words: Mapping[str, str]) -> Vocabulary:
    known: dict[str, Term] = {}
    for said, key in words.items():
        term = vocabulary.get(key)
        if term is not None:
            known[said] = term
    return vocabulary.with_words(known) if known else vocabulary


def choices() -> list[tuple[Field, int, str]]:
    """Every column that a heading can mean, with its ordinal and name, in the order of the list."""
    found = [(one, 1, column_name(one)) for one in FIELDS]
    found += [
        (one, ordinal, column_name(one, ordinal))
        for ordinal in range(2, ORDINALS + 1)
        for one in FIELDS
        if one.group in {"membership", "position"}
    ]
    return found


def guess(headings: Sequence[str], examples: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each heading the column it most likely means, or nothing; no column twice.

    What is named as ours counts first, then addresses by their sign, then headings such as "from" beside what they belong to,
    then the likeness of names where the values may be of that kind. A column of yes and no is nobody's employer.
    """
    found: dict[str, str] = {}
    truths = {heading for heading in headings if _all(examples.get(heading, ()), _is_truth)}
    for heading in headings:
        known = recognise(heading) or recognise(_spaced(heading))
        if known is not None and not (known[0] is _EMPLOYER and heading in truths):
            _take(found, heading, column_name(*known))
    for heading in headings:
        if _all(examples.get(heading, ()), lambda value: "@" in value):
            _take(found, heading, "email")
    left = _guess_open(found, headings, examples)
    _guess_alike(found, left, examples, truths)
    return {heading: found.get(heading, "") for heading in headings}


def _take(found: dict[str, str], heading: str, name: str) -> None:
    if heading not in found and name not in found.values():
        found[heading] = name


def _guess_open(found: dict[str, str], headings: Sequence[str], examples: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Guess the headings of ``OPEN_NAMES`` beside those that were found; returns the headings that are left for other means."""
    meant = {heading: OPEN_NAMES.get(heading_key(_spaced(heading)), ()) for heading in headings if heading not in found}
    # Types come first: days are a membership's only beside its type.
    for heading, fields in sorted(meant.items(), key=lambda item: ("membership", "type") not in item[1]):
        for group, name in fields:
            one = BY_FIELD[group, name]
            if (one.field == "type" or _BESIDE[group] in found.values()) and _fits(one, examples.get(heading, ())):
                _take(found, heading, one.name)
    return [heading for heading, fields in meant.items() if not fields]


def _guess_alike(
    found: dict[str, str], headings: Sequence[str], examples: Mapping[str, Sequence[str]], truths: Container[str]
) -> None:
    scored = sorted(
        (
            (_likeness(heading, one), heading, one.name)
            for heading in headings
            for one in FIELDS
            if (heading not in truths or one.field in FLAGS) and _of_kind(one, examples.get(heading, ()))
        ),
        key=lambda item: (-item[0], headings.index(item[1])),
    )
    for score, heading, name in scored:
        if score >= _ALIKE:
            _take(found, heading, name)


def _all(values: Iterable[str], test: Callable[[str], bool]) -> bool:
    given = [value for value in values if value.strip()]
    return bool(given) and all(test(value) for value in given)


def _is_truth(value: str) -> bool:
    try:
        cells.truth(value)
    except Problem:
        return False
    # 1 and 0 are numbers as well.
    return value.strip().isalpha()


def _fits(one: Field, values: Iterable[str]) -> bool:
    """Whether the values may be of that field, as far as one sees without the association's lists."""
    given = [value for value in values if value.strip()]
    if one.field == "type":
        # A type is a word: no day, no number, no yes or no.
        return all(any(sign.isalpha() for sign in value) and not _is_truth(value) for value in given)
    return all(any(sign.isdigit() for sign in value) for value in given)


def _of_kind(one: Field, values: Sequence[str]) -> bool:
    """Whether the values may be of that field's kind: days where it holds days, none where it holds something else."""
    if not any(value.strip() for value in values):
        return True
    return _all(values, cells.begins_as_day) is (one.field in DAYS)


def _likeness(heading: str, one: Field) -> float:
    words = heading_key(_spaced(heading))
    return max(_alike(words, name) for name in (one.name, *one.aliases)) if words else 0.0


def _spaced(heading: str) -> str:
    """A heading with its humps and underscores as spaces: LastName as two words."""
    return _HUMPS.sub(" ", heading).replace("_", " ")


def _alike(words: str, name: str) -> float:
    ratio = difflib.SequenceMatcher(None, words, name).ratio()
    own, other = set(words.split()), set(name.split())
    # "Date dues paid thru" holds all words of "paid thru": longer headings mean what their words mean.
    shared = 0.9 if len(other) > 1 and other <= own else 0.0
    return max(ratio, shared)


def fingerprint_of(headings: Iterable[str]) -> str:
    """The same for the same headings, whatever their order."""
    keys = sorted(name_key(heading) or heading.strip() for heading in headings if heading.strip())
    return hashlib.sha256("\x1f".join(keys).encode()).hexdigest()
