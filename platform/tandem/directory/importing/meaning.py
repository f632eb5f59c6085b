"""What a file's own headings, dates and words mean, where they are not ours: set by staff, kept with the import, saved under a name."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.directory.importing.columns import FIELDS, Field, column_name, recognise
from tandem.directory.normalise import name_key
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

_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")

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

    What is named as ours counts first, then addresses by their sign, then the likeness of names.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for heading in headings:
        known = recognise(heading) or recognise(_spaced(heading))
        if known is not None and column_name(*known) not in taken:
            found[heading] = column_name(*known)
            taken.add(found[heading])
    for heading in headings:
        if heading not in found and "email" not in taken and _addresses(examples.get(heading, ())):
            found[heading] = "email"
            taken.add("email")
    scored = sorted(
        (
            (_likeness(heading, one), heading, one.name)
            for heading in headings
            if heading not in found
            for one in FIELDS
        ),
        key=lambda item: (-item[0], headings.index(item[1])),
    )
    for score, heading, name in scored:
        if score >= _ALIKE and heading not in found and name not in taken:
            found[heading] = name
            taken.add(name)
    return {heading: found.get(heading, "") for heading in headings}


def _addresses(values: Iterable[str]) -> bool:
    given = [value for value in values if value.strip()]
    return bool(given) and all("@" in value for value in given)


def _likeness(heading: str, one: Field) -> float:
    words = name_key(_spaced(heading))
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
