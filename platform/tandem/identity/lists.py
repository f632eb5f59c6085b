"""Reads for the staff's list of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from tandem.access.roles import ROLE_WORDS, ScopeKind
from tandem.directory.models import Department
from tandem.directory.normalise import email_key, name_key
from tandem.extensions import db
from tandem.identity.models import Account, AccountState, RoleGrant
from tandem.programs.models import Committee, Program

PAGE = 50
#: Sorts after every character that a key can hold: the end of a range of beginnings.
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A role someone has, in words."""

    id: UUID
    role: str
    label: str
    where: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One row of the list."""

    id: UUID
    member_id: UUID | None
    name: str
    name_key: str
    email: str
    closed: bool
    last_sign_in_at: datetime | None
    grants: tuple[GrantLine, ...]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One page of the list; ``next_key`` is where the next one begins, ``None`` at the end."""

    lines: tuple[AccountLine, ...]
    next_key: tuple[str, UUID] | None


def accounts_page(*, search: str = "", role: str = "", after: tuple[str, UUID] | None = None) -> AccountPage:
    """Accounts by name, ``PAGE`` at a time: those whose name or address begins with ``search``, or who have ``role``.

    ``role`` may be ``any``, for all who have one. Two statements, whatever the number of rows.
    """
    conditions: list[ColumnElement[bool]] = []
    if key := name_key(search):
        address = email_key(search)
        conditions.append(
            or_(
                and_(Account.name_key >= key, Account.name_key < key + _LAST),
                and_(Account.email_key >= address, Account.email_key < address + _LAST),
            )
        )
    if role:
        holding = select(RoleGrant.account_id).where(RoleGrant.ended_at.is_(None))
        if role != "any":
            holding = holding.where(RoleGrant.role == role)
        conditions.append(Account.id.in_(holding))
    if after is not None:
        conditions.append(tuple_(Account.name_key, Account.id) > after)
    rows = db.session.scalars(
        select(Account).where(*conditions).order_by(Account.name_key, Account.id).limit(PAGE + 1)
    ).all()
    shown = rows[:PAGE]
    grants = grants_of([row.id for row in shown])
    lines = tuple(
        AccountLine(
            row.id, row.member_id, row.name, row.name_key, row.email, row.state is AccountState.CLOSED,
            row.last_sign_in_at, tuple(grants.get(row.id, ())),
        )
        for row in shown
    )  # fmt: skip
    more = len(rows) > PAGE
    return AccountPage(lines, (lines[-1].name_key, lines[-1].id) if more else None)


def grants_of(account_ids: Sequence[UUID]) -> dict[UUID, list[GrantLine]]:
    """The running roles of accounts with the names of their scopes; one statement."""
    rows = db.session.execute(
        select(RoleGrant, Department.name, Program.name, Committee.name)
        .outerjoin(
            Department,
            and_(Department.association_id == RoleGrant.association_id, Department.id == RoleGrant.department_id),
        )
        .outerjoin(
            Program, and_(Program.association_id == RoleGrant.association_id, Program.id == RoleGrant.program_id)
        )
        .outerjoin(
            Committee,
            and_(Committee.association_id == RoleGrant.association_id, Committee.id == RoleGrant.committee_id),
        )
        .where(RoleGrant.account_id.in_(account_ids), RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.created_at, RoleGrant.id)
    ).all()
    found: dict[UUID, list[GrantLine]] = {}
    for grant, department, program, committee in rows:
        words = ROLE_WORDS.get(grant.role)
        found.setdefault(grant.account_id, []).append(
            GrantLine(
                grant.id,
                grant.role,
                str(words.label) if words else grant.role,
                department or program or committee or "",
                grant.created_at,
            )
        )
    return found


def scope_options() -> list[tuple[ScopeKind, UUID, str]]:
    """Every department, program and committee that a role can hold in, by kind and name."""
    options: list[tuple[ScopeKind, UUID, str]] = []
    for kind, model in (
        (ScopeKind.DEPARTMENT, Department),
        (ScopeKind.PROGRAM, Program),
        (ScopeKind.COMMITTEE, Committee),
    ):
        rows = db.session.execute(select(model.id, model.name).order_by(model.name, model.id)).all()
        options.extend((kind, row.id, row.name) for row in rows)
    return options
