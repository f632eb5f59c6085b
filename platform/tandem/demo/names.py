"""Names for the demonstration: plainly fictional people and places, drawn by a seeded generator."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Places:
    """Given names, parts of family names, and employers by region."""

    given: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    employers: tuple[tuple[str, str], ...]


class Cast:
    """Draws people one after the other; the same seed gives the same people in the same order."""

    def __init__(self, places: Places, seed: int, domain: str) -> None:
        self.random = Random(seed)  # noqa: S311 - a stage play, not a secret
        self.places = places
        self.domain = domain
        self._taken: set[str] = set()
        self._number = 0

    def name(self) -> tuple[str, str]:
        """A given and a family name not drawn before."""
        while True:
            given = self.random.choice(self.places.given)
            family = self.random.choice(self.places.first) + self.random.choice(self.places.second)
            if f"{given} {family}" not in self._taken:
                self._taken.add(f"{given} {family}")
                return given, family

    def number(self) -> str:
        """The next member number."""
        self._number += 1
        return f"{10_000 + self._number}"

    def address(self, number: str) -> str:
        """An address at a domain that cannot exist."""
        return f"m{number}@{self.domain}"
