"""The members of the two associations, each with a history that the rules can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from tandem.access.actor import Actor
from tandem.demo.names import Cast
from tandem.directory.services.members import add_member
from tandem.directory.services.memberships import add_membership
from tandem.directory.services.positions import add_position, set_experience


@dataclass(slots=True)
class Somebody:
    """A member of the demonstration: id, name, and what matters for applying."""

    id: UUID
    name: str
    type: str
    membership_id: UUID
    years: dict[str, int] = field(default_factory=dict)


def add_somebody(
    *, actor: Actor, cast: Cast, type: str, since: date, paid_through: date, titles: tuple[str, ...],
    years: dict[str, int] | None = None,
) -> Somebody:  # fmt: skip
    """Add a member with one membership, one post and experience."""
    given, family = cast.name()
    number = cast.number()
    member = add_member(
        actor=actor, number=number, given_name=given, family_name=family, email=cast.address(number),
        phone=f"555 01{cast.random.randrange(10, 99)}",
    )  # fmt: skip
    membership = add_membership(
        actor=actor, member_id=member.id, type=type, valid_from=since, paid_through=paid_through
    )
    employer, region = cast.random.choice(cast.places.employers)
    add_position(
        actor=actor, member_id=member.id, employer=employer, region=region, title=cast.random.choice(titles),
        valid_from=since + timedelta(days=cast.random.randrange(0, 200)),
    )  # fmt: skip
    for discipline, count in (years or {}).items():
        set_experience(actor=actor, member_id=member.id, discipline=discipline, years=Decimal(count))
    return Somebody(member.id, member.name, type, membership.id, dict(years or {}))
