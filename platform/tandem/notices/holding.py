"""Holding all mail of the association, and letting it go. Sign-in mail always goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Update, case, func, null, select, update
from sqlalchemy.exc import IntegrityError

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, ForbiddenError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.notices.models import Delivery, DeliveryState, MailHold, Notice
from tandem.notices.services import deliver_soon
from tandem.notices.sorting import ALWAYS
from tandem.texts import required_text

HOLD = "mail.hold"

#: Past holds on the page.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold with what became of the mail that it stopped: state → number."""

    hold: MailHold
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many it stopped."""
        return sum(self.counts.values())


def open_hold() -> MailHold | None:
    """A hold that is on, if any: the operator's before the association's own."""
    return db.session.scalar(
        select(MailHold).where(MailHold.released_at.is_(None)).order_by(MailHold.by_operator.desc()).limit(1)
    )


def holds() -> Sequence[HoldLine]:
    """The newest holds, the open ones first, the operator's before the association's own; two statements."""
    rows = db.session.scalars(
        select(MailHold)
        .order_by(
            MailHold.released_at.is_not(None),
            case((MailHold.released_at.is_(None), MailHold.by_operator), else_=False).desc(),
            MailHold.held_at.desc(),
        )
        .limit(SHOWN)
    ).all()
    lines = {row.id: HoldLine(row) for row in rows}
    for hold_id, state, count in db.session.execute(
        select(Delivery.hold_id, Delivery.state, func.count())
        .where(Delivery.hold_id.in_(list(lines)))
        .group_by(Delivery.hold_id, Delivery.state)
    ):
        if hold_id is not None:
            lines[hold_id].counts[state.value] = count
    return list(lines.values())


def held_kinds(hold: MailHold) -> list[tuple[str, int]]:
    """What waits in a hold: template and number, the most first."""
    rows = db.session.execute(
        select(Notice.template, func.count())
        .join(Delivery, (Delivery.association_id == Notice.association_id) & (Delivery.notice_id == Notice.id))
        .where(Delivery.hold_id == hold.id, Delivery.state == DeliveryState.HELD)
        .group_by(Notice.template)
        .order_by(func.count().desc(), Notice.template)
    )
    return [(template, count) for template, count in rows]


def held_back(hold_id: UUID) -> Update:
    """The statement that puts waiting deliveries into a hold, all but those that always go. The caller may narrow it."""
    always = select(Notice.id).where(
        Notice.association_id == Delivery.association_id, Notice.id == Delivery.notice_id, Notice.template.in_(ALWAYS)
    )
    return (
        update(Delivery)
        .where(Delivery.state == DeliveryState.PENDING, ~always.exists())
        .values(state=DeliveryState.HELD, hold_id=hold_id)
    )


def hold_mail(*, actor: Actor, reason: str) -> MailHold:
    """Hold all mail from now on; what waits already is held too. Audited.

    Raises ``ForbiddenError``, ``InvalidError`` at ``reason``, ``ConflictError`` if it is held already.
    """
    require_everywhere(actor, HOLD)
    return _hold(actor, reason, missing=_("Say why, so that others know when to let it go."))


def hold_as_operator(*, actor: Actor, reason: str) -> MailHold:
    """Hold the open association's mail for the platform's operator, beside whatever its staff hold. Audited.

    For the console alone, which knows who its operators are. Raises ``InvalidError`` at ``reason``, ``ConflictError``.
    """
    return _hold(actor, reason, missing=_("Say why. The association’s staff read it on every page."), by_operator=True)


def _hold(actor: Actor, reason: str, *, missing: str, by_operator: bool = False) -> MailHold:
    words = required_text(reason, field="reason", most=300, missing=missing)
    hold = MailHold(reason=words, held_by_name=actor.name, by_operator=by_operator)
    try:
        with db.session.begin_nested():
            db.session.add(hold)
    except IntegrityError as error:
        raise ConflictError(_("Mail is held already. Reload the page to see by whom.")) from error
    db.session.execute(held_back(hold.id))
    record(actor=actor, action="mail.held", object_kind="mail_hold", object_id=hold.id, reason=words)
    return hold


def release_mail(*, actor: Actor, hold_id: UUID, dropping: bool) -> int:
    """Let mail go again. Audited; returns how many were waiting.

    What waited is sent by jobs, which drop reminders of what is done meanwhile; with ``dropping`` none of it is sent. While the
    operator holds mail too, it goes on waiting. Raises ``ForbiddenError``, also for the operator's hold, ``NotYoursError``,
    ``ConflictError`` if it was let go already.
    """
    require_everywhere(actor, HOLD)
    hold = db.session.scalar(select(MailHold).where(MailHold.id == hold_id).with_for_update())
    if hold is None:
        raise NotYoursError
    if hold.by_operator:
        raise ForbiddenError(HOLD)
    if hold.released_at is not None:
        raise ConflictError(_("Mail goes again already. Nothing was changed."))
    return _release(actor, hold, dropping=dropping)


def release_as_operator(*, actor: Actor, reason: str) -> int:
    """End the operator's hold of the open association's mail; returns how many mails waited. Audited. For the console alone.

    What waited goes as after any hold; what staff hold themselves goes on waiting. Nothing happens where none is on.
    """
    hold = db.session.scalar(
        select(MailHold).where(MailHold.by_operator, MailHold.released_at.is_(None)).with_for_update()
    )
    return _release(actor, hold, dropping=False, reason=reason) if hold is not None else 0


def _release(actor: Actor, hold: MailHold, *, dropping: bool, reason: str | None = None) -> int:
    now = program_now()
    hold.released_at, hold.released_by_name, hold.dropping = now, actor.name, dropping
    db.session.flush()
    other = open_hold()
    values: dict[str, Any] = {"state": DeliveryState.PENDING}
    if other is not None:
        values = {"hold_id": other.id}
    if dropping:
        values = {"state": DeliveryState.DROPPED, "detail": "let-go", "finished_at": now, "unredacted": null()}
    waiting = db.session.scalars(
        update(Delivery)
        .where(Delivery.hold_id == hold.id, Delivery.state == DeliveryState.HELD)
        .values(values)
        .returning(Delivery.id)
    ).all()
    if not dropping and other is None:
        deliver_soon(sorted(waiting), key=f"released:{hold.id}")
    record(
        actor=actor, action="mail.dropped" if dropping else "mail.released", object_kind="mail_hold", object_id=hold.id,
        changes={"mails": [len(waiting), 0 if other is None or dropping else len(waiting)]}, reason=reason,
    )  # fmt: skip
    return len(waiting)
