"""Which mail people want: at once, once a day, or not at all. Essential mail always goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.ids import uuid7
from tandem.notices.models import MailChoice, Pace
from tandem.notices.templates_registry import CHOSEN, Topic
from tandem.notices.unsubscribing import Owner
from tandem.tenancy.scope import current_association_id


def owner_of(actor: Actor) -> Owner:
    """Whose choices ``actor`` makes. Raises ``NotYoursError`` for the program itself."""
    if actor.member_id is None and actor.account_id is None:
        raise NotYoursError
    return Owner.of(member_id=actor.member_id, account_id=actor.account_id)


def choices_of(owner: Owner) -> dict[Topic, Pace]:
    """What ``owner`` chose, for every topic that can be chosen."""
    found = {
        Topic(row.topic): row.pace
        for row in db.session.scalars(select(MailChoice).where(_owned(owner)))
        if row.topic in set(CHOSEN)
    }
    return {topic: found.get(topic, Pace.AT_ONCE) for topic in CHOSEN}


def choose(*, actor: Actor, owner: Owner, paces: Mapping[Topic, Pace]) -> dict[Topic, Pace]:
    """Keep what ``owner`` wants; returns what was chosen before. Audited as theirs, with what they chose.

    ``actor`` is who does it: the owner signed in, or the program for an address out of a mail. Raises ``NotYoursError`` where the owner
    is no longer there.
    """
    if not _exists(owner):
        raise NotYoursError
    before = choices_of(owner)
    changed = {topic: pace for topic, pace in paces.items() if topic in before and before[topic] is not pace}
    column = "member_id" if owner.member_id else "account_id"
    for topic, pace in changed.items():
        values: dict[str, Any] = {"pace": pace, "changed_at": program_now()}
        db.session.execute(
            insert(MailChoice)
            .values(association_id=current_association_id(), id=uuid7(), topic=topic.value, member_id=owner.member_id,
                    account_id=owner.account_id, **values)
            .on_conflict_do_update(index_elements=["association_id", column, "topic"], set_=values)
        )  # fmt: skip
    if changed:
        record(
            actor=actor,
            action="mail.chosen",
            object_kind="member" if owner.member_id else "account",
            object_id=owner.member_id or owner.account_id or current_association_id(),
            changes={topic.value: [before[topic].value, pace.value] for topic, pace in changed.items()},
        )
    db.session.flush()
    return before


def choices_seen(owners: Sequence[Owner]) -> dict[tuple[Owner, str], Pace]:
    """What several people chose, by owner and topic; one statement."""
    rows = db.session.scalars(
        select(MailChoice).where(
            or_(
                MailChoice.member_id.in_([owner.member_id for owner in owners if owner.member_id]),
                MailChoice.account_id.in_([owner.account_id for owner in owners if owner.account_id]),
            )
        )
    )
    return {(Owner(row.member_id, row.account_id), row.topic): row.pace for row in rows}


def _owned(owner: Owner) -> ColumnElement[bool]:
    if owner.member_id is not None:
        return MailChoice.member_id == owner.member_id
    return MailChoice.account_id == owner.account_id


def _exists(owner: Owner) -> bool:
    if owner.member_id is not None:
        found = select(Member.id).where(Member.id == owner.member_id, Member.state == MemberState.ACTIVE)
    else:
        found = select(Account.id).where(Account.id == owner.account_id)
    return db.session.scalar(found) is not None
