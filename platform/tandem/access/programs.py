"""Which programs an actor may do a thing in. Department scope is authorisation inside an association."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, or_, select, true

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.extensions import db
from tandem.programs.models import Program


def programs_where(actor: Actor, permission: str) -> ColumnElement[bool]:
    """A condition on ``Program`` that holds for the programs in which ``actor`` has ``permission``."""
    grants = [grant for grant in actor.grants if grant.allows(permission)]
    if any(grant.everywhere for grant in grants):
        return true()
    conditions: list[ColumnElement[bool]] = []
    for grant in grants:
        if grant.department_id is not None:
            conditions.append(Program.department_id == grant.department_id)
        if grant.program_id is not None:
            conditions.append(Program.id == grant.program_id)
        if grant.committee_id is not None:
            conditions.append(Program.committee_id == grant.committee_id)
    return or_(*conditions) if conditions else false()


def may_in(actor: Actor, permission: str, program: Program) -> bool:
    """Whether ``actor`` has ``permission`` in ``program``."""
    return any(
        grant.allows(permission)
        and (
            grant.everywhere
            or (grant.department_id is not None and grant.department_id == program.department_id)
            or (grant.program_id is not None and grant.program_id == program.id)
            or (grant.committee_id is not None and grant.committee_id == program.committee_id)
        )
        for grant in actor.grants
    )


def require_in(actor: Actor, permission: str, program: Program) -> None:
    """Refuse unless ``actor`` has ``permission`` in ``program``.

    Raises ``NotYoursError``, which answers 404 like a row that does not exist: another department's rows are not hinted at.
    """
    if not may_in(actor, permission, program):
        raise NotYoursError


def programs_for(actor: Actor, permission: str) -> Sequence[Program]:
    """The programs in which ``actor`` has ``permission``, by name."""
    return db.session.scalars(select(Program).where(programs_where(actor, permission)).order_by(Program.name)).all()
