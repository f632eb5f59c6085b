"""Colours as WCAG reckons with them. Pure functions over ``#rrggbb`` strings."""

from __future__ import annotations

import re
from collections.abc import Callable

_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
_STEPS = 100

WHITE = "#ffffff"
BLACK = "#000000"


def is_colour(value: object) -> bool:
    """Whether ``value`` is a string of exactly the form ``#rrggbb``."""
    return isinstance(value, str) and _HEX.match(value) is not None


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0–255. Raises ``ValueError`` for anything but ``#rrggbb``."""
    if not is_colour(colour):
        raise ValueError(f"Not a colour of the form #rrggbb: {colour!r}")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """``share`` (0–1) of ``colour`` and the rest of ``other``, as CSS ``color-mix(in srgb, …)`` mixes them."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(one * share + two * (1 - share)):02x}" for one, two in pairs)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1–21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def search(colour: str, fits: Callable[[str], bool]) -> str | None:
    """The colour closest to ``colour``, darkened or lightened, for which ``fits`` holds; ``None`` where there is none."""
    for step in range(_STEPS + 1):
        for end in (BLACK, WHITE):
            candidate = mix(colour, end, 1 - step / _STEPS)
            if fits(candidate):
                return candidate
    return None


def nearest(colour: str, against: tuple[str, ...], ratio: float) -> str | None:
    """The colour closest to ``colour`` that reaches ``ratio`` against all of ``against``, ``None`` where there is none."""
    return search(colour, lambda candidate: lowest(candidate, against) >= ratio)


def lowest(colour: str, against: tuple[str, ...]) -> float:
    """The lowest contrast of ``colour`` with any of ``against``."""
    return min(contrast(colour, other) for other in against)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
