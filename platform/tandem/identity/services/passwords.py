"""Passwords: Argon2id with OWASP's parameters, one rule on length, and the same work for accounts that don't exist."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import system_now
from tandem.directory.normalise import email_key, name_key
from tandem.extensions import db
from tandem.identity.models import Account, AccountState
from tandem.identity.queries import SignedIn, account_by_id
from tandem.identity.services.accounts import check_address, find_account
from tandem.identity.services.limits import PASSWORD_BY_ADDRESS, PASSWORD_BY_NETWORK, count_attempt, network_of
from tandem.identity.services.sessions import end_sessions, start_session
from tandem.identity.services.sign_in import BY_LINK, BY_PASSWORD, SignedInResult
from tandem.tenancy.scope import scope_or_none

#: OWASP's cheat sheet: 19 MiB of memory, two passes, one lane.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

SHORTEST, LONGEST = 12, 200
#: A sign-in by link vouches for a new password this long, without the old one.
LINK_VOUCHES = timedelta(minutes=15)
#: A password with fewer different letters is one key held down, or two in turn.
_FEWEST_LETTERS = 5
#: Long passwords that lead every list of stolen ones.
_COMMON = frozenset(
    {
        "123456789012", "1234567890123", "12345678901234", "123456789123", "123123123123", "password1234", "password12345",
        "passwordpassword", "password123456", "qwertyuiop12", "qwertyuiop123", "qwertyuiopasdf", "qwerty123456", "1qaz2wsx3edc",
        "1q2w3e4r5t6y", "abcdefghijkl", "abcdefghijklm", "abcd12345678", "iloveyou1234", "administrator", "letmeinletmein",
        "welcome12345", "changemechangeme", "changeme1234", "thisismypassword", "mypassword123",
    }
)  # fmt: skip


def sign_in_with_password(
    *, address: str, password: str, network: str | None, next_path: str, user_agent: str | None, replaces: UUID | None
) -> SignedInResult | None:
    """Sign in with a password; ``None`` when address and password don't belong together, for whatever reason.

    Counts the try in a transaction of its own, then does the work of one hash in any case.

    Raises ``InvalidError`` at ``email`` for what is no address, and ``TooManyAttemptsError``.
    """
    address = check_address(address)
    count_attempt(PASSWORD_BY_NETWORK, network_of(network))
    count_attempt(PASSWORD_BY_ADDRESS, email_key(address))
    account, _member = find_account(address)
    usable = account is not None and account.state is AccountState.ACTIVE
    if not verify(account.password_hash if account is not None and usable else None, password) or account is None:
        return None
    if hasher.check_needs_rehash(account.password_hash or ""):
        account.password_hash = hasher.hash(password)
    account.last_sign_in_at = system_now()
    secret = start_session(account_id=account.id, method=BY_PASSWORD, user_agent=user_agent, replaces=replaces)
    return SignedInResult(account.id, secret, next_path)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` belongs to the hash. Without a hash the same work is done, and it does not."""
    if len(password) > LONGEST:
        password = password[:LONGEST] + "\N{REPLACEMENT CHARACTER}"
    try:
        hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def change_own_password(*, who: SignedIn, current: str, new: str, again: str) -> None:
    """Set one's own password. Ends all one's other sessions and writes to the audit trail that it happened.

    The current password is asked for, unless there is none or the person signed in by link a few minutes ago.

    Raises ``InvalidError`` (``current``, ``new``, ``again``).
    """
    account = account_by_id(who.id)
    problems: dict[str, str] = {}
    if needs_current(who) and not verify(account.password_hash, current):
        problems["current"] = _(
            "This is not your present password. If you don’t know it, have a sign-in link sent to you."
        )
    if problem := password_problem(new, account):
        problems["new"] = problem
    elif new != again:
        problems["again"] = _("The two entries differ. Type the new password again.")
    if problems:
        raise InvalidError(problems)
    _set(account, new, actor=who.actor)
    end_sessions(account_id=account.id, except_id=who.session_id)


def needs_current(who: SignedIn) -> bool:
    """Whether the present password has to be given before another is set."""
    vouched = who.method == BY_LINK and system_now() - who.signed_in_at < LINK_VOUCHES
    return who.has_password and not vouched


def set_password(*, actor: Actor, account_id: UUID, password: str) -> None:
    """Set someone's password for them, from a command; ends all their sessions.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``InvalidError`` at ``password``.
    """
    require_everywhere(actor, "accounts.manage")
    account = account_by_id(account_id)
    if problem := password_problem(password, account):
        raise InvalidError({"password": problem})
    _set(account, password, actor=actor)
    end_sessions(account_id=account.id)


def password_problem(password: str, account: Account | None = None) -> str | None:
    """What is wrong with a password, or ``None``. Length counts; which kinds of characters are in it does not."""
    if len(password) < SHORTEST:
        return _(
            "Use at least %(least)s characters. Four words that have nothing to do with each other do well.",
            least=SHORTEST,
        )
    if len(password) > LONGEST:
        return _("Use at most %(most)s characters.", most=LONGEST)
    folded = password.casefold().strip()
    if folded in _COMMON or len(set(folded)) < _FEWEST_LETTERS:
        return _("This password is among the first that are tried. Choose another.")
    scope = scope_or_none()
    known = [scope.name, scope.slug] if scope else []
    if account is not None:
        known += [account.name, account.email]
    if name_key(password) in {name_key(word) for word in known} - {""}:
        return _("This is your name, your address or the association’s name. Choose another.")
    return None


def _set(account: Account, password: str, *, actor: Actor) -> None:
    account.password_hash = hasher.hash(password)
    account.password_set_at = system_now()
    db.session.flush()
    record(
        actor=actor, action="account.password-set", object_kind="account", object_id=account.id,
        changes={"password": "private"},
    )  # fmt: skip


@cache
def _nobodys_hash() -> str:
    return hasher.hash("the password of nobody")
