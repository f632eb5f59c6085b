"""Addresses that a mail server refused: marking them, seeing them, clearing the mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.access.members import members_where
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.directory.normalise import email_key
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.ids import uuid7
from tandem.notices.models import AddressMark, Delivery, DeliveryState, Notice
from tandem.notices.services import AS_IF_NEW, deliver_soon, readdress
from tandem.notices.templates_registry import SECRET
from tandem.paging import Page, newest_first
from tandem.tenancy.scope import current_association_id

_NOT_ARRIVED = (DeliveryState.FAILED, DeliveryState.BOUNCED)


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A marked address with whose it is, and how much mail was not sent for it."""

    mark: AddressMark
    member: Member | None
    name: str
    unsent: int


def marking(address: str, *, answer: str, notice_id: UUID) -> Insert:
    """The statement that notes that ``address`` was refused for good; one for each address, so it may do nothing."""
    statement = insert(AddressMark).values(
        association_id=current_association_id(), id=uuid7(), address_key=email_key(address), answer=answer,
        notice_id=notice_id, marked_at=program_now(),
    )  # fmt: skip
    return statement.on_conflict_do_nothing(
        index_elements=["association_id", "address_key"], index_where=AddressMark.cleared_at.is_(None)
    )


def mark_address(address: str, *, answer: str, notice_id: UUID) -> None:
    """Note that a mail server refused ``address`` for good; committed at once, like the delivery. Once for each address."""
    with db.engine.begin() as connection:
        connection.execute(marking(address, answer=answer, notice_id=notice_id))


def marks_page(*, actor: Actor, after: str | None = None) -> Page[MarkLine]:
    """Marked addresses of the people whom ``actor`` may see, newest first; four statements."""
    statement = select(AddressMark).where(AddressMark.cleared_at.is_(None))
    if not actor.may_everywhere("notices.read"):
        statement = statement.where(_of_members(actor))
    page = newest_first(statement, AddressMark.marked_at, AddressMark.id, after=after)
    return Page(_lines(page.rows), page.next)


def mark_count(actor: Actor) -> int:
    """How many addresses of the people whom ``actor`` may see are marked."""
    statement = select(func.count()).select_from(AddressMark).where(AddressMark.cleared_at.is_(None))
    if not actor.may_everywhere("notices.read"):
        statement = statement.where(_of_members(actor))
    return db.session.scalar(statement) or 0


def mark_of(address: str) -> AddressMark | None:
    """The mark on ``address``, if there is one."""
    return db.session.scalar(
        select(AddressMark).where(AddressMark.cleared_at.is_(None), AddressMark.address_key == email_key(address))
    )


def clear_mark(*, actor: Actor, mark_id: UUID) -> tuple[AddressMark, int]:
    """Take the mark off an address, and send what was not sent for it; returns the mark and how much that is. Audited.

    Raises ``NotYoursError``, ``ConflictError`` if it is off already.
    """
    mark = db.session.scalar(select(AddressMark).where(AddressMark.id == mark_id).with_for_update())
    if mark is None or not _may_clear(actor, mark):
        raise NotYoursError
    if mark.cleared_at is not None:
        raise ConflictError
    mark.cleared_at, mark.cleared_by_name = program_now(), actor.name
    waiting = _unsent([mark]).get(mark.address_key, [])
    readdress(waiting)
    db.session.execute(
        update(Delivery).where(Delivery.id.in_(waiting), Delivery.state.in_(_NOT_ARRIVED)).values(AS_IF_NEW)
    )
    deliver_soon(sorted(waiting), key=f"cleared:{mark.id}")
    record(
        actor=actor, action="address.cleared", object_kind="address_mark", object_id=mark.id,
        changes={"mails": [len(waiting), 0]},
    )  # fmt: skip
    return mark, len(waiting)


def _may_clear(actor: Actor, mark: AddressMark) -> bool:
    if actor.may_everywhere("notices.read"):
        return True
    return actor.may("notices.read") and bool(
        db.session.scalar(select(AddressMark.id).where(AddressMark.id == mark.id, _of_members(actor)))
    )


def _of_members(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        Member.association_id == AddressMark.association_id,
        Member.email_key == AddressMark.address_key,
        members_where(actor, "notices.read"),
    )


def _unsent(marks: Sequence[AddressMark]) -> dict[str, list[UUID]]:
    """Address → deliveries that the mark kept back, and the one that was refused."""
    refused = [mark.notice_id for mark in marks if mark.notice_id is not None]
    found: dict[str, list[UUID]] = {mark.address_key: [] for mark in marks}
    rows = db.session.execute(
        select(Delivery.id, Notice.address)
        .join(Notice, and_(Notice.association_id == Delivery.association_id, Notice.id == Delivery.notice_id))
        .where(
            Delivery.state.in_(_NOT_ARRIVED),
            or_(Delivery.detail == "marked", Delivery.notice_id.in_(refused)),
            # What held a secret is kept without it: nobody could use it.
            Notice.template.not_in(SECRET),
        )
    )
    for identifier, address in rows:
        if email_key(address) in found:
            found[email_key(address)].append(identifier)
    return found


def _lines(marks: Sequence[AddressMark]) -> list[MarkLine]:
    keys = [mark.address_key for mark in marks]
    members = {
        member.email_key: member for member in db.session.scalars(select(Member).where(Member.email_key.in_(keys)))
    }
    accounts = db.session.execute(select(Account.email_key, Account.name).where(Account.email_key.in_(keys)))
    names: dict[str, str] = {row[0]: row[1] for row in accounts}
    unsent = _unsent(marks)
    return [
        MarkLine(
            mark,
            (member := members.get(mark.address_key)),
            member.name if member is not None else names.get(mark.address_key, ""),
            len(unsent[mark.address_key]),
        )
        for mark in marks
    ]
