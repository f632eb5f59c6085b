"""What sign-in does when the directory changes."""

from __future__ import annotations

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.directory.events import MemberRemoved, listens_to
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.identity.services.sessions import end_sessions


@listens_to(MemberRemoved)
def sign_out_removed(_actor: Actor, event: MemberRemoved) -> None:
    """End the sessions of someone who was removed. Where they hold a role, they may sign in again for that alone."""
    for account_id in db.session.scalars(select(Account.id).where(Account.member_id == event.member_id)).all():
        end_sessions(account_id=account_id)
