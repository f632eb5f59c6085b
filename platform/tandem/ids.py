"""Identifiers: UUID version 7 (RFC 9562), so that rows sort by the time they were made."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from uuid import UUID


def uuid7() -> UUID:
    """A new time-ordered UUID: 48 bits of milliseconds, then 74 random bits."""
    milliseconds, chance = _drawn()
    value = (milliseconds & (2**48 - 1)) << 80
    value |= chance
    value &= ~(0xF << 76)
    value |= 0x7 << 76
    value &= ~(0x3 << 62)
    value |= 0x2 << 62
    return UUID(int=value)


@contextmanager
def repeatable(seed: str) -> Iterator[None]:
    """Let the same identifiers come in the same order each time, for a play that is to end alike; never where people work.

    They count on from the year 2020, a millisecond each, and so sort before all that are drawn later. Draws in matching are
    decided by identifiers. Holds for the whole process until the block is left.
    """
    global _drawn  # noqa: PLW0603 - one source for the process, as the clock and the system's chance are
    random, milliseconds = Random(seed), count(1_577_836_800_000)  # noqa: S311 - no secret is made of it
    before, _drawn = _drawn, lambda: (next(milliseconds), random.getrandbits(80))
    try:
        yield
    finally:
        _drawn = before


def _by_clock_and_chance() -> tuple[int, int]:
    return time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big")


_drawn: Callable[[], tuple[int, int]] = _by_clock_and_chance
