"""Verbs on positions, employers and experience."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import changes_between, record
from tandem.clocks import program_today
from tandem.directory import cells
from tandem.directory.models import Employer, Experience, Position
from tandem.directory.normalise import name_key
from tandem.directory.problems import Problem
from tandem.directory.services._base import (
    WRITE,
    Problems,
    check_dates,
    check_seen,
    part_of,
    unique_or_conflict,
    values_of,
    writable_member,
    write_part,
)
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.extensions import db

POSITION_FIELDS = ("title", "title_text", "valid_from", "valid_to", "acting", "retired")


def add_position(
    *,
    actor: Actor,
    member_id: UUID,
    employer: str,
    valid_from: date,
    title: str | None = None,
    title_text: str | None = None,
    region: str | None = None,
    valid_to: date | None = None,
    acting: bool = False,
    retired: bool = False,
) -> Position:
    """Add a post at the employer of that name, which is made if there is none. Audited.

    ``region`` is the employer's and changes it for everyone there; empty leaves it. Raises ``ForbiddenError``,
    ``NotYoursError``, ``ConflictError`` for a removed member, ``InvalidError`` (``title``, ``title_text``, ``employer``,
    ``region``, ``valid_from``, ``valid_to``).
    """
    member = writable_member(actor, member_id)
    given = {
        "title": title, "title_text": title_text, "valid_from": valid_from, "valid_to": valid_to, "acting": acting,
        "retired": retired,
    }  # fmt: skip
    values = _checked_position(given, before=None)
    workplace = find_or_add_employer(actor=actor, name=employer, region=region)
    position = Position(member_id=member.id, employer_id=workplace.id, **values)
    db.session.add(position)
    db.session.flush()
    write_part(actor, member, "member.position-added", {}, _trace(workplace, values))
    return position


def change_position(
    *,
    actor: Actor,
    member_id: UUID,
    position_id: UUID,
    employer: str,
    valid_from: date,
    title: str | None = None,
    title_text: str | None = None,
    region: str | None = None,
    valid_to: date | None = None,
    acting: bool = False,
    retired: bool = False,
    seen: str | None = None,
) -> Position:
    """Write a post anew. Raises what ``add_position`` raises, and ``ConflictError`` where it has moved on."""
    member = writable_member(actor, member_id)
    position = part_of(member, Position, position_id)
    check_seen(position, seen)
    before = _trace(db.session.get_one(Employer, (position.association_id, position.employer_id)),
                    values_of(position, POSITION_FIELDS))  # fmt: skip
    given = {
        "title": title, "title_text": title_text, "valid_from": valid_from, "valid_to": valid_to, "acting": acting,
        "retired": retired,
    }  # fmt: skip
    values = _checked_position(given, before=position)
    workplace = find_or_add_employer(actor=actor, name=employer, region=region)
    position.employer_id = workplace.id
    for key, value in values.items():
        setattr(position, key, value)
    db.session.flush()
    write_part(actor, member, "member.position-changed", before, _trace(workplace, values))
    return position


def remove_position(*, actor: Actor, member_id: UUID, position_id: UUID, seen: str | None = None) -> None:
    """Delete a post that was recorded by mistake; one that ended gets its last day instead. Audited with all it held.

    Raises ``ForbiddenError``, ``NotYoursError`` and ``ConflictError``.
    """
    member = writable_member(actor, member_id)
    position = part_of(member, Position, position_id)
    check_seen(position, seen)
    employer = db.session.get_one(Employer, (position.association_id, position.employer_id))
    before = _trace(employer, values_of(position, POSITION_FIELDS))
    write_part(actor, member, "member.position-removed", before, {})
    db.session.delete(position)
    db.session.flush()


def find_or_add_employer(*, actor: Actor, name: str, region: str | None = None) -> Employer:
    """The employer of that name, whatever its case, accents and punctuation; made if there is none. Audited.

    A ``region`` (a key of the list) is written where it differs. Raises ``ForbiddenError``, ``InvalidError`` (``employer``,
    ``region``), and ``ConflictError`` if somebody else adds the employer in this moment.
    """
    require_everywhere(actor, WRITE)
    problems = Problems()
    clean = problems.read("employer", name, cells.text(cells.LONG_LENGTH), required=True)
    key = name_key(clean or "")
    if clean and not key:
        problems.found["employer"] = str(Problem("missing"))
    employer = db.session.scalar(select(Employer).where(Employer.name_key == key).with_for_update()) if key else None
    if region and (employer is None or employer.region != region):
        _check_term(problems, "region", region, vocabularies(("region",))["region"], program_today())
    problems.raise_if_any()
    if employer is None:
        employer = Employer(name=clean, name_key=key, region=region or None)
        with unique_or_conflict():
            db.session.add(employer)
        record(
            actor=actor, action="employer.added", object_kind="employer", object_id=employer.id,
            changes=changes_between({}, {"name": clean, "region": region or None}),
        )  # fmt: skip
    elif region and employer.region != region:
        _write_employer(actor, employer, {"region": region})
    return employer


def change_employer(
    *, actor: Actor, employer_id: UUID, name: str, region: str | None, seen: str | None = None
) -> Employer:
    """Rename an employer or move it to another region, for everyone who works there. Audited.

    Raises ``ForbiddenError``, ``NotYoursError``, ``ConflictError``, ``InvalidError`` (``name``, ``region``).
    """
    require_everywhere(actor, WRITE)
    employer = db.session.scalar(
        select(Employer).where(Employer.id == employer_id).with_for_update().execution_options(populate_existing=True)
    )
    if employer is None:
        raise NotYoursError
    check_seen(employer, seen)
    problems = Problems()
    clean = problems.read("name", name, cells.text(cells.LONG_LENGTH), required=True)
    if clean and not name_key(clean):
        problems.found["name"] = str(Problem("missing"))
    if region and employer.region != region:
        _check_term(problems, "region", region, vocabularies(("region",))["region"], program_today())
    problems.raise_if_any()
    with unique_or_conflict():
        _write_employer(actor, employer, {"name": clean, "name_key": name_key(clean), "region": region or None})
    return employer


def set_experience(
    *, actor: Actor, member_id: UUID, discipline: str, years: Decimal, new: bool = False, seen: str | None = None
) -> Experience:
    """Record how many years a member has worked within one discipline (a key of the list). Audited.

    With ``new`` a discipline that is recorded already is a problem instead of a change. Raises ``ForbiddenError``,
    ``NotYoursError``, ``ConflictError``, ``InvalidError`` (``discipline``, ``years``).
    """
    member = writable_member(actor, member_id)
    row = db.session.scalar(
        select(Experience).where(Experience.member_id == member.id, Experience.discipline == discipline)
    )
    if seen is not None and row is not None:
        check_seen(row, seen)
    problems = Problems()
    if row is None:
        _check_term(problems, "discipline", discipline, vocabularies(("discipline",))["discipline"], program_today())
    elif new:
        with problems.at("discipline"):
            label = vocabularies(("discipline",))["discipline"].label(discipline)
            raise Problem("discipline-twice", value=label)
    if not 0 <= years <= 80:
        with problems.at("years"):
            raise Problem("years-range", value=str(years))
    problems.raise_if_any()
    years = years.quantize(Decimal("0.1"))
    before = {"discipline": discipline, "years": row.years} if row is not None else {}
    if row is None:
        row = Experience(member_id=member.id, discipline=discipline, years=years)
        db.session.add(row)
    else:
        row.years = years
    db.session.flush()
    action = "member.experience-changed" if before else "member.experience-added"
    write_part(actor, member, action, before, {"discipline": discipline, "years": years})
    return row


def remove_experience(*, actor: Actor, member_id: UUID, experience_id: UUID, seen: str | None = None) -> None:
    """Delete the years within one discipline. Audited. Raises ``ForbiddenError``, ``NotYoursError`` and ``ConflictError``."""
    member = writable_member(actor, member_id)
    row = part_of(member, Experience, experience_id)
    check_seen(row, seen)
    before = {"discipline": row.discipline, "years": row.years}
    write_part(actor, member, "member.experience-removed", before, {})
    db.session.delete(row)
    db.session.flush()


def _checked_position(given: Mapping[str, Any], *, before: Position | None) -> dict[str, Any]:
    problems = Problems()
    title, valid_from = given["title"] or None, given["valid_from"]
    title_text = problems.read("title_text", given["title_text"], cells.text(cells.LONG_LENGTH))
    # A title that stands there already may stay, whatever became of the list meanwhile.
    kept = before is not None and before.title == title and before.valid_from == valid_from
    if title is not None and not kept:
        _check_term(problems, "title", title, vocabularies(("position-title",))["position-title"], valid_from)
    check_dates(problems, valid_from, given["valid_to"])
    problems.raise_if_any()
    return {**given, "title": title, "title_text": title_text}


def _check_term(problems: Problems, field: str, value: str, vocabulary: Vocabulary, day: date) -> None:
    with problems.at(field):
        term = vocabulary.get(value)
        if term is None:
            raise Problem("term", value=value[:80], vocabulary=vocabulary.name)
        term.check(day)


def _trace(employer: Employer, values: dict[str, Any]) -> dict[str, Any]:
    return {"employer": employer.name, **values}


def _write_employer(actor: Actor, employer: Employer, values: dict[str, Any]) -> None:
    before = values_of(employer, ("name", "region"))
    for key, value in values.items():
        setattr(employer, key, value)
    db.session.flush()
    changes = changes_between(before, values_of(employer, ("name", "region")))
    if changes:
        record(actor=actor, action="employer.changed", object_kind="employer", object_id=employer.id, changes=changes)
