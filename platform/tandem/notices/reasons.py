"""Whether what a notice reminds of is still to be done. Asked when its mail goes out, which may be hours or days after it was written.

The capability that writes a reminder registers how to tell; a notice that nobody registered for is always sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: Tells from the ids in ``Notice.reason`` whether the reason still stands.
Stands = Callable[[Mapping[str, Any]], bool]

_registered: dict[str, Stands] = {}


def reason_of(*templates: str) -> Callable[[Stands], Stands]:
    """Mark a function as the one that tells for ``templates``. It reads, in the open association, and writes nothing."""

    def mark(function: Stands) -> Stands:
        _registered.update(dict.fromkeys(templates, function))
        return function

    return mark


def still_stands(template: str, reason: Mapping[str, Any] | None) -> bool:
    """Whether a notice is still worth sending; ``True`` where nothing says otherwise."""
    check = _registered.get(template)
    return True if check is None or not reason else check(reason)


def checked_templates() -> frozenset[str]:
    """The templates whose reason is looked at again."""
    return frozenset(_registered)
