"""What every verb of the directory begins with: the right to write, the locked member, one place for problems."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Select, inspect, select
from sqlalchemy.exc import IntegrityError

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError, StaleError
from tandem.access.require import require_everywhere
from tandem.audit.services import changes_between, record
from tandem.directory.models import Member, MemberState
from tandem.directory.problems import Problem
from tandem.extensions import db
from tandem.tenancy.base import TenantBase

WRITE = "members.write"

Row = TypeVar("Row", bound=TenantBase)


class Problems:
    """Collects what is wrong, field by field, and raises it all at once."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    @contextmanager
    def at(self, field: str) -> Iterator[None]:
        """Note a ``Problem`` of the body at ``field``; the first one of a field stays."""
        try:
            yield
        except Problem as problem:
            self.found.setdefault(field, str(problem))

    def read(self, field: str, value: str | None, reader: Callable[[str], Any], *, required: bool = False) -> Any:
        """``reader(value)``, or ``None`` for nothing, which is a problem where the field is required."""
        with self.at(field):
            if value is None or not value.strip():
                if required:
                    raise Problem("missing")
                return None
            return reader(value)
        return None

    def raise_if_any(self) -> None:
        """Raises ``InvalidError`` if anything was noted."""
        if self.found:
            raise InvalidError(dict(self.found))


def fingerprint(row: TenantBase) -> str:
    """A short word for everything a row holds, to notice that somebody changed it while a form lay open."""
    mapper = inspect(type(row))
    values = [str(getattr(row, attribute.key)) for attribute in mapper.column_attrs]
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()[:16]


def check_seen(row: TenantBase, seen: str | None) -> None:
    """Refuse when ``row`` is not as it was when ``seen`` was taken. Raises ``StaleError``."""
    if seen is not None and seen != fingerprint(row):
        raise StaleError(
            _(
                "Someone else changed this record while you had it open. Open it again to see how it stands, then make your change."
            )
        )


def writable_member(actor: Actor, member_id: UUID, *, removed: bool = False) -> Member:
    """The member, locked until the end of the transaction, for an actor who may write.

    Raises ``ForbiddenError``, ``NotYoursError``, and ``ConflictError`` for a removed member unless ``removed`` allows it.
    """
    require_everywhere(actor, WRITE)
    member = db.session.scalar(
        select(Member).where(Member.id == member_id).with_for_update().execution_options(populate_existing=True)
    )
    if member is None:
        raise NotYoursError
    if member.state is MemberState.REMOVED and not removed:
        raise ConflictError(
            _("%(name)s was removed from the directory. Restore the record before changing it.", name=member.name)
        )
    return member


def part_of(member: Member, model: type[Row], part_id: UUID) -> Row:
    """A membership, position or experience of a member who is locked already. Raises ``NotYoursError``."""
    statement: Select[Any] = (
        select(model)
        .where(model.id == part_id, model.member_id == member.id)  # type: ignore[attr-defined]
        .execution_options(populate_existing=True)
    )
    part: Row | None = db.session.scalar(statement)
    if part is None:
        raise NotYoursError
    return part


def values_of(row: TenantBase, fields: tuple[str, ...]) -> dict[str, Any]:
    """Some of a row's columns."""
    return {field: getattr(row, field) for field in fields}


def write_part(actor: Actor, member: Member, action: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Write a change of a member's part to the member's own trace; what stays the same tells which part it was."""
    kept = {key: value for key, value in after.items() if key in IDENTIFYING and before.get(key) == value}
    changes = changes_between(before, after)
    if changes:
        record(
            actor=actor, action=action, object_kind="member", object_id=member.id,
            changes={**{key: [value, value] for key, value in kept.items()}, **changes},
        )  # fmt: skip


#: Columns that say which part of a member a change is about.
IDENTIFYING = frozenset({"type", "valid_from", "employer", "discipline"})


def check_dates(problems: Problems, valid_from: date | None, valid_to: date | None) -> None:
    """Note an end before the beginning."""
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        with problems.at("valid_to"):
            raise Problem("ends-first", day=valid_from.isoformat())


@contextmanager
def unique_or_conflict() -> Iterator[None]:
    """Flush the body's changes; a key that somebody else took in this very moment is a ``StaleError``."""
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        raise StaleError(
            _("Someone else recorded the same in this moment. Open the page again to see how it stands.")
        ) from error
