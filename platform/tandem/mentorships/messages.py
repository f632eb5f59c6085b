"""The thread of a mentorship: its people write to each other, and nobody else reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tandem.access.actor import Actor
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.mentorships.models import Mentorship, Message, Participant
from tandem.mentorships.once import made_before
from tandem.mentorships.services import participants_of
from tandem.mentorships.work import checked_body, own_participant, record_private, refuse_ended
from tandem.notices.services import write_notice
from tandem.paging import Page, newest_first

#: Messages on one page of the thread.
PAGE = 30


@dataclass(frozen=True, slots=True)
class Unread:
    """How many messages of others somebody has not seen, and the newest of the thread."""

    count: int
    newest: Message | None


def write_message(*, actor: Actor, mentorship: Mentorship, body: str, key: UUID | None = None) -> Message:
    """Write to the others. Each is told by e-mail who wrote, never what, and only once until they have looked.

    ``key``: see ``once.made_before``. Raises ``InvalidError`` at ``body``, ``ConflictError`` after the end.
    """
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    content: dict[str, Any] = {"participant_id": me.id, "body": checked_body(body)}
    before, own_id = made_before(Message, key, mentorship, **content)
    if before is not None:
        return before
    message = Message(mentorship_id=mentorship.id, **content, **own_id)
    db.session.add(message)
    db.session.flush()
    me.messages_read_at = message.created_at
    record_private(actor, mentorship, "message.written")
    for other in participants_of(mentorship.id):
        if other.id != me.id:
            seen = other.messages_read_at.isoformat() if other.messages_read_at else "never"
            write_notice(
                template="message-received",
                to_member_id=other.member_id,
                context={"person": actor.name},
                about=("mentorship", mentorship.id),
                path=f"/mentorships/{mentorship.id}/messages#newest",
                dedupe_key=f"message-received:{other.id}:{seen}",
                reason={"participant": other.id},
            )
    db.session.flush()
    return message


def thread(*, actor: Actor, mentorship: Mentorship, before: str | None = None) -> Page[Message]:
    """One page of the thread, the newest first; ``before`` is the cursor of the page before it."""
    own_participant(actor, mentorship)
    statement = select(Message).where(Message.mentorship_id == mentorship.id)
    return newest_first(statement, Message.created_at, Message.id, after=before, size=PAGE)


def mark_seen(*, me: Participant) -> None:
    """Note that ``me`` has the newest messages before their eyes, so that the next one is told by e-mail again."""
    me.messages_read_at = program_now()
    db.session.flush()


def unread_for(me: Participant) -> Unread:
    """What waits for ``me`` in the thread; two statements."""
    others = select(func.count()).where(Message.mentorship_id == me.mentorship_id, Message.participant_id != me.id)
    if me.messages_read_at is not None:
        others = others.where(Message.created_at > me.messages_read_at)
    newest = db.session.scalar(
        select(Message)
        .where(Message.mentorship_id == me.mentorship_id)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(1)
    )
    return Unread(db.session.scalar(others) or 0, newest)
