"""Mentorships made at once, without the way to them, with a browser for each of their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from tandem.applications.models import Role
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.programs.models import Program, ProgramRevision
from tests.factories import a_member, a_membership, a_mentorship, a_number, a_pool_entry, an_account, an_application
from tests.loop.stage import Stage
from tests.loop.walk import Person, a_helper
from tests.pages import signed_in_client


@dataclass(frozen=True, slots=True)
class Pairing:
    """A mentorship under way: its address and its people."""

    place: str
    mentor: Person
    mentees: list[Person]
    staff: Person

    @property
    def mentee(self) -> Person:
        """The first mentee."""
        return self.mentees[0]


def a_pairing(
    stage: Stage, *, mentees: int = 1, program: str | None = None, staff: Person | None = None, since: int = 0
) -> Pairing:
    """One mentor and ``mentees`` mentees in ``program`` (else the first), with its newest revision, since so many days."""
    with stage.open() as scope:
        statement = select(Program).order_by(Program.slug)
        found = db.session.scalars(statement.where(Program.slug == program) if program else statement).first()
        assert found is not None
        revision = db.session.scalars(
            select(ProgramRevision).where(
                ProgramRevision.program_id == found.id, ProgramRevision.number == found.current_number
            )
        ).one()
        sides = [Role.MENTOR, *[Role.MENTEE] * mentees]
        members = [_member(side) for side in sides]
        entries = [
            a_pool_entry(an_application(member, found, revision, role=side))
            for side, member in zip(sides, members, strict=True)
        ]
        mentorship = a_mentorship(found, revision, *entries)
        mentorship.started_at -= timedelta(days=since)
        people = [
            Person(member.id, member.name, member.email, signed_in_client(stage.app, scope, an_account(member)))
            for member in members
        ]
        db.session.commit()
        place = f"/mentorships/{mentorship.id}"
    return Pairing(place, people[0], people[1:], staff or a_helper(stage))


def _member(side: Role) -> Member:
    name = "Thora" if side is Role.MENTOR else "Mena"
    member = a_member(given_name=name, family_name=f"Pair{a_number()}")
    a_membership(member)
    return member
