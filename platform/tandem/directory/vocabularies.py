"""The association's own lists of words, as the directory reads and checks them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from tandem.directory.models import VocabularyTerm
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem
from tandem.extensions import db


@dataclass(frozen=True, slots=True)
class Term:
    """One word: the key that is stored, the label that is read, and between which days it may be chosen."""

    key: str
    label: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the word may be chosen for something that begins on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def check(self, day: date) -> None:
        """Raises ``Problem`` where the word may not be chosen for something that begins on ``day``."""
        if self.valid_from is not None and day < self.valid_from:
            raise Problem("term-early", value=self.label, day=self.valid_from.isoformat())
        if self.valid_to is not None and day > self.valid_to:
            raise Problem("term-late", value=self.label, day=self.valid_to.isoformat())


@dataclass(slots=True)
class Vocabulary:
    """One list, in its order. Words are found by key or by label, whatever their case, accents and punctuation."""

    name: str
    terms: Sequence[Term] = ()
    _by_key: dict[str, Term] = field(init=False, default_factory=dict)
    _by_words: dict[str, Term] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_key = {term.key: term for term in self.terms}
        for term in self.terms:
            self._by_words.setdefault(name_key(term.label), term)
            self._by_words.setdefault(name_key(term.key), term)

    def with_words(self, words: Mapping[str, Term]) -> Vocabulary:
        """The same list, in which ``words`` stand for these terms as well."""
        found = Vocabulary(self.name, self.terms)
        for said, term in words.items():
            found._by_key[said] = term
            if name_key(said):
                found._by_words[name_key(said)] = term
        return found

    def get(self, key: str | None) -> Term | None:
        """The word with this key."""
        return self._by_key.get(key) if key is not None else None

    def label(self, key: str | None) -> str:
        """The label of a stored key; the key itself where the list has lost it, nothing for nothing."""
        term = self.get(key)
        return term.label if term else key or ""

    def find(self, words: str) -> Term | None:
        """The word that somebody typed as key or label."""
        return self._by_key.get(words) or self._by_words.get(name_key(words))

    def read(self, words: str) -> Term:
        """The word that somebody typed. Raises ``Problem`` with the nearest one."""
        term = self.find(words)
        if term is not None:
            return term
        shown = words[:80]
        if not self.terms:
            raise Problem("term-empty", value=shown, vocabulary=self.name)
        near = difflib.get_close_matches(name_key(shown), self._by_words, n=1)
        if near:
            raise Problem("term-meant", value=shown, vocabulary=self.name, meant=self._by_words[near[0]].label)
        raise Problem("term", value=shown, vocabulary=self.name)

    def choices(self, day: date, *, keep: str | None = None) -> list[tuple[str, str]]:
        """Keys and labels that may be chosen on ``day``, and ``keep``, which a record holds already."""
        return [(term.key, term.label) for term in self.terms if term.holds_on(day) or term.key == keep]

    def all_choices(self) -> list[tuple[str, str]]:
        """Keys and labels of all words, past ones too: for filters and for records that began in the past."""
        return [(term.key, term.label) for term in self.terms]


#: The lists that the directory uses.
DIRECTORY = ("membership-type", "membership-level", "position-title", "region", "discipline")


def vocabularies(names: Iterable[str] = DIRECTORY) -> Mapping[str, Vocabulary]:
    """The named lists of the open association, in one statement; one that it does not have is empty."""
    wanted = tuple(names)
    terms: dict[str, list[Term]] = {name: [] for name in wanted}
    for row in db.session.execute(
        select(
            VocabularyTerm.vocabulary, VocabularyTerm.key, VocabularyTerm.label, VocabularyTerm.valid_from,
            VocabularyTerm.valid_to,
        )
        .where(VocabularyTerm.vocabulary.in_(wanted))
        .order_by(VocabularyTerm.vocabulary, VocabularyTerm.position, VocabularyTerm.label)
    ):  # fmt: skip
        terms[row.vocabulary].append(Term(row.key, row.label, row.valid_from, row.valid_to))
    return {name: Vocabulary(name, found) for name, found in terms.items()}
