"""Signing in by e-mail: a link for the browser that asked, and a code to type where the link was opened in another.

Asking is the same work for every address: one row and one job are written, and only the job finds out whose the address is.
The link and the code are derived from the row's id and the platform's secret key when the message is handed over, so they
stand neither in the database nor in the notice that staff can read.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from tandem.clocks import system_now
from tandem.directory.normalise import email_key
from tandem.extensions import db
from tandem.identity.errors import LinkSpentError, OtherBrowserError, WrongCodeError
from tandem.identity.keys import derive, derive_text, hash_secret
from tandem.identity.models import Account, AccountState, SignInSession, Token
from tandem.identity.services.accounts import check_address
from tandem.identity.services.limits import (
    CODE_BY_NETWORK,
    LINK_BY_ADDRESS,
    LINK_BY_NETWORK,
    count_attempt,
    network_of,
)
from tandem.identity.services.sessions import start_session
from tandem.ids import uuid7
from tandem.jobs.services import enqueue
from tandem.tenancy.scope import current_association_id

#: How long a link and its code hold.
LINK_HOLDS = timedelta(minutes=10)
#: Wrong codes after which the link is spent too.
CODE_ATTEMPTS = 5
CODE_LENGTH = 8
#: Consonants only: nothing to mistake for another letter, and no words. 20 to the 8th is 34 bits, for five tries.
CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
#: How long an ended or expired row is kept, so that "this link was used" can still be looked into.
KEPT_FOR = timedelta(days=1)
SESSIONS_KEPT_FOR = timedelta(days=90)

#: The kind of job that writes the message.
SEND = "identity.send-sign-in"
#: What ``SignInSession.method`` says.
BY_LINK, BY_PASSWORD = "link", "password"


@dataclass(frozen=True, slots=True)
class SignedInResult:
    """What a view needs after a sign-in: the cookie's value, and where the person wanted to go."""

    account_id: UUID
    session_secret: str
    next_path: str


def request_link(*, address: str, browser: str, network: str | None, next_path: str) -> None:
    """Have a sign-in message sent to ``address``, if it is somebody's.

    ``browser`` is the secret in the cookie of the browser that asks, ``network`` its IP address, ``next_path`` a checked local
    path. Counts the try in a transaction of its own and writes one token and one job.

    Raises ``InvalidError`` at ``email`` and ``TooManyAttemptsError``.
    """
    address = check_address(address)
    count_attempt(LINK_BY_NETWORK, network_of(network))
    count_attempt(LINK_BY_ADDRESS, email_key(address))
    now = system_now()
    token_id = uuid7()
    db.session.add(
        Token(
            id=token_id,
            address=address,
            token_hash=hash_secret(link_secret(token_id)),
            browser_hash=hash_secret(browser),
            next_path=next_path,
            created_at=now,
            expires_at=now + LINK_HOLDS,
        )
    )
    db.session.flush()
    _clear_out()
    enqueue(kind=SEND, arguments={"token_id": token_id}, queue="mail")


def link_secret(token_id: UUID) -> str:
    """The secret in the link of a token: for its message alone."""
    return derive_text("sign-in link", current_association_id().bytes, token_id.bytes)


def code_of(token_id: UUID) -> str:
    """The code of a token: for its message alone."""
    number = int.from_bytes(derive("sign-in code", current_association_id().bytes, token_id.bytes), "big")
    letters = []
    for _position in range(CODE_LENGTH):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def shown_code(token_id: UUID) -> str:
    """The code as people read it: two groups of four."""
    code = code_of(token_id)
    return f"{code[:4]}-{code[4:]}"


def clean_code(typed: str) -> str:
    """A typed code without the spaces and dashes that people put in."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())[: CODE_LENGTH + 1]


def look_at_link(*, secret: str, browser: str | None) -> None:
    """Check a link without using it up.

    Raises ``LinkSpentError``, or ``OtherBrowserError`` where its code is needed too.
    """
    token = _running(db.session.scalar(select(Token).where(Token.token_hash == hash_secret(secret))))
    if not _asked_here(token, browser):
        raise OtherBrowserError


def use_link(
    *,
    secret: str,
    browser: str | None,
    code: str | None,
    network: str | None,
    user_agent: str | None,
    replaces: UUID | None,
) -> SignedInResult:
    """Sign in with a link, once. In another browser than the one that asked, ``code`` has to come with it.

    Raises ``LinkSpentError``, ``OtherBrowserError`` (no code yet), ``WrongCodeError``, whose count has to be kept (commit),
    and ``TooManyAttemptsError``.
    """
    if code:
        count_attempt(CODE_BY_NETWORK, network_of(network))
    token = _running(db.session.scalar(select(Token).where(Token.token_hash == hash_secret(secret)).with_for_update()))
    if not _asked_here(token, browser):
        if not code:
            raise OtherBrowserError
        _check_code([token], code)
    return _sign_in(token, user_agent=user_agent, replaces=replaces)


def use_code(
    *, browser: str | None, code: str, network: str | None, user_agent: str | None, replaces: UUID | None
) -> SignedInResult:
    """Sign in with the code of a message that this browser asked for, once.

    Raises ``LinkSpentError`` when nothing is waiting for a code here, ``WrongCodeError``, whose count has to be kept (commit),
    and ``TooManyAttemptsError``.
    """
    if browser is None:
        raise LinkSpentError
    count_attempt(CODE_BY_NETWORK, network_of(network))
    tokens = db.session.scalars(
        select(Token)
        .where(
            Token.browser_hash == hash_secret(browser),
            Token.used_at.is_(None),
            Token.expires_at > system_now(),
            Token.attempts < CODE_ATTEMPTS,
        )
        .order_by(Token.created_at.desc())
        .with_for_update()
    ).all()
    if not tokens:
        raise LinkSpentError
    return _sign_in(_check_code(tokens, code), user_agent=user_agent, replaces=replaces)


def _check_code(tokens: Sequence[Token], code: str) -> Token:
    """The token whose code was typed. A wrong one counts against each of them."""
    typed = clean_code(code).encode()
    for token in tokens:
        if hmac.compare_digest(code_of(token.id).encode(), typed):
            return token
    for token in tokens:
        token.attempts += 1
    db.session.flush()
    raise WrongCodeError(max(CODE_ATTEMPTS - min(token.attempts for token in tokens), 0))


def _running(token: Token | None) -> Token:
    if (
        token is None
        or token.account_id is None
        or token.used_at is not None
        or token.expires_at <= system_now()
        or token.attempts >= CODE_ATTEMPTS
    ):
        raise LinkSpentError
    return token


def _asked_here(token: Token, browser: str | None) -> bool:
    return browser is not None and hmac.compare_digest(token.browser_hash, hash_secret(browser))


def _sign_in(token: Token, *, user_agent: str | None, replaces: UUID | None) -> SignedInResult:
    """Use the token up, with every other link that was sent for the account, and start a session."""
    now = system_now()
    account = db.session.scalar(
        select(Account).where(Account.id == token.account_id, Account.state == AccountState.ACTIVE)
    )
    if account is None:
        raise LinkSpentError
    db.session.execute(update(Token).where(Token.account_id == account.id, Token.used_at.is_(None)).values(used_at=now))
    account.last_sign_in_at = now
    secret = start_session(account_id=account.id, method=BY_LINK, user_agent=user_agent, replaces=replaces)
    return SignedInResult(account.id, secret, token.next_path)


def _clear_out() -> None:
    """Delete what is long over; asking for a link is rare enough to do it then, and often enough to keep the tables small."""
    now = system_now()
    db.session.execute(delete(Token).where(Token.expires_at < now - KEPT_FOR))
    db.session.execute(delete(SignInSession).where(SignInSession.expires_at < now - SESSIONS_KEPT_FOR))
