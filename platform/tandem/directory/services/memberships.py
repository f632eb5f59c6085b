"""Verbs on memberships and the dues paid for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import InvalidError
from tandem.clocks import program_today
from tandem.directory.events import MembershipsChanged, announce
from tandem.directory.models import Member, Membership
from tandem.directory.problems import Problem
from tandem.directory.services._base import (
    Problems,
    check_dates,
    check_seen,
    part_of,
    values_of,
    writable_member,
    write_part,
)
from tandem.directory.vocabularies import Vocabulary, vocabularies
from tandem.extensions import db

FIELDS = ("type", "level", "organisational", "valid_from", "valid_to", "paid_through")


@dataclass(frozen=True, slots=True)
class MembershipDetails:
    """A membership as it is written: keys of the lists, first and last day, the last day that dues cover."""

    type: str
    valid_from: date
    level: str | None = None
    valid_to: date | None = None
    paid_through: date | None = None
    organisational: bool = False

    def overlaps(self, other: MembershipDetails) -> bool:
        """Whether both are of one type and share a day."""
        return (
            self.type == other.type
            and (self.valid_to is None or other.valid_from <= self.valid_to)
            and (other.valid_to is None or self.valid_from <= other.valid_to)
        )


def add_membership(
    *,
    actor: Actor,
    member_id: UUID,
    type: str,
    valid_from: date,
    level: str | None = None,
    valid_to: date | None = None,
    paid_through: date | None = None,
    organisational: bool = False,
) -> Membership:
    """Add a dated membership. Audited; ``MembershipsChanged`` is announced.

    Raises ``ForbiddenError``, ``NotYoursError``, ``ConflictError`` for a removed member, and ``InvalidError``: a word that is
    not in the association's lists on the first day, dates that run backwards, an overlap with one of the same type.
    """
    member = writable_member(actor, member_id)
    details = MembershipDetails(type, valid_from, level, valid_to, paid_through, organisational)
    _check(details, _others(member, None))
    membership = _insert(actor, member, details)
    announce(actor, MembershipsChanged([member.id]))
    return membership


def change_membership(
    *,
    actor: Actor,
    member_id: UUID,
    membership_id: UUID,
    type: str,
    valid_from: date,
    level: str | None = None,
    valid_to: date | None = None,
    paid_through: date | None = None,
    organisational: bool = False,
    seen: str | None = None,
) -> Membership:
    """Write a membership anew. Raises what ``add_membership`` raises, and ``ConflictError`` where it has moved on."""
    member = writable_member(actor, member_id)
    membership = part_of(member, Membership, membership_id)
    check_seen(membership, seen)
    details = MembershipDetails(type, valid_from, level, valid_to, paid_through, organisational)
    _check(details, _others(member, membership.id), before=_details(membership))
    _write(actor, member, membership, details, "member.membership-changed")
    announce(actor, MembershipsChanged([member.id]))
    return membership


#: How many years ahead somebody may record dues as paid; further on lies a slip of the year.
PAID_AHEAD = 10


def record_payment(
    *,
    actor: Actor,
    member_id: UUID,
    membership_id: UUID,
    paid_through: date,
    seen: str | None = None,
    earlier: bool = False,
) -> Membership:
    """Note that dues are paid through a day. Audited; ``MembershipsChanged`` is announced, so a lapse can end.

    A day before the recorded one is taken only with ``earlier``, from somebody who was asked whether it is meant.
    Raises ``ForbiddenError``, ``NotYoursError``, ``ConflictError``, and ``InvalidError`` at ``paid_through``.
    """
    member = writable_member(actor, member_id)
    membership = part_of(member, Membership, membership_id)
    check_seen(membership, seen)
    if paid_through < membership.valid_from:
        raise InvalidError({"paid_through": str(Problem("paid-first", day=membership.valid_from.isoformat()))})
    if paid_through.year > program_today().year + PAID_AHEAD:
        raise InvalidError({"paid_through": str(Problem("paid-far", count=PAID_AHEAD))})
    recorded = membership.paid_through
    if recorded is not None and paid_through < recorded and not earlier:
        raise InvalidError({"paid_through": str(Problem("paid-earlier", day=recorded.isoformat()))})
    before = values_of(membership, FIELDS)
    membership.paid_through = paid_through
    db.session.flush()
    write_part(actor, member, "member.payment-recorded", before, values_of(membership, FIELDS))
    announce(actor, MembershipsChanged([member.id]))
    return membership


def remove_membership(*, actor: Actor, member_id: UUID, membership_id: UUID, seen: str | None = None) -> None:
    """Delete a membership that was recorded by mistake; one that ended gets its last day instead. Audited with all it held.

    Raises ``ForbiddenError``, ``NotYoursError`` and ``ConflictError``.
    """
    member = writable_member(actor, member_id)
    membership = part_of(member, Membership, membership_id)
    check_seen(membership, seen)
    write_part(actor, member, "member.membership-removed", values_of(membership, FIELDS), {})
    db.session.delete(membership)
    db.session.flush()
    announce(actor, MembershipsChanged([member.id]))


def set_memberships(*, actor: Actor, member_id: UUID, memberships: Sequence[MembershipDetails]) -> list[Membership]:
    """Make these the member's memberships: those of the same type and first day are changed, others added or deleted.

    Audited one by one; ``MembershipsChanged`` is announced once. Raises what ``add_membership`` raises; problems are at
    ``"<position>.<field>"``.
    """
    member = writable_member(actor, member_id)
    there = {(found.type, found.valid_from): found for found in _of(member)}
    wanted = {(details.type, details.valid_from): details for details in memberships}
    _check_all(memberships, {key: _details(row) for key, row in there.items()})
    for key, row in there.items():
        if key not in wanted:
            write_part(actor, member, "member.membership-removed", values_of(row, FIELDS), {})
            db.session.delete(row)
    for key, details in wanted.items():
        if key in there:
            _write(actor, member, there[key], details, "member.membership-changed")
        else:
            _insert(actor, member, details)
    db.session.flush()
    announce(actor, MembershipsChanged([member.id]))
    return _of(member)


def _check_all(memberships: Sequence[MembershipDetails], there: dict[tuple[str, date], MembershipDetails]) -> None:
    problems: dict[str, str] = {}
    lists = vocabularies(("membership-type", "membership-level"))
    for position, details in enumerate(memberships):
        others = [other for at, other in enumerate(memberships) if at < position]
        try:
            _check(details, others, before=there.get((details.type, details.valid_from)), lists=lists)
        except InvalidError as error:
            problems.update({f"{position}.{field}": sentence for field, sentence in error.problems.items()})
    if problems:
        raise InvalidError(problems)


def _check(
    details: MembershipDetails,
    others: Sequence[MembershipDetails],
    *,
    before: MembershipDetails | None = None,
    lists: Mapping[str, Vocabulary] | None = None,
) -> None:
    known = lists or vocabularies(("membership-type", "membership-level"))
    problems = Problems()
    for field in ("type", "level"):
        with problems.at(field):
            _check_term(field, known[f"membership-{field}"], details, before)
    check_dates(problems, details.valid_from, details.valid_to)
    if details.paid_through is not None and details.paid_through < details.valid_from:
        with problems.at("paid_through"):
            raise Problem("paid-first", day=details.valid_from.isoformat())
    problems.raise_if_any()
    for other in others:
        if details.overlaps(other):
            with problems.at("valid_from"):
                raise overlap(known["membership-type"].label(other.type), other.valid_from, other.valid_to)
    problems.raise_if_any()


def _check_term(
    field: str, vocabulary: Vocabulary, details: MembershipDetails, before: MembershipDetails | None
) -> None:
    value = getattr(details, field)
    # A word that stands there already may stay, whatever became of the list meanwhile.
    kept = before is not None and getattr(before, field) == value and before.valid_from == details.valid_from
    if value is None or kept:
        return
    term = vocabulary.get(value)
    if term is None:
        raise Problem("term", value=value[:80], vocabulary=vocabulary.name)
    term.check(details.valid_from)


def overlap(label: str, first: date, last: date | None) -> Problem:
    """The problem of sharing a day with a membership of the same type."""
    if last is None:
        return Problem("overlap-open", type=label, first=first.isoformat())
    return Problem("overlap", type=label, first=first.isoformat(), last=last.isoformat())


def _of(member: Member) -> list[Membership]:
    rows = db.session.scalars(
        select(Membership).where(Membership.member_id == member.id).order_by(Membership.valid_from, Membership.id)
    )
    return list(rows)


def _others(member: Member, but: UUID | None) -> list[MembershipDetails]:
    return [_details(row) for row in _of(member) if row.id != but]


def _details(row: Membership) -> MembershipDetails:
    return MembershipDetails(row.type, row.valid_from, row.level, row.valid_to, row.paid_through, row.organisational)


def _insert(actor: Actor, member: Member, details: MembershipDetails) -> Membership:
    values = {field: getattr(details, field) for field in FIELDS}
    membership = Membership(member_id=member.id, **values)
    db.session.add(membership)
    db.session.flush()
    write_part(actor, member, "member.membership-added", {}, values)
    return membership


def _write(actor: Actor, member: Member, row: Membership, details: MembershipDetails, action: str) -> None:
    before = values_of(row, FIELDS)
    for field in FIELDS:
        setattr(row, field, getattr(details, field))
    db.session.flush()
    write_part(actor, member, action, before, values_of(row, FIELDS))
