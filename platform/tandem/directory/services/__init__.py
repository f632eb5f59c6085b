"""The verbs of the directory. All are keyword-only and audited; the caller owns the transaction."""

from __future__ import annotations

from tandem.directory.services._base import fingerprint
from tandem.directory.services.members import add_member, change_member, remove_member, restore_member
from tandem.directory.services.memberships import (
    MembershipDetails,
    add_membership,
    change_membership,
    record_payment,
    remove_membership,
    set_memberships,
)
from tandem.directory.services.positions import (
    add_position,
    change_employer,
    change_position,
    find_or_add_employer,
    remove_experience,
    remove_position,
    set_experience,
)

__all__ = [
    "MembershipDetails",
    "add_member",
    "add_membership",
    "add_position",
    "change_employer",
    "change_member",
    "change_membership",
    "change_position",
    "find_or_add_employer",
    "fingerprint",
    "record_payment",
    "remove_experience",
    "remove_member",
    "remove_membership",
    "remove_position",
    "restore_member",
    "set_experience",
    "set_memberships",
]
