"""Noting at a letter what a mail server reported of it after it had been taken."""

from __future__ import annotations

import logging
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import null, select

from tandem.clocks import program_now
from tandem.extensions import db
from tandem.notices.email import about_the_address
from tandem.notices.marking import marking
from tandem.notices.models import Delivery, DeliveryState
from tandem.notices.reports import Became, Report, read_report
from tandem.notices.return_path import sending_of
from tandem.settings import Settings
from tandem.tenancy.edge import open_association

#: Mail servers give up after five days; what comes after a month is not about this letter's last journey.
STALE = timedelta(days=30)

#: A report may overtake the worker that still writes down that it was sent.
_TAKEN = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.DELAYED})

_log = logging.getLogger(__name__)


class Taken(StrEnum):
    """What a report changed: ``noted``, or nothing, because of the other reasons."""

    NOTED = "noted"
    REPEATED = "repeated"
    STALE = "stale"
    ARRIVED = "arrived"
    UNKNOWN = "unknown"


def take_report(settings: Settings, raw: bytes, *, recipient: str | None = None) -> Taken:
    """Note what the report ``raw`` says of one of our letters; commits. For the command that a mail server calls.

    ``recipient`` is the address that it was sent to, where the mail server says so; else the message's own headers do. Raises
    ``NotAReportError``. What names no letter of ours changes nothing and is ``unknown``.
    """
    report, headers = read_report(raw)
    sending = sending_of(settings, [recipient] if recipient else headers)
    db.session.rollback()
    if sending is None:
        return Taken.UNKNOWN
    with open_association(sending.association_id) as scope:
        taken = note_report(delivery_id=sending.delivery_id, attempt=sending.attempt, report=report)
        db.session.commit()
        _log.info(
            "%s: delivery %s: report %s %s: %s", scope.slug, sending.delivery_id, report.became, report.status, taken
        )
    return taken


def note_report(*, delivery_id: UUID, attempt: int, report: Report) -> Taken:
    """Note ``report`` at the delivery of the open association, if it is the first such and about its last attempt.

    An address that is refused for good is marked, as one that is refused at once. What is late may still come back; what came
    back stays so.
    """
    delivery = db.session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if delivery is None:
        return Taken.UNKNOWN
    state = DeliveryState.DELAYED if report.became is Became.LATE else DeliveryState.BOUNCED
    if delivery.attempts == attempt and delivery.state in {DeliveryState.BOUNCED, state}:
        return Taken.REPEATED
    if delivery.attempts != attempt or delivery.state not in _TAKEN:
        return Taken.STALE
    now = program_now()
    if delivery.finished_at is not None and now - delivery.finished_at > STALE:
        return Taken.STALE
    if report.became is Became.ARRIVED:
        return Taken.ARRIVED
    delivery.state, delivery.detail = state, report.became.value
    delivery.report_status, delivery.report_text, delivery.reported_at = report.status, report.text, now
    delivery.finished_at, delivery.unredacted = delivery.finished_at or now, null()
    if report.became is Became.REFUSED and about_the_address(report.status):
        db.session.execute(marking(delivery.notice.address, answer=report.status, notice_id=delivery.notice_id))
    db.session.flush()
    return Taken.NOTED
