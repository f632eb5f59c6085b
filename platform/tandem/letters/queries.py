"""Reads on letters to groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.directory.models import Member
from tandem.directory.normalise import email_key
from tandem.extensions import db
from tandem.letters.audience import Addressee
from tandem.letters.models import GroupLetter, LetterRecipient, LetterState
from tandem.notices.choosing import choices_seen
from tandem.notices.models import Delivery, DeliveryState, Pace
from tandem.notices.sorting import marked_addresses
from tandem.notices.templates_registry import Topic
from tandem.notices.unsubscribing import Owner
from tandem.paging import Page, newest_first

WRITE = "letters.write"

#: People on one page of a letter's list.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter in the list with how many people it went to."""

    letter: GroupLetter
    people: int


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """One recipient with the delivery of their mail, once it is written."""

    recipient: LetterRecipient
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Expected:
    """How the people on a list will get a letter: ``at_once``, ``daily``, ``unwanted`` (only under Notices), ``marked`` (address)."""

    at_once: int = 0
    daily: int = 0
    unwanted: int = 0
    marked: int = 0

    @property
    def total(self) -> int:
        """Everybody."""
        return self.at_once + self.daily + self.unwanted + self.marked


def letters_page(*, actor: Actor, after: str | None = None) -> Page[LetterLine]:
    """The letters that ``actor`` may read, newest first; two statements."""
    page = newest_first(
        select(GroupLetter).where(_readable(actor)), GroupLetter.created_at, GroupLetter.id, after=after
    )
    rows = db.session.execute(
        select(LetterRecipient.letter_id, func.count())
        .where(LetterRecipient.letter_id.in_([letter.id for letter in page.rows]))
        .group_by(LetterRecipient.letter_id)
    )
    counts: dict[UUID, int] = {row[0]: row[1] for row in rows}
    return Page([LetterLine(letter, counts.get(letter.id, 0)) for letter in page.rows], page.next)


def letter_for(*, actor: Actor, letter_id: UUID) -> GroupLetter:
    """A letter that ``actor`` may read: their own, or for the association's own staff any that was sent. Raises ``NotYoursError``."""
    found = db.session.scalar(select(GroupLetter).where(GroupLetter.id == letter_id, _readable(actor)))
    if found is None:
        raise NotYoursError
    return found


def expected(people: Sequence[Addressee]) -> Expected:
    """How these people will get a letter, as things are now; two statements."""
    owners = {person.member.id: Owner(person.member.id, None) for person in people}
    chosen = choices_seen(list(owners.values()))
    marked = marked_addresses([person.member.email for person in people])
    counts = {"at_once": 0, "daily": 0, "unwanted": 0, "marked": 0}
    for person in people:
        pace = chosen.get((owners[person.member.id], Topic.NEWS.value), Pace.AT_ONCE)
        if email_key(person.member.email) in marked:
            counts["marked"] += 1
        else:
            counts[{Pace.AT_ONCE: "at_once", Pace.DAILY: "daily", Pace.NEVER: "unwanted"}[pace]] += 1
    return Expected(**counts)


def recipients_page(letter: GroupLetter, *, state: str = "", number: int = 1) -> tuple[Sequence[RecipientLine], int]:
    """One page of a sent letter's recipients by name, those with a delivery in ``state``, and how many they are; two statements."""
    statement = select(LetterRecipient, Delivery).outerjoin(Delivery, _delivery()).where(_of(letter))
    if state in set(DeliveryState):
        statement = statement.where(Delivery.state == DeliveryState(state))
    total = db.session.scalar(
        select(func.count()).select_from(statement.with_only_columns(LetterRecipient.id).subquery())
    )
    rows = db.session.execute(
        statement.join(
            Member,
            and_(Member.association_id == LetterRecipient.association_id, Member.id == LetterRecipient.member_id),
        )
        .options(contains_eager(LetterRecipient.member))
        .order_by(Member.name_key, LetterRecipient.id)
        .offset((number - 1) * SHOWN)
        .limit(SHOWN)
    )
    return [RecipientLine(recipient, delivery) for recipient, delivery in rows], total or 0


def state_counts(letter: GroupLetter) -> dict[str, int]:
    """How a sent letter stands: state of delivery → number; ``waiting`` for those to whom it is still to be written."""
    rows: Any = db.session.execute(
        select(Delivery.state, func.count())
        .select_from(LetterRecipient)
        .outerjoin(Delivery, _delivery())
        .where(_of(letter))
        .group_by(Delivery.state)
    )
    return {(state.value if state is not None else "waiting"): count for state, count in rows}


def _of(letter: GroupLetter) -> ColumnElement[bool]:
    return LetterRecipient.letter_id == letter.id


def _delivery() -> ColumnElement[bool]:
    return and_(
        Delivery.association_id == LetterRecipient.association_id, Delivery.notice_id == LetterRecipient.notice_id
    )


def _readable(actor: Actor) -> ColumnElement[bool]:
    mine = GroupLetter.account_id == actor.account_id
    if actor.may_everywhere(WRITE):
        return or_(mine, GroupLetter.state != LetterState.DRAFT)
    return mine
