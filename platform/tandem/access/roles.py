"""What roles are called, and where each can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from flask_babel import lazy_gettext as _


class ScopeKind(StrEnum):
    """Where a role holds."""

    ASSOCIATION = "association"
    DEPARTMENT = "department"
    PROGRAM = "program"
    COMMITTEE = "committee"


@dataclass(frozen=True, slots=True)
class RoleWords:
    """A role in lists: its name, what it lets someone do, and the scopes it can have."""

    label: Any
    says: Any
    scopes: frozenset[ScopeKind]


ROLE_WORDS: Mapping[str, RoleWords] = MappingProxyType(
    {
        "association-staff": RoleWords(
            _("Association staff"),
            _("Everything: the directory, all programs, their configuration and the accounts."),
            frozenset({ScopeKind.ASSOCIATION}),
        ),
        "department-staff": RoleWords(
            _("Department staff"),
            _("Runs the programs of one department: applications, pools, matches and mentorships."),
            frozenset({ScopeKind.DEPARTMENT}),
        ),
        "confidant": RoleWords(
            _("Person of trust"),
            _("Reads and answers what people raise in confidence, and nothing else."),
            frozenset({ScopeKind.ASSOCIATION, ScopeKind.DEPARTMENT, ScopeKind.PROGRAM}),
        ),
        "reviewer": RoleWords(
            _("Reviewer"),
            _("Reads applications and decides on them."),
            frozenset({ScopeKind.ASSOCIATION, ScopeKind.DEPARTMENT, ScopeKind.PROGRAM, ScopeKind.COMMITTEE}),
        ),
    }
)
