"""Reads on accounts and sign-ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tandem.access.actor import ROLES, Actor, Grant
from tandem.access.errors import NotYoursError
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.identity.models import Account, AccountState, RoleGrant, SignInSession
from tandem.programs.models import Program


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whoever a session belongs to, read once a request. ``id`` is the account's; ``session_id`` the session's."""

    id: UUID
    session_id: UUID
    name: str
    email: str
    language: str | None
    theme: str | None
    has_password: bool
    method: str
    signed_in_at: datetime
    last_seen_at: datetime
    actor: Actor


def _session_behind_a_token() -> Select[*tuple[Any, ...]]:
    grants = (
        select(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_array(
                        RoleGrant.role, RoleGrant.department_id, RoleGrant.program_id, RoleGrant.committee_id
                    ),
                    RoleGrant.id,
                )
            )
        )
        .where(
            RoleGrant.association_id == Account.association_id,
            RoleGrant.account_id == Account.id,
            RoleGrant.ended_at.is_(None),
        )
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        select(
            Account.id, SignInSession.id.label("session_id"), Account.name, Account.email, Account.language, Account.theme,
            Account.password_hash.is_not(None).label("has_password"), SignInSession.method, SignInSession.created_at,
            SignInSession.last_seen_at, Member.id.label("member_id"), grants.label("grants"),
        )
        .select_from(SignInSession)
        .join(
            Account,
            and_(Account.association_id == SignInSession.association_id, Account.id == SignInSession.account_id),
        )
        .outerjoin(
            Member,
            and_(
                Member.association_id == Account.association_id,
                Member.id == Account.member_id,
                Member.state == MemberState.ACTIVE,
            ),
        )
        .where(
            SignInSession.token_hash == bindparam("token_hash"),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > bindparam("now"),
            Account.state == AccountState.ACTIVE,
        )
    )  # fmt: skip


#: Asked in every request of somebody signed in, so it is put together once.
_BEHIND_A_TOKEN = _session_behind_a_token()


def signed_in_by(token_hash: str, now: datetime) -> SignedIn | None:
    """Whoever the running session with ``token_hash`` belongs to, with their grants; one statement.

    A session that was ended or has expired, or whose account was closed, is nobody's. The grants of a removed member's
    account still hold, but they act as a member no more.
    """
    row = db.session.execute(_BEHIND_A_TOKEN, {"token_hash": token_hash, "now": now}).one_or_none()
    if row is None:
        return None
    actor = Actor(
        account_id=row.id,
        member_id=row.member_id,
        name=row.name,
        grants=tuple(_grant(each) for each in row.grants or ()),
    )
    return SignedIn(
        id=row.id,
        session_id=row.session_id,
        name=row.name,
        email=row.email,
        language=row.language,
        theme=row.theme,
        has_password=row.has_password,
        method=row.method,
        signed_in_at=row.created_at,
        last_seen_at=row.last_seen_at,
        actor=actor,
    )


def _grant(values: list[Any]) -> Grant:
    role, department, program, committee = values
    return Grant(
        role=role,
        department_id=UUID(department) if department else None,
        program_id=UUID(program) if program else None,
        committee_id=UUID(committee) if committee else None,
    )


def account_by_id(account_id: UUID, *, lock: bool = False) -> Account:
    """An account, locked for change on request. Raises ``NotYoursError`` for one that is not there."""
    statement = select(Account).where(Account.id == account_id)
    account = db.session.scalar(statement.with_for_update() if lock else statement)
    if account is None:
        raise NotYoursError
    return account


def sessions_of(account_id: UUID, now: datetime) -> Sequence[SignInSession]:
    """Someone's running sessions, the last used first."""
    return db.session.scalars(
        select(SignInSession)
        .where(SignInSession.account_id == account_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > now)
        .order_by(SignInSession.last_seen_at.desc())
    ).all()


def staff_accounts_for(program: Program, permission: str) -> Sequence[Account]:
    """The active accounts whose grants carry ``permission`` in ``program``, by name; for notices to staff."""
    roles = [role for role, permissions in ROLES.items() if permission in permissions]
    everywhere = and_(
        RoleGrant.department_id.is_(None), RoleGrant.program_id.is_(None), RoleGrant.committee_id.is_(None)
    )
    covers = or_(
        everywhere,
        RoleGrant.program_id == program.id,
        and_(RoleGrant.department_id.is_not(None), RoleGrant.department_id == program.department_id),
        and_(RoleGrant.committee_id.is_not(None), RoleGrant.committee_id == program.committee_id),
    )
    return db.session.scalars(
        select(Account)
        .where(
            Account.state == AccountState.ACTIVE,
            Account.id.in_(
                select(RoleGrant.account_id).where(RoleGrant.role.in_(roles), RoleGrant.ended_at.is_(None), covers)
            ),
        )
        .order_by(Account.name, Account.id)
    ).all()
