"""An order for what would otherwise be a draw, the same on every machine and for every order of the input.

Two sets of pairs with equal points differ in the sum of a small number per pair, drawn from the two public ids alone. The ids
go through BLAKE2b (so that neighbouring ids, like time-ordered UUIDs, gain nothing from being neighbours), the pair through the
finaliser of SplitMix64 (Steele, Lea and Flood, 2014), of which the top 12 bits are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

TIE_BITS = 12
TIE_SPAN = 1 << TIE_BITS


def digests(ids: Sequence[str], side: str) -> NDArray[np.uint64]:
    """One 64-bit number per id, shape ``(len(ids),)``; ``side`` keeps one person's two roles apart."""
    person = side.encode()[:16]
    raw = b"".join(blake2b(i.encode(), digest_size=8, person=person).digest() for i in ids)
    return np.frombuffer(raw, dtype="<u8").astype(np.uint64)


def pair_ties(mentees: NDArray[np.uint64], mentors: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Numbers in 0…4095 for pairs of digests, element by element (the two arrays broadcast)."""
    z = mentees ^ ((mentors << np.uint64(32)) | (mentors >> np.uint64(32)))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(64 - TIE_BITS)).astype(np.int64)
