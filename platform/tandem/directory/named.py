"""Looking people up by the beginning of a name or an address, in any table that has ``name_key`` and ``email_key``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from tandem.directory.normalise import email_key, name_key

#: Sorts after every character that a key can hold: the end of a range of beginnings.
_LAST = "\U0010ffff"


def person_begins(model: Any, search: str) -> ColumnElement[bool]:
    """A condition on ``model``: the name or the address begins with ``search``.

    Names are kept family name first; "Ada Sample" finds the same person as "Sample Ada".
    """
    words = search.split()
    names = sorted({name_key(search), name_key(*words[-1:], *words[:-1])} - {""})
    return or_(_begins(model.email_key, email_key(search)), *(_begins(model.name_key, key) for key in names))


def _begins(column: Any, key: str) -> ColumnElement[bool]:
    return and_(column >= key, column < key + _LAST)
