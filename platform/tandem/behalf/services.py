"""Acting for a member who asks for it: begun with a reason, for a while, each deed under both names, and told by letter.

No session is ever taken over: the services that members use are called with an actor who has the staff member's account, the
member's record and no grants, and only from the pages of this package. So whatever is not offered there (journal, messages,
concerns, settings, the password) stays closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import SYSTEM, Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.audit.services import record
from tandem.behalf.models import Acting
from tandem.behalf.queries import may_act_for
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.services import enqueue
from tandem.notices.services import write_notice
from tandem.texts import required_text
from tandem.web.formatting import say_date, say_hours

#: How long one stretch lasts.
LASTS = timedelta(hours=1)

#: The longest reason, in characters.
MAX_REASON = 300

CLOSE = "behalf.close"

#: What is done for somebody, as the letter says it; ``name`` is the program's.
DEEDS: Mapping[str, Any] = {
    "began": lambda name: _l("an application to %(program)s was begun", program=name),
    "read": lambda name: _l("your draft for %(program)s was opened", program=name),
    "filled": lambda name: _l("answers to %(program)s were written down", program=name),
    "sent": lambda name: _l("your application to %(program)s was sent", program=name),
    "meeting": lambda name: _l("a meeting in %(program)s was noted", program=name),
    "time": lambda name: _l("hours in %(program)s were noted", program=name),
    "rested": lambda name: _l("your place in the pool of %(program)s was set to rest", program=name),
    "back": lambda name: _l("your place in the pool of %(program)s was taken up again", program=name),
}


def begin_acting(*, actor: Actor, member_id: UUID, reason: str) -> Acting:
    """Begin to act for a member for an hour; what the actor has open for anybody else ends. Audited with the reason.

    Raises ``NotYoursError`` where the actor may not (nor for themselves), ``InvalidError`` at ``behalf_reason``.
    """
    if not may_act_for(actor, member_id):
        raise NotYoursError
    reason = required_text(
        reason, field="behalf_reason", most=MAX_REASON, missing=_("Write why: the member reads it in the letter.")
    )
    for other in db.session.scalars(
        select(Acting).where(Acting.account_id == actor.account_id, Acting.ended_at.is_(None)).with_for_update()
    ):
        _close(actor, other)
    acting = Acting(
        account_id=actor.account_id, member_id=member_id, reason=reason, until_at=system_now() + LASTS, deeds=[]
    )
    db.session.add(acting)
    db.session.flush()
    enqueue(kind=CLOSE, arguments={"acting_id": acting.id}, dedupe_key=str(acting.id), run_after=acting.until_at)
    record(actor=actor, action="behalf.began", object_kind="member", object_id=member_id, reason=reason)
    return acting


def open_acting(*, actor: Actor, acting_id: UUID) -> Acting:
    """The actor's own open stretch, locked. Raises ``NotYoursError``; ``ConflictError`` once it is over."""
    acting = db.session.scalar(
        select(Acting)
        .where(Acting.id == acting_id, Acting.account_id == actor.account_id)
        .options(joinedload(Acting.member))
        .with_for_update(of=Acting)
        .execution_options(populate_existing=True)
    )
    if acting is None:
        raise NotYoursError
    if acting.ended_at is not None or acting.until_at <= system_now():
        raise ConflictError(_("Your time to act for this member is over. Begin again on the person’s page."))
    if not may_act_for(actor, acting.member_id):
        raise NotYoursError
    return acting


def acting_as(actor: Actor, acting: Acting) -> Actor:
    """Who acts then: the staff member's account on the member's record, under both names, without any grant."""
    name = _("%(staff)s for %(member)s", staff=actor.name, member=acting.member.name)
    return Actor(account_id=actor.account_id, member_id=acting.member_id, name=name)


def note_deed(
    *,
    acting: Acting,
    deed: str,
    program: str,
    on: date | None = None,
    minutes: int | None = None,
    until: date | None = None,
) -> None:
    """Remember what was done, once for each program; what has a day or a length of its own, each time."""
    done: dict[str, Any] = {"deed": deed, "name": program}
    own = {"on": on.isoformat() if on else None, "minutes": minutes, "until": until.isoformat() if until else None}
    done |= {key: value for key, value in own.items() if value is not None}
    if done not in acting.deeds or minutes is not None:
        acting.deeds = [*acting.deeds, done]
        db.session.flush()


def said_deed(done: Mapping[str, Any]) -> str:
    """A deed as the letter says it, with its day and its length: "a meeting in … was noted (March 3, 2027, 45 minutes)"."""
    what = str(DEEDS[done["deed"]](done["name"]))
    if "on" in done:
        more = _("%(day)s, %(time)s", day=say_date(done["on"]), time=say_hours(done["minutes"]))
    elif "until" in done:
        more = _("until %(day)s", day=say_date(done["until"]))
    elif done["deed"] == "rested":
        more = _("until it is taken up again")
    else:
        return what
    return _("%(what)s (%(more)s)", what=what, more=more)


def end_acting(*, actor: Actor, acting: Acting) -> None:
    """End it and tell the member by letter what was done, if anything was. Doing it twice changes nothing."""
    if acting.ended_at is None:
        _close(actor, acting)


def close_overdue(*, acting_id: UUID) -> None:
    """End a stretch whose time is over; for the job."""
    acting = db.session.scalar(select(Acting).where(Acting.id == acting_id).with_for_update())
    if acting is not None and acting.ended_at is None:
        _close(SYSTEM, acting)


def _close(actor: Actor, acting: Acting) -> None:
    acting.ended_at = system_now()
    db.session.flush()
    record(
        actor=actor, action="behalf.ended", object_kind="member", object_id=acting.member_id,
        changes={"deeds": [None, len(acting.deeds)]},
    )  # fmt: skip
    if acting.deeds:
        write_notice(
            template="acted-for-you",
            to_member_id=acting.member_id,
            context={
                "person": acting.account.name,
                "reason": acting.reason,
                "deeds": [LazyString(said_deed, done) for done in acting.deeds],
            },
            dedupe_key=f"acted-for-you:{acting.id}",
        )
