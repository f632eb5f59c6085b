"""To whom a letter goes: the people of one of staff's lists, as its filters narrow it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.applications.models import Role
from tandem.directory import queries as directory
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.matching.queries import PoolFilters, pool_people
from tandem.mentorships.queries import Filters as PairFilters
from tandem.mentorships.queries import mentorship_people

#: The lists that staff can write to: name → the permission to see the list, and the filters that count.
LISTS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "members": ("members.read", frozenset({"q", "type", "dues", "department"})),
        "pools": ("pools.manage", frozenset({"q", "state", "role", "program", "discipline", "region", "waited"})),
        "mentorships": (
            "mentorships.read", frozenset({"q", "state", "program", "asked", "queue", "silent", "side"}),
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addressee:
    """One person on the list; with a program where the list is of programs, the first for which they stand on it."""

    member: Member
    program_id: UUID | None


def kept_query(page: str, asked: Mapping[str, str]) -> str:
    """The filters of a list as they are kept with a letter. Raises ``NotYoursError`` for a list that there is not."""
    if page not in LISTS:
        raise NotYoursError
    known = LISTS[page][1]
    return urlencode(sorted((key, value[:100]) for key, value in asked.items() if key in known))


def filters_of(query: str) -> dict[str, str]:
    """The filters in a kept query."""
    return dict(parse_qsl(query, keep_blank_values=True))


def audience(*, actor: Actor, page: str, query: str) -> Sequence[Addressee]:
    """Everybody on the list now whom ``actor`` may see there, each once, by name; one or two statements.

    Raises ``NotYoursError`` for a list that there is not, or that is not the actor's.
    """
    if page not in LISTS or not actor.may(LISTS[page][0]):
        raise NotYoursError
    asked: MultiDict[str, str] = MultiDict(filters_of(query))
    if page == "members":
        condition = directory.members_condition(actor, asked.get("q", ""), directory.Filters.asked(asked))
        found = db.session.scalars(select(Member).where(condition).order_by(Member.name_key, Member.id))
        return [Addressee(member, None) for member in found if member.state is MemberState.ACTIVE]
    if page == "pools":
        rows = pool_people(actor=actor, filters=PoolFilters.asked(asked))
    else:
        side = asked.get("side", "")
        rows = mentorship_people(
            actor=actor, filters=PairFilters.asked_for(asked), side=Role(side) if side in set(Role) else None
        )
    first: dict[UUID, Addressee] = {}
    for member, program_id in rows:
        if member.state is MemberState.ACTIVE:
            first.setdefault(member.id, Addressee(member, program_id))
    return list(first.values())


def fingerprint(people: Sequence[Addressee]) -> str:
    """What tells one list of people from another."""
    joined = b"".join(person.member.id.bytes for person in people)
    return hashlib.sha256(joined).hexdigest()[:24]
