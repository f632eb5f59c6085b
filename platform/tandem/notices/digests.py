"""The daily letter: what came since the last one, for those who want it once a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy import Row, null, select, update

from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.notices.choosing import choices_seen
from tandem.notices.holding import open_hold
from tandem.notices.markup import Source, quote
from tandem.notices.models import Delivery, DeliveryState, Notice, Pace
from tandem.notices.reasons import still_stands
from tandem.notices.rendering import link_to
from tandem.notices.services import in_batches, write_notice
from tandem.notices.sorting import owner_of_row, topic_of
from tandem.notices.templates_registry import CHOSEN, TOPICS
from tandem.notices.unsubscribing import Owner


def write_digests() -> int:
    """Write the day's letter to everybody for whom something waits: one a day at most, none where nothing is left to say.

    What is done meanwhile is dropped, and so is what its recipient has come not to want. While mail is held nothing is gathered;
    the first morning after it, everything is. Returns how many letters were written.
    """
    if open_hold() is not None:
        return 0
    rows = db.session.execute(
        select(
            Delivery.id, Notice.id.label("notice_id"), Notice.template, Notice.reason, Notice.subject, Notice.language,
            Notice.member_id, Notice.account_id,
        )
        .join(Notice, (Notice.association_id == Delivery.association_id) & (Notice.id == Delivery.notice_id))
        .where(Delivery.state == DeliveryState.DIGEST)
        .order_by(Delivery.created_at, Delivery.id)
    ).all()  # fmt: skip
    of: dict[Owner, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        of[owner_of_row(row)].append(row)
    chosen = choices_seen(list(of))
    written = 0
    with in_batches():
        for owner, waiting in of.items():
            gone = [row for row in waiting if not still_stands(row.template, row.reason)]
            never = [
                row
                for row in waiting
                if row not in gone and chosen.get((owner, topic_of(row.template).value)) is Pace.NEVER
            ]
            _settle(gone, DeliveryState.DROPPED, "done")
            _settle(never, DeliveryState.UNWANTED)
            left = [row for row in waiting if row not in gone and row not in never]
            written += bool(left) and _write_one(owner, left)
    return written


def _write_one(owner: Owner, rows: Sequence[Row[Any]]) -> bool:
    key = f"digest:{owner.member_id or owner.account_id}:{program_today().isoformat()}"
    notice = write_notice(
        template="digest",
        to_member_id=owner.member_id,
        to_account_id=owner.account_id,
        context={"items": _items(rows), "count": len(rows)},
        dedupe_key=key,
    )
    if notice is not None:
        _settle(rows, DeliveryState.DIGESTED, digest_id=notice.id)
        return True
    if db.session.scalar(select(Notice.id).where(Notice.dedupe_key == key)) is None:
        # Nobody is left to write to; with today's letter gone already, it waits for tomorrow's.
        _settle(rows, DeliveryState.DROPPED, "done")
    return False


def _items(rows: Sequence[Row[Any]]) -> Source:
    parts = []
    with force_locale(rows[0].language):
        for topic in CHOSEN:
            mine = [row for row in rows if topic_of(row.template) is topic]
            if mine:
                lines = "\n".join(f"- [{quote(row.subject)}]({link_to(f'/notices/{row.notice_id}')})" for row in mine)
                parts.append(f"**{quote(str(TOPICS[topic].title))}**\n\n{lines}")
    return Source("\n\n".join(parts))


def _settle(
    rows: Sequence[Row[Any]], state: DeliveryState, detail: str | None = None, digest_id: UUID | None = None
) -> None:
    if rows:
        db.session.execute(
            update(Delivery)
            .where(Delivery.id.in_([row.id for row in rows]), Delivery.state == DeliveryState.DIGEST)
            .values(
                state=state, detail=detail, digest_id=digest_id, finished_at=program_now(), unredacted=null()
            )
        )  # fmt: skip
