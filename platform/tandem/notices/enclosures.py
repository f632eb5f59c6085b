"""Files that go with a letter. They are made when its mail goes out, and are kept nowhere.

The capability that writes a letter registers how to make its files; a letter that nobody registered for has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file of text in UTF-8: its ``name``, its ``content``, ``text/<subtype>`` and the ``parameters`` of that type."""

    name: str
    content: bytes
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)


#: Makes the files from the ids in ``Notice.reason``, for the member who gets the letter.
Encloses = Callable[[Mapping[str, Any], UUID], Sequence[Enclosure]]

_registered: dict[str, Encloses] = {}


def enclosed_with(*templates: str) -> Callable[[Encloses], Encloses]:
    """Mark a function as the one that makes the files of ``templates``. It reads, in the open association, and writes nothing."""

    def mark(function: Encloses) -> Encloses:
        _registered.update(dict.fromkeys(templates, function))
        return function

    return mark


def enclosures_of(template: str, reason: Mapping[str, Any] | None, member_id: UUID | None) -> Sequence[Enclosure]:
    """The files that go with a letter, as things stand and in the language that is chosen now.

    They are the recipient's own: staff, who read the letter, learn their names alone.
    """
    make = _registered.get(template)
    return () if make is None or not reason or member_id is None else make(reason, member_id)
