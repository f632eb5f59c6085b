"""Two records of one person: finding them, making them one, and parting them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Column, ColumnElement, FromClause, Table, and_, exists, func, literal, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.events import MembershipsChanged, announce
from tandem.directory.models import Member, MemberMerge, Membership, MemberState, Position
from tandem.directory.services.members import remove_member, restore_member
from tandem.extensions import db
from tandem.tenancy.base import Base, TenantBase

#: Pairs on the page.
SHOWN = 100

#: Rows that tell what happened to one record; they stay with it.
_STAY = frozenset(
    {"import_row.member_id", "letter_recipient.member_id", "member_merge.kept_id", "member_merge.gone_id"}
)

#: Columns that make two rows of one person the same to whoever reads them. Such a row is not moved: it stays with the emptied
#: record, and comes back with it. A person has one account, whatever stands in it.
_SAME: Mapping[str, tuple[str, ...]] = {
    "account": (),
    "experience": ("discipline",),
    "mail_choice": ("topic",),
    "membership": ("type", "level", "organisational", "valid_from", "valid_to"),
    "position": ("employer_id", "title", "title_text", "valid_from", "valid_to", "acting", "retired"),
}

#: Where ``MemberMerge.moved`` keeps the dues of kept memberships, before and after.
_DUES = "membership.paid_through"


@dataclass(frozen=True, slots=True)
class Twins:
    """Two records that may be of one person."""

    first: Member
    second: Member
    same_phone: bool


def twins() -> Sequence[Twins]:
    """Pairs of the same name who have worked at the same employer or have the same telephone number, by name. One statement.

    The same address cannot be found twice: it belongs to one member.
    """
    first, second = aliased(Member), aliased(Member)
    one, other = aliased(Position), aliased(Position)
    same_phone = func.coalesce(first.phone == second.phone, literal(False))
    same_employer = exists().where(
        one.association_id == first.association_id,
        one.member_id == first.id,
        other.association_id == second.association_id,
        other.member_id == second.id,
        one.employer_id == other.employer_id,
    )
    rows = db.session.execute(
        select(first, second, same_phone)
        .join(
            second,
            and_(
                second.association_id == first.association_id, second.name_key == first.name_key, second.id > first.id
            ),
        )
        .where(
            first.state == MemberState.ACTIVE,
            second.state == MemberState.ACTIVE,
            or_(same_phone, same_employer),
        )
        .order_by(first.name_key, first.id, second.id)
        .limit(SHOWN)
    )
    return [Twins(row[0], row[1], row[2]) for row in rows]


def merges() -> Sequence[MemberMerge]:
    """What was merged and not parted again, newest first."""
    return db.session.scalars(
        select(MemberMerge)
        .where(MemberMerge.undone_at.is_(None))
        .options(joinedload(MemberMerge.kept), joinedload(MemberMerge.gone))
        .order_by(MemberMerge.merged_at.desc(), MemberMerge.id.desc())
        .limit(SHOWN)
    ).all()


def held_by(member_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """How many rows of each table belong to each of the members, one statement for each table."""
    found: dict[UUID, dict[str, int]] = {identifier: {} for identifier in member_ids}
    for table, column in _references():
        for identifier, count in db.session.execute(
            select(column, func.count()).where(column.in_(member_ids)).group_by(column)
        ):
            found[identifier][table.name] = found[identifier].get(table.name, 0) + count
    return found


@dataclass(frozen=True, slots=True)
class InBoth:
    """How many rows of each table the records have alike (``same``), and how many memberships of one type would share a day."""

    same: Mapping[str, int]
    overlapping: int


def in_both(first_id: UUID, second_id: UUID) -> InBoth:
    """What two records hold alike, and would be kept once. Four statements."""
    same = {}
    for name in ("membership", "position", "experience"):
        one = _table(name)
        other = one.alias()
        same[name] = (
            db.session.scalar(
                select(func.count())
                .select_from(one)
                .where(
                    one.c.member_id == second_id, exists().where(other.c.member_id == first_id, _same(name, one, other))
                )
            )
            or 0
        )
    first = _table("membership").alias()
    second = _table("membership").alias()
    overlapping = db.session.scalar(
        select(func.count())
        .select_from(first)
        .join(
            second,
            and_(
                first.c.type == second.c.type,
                func.coalesce(first.c.valid_to >= second.c.valid_from, true()),
                func.coalesce(second.c.valid_to >= first.c.valid_from, true()),
                ~_same("membership", first, second),
            ),
        )
        .where(first.c.member_id == first_id, second.c.member_id == second_id)
    )
    return InBoth(same, overlapping or 0)


def merge_members(*, actor: Actor, kept_id: UUID, gone_id: UUID) -> MemberMerge:
    """Move everything from one record to the other, and take the empty one out of the directory. Audited; can be undone.

    What both have alike is kept once: the same memberships and positions, years of experience in one discipline, choices about
    mail, the account. Of two days that dues of one membership are paid through, the later one holds. Raises ``ForbiddenError``,
    ``NotYoursError``, ``ConflictError`` where both have something that a person can have only once.
    """
    require_everywhere(actor, "members.write")
    people = {
        member.id: member
        for member in db.session.scalars(
            select(Member).where(Member.id.in_({kept_id, gone_id})).order_by(Member.id).with_for_update()
        )
    }
    if len(people) != 2:
        raise NotYoursError
    kept, gone = people[kept_id], people[gone_id]
    if MemberState.REMOVED in {kept.state, gone.state}:
        raise ConflictError(_("One of the two is no longer in the directory. Nothing was changed."))
    moved: dict[str, Any] = {}
    try:
        with db.session.begin_nested():
            dues = _later_dues(kept_id, gone_id)
            for table, column in _references():
                ids = _move(table, column, gone_id, kept_id)
                if ids:
                    moved[f"{table.name}.{column.name}"] = [str(identifier) for identifier in ids]
    except IntegrityError as error:
        raise ConflictError(
            _(
                "These two cannot be made one as they are: both have something that a person can have only once, such as an open "
                "application for one program, or they are in one mentorship. End it for one of them, then merge. Nothing was changed."
            )
        ) from error
    db.session.expire_all()
    if dues:
        moved[_DUES] = {str(identifier): days for identifier, days in dues.items()}
        _write_dues(actor, kept_id, dues)
    merge = MemberMerge(kept_id=kept_id, gone_id=gone_id, moved=moved, merged_by_name=actor.name)
    db.session.add(merge)
    db.session.flush()
    remove_member(actor=actor, member_id=gone_id, reason=_("The same person as %(number)s", number=kept.number))
    announce(actor, MembershipsChanged([kept_id]))
    record(
        actor=actor, action="member.merged", object_kind="member", object_id=kept_id,
        changes={"number": [gone.number, kept.number]},
    )  # fmt: skip
    return merge


def undo_merge(*, actor: Actor, merge_id: UUID) -> MemberMerge:
    """Move back what was moved and still is where it was moved to, and bring the other record back. Audited.

    Raises ``ForbiddenError``, ``NotYoursError``, ``ConflictError`` if it was undone already.
    """
    require_everywhere(actor, "members.write")
    merge = db.session.scalar(select(MemberMerge).where(MemberMerge.id == merge_id).with_for_update())
    if merge is None:
        raise NotYoursError
    if merge.undone_at is not None:
        raise ConflictError(_("These two were parted already. Nothing was changed."))
    for table, column in _references():
        ids = [UUID(identifier) for identifier in merge.moved.get(f"{table.name}.{column.name}", ())]
        if ids:
            db.session.execute(
                update(table).where(table.c.id.in_(ids), column == merge.kept_id).values({column.name: merge.gone_id})
            )
    dues = {UUID(identifier): days[::-1] for identifier, days in merge.moved.get(_DUES, {}).items()}
    _write_dues(actor, merge.kept_id, dues)
    merge.undone_at = program_now()
    db.session.flush()
    db.session.expire_all()
    gone = db.session.scalars(select(Member).where(Member.id == merge.gone_id)).one()
    if gone.state is MemberState.REMOVED:
        restore_member(actor=actor, member_id=merge.gone_id)
    announce(actor, MembershipsChanged([merge.kept_id, merge.gone_id]))
    record(
        actor=actor, action="member.merge-undone", object_kind="member", object_id=merge.kept_id,
        changes={"number": [None, gone.number]},
    )  # fmt: skip
    return merge


def _move(table: Table, column: Column[Any], gone_id: UUID, kept_id: UUID) -> Sequence[UUID]:
    statement = update(table).where(column == gone_id).values({column.name: kept_id}).returning(table.c.id)
    if table.name in _SAME:
        other = table.alias()
        theirs = or_(
            other.c.member_id == kept_id,
            # The emptied record may hold the same twice itself: the first of them moves.
            and_(other.c.member_id == gone_id, other.c.id < table.c.id),
        )
        statement = statement.where(~exists().where(theirs, _same(table.name, table, other)))
    return db.session.scalars(statement).all()


def _same(name: str, one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(true(), *(one.c[column].is_not_distinct_from(other.c[column]) for column in _SAME[name]))


def _later_dues(kept_id: UUID, gone_id: UUID) -> dict[UUID, list[str | None]]:
    """The kept memberships that the other record has too, with dues paid further: the day they are paid through, and the later one."""
    kept = _table("membership")
    gone = kept.alias()
    later = func.max(gone.c.paid_through)
    rows = db.session.execute(
        select(kept.c.id, kept.c.paid_through, later)
        .join(gone, and_(gone.c.member_id == gone_id, _same("membership", kept, gone)))
        .where(kept.c.member_id == kept_id)
        .group_by(kept.c.id, kept.c.paid_through)
        .having(or_(later > kept.c.paid_through, and_(kept.c.paid_through.is_(None), later.is_not(None))))
    )
    return {
        identifier: [before.isoformat() if before else None, after.isoformat()] for identifier, before, after in rows
    }


def _write_dues(actor: Actor, member_id: UUID, dues: Mapping[UUID, Sequence[str | None]]) -> None:
    """Write the second day of each pair to memberships of the member whose dues are paid through the first one. Audited."""
    for identifier, (before, after) in dues.items():
        row = db.session.scalar(
            select(Membership).where(Membership.id == identifier, Membership.member_id == member_id)
        )
        if row is None or row.paid_through != _day(before):
            continue
        row.paid_through = _day(after)
        record(
            actor=actor, action="member.membership-changed", object_kind="member", object_id=member_id,
            changes={
                "type": [row.type, row.type], "valid_from": [row.valid_from.isoformat()] * 2, "paid_through": [before, after],
            },
        )  # fmt: skip
    db.session.flush()


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _references() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column of an association's table that names a member, except those that tell what happened to one record."""
    tenant = {mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantBase)}
    for table in Base.metadata.sorted_tables:
        if table not in tenant:
            continue
        for key in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
            column = list(key.columns)[-1]
            if key.referred_table.name == "member" and f"{table.name}.{column.name}" not in _STAY:
                yield table, column
