"""What becomes of mail before it is handed over: whether it goes now, waits, or need not go at all.

Asked when the mail is about to go, not when it was written: a choice, a hold or a meeting that was called off counts until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from tandem.directory.normalise import email_key
from tandem.extensions import db
from tandem.notices.choosing import choices_seen
from tandem.notices.models import AddressMark, DeliveryState, Pace
from tandem.notices.reasons import still_stands
from tandem.notices.templates_registry import TEMPLATES, Topic
from tandem.notices.unsubscribing import Owner

#: Templates that are sent even while all mail is held.
ALWAYS = frozenset(kind.id for kind in TEMPLATES.values() if kind.always)

#: ``Notice.about_kind`` of what staff sent to themselves to look at it.
PREVIEW = "preview"

_PACES = {Pace.DAILY: DeliveryState.DIGEST, Pace.NEVER: DeliveryState.UNWANTED}


def owner_of_row(row: Row[Any]) -> Owner:
    """Whose choices count for a row with a notice's ``member_id`` and ``account_id``."""
    return Owner.of(member_id=row.member_id, account_id=row.account_id)


def sort_out(rows: Sequence[Row[Any]]) -> dict[UUID, tuple[DeliveryState, str | None]]:
    """Deliveries that are not to be handed over now, each with the state it takes and a detail.

    ``rows`` have the delivery's ``id`` and the notice's ``template``, ``reason``, ``about_kind``, ``address``, ``account_id`` and
    ``member_id``. Two statements, and those of the reasons of reminders.
    """
    if not rows:
        return {}
    found: dict[UUID, tuple[DeliveryState, str | None]] = {}
    chosen = choices_seen([owner_of_row(row) for row in rows if not _essential(row)])
    marked = marked_addresses([row.address for row in rows])
    for row in rows:
        if not still_stands(row.template, row.reason):
            found[row.id] = (DeliveryState.DROPPED, "done")
        elif row.template not in ALWAYS and email_key(row.address) in marked:
            found[row.id] = (DeliveryState.FAILED, "marked")
        elif not _essential(row):
            pace = chosen.get((owner_of_row(row), topic_of(row.template).value), Pace.AT_ONCE)
            if pace in _PACES:
                found[row.id] = (_PACES[pace], None)
    return found


def marked_addresses(addresses: Sequence[str]) -> set[str]:
    """Those of the addresses that a mail server refused, as keys."""
    keys = {email_key(address) for address in addresses}
    return set(
        db.session.scalars(
            select(AddressMark.address_key).where(
                AddressMark.cleared_at.is_(None), AddressMark.address_key.in_(sorted(keys))
            )
        )
    )


def topic_of(template: str) -> Topic:
    """The topic of a template; news for one that is no longer there."""
    kind = TEMPLATES.get(template)
    return kind.topic if kind is not None else Topic.NEWS


def _essential(row: Row[Any]) -> bool:
    kind = TEMPLATES.get(row.template)
    return kind is None or kind.essential or not kind.paced or row.about_kind == PREVIEW
