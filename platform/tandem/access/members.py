"""Which members an actor may see: everybody for the association's own staff, else those who applied to their programs."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, true

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.applications.models import Application, ApplicationStatus
from tandem.directory.models import Member
from tandem.programs.models import Program


def members_where(actor: Actor, permission: str) -> ColumnElement[bool]:
    """A condition on ``Member`` that holds for the members for whom ``actor`` has ``permission``.

    Someone whose grant is for a department, program or committee sees who has sent an application there; a draft is nobody's
    business yet.
    """
    if actor.may_everywhere(permission):
        return true()
    return Member.id.in_(
        select(Application.member_id)
        .join(Program, (Program.association_id == Application.association_id) & (Program.id == Application.program_id))
        .where(programs_where(actor, permission), Application.status != ApplicationStatus.DRAFT)
    )
