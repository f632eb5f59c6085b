"""Verbs of the console: signing in, and having an association's host rest or answer again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError
from tandem.audit.services import record
from tandem.clocks import system_now
from tandem.directory.normalise import email_key
from tandem.extensions import db
from tandem.identity.errors import TooManyAttemptsError
from tandem.identity.keys import hash_secret, new_secret
from tandem.identity.services.accounts import check_address
from tandem.identity.services.limits import Limit, key_of, network_of, window_start
from tandem.identity.services.passwords import hasher, password_problem, verify
from tandem.ids import uuid7
from tandem.notices.holding import hold_as_operator, release_as_operator
from tandem.operator.models import OperatorAttempt
from tandem.operator.queries import SignedInOperator, operator_by_email
from tandem.tenancy.edge import open_association
from tandem.tenancy.models import AssociationState, OperatorSession
from tandem.tenancy.services import set_association_state, set_mail_held

#: How long an operator's sign-in holds.
HOLDS = timedelta(hours=12)

BY_ADDRESS = Limit("operator-address", 10)
BY_NETWORK = Limit("operator-network", 50)


def sign_in(*, address: str, password: str, network: str | None) -> str | None:
    """Start an operator's session; returns the value for its cookie, ``None`` when address and password don't fit.

    Counts the try in a transaction of its own, then does the work of one hash in any case.

    Raises ``InvalidError`` at ``email`` for what is no address, and ``TooManyAttemptsError``.
    """
    address = check_address(address)
    _count(BY_NETWORK, network_of(network))
    _count(BY_ADDRESS, email_key(address))
    operator = operator_by_email(email_key(address))
    if not verify(operator.password_hash if operator else None, password) or operator is None:
        return None
    now = system_now()
    secret = new_secret()
    db.session.execute(delete(OperatorSession).where(OperatorSession.expires_at < now))
    db.session.add(
        OperatorSession(operator_id=operator.id, token_hash=hash_secret(secret), created_at=now, expires_at=now + HOLDS)
    )
    db.session.flush()
    return secret


def sign_out(*, session_id: UUID) -> None:
    """End one operator's session."""
    db.session.execute(delete(OperatorSession).where(OperatorSession.id == session_id))


def set_operator(*, email: str, name: str, password: str) -> None:
    """Create an operator or change one's name and password. For the command line alone.

    Raises ``InvalidError`` (``email``, ``name``, ``password``).
    """
    address, name = check_address(email), " ".join(name.split())
    problems: dict[str, str] = {}
    if not name:
        problems["name"] = _("Enter a name.")
    if problem := password_problem(password):
        problems["password"] = problem
    if problems:
        raise InvalidError(problems)
    db.session.execute(select(func.operator_set(uuid7(), email_key(address), name, hasher.hash(password))))
    # Whoever was signed in with the earlier password is not any more.
    operator = operator_by_email(email_key(address))
    if operator is not None:
        db.session.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator.id))


def set_state(*, operator: SignedInOperator, association_id: UUID, suspended: bool, reason: str) -> None:
    """Have an association's host rest, or answer again. Its own audit trail says that the platform's operator did it, and why.

    Commits: the change and the entry are one transaction, with the association open for it.
    """
    state = AssociationState.SUSPENDED if suspended else AssociationState.ACTIVE
    before = AssociationState.ACTIVE if suspended else AssociationState.SUSPENDED
    with open_association(association_id):
        set_association_state(association_id=association_id, state=state.value)
        record(
            actor=_actor(operator), action=f"association.{'suspended' if suspended else 'resumed'}", object_kind="association",
            object_id=association_id, changes={"state": [before, state]}, reason=reason,
        )  # fmt: skip
        db.session.commit()


def hold_mail(*, operator: SignedInOperator, association_ids: Sequence[UUID], reason: str) -> int:
    """Hold all mail of these associations, each in a transaction of its own; returns of how many it was not held already.

    Their staff read ``reason`` on every page, and their audit trails say that the platform's operator did it. Sign-in mail
    goes. Commits. Raises ``InvalidError`` at ``reason``.
    """
    held = 0
    for association_id in association_ids:
        with open_association(association_id):
            with suppress(ConflictError):
                hold_as_operator(actor=_actor(operator), reason=reason)
                set_mail_held(association_id=association_id, since=system_now())
                held += 1
            db.session.commit()
    return held


def release_mail(*, operator: SignedInOperator, association_ids: Sequence[UUID], reason: str) -> int:
    """Take the operator's hold off these associations; returns how many mails waited. Commits, one association after the other.

    What waited goes, but for what is not due any more, and for what an association's staff hold themselves.
    """
    waited = 0
    for association_id in association_ids:
        with open_association(association_id):
            waited += release_as_operator(actor=_actor(operator), reason=reason)
            set_mail_held(association_id=association_id, since=None)
            db.session.commit()
    return waited


def _actor(operator: SignedInOperator) -> Actor:
    return Actor(account_id=None, member_id=None, name=operator.name)


def _count(limit: Limit, value: str) -> None:
    now = system_now()
    start = window_start(limit, now)
    statement = (
        insert(OperatorAttempt)
        .values(key=key_of(limit, value), window_start=start, count=1)
        .on_conflict_do_update(index_elements=["key", "window_start"], set_={"count": OperatorAttempt.count + 1})
        .returning(OperatorAttempt.count)
    )
    with db.engine.begin() as connection:
        count = connection.execute(statement).scalar_one()
        connection.execute(delete(OperatorAttempt).where(OperatorAttempt.window_start < now - timedelta(days=1)))
    if count > limit.most:
        raise TooManyAttemptsError(start + limit.window)
