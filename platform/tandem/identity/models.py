"""Accounts, their sign-ins and what they may do. Accounts are per association and never joined by e-mail address."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import system_now
from tandem.directory.models import Member
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class AccountState(StrEnum):
    """Whether an account may sign in."""

    ACTIVE = "active"
    CLOSED = "closed"


class Account(TenantBase):
    """Someone who can sign in: a member, or staff and nominees without a member record."""

    __tablename__ = "account"
    __table_args__ = (
        reference("member_id", "member"),
        by_association("email_key", unique=True),
        by_association("member_id", unique=True),
    )

    member_id: Mapped[UUID | None]
    name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    language: Mapped[str | None]
    theme: Mapped[str | None]
    password_hash: Mapped[str | None]
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
    """A single-use secret sent by e-mail. Only hashes are stored.

    ``token_hash`` belongs to the link, ``code_hash`` to the typed code, ``browser_hash`` to the browser that asked.
    ``attempts`` counts wrong codes. System clock.
    """

    __tablename__ = "token"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        by_association("token_hash", unique=True),
        by_association("account_id"),
    )

    account_id: Mapped[UUID]
    purpose: Mapped[str]
    token_hash: Mapped[str]
    code_hash: Mapped[str | None]
    browser_hash: Mapped[str | None]
    next_path: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=system_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RateLimit(TenantBase):
    """A counter of one kind of attempt in one window of time; ``key`` is a hash, never an address in clear."""

    __tablename__ = "rate_limit"
    __table_args__ = (by_association("key", "window_start", unique=True),)

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
