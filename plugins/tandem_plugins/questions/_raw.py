"""What the kinds of question share: reading one value out of what the browser sent, and numbers as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

#: Digits with an optional decimal point or comma; no exponent, no "inf", nothing that Decimal alone would let pass.
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,6})?")


def single(raw: Mapping[str, Sequence[str]], part: str = "") -> str:
    """The first value of one input without surrounding blanks, empty if there is none."""
    values = raw.get(part) or [""]
    return values[0].strip()


def number(text: str) -> Decimal | None:
    """The number in ``text`` (``7``, ``2.5``, ``2,5``, ``-1``), or ``None`` if it is not one."""
    text = text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def places(value: Decimal) -> int:
    """How many decimal places ``value`` has, closing zeros aside."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
