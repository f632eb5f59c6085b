"""Lists that show the newest first, a page at a time, by key rather than by number: later pages cost what the first one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_

from tandem.access.errors import NotYoursError
from tandem.extensions import db

#: Rows on one page.
PAGE = 50

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """One page of a list. ``next`` is the cursor of the following one, ``None`` on the last."""

    rows: Sequence[_Row]
    next: str | None = None


def newest_first(
    statement: Select[Any], moment: Any, identifier: Any, *, after: str | None, size: int = PAGE, entities: bool = True
) -> Page[Any]:
    """Run ``statement`` ordered by ``moment`` and ``identifier``, both falling, from the cursor ``after`` on.

    With ``entities`` the statement selects one entity, which the page holds; its attributes of those names make the cursor.
    Raises ``NotYoursError`` for a cursor that is none.
    """
    if after:
        statement = statement.where(tuple_(moment, identifier) < tuple_(*_read(after)))
    statement = statement.order_by(moment.desc(), identifier.desc()).limit(size + 1)
    result = db.session.execute(statement)
    rows = result.scalars().all() if entities else result.all()
    shown = rows[:size]
    more = len(rows) > size
    return Page(shown, _write(getattr(shown[-1], moment.key), getattr(shown[-1], identifier.key)) if more else None)


def _write(moment: datetime, identifier: UUID) -> str:
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}_{identifier}"


def _read(cursor: str) -> tuple[datetime, UUID]:
    moment, _, identifier = cursor.partition("_")
    try:
        return _EPOCH + timedelta(microseconds=int(moment)), UUID(identifier)
    except (ValueError, OverflowError):
        raise NotYoursError from None
