"""Reads on notices and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    union,
)

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_where
from tandem.applications.models import Application
from tandem.directory.models import Member
from tandem.directory.named import person_begins
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.mentorships.models import Mentorship
from tandem.notices.models import Delivery, DeliveryState, MailHold, Notice
from tandem.paging import Page, newest_first
from tandem.programs.models import Program

#: What the list calls deliveries that a person should look at, and their states.
DOUBTFUL = "doubtful"
TROUBLED = (DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.BOUNCED)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in a list, with its newest delivery and the recipient's name."""

    notice: Notice
    delivery: Delivery | None
    name: str


def program_of(about: tuple[str, UUID] | None) -> UUID | None:
    """The program of an application or a mentorship; ``None`` for anything else."""
    if about is None:
        return None
    kind, identifier = about
    if kind == "application":
        return db.session.execute(
            select(Application.program_id).where(Application.id == identifier)
        ).scalar_one_or_none()
    if kind == "mentorship":
        return db.session.execute(select(Mentorship.program_id).where(Mentorship.id == identifier)).scalar_one_or_none()
    return None


def keys_used(keys: Sequence[str]) -> set[str]:
    """Those of ``keys`` under which a notice was written already; one statement. Saves writing it again only to throw it away."""
    rows = db.session.scalars(
        select(Notice.dedupe_key).where(Notice.dedupe_key == any_(literal(list(keys), ARRAY(Text))))
    )
    return {key for key in rows if key is not None}


def may_read_notice(actor: Actor, notice: Notice) -> bool:
    """Whether ``actor`` may read ``notice`` as staff: any with a grant everywhere, else those of one's programs."""
    if actor.may_everywhere("notices.read"):
        return True
    if notice.program_id is None:
        return False
    program = db.session.execute(select(Program).where(Program.id == notice.program_id)).scalar_one()
    return may_in(actor, "notices.read", program)


def own_notices(*, actor: Actor, after: str | None = None) -> Page[NoticeLine]:
    """The notices written to ``actor`` with what became of their mail, newest first; two statements."""
    page = newest_first(select(Notice).where(_own(actor)), Notice.created_at, Notice.id, after=after)
    return Page(_lines(page.rows), page.next)


def own_notice(*, actor: Actor, notice_id: UUID) -> Notice:
    """One notice written to ``actor``. Raises ``NotYoursError``."""
    found = db.session.execute(select(Notice).where(Notice.id == notice_id, _own(actor))).scalar_one_or_none()
    if found is None:
        raise NotYoursError
    return found


def unread_count(actor: Actor) -> int:
    """How many notices ``actor`` has not opened."""
    return unread_and_held(actor)[0]


def unread_and_held(actor: Actor) -> tuple[int, str, bool]:
    """How many notices ``actor`` has not opened, why mail is held (empty while it goes), and whether by the platform's operator.

    What every page shows, in one statement.
    """
    row = db.session.execute(_UNREAD_AND_HELD, {"account": actor.account_id, "member": actor.member_id}).one()
    return row[0], row[1] or row[2] or "", row[1] is not None


#: Asked for every page of somebody signed in, so it is put together once; without a member, that part finds nothing.
_UNREAD_AND_HELD = select(
    select(func.count())
    .select_from(Notice)
    .where(
        or_(Notice.account_id == bindparam("account"), Notice.member_id == bindparam("member", type_=Uuid())),
        Notice.read_at.is_(None),
    )
    .scalar_subquery(),
    *(
        select(MailHold.reason)
        .where(MailHold.released_at.is_(None), MailHold.by_operator.is_(operators))
        .limit(1)
        .scalar_subquery()
        for operators in (True, False)
    ),
)


def _own(actor: Actor) -> ColumnElement[bool]:
    if actor.member_id is None:
        return Notice.account_id == actor.account_id
    return or_(Notice.account_id == actor.account_id, Notice.member_id == actor.member_id)


def staff_notice(*, actor: Actor, notice_id: UUID) -> Notice:
    """One notice as it was sent. Raises ``NotYoursError``."""
    found = db.session.execute(select(Notice).where(Notice.id == notice_id)).scalar_one_or_none()
    if found is None or not may_read_notice(actor, found):
        raise NotYoursError
    return found


def deliveries_of(notice_id: UUID) -> Sequence[Delivery]:
    """Every delivery of a notice, oldest first."""
    statement = select(Delivery).where(Delivery.notice_id == notice_id).order_by(Delivery.created_at, Delivery.id)
    return db.session.execute(statement).scalars().all()


def staff_notices(
    *, actor: Actor, search: str = "", state: str = "", template: str = "", member_id: UUID | None = None,
    after: str | None = None,
) -> Page[NoticeLine]:  # fmt: skip
    """Notices that ``actor`` may read as staff, newest first, two statements however many there are.

    ``search`` is the beginning of a recipient's name or address, ``state`` that of the delivery.
    """
    statement: Select[Any] = select(Notice).where(_readable(actor))
    if search.strip():
        statement = statement.where(_to(search))
    if template:
        statement = statement.where(Notice.template == template)
    if member_id is not None:
        statement = statement.where(Notice.member_id == member_id)
    if state == DOUBTFUL:
        statement = statement.join(Delivery, _delivery_of_notice()).where(troubled())
    elif state in set(DeliveryState):
        statement = statement.join(Delivery, _delivery_of_notice()).where(Delivery.state == DeliveryState(state))
    page = newest_first(statement, Notice.created_at, Notice.id, after=after)
    return Page(_lines(page.rows), page.next)


def delivery_counts(*, actor: Actor) -> Mapping[str, int]:
    """How many deliveries that ``actor`` may see are in each state; the states without one are 0."""
    rows = db.session.execute(
        select(Delivery.state, func.count())
        .join(Notice, _delivery_of_notice())
        .where(_readable(actor))
        .group_by(Delivery.state)
    )
    return {state.value: 0 for state in DeliveryState} | {state.value: count for state, count in rows}


def troubled() -> ColumnElement[bool]:
    """A condition on ``Delivery``: somebody should look at it. What waits for a marked address is seen with the address."""
    return and_(Delivery.state.in_(TROUBLED), Delivery.detail.is_distinct_from("marked"))


def _delivery_of_notice() -> ColumnElement[bool]:
    return and_(Delivery.association_id == Notice.association_id, Delivery.notice_id == Notice.id)


def _readable(actor: Actor) -> ColumnElement[bool]:
    if actor.may_everywhere("notices.read"):
        return true()
    return Notice.program_id.in_(select(Program.id).where(programs_where(actor, "notices.read")))


def _to(search: str) -> ColumnElement[bool]:
    # Each has an index of its own; joined by OR in one condition, every notice would be read.
    return Notice.id.in_(
        union(
            select(Notice.id).where(Notice.account_id.in_(select(Account.id).where(person_begins(Account, search)))),
            select(Notice.id).where(Notice.member_id.in_(select(Member.id).where(person_begins(Member, search)))),
        )
    )


def _lines(notices: Sequence[Notice]) -> list[NoticeLine]:
    identifiers = [notice.id for notice in notices]
    found = {
        row.Delivery.notice_id: row
        for row in db.session.execute(
            select(Delivery, Account.name, Member.given_name, Member.family_name)
            .join(Notice, _delivery_of_notice())
            .outerjoin(Account, and_(Account.association_id == Notice.association_id, Account.id == Notice.account_id))
            .outerjoin(Member, and_(Member.association_id == Notice.association_id, Member.id == Notice.member_id))
            .where(Delivery.notice_id.in_(identifiers))
            .order_by(Delivery.created_at)
        )
    }
    return [
        NoticeLine(
            notice,
            row.Delivery if (row := found.get(notice.id)) else None,
            (row.name or f"{row.given_name or ''} {row.family_name or ''}".strip()) if row else "",
        )
        for notice in notices
    ]
