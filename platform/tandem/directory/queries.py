"""Reads on the directory. Lists take the actor and show only whom they may see, in a constant number of statements.

Under row security only leakproof comparisons can use an index, so look-ups compare the normalised columns with ``=`` and ranges.
A word inside a name is looked for along ``(association_id, name_key, id)``, in the order of the list, until the page is full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.members import members_where
from tandem.applications.models import Application
from tandem.clocks import program_today
from tandem.directory.models import Department, Employer, Experience, Member, Membership, MemberState, Position
from tandem.directory.normalise import email_key, name_key
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.extensions import db
from tandem.programs.models import Program

READ = "members.read"

Part = TypeVar("Part", Membership, Position, Experience)

#: Rows on one page.
PAGE = 50

#: A list says "more than" beyond this many.
COUNTED = 10_000

#: Sorts after every character that a key can hold: the end of a range of beginnings.
_LAST = "\U0010ffff"


class Dues(StrEnum):
    """How a member stands with dues today. ``none``: no membership holds today."""

    PAID = "paid"
    LAPSED = "lapsed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of members is narrowed to; empty means all. ``removed`` shows who was removed instead of who is there."""

    type: str = ""
    dues: Dues | None = None
    department_id: UUID | None = None
    removed: bool = False

    @classmethod
    def asked(cls, query: MultiDict[str, str]) -> Filters:
        """The filters that an address asks for; what is none is left out."""
        dues = query.get("dues", "")
        return cls(
            type=query.get("type", "").replace("\0", "")[:100],
            dues=Dues(dues) if dues in set(Dues) else None,
            department_id=query.get("department", type=UUID),
            removed=query.get("state") == "removed",
        )

    @property
    def any(self) -> bool:
        """Whether the list is narrowed."""
        return bool(self.type or self.dues or self.department_id or self.removed)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One line of the list: the member, the memberships that hold today, dues, the current position."""

    member: Member
    types: tuple[str, ...]
    dues: Dues
    paid_through: date | None
    employer: str
    position: str


@dataclass(frozen=True, slots=True)
class MembersPage:
    """One page of members by name. ``total`` counts at most ``COUNTED + 1``; cursors are members' ids."""

    rows: Sequence[MemberRow]
    total: int
    next: UUID | None
    previous: UUID | None
    lists: Mapping[str, Vocabulary]


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A member with everything that the directory holds of them, oldest first."""

    member: Member
    memberships: Sequence[Membership]
    positions: Sequence[Position]
    experience: Sequence[Experience]
    dues: Dues
    lists: Mapping[str, Vocabulary]


def members_page(
    *,
    actor: Actor,
    search: str = "",
    filters: Filters | None = None,
    after: UUID | None = None,
    before: UUID | None = None,
    size: int = PAGE,
) -> MembersPage:
    """Members whom ``actor`` may see, by name, the page after or before one of them.

    ``search`` is the beginning of any word of a name, of a number or of an address; ``Pettibone, A`` is family and given name.
    Raises ``NotYoursError`` for a cursor that the actor may not see.
    """
    condition = members_condition(actor, search, filters or Filters())
    back = before is not None
    statement = select(Member).where(condition)
    if (cursor := before or after) is not None:
        anchor = _anchor(actor, cursor)
        place = tuple_(Member.name_key, Member.id)
        statement = statement.where(place < tuple_(*anchor) if back else place > tuple_(*anchor))
    order = (Member.name_key.desc(), Member.id.desc()) if back else (Member.name_key, Member.id)
    found = list(db.session.scalars(statement.order_by(*order).limit(size + 1)))
    more, members = len(found) > size, found[:size]
    if back:
        members.reverse()
    counted = select(Member.id).where(condition).limit(COUNTED + 1).subquery()
    total = db.session.scalar(select(func.count()).select_from(counted)) or 0
    lists = vocabularies()
    return MembersPage(
        rows=_rows(members, lists),
        total=total,
        next=members[-1].id if members and (more or back) else None,
        previous=members[0].id if members and ((back and more) or (not back and after is not None)) else None,
        lists=lists,
    )


def members_condition(actor: Actor, search: str, filters: Filters) -> ColumnElement[bool]:
    """A condition on ``Member``: whom ``actor`` may see and the search and filters let through."""
    return and_(members_where(actor, READ), *_conditions(search.strip(), filters))


def members_found(*, actor: Actor, permission: str, search: str, size: int) -> Sequence[Member]:
    """Members, removed ones too, whom ``actor`` may see by ``permission`` and who are found by ``search``, by name."""
    if not search.strip():
        return []
    return db.session.scalars(
        select(Member)
        .where(members_where(actor, permission), _found(search.strip()))
        .order_by(Member.name_key, Member.id)
        .limit(size)
    ).all()


def others_found(*, actor: Actor, member_id: UUID, search: str, size: int) -> Sequence[Member]:
    """Members in the directory other than this one who are found by ``search``, by name."""
    if not search:
        return []
    return db.session.scalars(
        select(Member)
        .where(members_condition(actor, search, Filters()), Member.id != member_id)
        .order_by(Member.name_key, Member.id)
        .limit(size)
    ).all()


def member_for(*, actor: Actor, member_id: UUID) -> Member:
    """A member whom ``actor`` may see. Raises ``NotYoursError``."""
    member = db.session.scalar(select(Member).where(Member.id == member_id, members_where(actor, READ)))
    if member is None:
        raise NotYoursError
    return member


def member_record(*, actor: Actor, member_id: UUID) -> MemberRecord:
    """A member whom ``actor`` may see, with all dated parts, in five statements. Raises ``NotYoursError``."""
    member = member_for(actor=actor, member_id=member_id)
    memberships = db.session.scalars(
        select(Membership).where(Membership.member_id == member_id).order_by(Membership.valid_from, Membership.id)
    ).all()
    positions = db.session.scalars(
        select(Position)
        .where(Position.member_id == member_id)
        .options(joinedload(Position.employer))
        .order_by(Position.valid_from, Position.id)
    ).all()
    lists = vocabularies()
    experience = sorted(
        db.session.scalars(select(Experience).where(Experience.member_id == member_id)),
        key=lambda row: lists["discipline"].label(row.discipline),
    )
    return MemberRecord(member, memberships, positions, experience, dues_of(memberships, program_today())[0], lists)


def part_for(*, actor: Actor, model: type[Part], member_id: UUID, part_id: UUID) -> Part:
    """A membership, position or experience of a member whom ``actor`` may see. Raises ``NotYoursError``."""
    statement: Any = (
        select(model)
        .join(Member, (Member.association_id == model.association_id) & (Member.id == model.member_id))
        .where(model.id == part_id, Member.id == member_id, members_where(actor, READ))
    )
    part: Part | None = db.session.scalar(statement)
    if part is None:
        raise NotYoursError
    return part


def employer_for(*, actor: Actor, member_id: UUID, employer_id: UUID) -> Employer:
    """An employer of a member whom ``actor`` may see. Raises ``NotYoursError``."""
    member = member_for(actor=actor, member_id=member_id)
    employer = db.session.scalar(
        select(Employer).where(
            Employer.id == employer_id,
            Employer.id.in_(select(Position.employer_id).where(Position.member_id == member.id)),
        )
    )
    if employer is None:
        raise NotYoursError
    return employer


def departments() -> Sequence[Department]:
    """The association's departments, by name."""
    return db.session.scalars(select(Department).order_by(Department.name)).all()


def employers_of(member_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The names of those for whom members work today, by member, the latest post first; one statement."""
    today = program_today()
    found: dict[UUID, list[str]] = {}
    rows = db.session.execute(
        select(Position.member_id, Employer.name)
        .join(Employer, and_(Employer.association_id == Position.association_id, Employer.id == Position.employer_id))
        .where(
            Position.member_id.in_(list(member_ids)),
            Position.valid_from <= today,
            or_(Position.valid_to.is_(None), Position.valid_to >= today),
            Position.retired.is_(False),
        )
        .order_by(Position.valid_from.desc(), Position.id)
    )
    for member_id, name in rows:
        names = found.setdefault(member_id, [])
        if name not in names:
            names.append(name)
    return found


def dues_of(memberships: Sequence[Membership], today: date) -> tuple[Dues, date | None]:
    """How somebody with these memberships stands today, and the last day that is paid for by one that holds today."""
    current = [held for held in memberships if holds_on(held, today)]
    if not current:
        return Dues.NONE, None
    paid = max((held.paid_through for held in current if held.paid_through is not None), default=None)
    return (Dues.PAID if paid is not None and paid >= today else Dues.LAPSED), paid


def holds_on(part: Membership | Position, day: date) -> bool:
    """Whether a dated part holds on a day; its last day counts."""
    return part.valid_from <= day and (part.valid_to is None or day <= part.valid_to)


def _conditions(search: str, filters: Filters) -> list[ColumnElement[bool]]:
    state = MemberState.REMOVED if filters.removed else MemberState.ACTIVE
    conditions: list[ColumnElement[bool]] = [Member.state == state]
    if search:
        conditions.append(_found(search))
    today = program_today()
    if filters.type:
        conditions.append(_holds(today, Membership.type == filters.type))
    if filters.dues is not None:
        paid = _holds(today, Membership.paid_through >= today)
        unpaid = _holds(today, or_(Membership.paid_through.is_(None), Membership.paid_through < today))
        conditions.append({Dues.PAID: paid, Dues.LAPSED: and_(unpaid, ~paid), Dues.NONE: ~_holds(today)}[filters.dues])
    if filters.department_id is not None:
        conditions.append(
            Member.id.in_(
                select(Application.member_id)
                .join(
                    Program,
                    (Program.association_id == Application.association_id) & (Program.id == Application.program_id),
                )
                .where(Program.department_id == filters.department_id)
            )
        )
    return conditions


def _holds(today: date, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        Membership.association_id == Member.association_id,
        Membership.member_id == Member.id,
        Membership.valid_from <= today,
        or_(Membership.valid_to.is_(None), Membership.valid_to >= today),
        *conditions,
    )


def _found(search: str) -> ColumnElement[bool]:
    family, comma, given = search.partition(",")
    if comma and name_key(family):
        return _begins(Member.name_key, f"{name_key(family)} {name_key(given)}".rstrip())
    if any(sign.isdigit() or sign in "@._" for sign in search):
        # Two ranges that each have an index; joined by OR in one condition, neither would be used.
        address = email_key(search)
        return Member.id.in_(
            select(Member.id)
            .where(_begins(Member.number, search))
            .union(
                select(Member.id).where(_begins(Member.number, search.upper())),
                select(Member.id).where(_begins(Member.email_key, address)),
            )
        )
    words = name_key(search).split()
    if not words:
        return false()
    # A key holds letters, digits and single spaces alone, so nothing in it stands for a wild card.
    return and_(*(func.concat(" ", Member.name_key).like(f"% {word}%") for word in words))


def _begins(column: Any, beginning: str) -> ColumnElement[bool]:
    return and_(column >= beginning, column < beginning + _LAST)


def _anchor(actor: Actor, member_id: UUID) -> tuple[str, UUID]:
    row = db.session.execute(
        select(Member.name_key, Member.id).where(Member.id == member_id, members_where(actor, READ))
    ).one_or_none()
    if row is None:
        raise NotYoursError
    return row.name_key, row.id


def _rows(members: Sequence[Member], lists: Mapping[str, Vocabulary]) -> list[MemberRow]:
    today, ids = program_today(), [member.id for member in members]
    memberships: dict[UUID, list[Membership]] = {identifier: [] for identifier in ids}
    for held in db.session.scalars(
        select(Membership).where(Membership.member_id.in_(ids)).order_by(Membership.valid_from, Membership.id)
    ):
        memberships[held.member_id].append(held)
    positions: dict[UUID, tuple[Position, str]] = {}
    for position, employer in db.session.execute(
        select(Position, Employer.name)
        .join(Employer, (Employer.association_id == Position.association_id) & (Employer.id == Position.employer_id))
        .where(Position.member_id.in_(ids))
        .order_by(Position.valid_from, Position.id)
    ):
        if holds_on(position, today):
            positions[position.member_id] = position, employer
    rows = []
    for member in members:
        held_today = [held for held in memberships[member.id] if holds_on(held, today)]
        dues, paid = dues_of(held_today, today)
        held_position = positions.get(member.id)
        rows.append(
            MemberRow(
                member,
                tuple(lists["membership-type"].label(held.type) for held in held_today),
                dues,
                paid,
                held_position[1] if held_position else "",
                title_of(held_position[0], lists) if held_position else "",
            )
        )
    return rows


def title_of(position: Position, lists: Mapping[str, Vocabulary]) -> str:
    """A position's title as it is read."""
    return lists["position-title"].label(position.title) or position.title_text or ""
