"""The association's advice to the people in a program: to each side, at its moment (C9, C15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def advice_for(resolved: Mapping[str, Any], side: str, at: str) -> list[dict[str, Any]]:
    """The items of advice for ``side`` at a moment: ``applying``, ``mentorship`` or ``closing``.

    Advice is live: hand in the program's newest resolved document.
    """
    return [item for item in resolved.get("advice") or () if item["at"] == at and item["side"] in {side, "both"}]
