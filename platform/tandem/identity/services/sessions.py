"""How long a sign-in holds, and the verbs on it. All times are on the system clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from tandem.access.actor import Actor
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.identity.keys import hash_secret, new_secret
from tandem.identity.models import SignInSession
from tandem.identity.queries import SignedIn

#: However busy it is, a session ends after this long.
LONGEST = timedelta(days=30)
#: A member's session ends after this long without a request.
MEMBER_IDLE = timedelta(days=14)
#: Someone with a role sees other people's data, so theirs ends sooner.
STAFF_IDLE = timedelta(hours=12)
#: ``last_seen_at`` is written at most this often, so that reading a page mostly writes nothing.
SEEN_EVERY = timedelta(minutes=5)


def is_idle(who: SignedIn, now: datetime) -> bool:
    """Whether the session was left alone for too long."""
    return now - who.last_seen_at >= (STAFF_IDLE if who.actor.grants else MEMBER_IDLE)


def start_session(*, account_id: UUID, method: str, user_agent: str | None, replaces: UUID | None = None) -> str:
    """Write a new session and return the value for its cookie, which is kept nowhere else.

    ``replaces`` is the session that the browser had before; it ends here, so that nothing known earlier is of any use.
    """
    now = system_now()
    if replaces is not None:
        end_sessions(account_id=None, session_id=replaces, now=now)
    secret = new_secret()
    db.session.add(
        SignInSession(
            account_id=account_id,
            token_hash=hash_secret(secret),
            method=method,
            user_agent=user_agent,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    db.session.flush()
    return secret


def note_seen(session_id: UUID, now: datetime) -> None:
    """Note that the session is in use."""
    db.session.execute(update(SignInSession).where(SignInSession.id == session_id).values(last_seen_at=now))


def end_sessions(
    *,
    account_id: UUID | None,
    session_id: UUID | None = None,
    except_id: UUID | None = None,
    now: datetime | None = None,
) -> int:
    """End running sessions of an account, or the one with ``session_id``, or both conditions; returns how many ended."""
    statement = update(SignInSession).where(SignInSession.ended_at.is_(None))
    if account_id is None and session_id is None:
        raise ValueError("Name an account or a session.")
    if account_id is not None:
        statement = statement.where(SignInSession.account_id == account_id)
    if session_id is not None:
        statement = statement.where(SignInSession.id == session_id)
    if except_id is not None:
        statement = statement.where(SignInSession.id != except_id)
    result = db.session.execute(statement.values(ended_at=now or system_now()).returning(SignInSession.id))
    return len(result.all())


def owner_ends_session(*, actor: Actor, session_id: UUID) -> bool:
    """End one of the actor's own sessions. Returns whether there was one to end."""
    return actor.account_id is not None and end_sessions(account_id=actor.account_id, session_id=session_id) > 0
