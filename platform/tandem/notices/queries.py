"""Reads on notices and their deliveries."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.programs import may_in
from tandem.applications.models import Application
from tandem.extensions import db
from tandem.mentorships.models import Mentorship
from tandem.notices.models import Notice
from tandem.programs.models import Program


def may_read_notice(actor: Actor, notice: Notice) -> bool:
    """Whether ``actor`` may read ``notice`` as staff: all of it with a grant everywhere, else those of one's programs."""
    if actor.may_everywhere("notices.read"):
        return True
    if notice.program_id is None:
        return False
    program = db.session.execute(select(Program).where(Program.id == notice.program_id)).scalar_one()
    return may_in(actor, "notices.read", program)


def program_of(about: tuple[str, UUID] | None) -> UUID | None:
    """The program of an application or a mentorship; ``None`` for anything else."""
    if about is None:
        return None
    kind, identifier = about
    if kind == "application":
        return db.session.execute(
            select(Application.program_id).where(Application.id == identifier)
        ).scalar_one_or_none()
    if kind == "mentorship":
        return db.session.execute(select(Mentorship.program_id).where(Mentorship.id == identifier)).scalar_one_or_none()
    return None
