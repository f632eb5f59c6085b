"""Coming back to the pool: when a rest ends by its date, and when a mentor who left wants to be on file again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Select, Uuid, and_, bindparam, exists, select
from sqlalchemy.orm import aliased, joinedload

from tandem.access.actor import SYSTEM, Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.checks import check_now
from tandem.applications.models import Application, Role, Waiver
from tandem.applications.queries import IN_HAND
from tandem.applications.shown import labels_of
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.pool import resume_entry
from tandem.notices.services import write_notice
from tandem.plugin_api.types import Truth
from tandem.programs.models import Program, ProgramState
from tandem.wording import in_words


def end_rests() -> int:
    """Bring back everybody whose rest ends today or ended before, and tell them; returns how many."""
    due = db.session.scalars(
        select(PoolEntry)
        .join(Member, and_(Member.association_id == PoolEntry.association_id, Member.id == PoolEntry.member_id))
        .where(
            PoolEntry.state == PoolState.PAUSED,
            PoolEntry.paused_until <= program_today(),
            Member.state == MemberState.ACTIVE,
        )
        .order_by(PoolEntry.id)
        .with_for_update(of=PoolEntry)
    ).all()
    for entry in due:
        until = entry.paused_until
        resume_entry(actor=SYSTEM, entry=entry)
        write_notice(
            template="pool-rest-ended",
            to_member_id=entry.member_id,
            context={},
            program_id=entry.program_id,
            about=("pool_entry", entry.id),
            dedupe_key=f"pool-rest-ended:{entry.id}:{until}",
        )
    return len(due)


def _left_by(member_id: BindParameter[UUID]) -> Select[PoolEntry]:
    other = aliased(PoolEntry)
    return (
        select(PoolEntry)
        .join(Program, and_(Program.association_id == PoolEntry.association_id, Program.id == PoolEntry.program_id))
        .where(
            PoolEntry.member_id == member_id,
            PoolEntry.role == Role.MENTOR,
            PoolEntry.state == PoolState.LEFT,
            PoolEntry.cohort_id.is_(None),
            Program.state != ProgramState.CLOSED,
            ~exists().where(
                other.member_id == member_id, other.program_id == PoolEntry.program_id, other.role == Role.MENTOR,
                other.cohort_id.is_(None), (other.state != PoolState.LEFT) | (other.left_at > PoolEntry.left_at),
            ),
            ~exists().where(
                Application.member_id == member_id, Application.program_id == PoolEntry.program_id,
                Application.role == Role.MENTOR, Application.status.in_(IN_HAND),
            ),
        )
        .options(joinedload(PoolEntry.application).joinedload(Application.program))
        .order_by(PoolEntry.left_at.desc(), PoolEntry.id)
    )  # fmt: skip


#: Asked for every member's home page; putting it together costs more than asking.
_LEFT_BY_MEMBER = _left_by(bindparam("member", type_=Uuid()))


def mentors_who_left(member_id: UUID) -> Sequence[PoolEntry]:
    """The entries with which a member could come back as a mentor: the newest in each program without dates that they left.

    Not where they are on file again, have an application under way, or the program is closed.
    """
    return db.session.scalars(_LEFT_BY_MEMBER, {"member": member_id}).all()


def come_back(*, actor: Actor, entry: PoolEntry) -> None:
    """Put a mentor who left on file again with the application that was approved, if its rules still hold.

    Raises ``NotYoursError``; ``ConflictError`` where the entry is not one to come back with, or a requirement is not met any more:
    the sentence says which, and that a new application is the way.
    """
    program = db.session.scalars(select(Program).where(Program.id == entry.program_id)).one()
    if entry.member_id != actor.member_id and not may_in(actor, "pools.manage", program):
        raise NotYoursError
    # Two windows, or an application begun at the same moment: one after the other.
    db.session.execute(select(Member.id).where(Member.id == entry.member_id).with_for_update())
    db.session.refresh(entry, with_for_update={"of": PoolEntry}, attribute_names=["state", "left_at"])
    if entry.id not in {one.id for one in mentors_who_left(entry.member_id)}:
        raise ConflictError(_("There is nothing to come back to here. Reload the page to see how things stand."))
    open_now = _not_met(entry.application)
    if open_now:
        raise ConflictError(
            _(
                "The earlier application no longer meets what the program asks: %(rules)s A new application is needed.",
                rules=" ".join(open_now),
            )
        )
    entry.state = PoolState.OPEN
    entry.state_reason = entry.left_at = entry.paused_until = None
    entry.entered_at = program_now()
    db.session.flush()
    record(
        actor=actor, action="pool.came-back", object_kind="pool_entry", object_id=entry.id, program_id=entry.program_id,
        visibility="staff",
    )  # fmt: skip


def _not_met(application: Application) -> list[str]:
    """The requirements of an application that do not hold today and were not set aside, in words."""
    aside = set(db.session.scalars(select(Waiver.rule_id).where(Waiver.application_id == application.id)))
    labels = labels_of(application)
    return [
        in_words(rule.requirement.message, labels)
        for rule in check_now(application)
        if rule.verdict.truth is not Truth.MET and rule.id not in aside
    ]
