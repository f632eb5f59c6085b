"""How often a process looks through its memory for garbage in cycles."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Leave what is loaded by now to itself, and look through what comes later a hundred times more seldom.

    By default Python looks after each 700 new objects. A request makes thousands, nearly all of which go by themselves at its
    end: looking cost a fifth of the processor's time (``tests/matching/test_on_file.py``, 14.1 against 11.4 s) and, where it
    came to all that is loaded, some request a third of a second. A process grows by a twentieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
