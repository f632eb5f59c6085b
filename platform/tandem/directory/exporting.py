"""The list of members as a file with the columns of the import: imported again unchanged, it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from tandem.access.actor import Actor
from tandem.directory.importing.columns import FIELDS, MOST_PARTS, column_name
from tandem.directory.models import Employer, Experience, Member, Membership, Position
from tandem.directory.queries import Filters, members_condition
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.extensions import db

_CHUNK = 2_000

Parts = dict[UUID, list[Any]]
Lists = Mapping[str, Vocabulary]


def export_rows(*, actor: Actor, search: str = "", filters: Filters | None = None) -> Iterator[list[str]]:
    """The column names, then one row for each member whom ``actor`` may see and the filters let through.

    Where somebody has more memberships or positions than a row has columns for, the oldest are left out.
    """
    lists = vocabularies()
    members = list(_members(actor, search, filters or Filters()))
    ids = [member.id for member in members]
    memberships, positions, experience = _parts(Membership, ids), _positions(ids), _parts(Experience, ids)
    most = {"membership": _most(memberships), "position": _most(positions)}
    columns = [
        (field, ordinal)
        for group in ("person", "membership", "position", "experience")
        for ordinal in range(1, most.get(group, 1) + 1)
        for field in FIELDS
        if field.group == group
    ]
    yield [column_name(field, ordinal) for field, ordinal in columns]
    for member in members:
        said: dict[tuple[str, int], dict[str, str]] = {
            ("person", 1): _person(member),
            ("experience", 1): {"experience": _years(experience.get(member.id, []), lists)},
        }
        for ordinal, part in enumerate(memberships.get(member.id, [])[-MOST_PARTS:], start=1):
            said["membership", ordinal] = _membership(part, lists)
        for ordinal, part in enumerate(positions.get(member.id, [])[-MOST_PARTS:], start=1):
            said["position", ordinal] = _position(part, lists)
        yield [said.get((field.group, ordinal), {}).get(field.field, "") for field, ordinal in columns]


def _person(member: Member) -> dict[str, str]:
    return {field.field: _text(getattr(member, field.field)) for field in FIELDS if field.group == "person"}


def _membership(part: Membership, lists: Lists) -> dict[str, str]:
    texts = {field.field: _text(getattr(part, field.field)) for field in FIELDS if field.group == "membership"}
    words = {name: lists[f"membership-{name}"].label(getattr(part, name)) for name in ("type", "level")}
    return {**texts, **words}


def _position(part: tuple[Position, str, str | None], lists: Lists) -> dict[str, str]:
    position, employer, region = part
    texts = {name: _text(getattr(position, name)) for name in ("valid_from", "valid_to", "acting", "retired")}
    title = lists["position-title"].label(position.title) or position.title_text or ""
    return {**texts, "title": title, "employer": employer, "region": lists["region"].label(region)}


def _years(rows: Sequence[Experience], lists: Lists) -> str:
    return "; ".join(f"{lists['discipline'].label(row.discipline)} = {row.years.normalize():f}" for row in rows)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _members(actor: Actor, search: str, filters: Filters) -> Iterator[Member]:
    condition = members_condition(actor, search, filters)
    last: tuple[str, UUID] | None = None
    while True:
        statement = select(Member).where(condition).order_by(Member.name_key, Member.id).limit(_CHUNK)
        if last is not None:
            statement = statement.where(tuple_(Member.name_key, Member.id) > tuple_(*last))
        found = db.session.scalars(statement).all()
        yield from found
        if len(found) < _CHUNK:
            return
        last = found[-1].name_key, found[-1].id


def _parts(model: type[Membership | Experience], ids: Sequence[UUID]) -> Parts:
    found: Parts = {}
    for chunk in _chunks(ids):
        statement: Any = select(model).where(model.member_id.in_(chunk)).order_by(model.id)
        if model is Membership:
            statement = statement.order_by(None).order_by(Membership.valid_from, Membership.id)
        for row in db.session.scalars(statement):
            found.setdefault(row.member_id, []).append(row)
    return found


def _positions(ids: Sequence[UUID]) -> Parts:
    found: Parts = {}
    for chunk in _chunks(ids):
        rows = db.session.execute(
            select(Position, Employer.name, Employer.region)
            .join(
                Employer, (Employer.association_id == Position.association_id) & (Employer.id == Position.employer_id)
            )
            .where(Position.member_id.in_(chunk))
            .order_by(Position.valid_from, Position.id)
        )
        for position, employer, region in rows:
            found.setdefault(position.member_id, []).append((position, employer, region))
    return found


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))


def _most(parts: Parts) -> int:
    return min(MOST_PARTS, max((len(held) for held in parts.values()), default=1))
