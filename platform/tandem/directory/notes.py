"""Staff's notes about a member: written for colleagues, read by nobody else, never copied into the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, true

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.members import members_where
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import Member, StaffNote
from tandem.directory.sections import register_person_section
from tandem.extensions import db
from tandem.texts import too_long

#: The longest note.
MAX_NOTE = 4000

_PERMISSION = "notes.write"


def notes_of(*, actor: Actor, member_id: UUID, removed: bool = False) -> Sequence[StaffNote]:
    """The notes about a member that ``actor`` may read, newest first; a department's staff read their department's."""
    gone = StaffNote.removed_at.is_not(None) if removed else StaffNote.removed_at.is_(None)
    return db.session.scalars(
        select(StaffNote)
        .where(StaffNote.member_id == member_id, gone, _readable(actor))
        .order_by(StaffNote.created_at.desc(), StaffNote.id.desc())
    ).all()


def add_note(*, actor: Actor, member_id: UUID, body: str) -> StaffNote:
    """Write a note about a member. Audited without its text. Raises ``NotYoursError``, ``InvalidError`` (``note``)."""
    _member(actor, member_id)
    text = body.strip()
    if not text:
        raise InvalidError({"note": _("Write the note, or leave the page without it.")})
    if len(text) > MAX_NOTE:
        raise InvalidError({"note": too_long(MAX_NOTE)})
    if actor.account_id is None:
        raise NotYoursError
    note = StaffNote(
        member_id=member_id, account_id=actor.account_id, author_name=actor.name, body=text,
        department_id=None if actor.may_everywhere(_PERMISSION) else next(iter(_departments(actor)), None),
    )  # fmt: skip
    db.session.add(note)
    db.session.flush()
    _record(actor, note, "member.note-added")
    return note


def remove_note(*, actor: Actor, member_id: UUID, note_id: UUID, back: bool = False) -> StaffNote:
    """Hide a note, or bring it back. Audited without its text. Raises ``NotYoursError``."""
    _member(actor, member_id)
    note = db.session.scalar(
        select(StaffNote)
        .where(StaffNote.id == note_id, StaffNote.member_id == member_id, _readable(actor))
        .with_for_update()
    )
    if note is None:
        raise NotYoursError
    if (note.removed_at is not None) is back:
        note.removed_at = None if back else program_now()
        db.session.flush()
        _record(actor, note, "member.note-restored" if back else "member.note-removed")
    return note


def notes_section(actor: Actor, member_id: UUID) -> Mapping[str, Any] | None:
    """What a person's page shows of the notes. ``None`` where they are not the actor's to read."""
    if not actor.may(_PERMISSION):
        return None
    return {"notes": notes_of(actor=actor, member_id=member_id)}


def _member(actor: Actor, member_id: UUID) -> None:
    found = db.session.scalar(select(Member.id).where(Member.id == member_id, members_where(actor, _PERMISSION)))
    if found is None:
        raise NotYoursError


def _readable(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.may_everywhere(_PERMISSION) else StaffNote.department_id.in_(_departments(actor))


def _departments(actor: Actor) -> list[UUID]:
    return [
        grant.department_id for grant in actor.grants if grant.allows(_PERMISSION) and grant.department_id is not None
    ]


def _record(actor: Actor, note: StaffNote, action: str) -> None:
    record(actor=actor, action=action, object_kind="member", object_id=note.member_id)


register_person_section("notes", notes_section, "directory/_notes.html", position=30, title=lambda: _("Notes"))
