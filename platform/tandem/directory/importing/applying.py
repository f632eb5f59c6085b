"""Writing a compared file into the directory: one statement for each kind of row, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from tandem.access.actor import Actor
from tandem.audit.services import record
from tandem.clocks import program_now, system_now
from tandem.directory.events import MembershipsChanged, announce
from tandem.directory.importing import sql
from tandem.directory.importing.comparing import Report, person_columns
from tandem.directory.importing.staging import Progress, Staged
from tandem.extensions import db
from tandem.tenancy.scope import current_association_id


def apply(staged: Staged, report: Report, *, actor: Actor, run_id: UUID, filename: str, progress: Progress) -> None:
    """Write everything that differs, each member's change and the import itself to the audit trail.

    Announces ``MembershipsChanged`` for members who were in the directory before. Nothing is written if anything fails: the
    caller's transaction ends with it.
    """
    values = {
        "association": current_association_id(), "now": program_now(), "recorded": system_now(), "run": run_id,
        "account": actor.account_id, "actor": actor.name,
    }  # fmt: skip
    steps: Sequence[str] = (
        sql.UPDATE_EMPLOYERS,
        sql.INSERT_EMPLOYERS,
        sql.update_members(person_columns(staged)),
        sql.INSERT_MEMBERS,
        sql.UPDATE_MEMBERSHIPS,
        sql.INSERT_MEMBERSHIPS,
        sql.UPDATE_POSITIONS,
        sql.INSERT_POSITIONS,
        sql.UPDATE_EXPERIENCE,
        sql.INSERT_EXPERIENCE,
        sql.AUDIT_EMPLOYERS,
        sql.AUDIT_MEMBERS,
    )
    for done, statement in enumerate(steps):
        progress(70 + 28 * done // len(steps))
        db.session.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
    db.session.expire_all()
    record(
        actor=actor, action="import.applied", object_kind="import", object_id=run_id,
        changes={"file": [None, filename], **{name: [None, count] for name, count in report.outcomes.items() if count}},
    )  # fmt: skip
    changed = db.session.execute(text(sql.CHANGED_MEMBERSHIPS)).scalars().all()
    if changed:
        announce(actor, MembershipsChanged(changed))
    progress(99)


def keep_rows(run_id: UUID) -> None:
    """Keep what was found row by row in ``import_row``, in place of what an earlier check found."""
    values = {"association": current_association_id(), "run": run_id}
    db.session.execute(text("DELETE FROM import_row WHERE import_run_id = :run"), {"run": run_id})
    db.session.execute(text(sql.KEEP_ROWS), values)


def link_rows(run_id: UUID) -> None:
    """Note in ``import_row`` which members the new rows have become, so that the report leads to them."""
    db.session.execute(text(sql.LINK_ROWS), {"run": run_id})
