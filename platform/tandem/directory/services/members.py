"""Verbs on members themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import changes_between, record
from tandem.clocks import program_now
from tandem.directory import cells
from tandem.directory.events import MemberRemoved, MemberRestored, announce
from tandem.directory.models import Member, MemberState
from tandem.directory.normalise import email_key, name_key
from tandem.directory.problems import Problem
from tandem.directory.services._base import WRITE, Problems, check_seen, unique_or_conflict, values_of, writable_member
from tandem.extensions import db

#: What staff may write of a member, in the order of the form.
FIELDS = ("number", "given_name", "family_name", "email", "phone", "language", "time_zone")


def add_member(
    *,
    actor: Actor,
    number: str,
    family_name: str,
    email: str,
    given_name: str = "",
    phone: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
) -> Member:
    """Add a member without memberships. Audited.

    Raises ``ForbiddenError``, ``InvalidError`` (fields as the arguments), and ``ConflictError`` if somebody else takes the
    number or the address in this moment.
    """
    require_everywhere(actor, WRITE)
    values = _checked(
        {
            "number": number, "given_name": given_name, "family_name": family_name, "email": email, "phone": phone,
            "language": language, "time_zone": time_zone,
        },
        member_id=None,
    )  # fmt: skip
    member = Member(**values)
    with unique_or_conflict():
        db.session.add(member)
    record(
        actor=actor, action="member.added", object_kind="member", object_id=member.id,
        changes=changes_between({}, values_of(member, FIELDS)),
    )  # fmt: skip
    return member


def change_member(*, actor: Actor, member_id: UUID, values: Mapping[str, Any], seen: str | None = None) -> Member:
    """Change some of ``FIELDS``; the others stay. Audited with what was there before.

    ``seen`` is ``fingerprint(member)`` from when the form was opened. Raises ``ForbiddenError``, ``NotYoursError``,
    ``InvalidError``, and ``ConflictError`` where the record has moved on or the member was removed.
    """
    member = writable_member(actor, member_id)
    check_seen(member, seen)
    before = values_of(member, FIELDS)
    with unique_or_conflict():
        for key, value in _checked({**before, **values}, member_id=member.id).items():
            setattr(member, key, value)
    changes = changes_between(before, values_of(member, FIELDS))
    if changes:
        record(actor=actor, action="member.changed", object_kind="member", object_id=member.id, changes=changes)
    return member


def change_own_details(*, actor: Actor, phone: str, time_zone: str) -> Member:
    """Change what is a member's own to change in the directory: telephone and time zone. Audited.

    Raises ``NotYoursError`` without a member record, ``InvalidError`` (``phone``, ``time_zone``).
    """
    member = db.session.scalar(
        select(Member)
        .where(Member.id == actor.member_id, Member.state == MemberState.ACTIVE)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if member is None:
        raise NotYoursError
    problems = Problems()
    own = ("phone", "time_zone")
    before = values_of(member, own)
    after = {
        "phone": problems.read("phone", phone, cells.phone),
        "time_zone": problems.read("time_zone", time_zone, cells.time_zone),
    }
    problems.raise_if_any()
    changes = changes_between(before, after)
    if changes:
        member.phone, member.time_zone = after["phone"], after["time_zone"]
        db.session.flush()
        record(actor=actor, action="member.changed", object_kind="member", object_id=member.id, changes=changes)
    return member


def remove_member(*, actor: Actor, member_id: UUID, reason: str, seen: str | None = None) -> Member:
    """Take a member out of the directory. Audited with the reason.

    The record stays with everything it holds, so that history keeps its names; the member can do nothing any more. Other
    capabilities hear ``MemberRemoved`` in the same transaction, and check ``member.state`` before they let anyone act.
    Raises ``ForbiddenError``, ``NotYoursError``, ``InvalidError`` without a reason, ``ConflictError`` if removed already.
    """
    member = writable_member(actor, member_id, removed=True)
    if member.state is MemberState.REMOVED:
        raise ConflictError(_("%(name)s was removed already.", name=member.name))
    check_seen(member, seen)
    problems = Problems()
    reason = problems.read("reason", reason, cells.text(cells.LONG_LENGTH * 5), required=True)
    problems.raise_if_any()
    member.state = MemberState.REMOVED
    member.removed_at = program_now()
    db.session.flush()
    record(
        actor=actor, action="member.removed", object_kind="member", object_id=member.id, reason=reason,
        changes={"state": [MemberState.ACTIVE, MemberState.REMOVED]},
    )  # fmt: skip
    announce(actor, MemberRemoved(member.id))
    return member


def restore_member(*, actor: Actor, member_id: UUID) -> Member:
    """Take a removal back. Audited. What ended with the removal (sessions, applications) does not come back by itself.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``ConflictError`` if the member is in the directory.
    """
    member = writable_member(actor, member_id, removed=True)
    if member.state is MemberState.ACTIVE:
        raise ConflictError(_("%(name)s is in the directory already.", name=member.name))
    member.state = MemberState.ACTIVE
    member.removed_at = None
    db.session.flush()
    record(
        actor=actor, action="member.restored", object_kind="member", object_id=member.id,
        changes={"state": [MemberState.REMOVED, MemberState.ACTIVE]},
    )  # fmt: skip
    announce(actor, MemberRestored(member.id))
    return member


def _checked(values: Mapping[str, Any], *, member_id: UUID | None) -> dict[str, Any]:
    problems = Problems()
    clean: dict[str, Any] = {
        "number": problems.read("number", values["number"], cells.text(cells.NUMBER_LENGTH), required=True),
        "given_name": problems.read("given_name", values["given_name"], cells.text(cells.NAME_LENGTH)) or "",
        "family_name": problems.read(
            "family_name", values["family_name"], cells.text(cells.NAME_LENGTH), required=True
        ),
        "email": problems.read("email", values["email"], cells.email, required=True),
        "phone": problems.read("phone", values["phone"], cells.phone),
        "language": problems.read("language", values["language"], cells.language),
        "time_zone": problems.read("time_zone", values["time_zone"], cells.time_zone),
    }
    problems.raise_if_any()
    clean["email_key"] = email_key(clean["email"])
    clean["name_key"] = name_key(clean["family_name"], clean["given_name"])
    others = db.session.scalars(
        select(Member).where(
            (Member.number == clean["number"]) | (Member.email_key == clean["email_key"]), Member.id != member_id
        )
        if member_id is not None
        else select(Member).where((Member.number == clean["number"]) | (Member.email_key == clean["email_key"]))
    ).all()
    for other in others:
        if other.number == clean["number"]:
            with problems.at("number"):
                raise Problem("number-taken", name=other.name)
        if other.email_key == clean["email_key"]:
            with problems.at("email"):
                raise Problem("email-taken", name=other.name, number=other.number)
    problems.raise_if_any()
    return clean
