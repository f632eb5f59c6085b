"""Writing the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from tandem.access.actor import Actor
from tandem.audit.models import AuditEntry
from tandem.extensions import db

#: Who may read what an entry is about, from the narrowest on.
VISIBILITIES = ("self", "pair", "committee", "staff", "public")

#: What stands in an entry instead of a private field's content.
PRIVATE = "private"

#: Of entries with these visibilities no content is ever stored.
_CONTENT_FREE = frozenset({"self", "pair"})


def record(
    *,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID,
    changes: Mapping[str, Any] | None = None,
    visibility: str = "staff",
    program_id: UUID | None = None,
    reason: str | None = None,
) -> AuditEntry:
    """Add an entry in the caller's transaction.

    ``action`` is ``object.verb`` ("application.approved"); ``changes`` maps fields to ``[before, after]``, best made with
    ``changes_between``. Of an object whose ``visibility`` is ``self`` or ``pair`` only the fields' names are kept, whatever is
    passed, and no reason. ``program_id`` lets the program's own staff see the entry.

    Raises ``ValueError`` for an unknown visibility.
    """
    if visibility not in VISIBILITIES:
        raise ValueError(f"Visibility is one of {', '.join(VISIBILITIES)}, not {visibility!r}.")
    content_free = visibility in _CONTENT_FREE
    entry = AuditEntry(
        account_id=actor.account_id,
        actor_name=actor.name,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        program_id=program_id,
        visibility=visibility,
        changes={
            field: PRIVATE if content_free or pair == PRIVATE else [_json(item) for item in pair]
            for field, pair in (changes or {}).items()
        },
        reason=None if content_free else reason,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], *, private: Collection[str] = ()
) -> dict[str, Any]:
    """The fields that differ, as ``[before, after]``; the ones named in ``private`` as ``"private"`` alone."""
    fields = [*before, *(field for field in after if field not in before)]
    return {
        field: PRIVATE if field in private else [before.get(field), after.get(field)]
        for field in fields
        if before.get(field) != after.get(field)
    }


def _json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(item) for item in value]
    return value
