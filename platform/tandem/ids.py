"""Identifiers: UUID version 7 (RFC 9562), so that rows sort by the time they were made."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from threading import Lock
from uuid import UUID

_BITS = 74
_lock = Lock()
_last = (0, 0)


def uuid7() -> UUID:
    """A new time-ordered UUID: 48 bits of milliseconds, then 74 random bits.

    Of two that one process makes, the later one is the greater, also within a millisecond: there the random bits grow by a
    random step (RFC 9562, section 6.2, method 2).
    """
    global _last  # noqa: PLW0603 - what was given last is the process's
    with _lock:
        milliseconds, chance = _drawn()
        if milliseconds <= _last[0]:
            milliseconds, chance = _last[0], _last[1] + 1 + (chance >> (_BITS - 32))
            if chance >> _BITS:
                milliseconds, chance = milliseconds + 1, chance & ((1 << _BITS) - 1)
        _last = (milliseconds, chance)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | chance >> 62 << 64 | 0x2 << 62 | chance & ((1 << 62) - 1))


@contextmanager
def repeatable(seed: str) -> Iterator[None]:
    """Let the same identifiers come in the same order each time, for a play that is to end alike; never where people work.

    They count on from the year 2020, a millisecond each, and so sort before all that are drawn later. Draws in matching are
    decided by identifiers. Holds for the whole process until the block is left.
    """
    global _drawn, _last
    random, milliseconds = Random(seed), count(1_577_836_800_000)  # noqa: S311 - no secret is made of it
    before, _drawn = _drawn, lambda: (next(milliseconds), random.getrandbits(_BITS))
    given, _last = _last, (0, 0)
    try:
        yield
    finally:
        _drawn, _last = before, given


def _by_clock_and_chance() -> tuple[int, int]:
    return time.time_ns() // 1_000_000, secrets.randbits(_BITS)


_drawn: Callable[[], tuple[int, int]] = _by_clock_and_chance
