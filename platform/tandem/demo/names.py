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


ENGLISH = Places(
    given=(
        "Ada", "Amara", "Benoni", "Briar", "Calla", "Dara", "Edda", "Elwin", "Fenna", "Gideon", "Hollis", "Imani", "Iris",
        "Jonas", "Kaveh", "Keziah", "Lark", "Leona", "Mabry", "Marlo", "Nadir", "Noor", "Odessa", "Orin", "Pilar", "Quill",
        "Ravi", "Rosalind", "Sage", "Soren", "Tamsin", "Tobin", "Uma", "Vesper", "Wendel", "Wren", "Yara", "Zora",
    ),
    first=("Ash", "Bright", "Cedar", "Dun", "Elder", "Fern", "Gold", "Hart", "Iron", "Juniper", "Kings", "Lind", "Moss",
           "North", "Oak", "Pine", "Quarry", "River", "Stone", "Thistle", "Under", "Vale", "Willow"),
    second=("brook", "bury", "croft", "field", "ford", "grove", "ley", "mere", "ridge", "song", "stead", "water", "well",
            "wick", "wood"),
    employers=(
        ("Sample Creek Unified", "north"), ("Fallow Hills Elementary", "north"), ("Larkmeadow Unified", "sacramento-valley"),
        ("Two Rivers Joint Union", "sacramento-valley"), ("Saltmarsh Unified", "bay-area"), ("Fogharbor City Schools", "bay-area"),
        ("Almond Flats Elementary", "central-valley"), ("Cottonwood Plain Unified", "central-valley"),
        ("Seacliff Union High", "central-coast"), ("Palisade County Office", "los-angeles"), ("Brightwater Unified", "los-angeles"),
        ("Dry Lake Unified", "inland"), ("Mesa Verde Valley Union", "inland"), ("Coronet Bay Elementary", "south"),
    ),
)  # fmt: skip

FRENCH = Places(
    given=(
        "Adèle", "Ambroise", "Apolline", "Basile", "Capucine", "Céleste", "Cyprien", "Éloi", "Émeline", "Fantine", "Firmin",
        "Gaspard", "Honorine", "Isaure", "Joachim", "Léonie", "Lubin", "Maël", "Mahaut", "Noémie", "Octave", "Oriane",
        "Pacôme", "Rosalie", "Séraphin", "Sidonie", "Théa", "Ulysse", "Victoire", "Zélie",
    ),
    first=("Bel", "Clair", "Beau", "Haut", "Mont", "Val", "Font", "Roche", "Bois", "Champ", "Mire", "Noir"),
    second=("aubin", "bourg", "court", "essart", "gard", "joly", "lac", "mont", "pré", "rive", "ron", "val"),
    employers=(
        ("Atelier du Vieux Pont", "haut-valmoray"), ("Menuiserie des Tilleuls", "haut-valmoray"), ("Scierie Blanche", "bas-valmoray"),
        ("Les Copeaux d’Or", "bas-valmoray"), ("Lutherie de la Halle", "plaine"), ("Filature des Trois Eaux", "plaine"),
        ("Teinturerie du Quai", "littoral"), ("Dentelles Morvane", "littoral"), ("Maison Tisserande", "sylve"),
        ("Charpentes de la Sylve", "sylve"),
    ),
)  # fmt: skip


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
