"""Accounts, their sign-ins and what they may do. Accounts are per association and never joined by e-mail address."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import system_now
from tandem.directory.models import KEY, Member
from tandem.directory.normalise import name_key
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


def account_name_key(name: str) -> str:
    """The key by which a name typed as one is sorted and looked up: its last word first, as the directory has them."""
    words = name.split()
    return name_key(*words[-1:], *words[:-1])


def _name_key(context: Any) -> str:
    return account_name_key(context.get_current_parameters()["name"])


class AccountState(StrEnum):
    """Whether an account may sign in."""

    ACTIVE = "active"
    CLOSED = "closed"


class Account(TenantBase):
    """Someone who can sign in: a member, or staff and nominees without a member record.

    ``name_key`` and ``email_key`` are the forms that look-ups use; see ``directory.normalise``.
    """

    __tablename__ = "account"
    __table_args__ = (
        reference("member_id", "member"),
        by_association("email_key", unique=True),
        by_association("member_id", unique=True),
        by_association("name_key", "id"),
    )

    member_id: Mapped[UUID | None]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(KEY, default=_name_key)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(KEY)
    language: Mapped[str | None]
    theme: Mapped[str | None]
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    state: Mapped[AccountState] = mapped_column(choice(AccountState), default=AccountState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=system_now)
    last_sign_in_at: Mapped[datetime | None]

    member: Mapped[Member | None] = related("Member", "member_id", "Account")


class Identity(TenantBase):
    """One way an account is known: by (connection, issuer, subject)."""

    __tablename__ = "identity"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        by_association("connection", "issuer", "subject", unique=True),
        by_association("account_id"),
    )

    account_id: Mapped[UUID]
    connection: Mapped[str]
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=system_now)


class SignInSession(TenantBase):
    """A signed-in browser. The cookie holds a random value; the row holds its SHA-256. System clock."""

    __tablename__ = "session"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        by_association("token_hash", unique=True),
        by_association("account_id"),
        by_association("expires_at"),
    )

    account_id: Mapped[UUID]
    token_hash: Mapped[str]
    method: Mapped[str]
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=system_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=system_now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = related("Account", "account_id", "SignInSession")


class Token(TenantBase):
    """A sign-in that was asked for by e-mail: one row, one message, one use. System clock.

    The link and the code that the message carries are derived from the row's id and the platform's secret key, so neither
    stands in the database: ``token_hash`` is the link's SHA-256, ``browser_hash`` that of the cookie of the browser that
    asked. ``account_id`` is set when the message is written; it stays empty for an address that belongs to nobody, so that
    asking is the same work either way. ``attempts`` counts wrong codes.
    """

    __tablename__ = "token"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        by_association("token_hash", unique=True),
        by_association("account_id"),
        by_association("browser_hash"),
        by_association("expires_at"),
    )

    account_id: Mapped[UUID | None]
    address: Mapped[str]
    token_hash: Mapped[str]
    browser_hash: Mapped[str]
    next_path: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=system_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RateLimit(TenantBase):
    """A counter of one kind of attempt in one window of time; ``key`` is a hash, never an address in clear."""

    __tablename__ = "rate_limit"
    __table_args__ = (by_association("key", "window_start", unique=True), by_association("window_start"))

    key: Mapped[str]
    window_start: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)


class RoleGrant(TenantBase):
    """A role on an account. Without department, program or committee it holds for the whole association."""

    __tablename__ = "role_grant"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        reference("department_id", "department"),
        reference("program_id", "program"),
        reference("committee_id", "committee"),
        by_association("account_id"),
    )

    account_id: Mapped[UUID]
    role: Mapped[str]
    department_id: Mapped[UUID | None]
    program_id: Mapped[UUID | None]
    committee_id: Mapped[UUID | None]
    granted_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=system_now)
    ended_at: Mapped[datetime | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
