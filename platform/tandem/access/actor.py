"""Who acts, and what they may do where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

#: Every permission, with what it lets someone do.
PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "staff.home": "see the staff pages at all",
        "members.read": "read the directory",
        "members.write": "change the directory and import members",
        "members.act": "act for a member who asks for it: applications, meetings, hours, rests",
        "notes.write": "read and write staff's notes about members",
        "applications.read": "read applications sent to one's programs",
        "applications.decide": "decide on applications, waive rules, accept evidence",
        "applications.assign": "give applications to reviewers, name a committee's chair",
        "minutes.read": "read and export a committee's decisions with votes and reasons",
        "pools.manage": "see and change who is in the pools",
        "matching.run": "run, confirm and publish matches",
        "mentorships.read": "see that mentorships exist and how they are doing, never what was said",
        "mentorships.manage": "pause, reassign and end mentorships",
        "evaluations.read": "read what people said about their mentorships at the end",
        "concerns.read": "read and answer what people raise in confidence",
        "notices.read": "read every notice as it was sent, and doubtful deliveries",
        "mail.hold": "hold all mail of the association and let it go",
        "letters.write": "write to the people of one's lists",
        "audit.read": "read the audit trail",
        "programs.read": "see programs and their configuration",
        "programs.configure": "change the configuration of programs",
        "accounts.manage": "grant roles and sign people out",
        "jobs.read": "see background work",
    }
)

#: What each role may do. A role's scope (association, department, program, committee) is on the grant.
ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "association-staff": frozenset(PERMISSIONS),
        "department-staff": frozenset(
            {
                "staff.home", "members.read", "applications.read", "applications.decide", "pools.manage", "matching.run",
                "mentorships.read", "mentorships.manage", "evaluations.read", "notices.read", "programs.read", "jobs.read",
                "audit.read", "applications.assign", "minutes.read", "notes.write", "members.act", "letters.write",
            }
        ),
        "confidant": frozenset({"staff.home", "concerns.read"}),
        "reviewer": frozenset({"staff.home", "applications.read", "applications.decide", "programs.read"}),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """A role with its scope; without department, program and committee it holds for the whole association."""

    role: str
    department_id: UUID | None = None
    program_id: UUID | None = None
    committee_id: UUID | None = None

    @property
    def everywhere(self) -> bool:
        """Whether the grant holds for the whole association."""
        return self.department_id is None and self.program_id is None and self.committee_id is None

    def allows(self, permission: str) -> bool:
        """Whether the role carries ``permission``, wherever it holds."""
        return permission in ROLES.get(self.role, frozenset())


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the program itself, with no account) on whose behalf a service acts."""

    account_id: UUID | None
    member_id: UUID | None
    name: str
    grants: tuple[Grant, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether some grant carries ``permission``, in whatever scope."""
        return any(grant.allows(permission) for grant in self.grants)

    def may_everywhere(self, permission: str) -> bool:
        """Whether a grant for the whole association carries ``permission``."""
        return any(grant.everywhere and grant.allows(permission) for grant in self.grants)

    @property
    def is_staff(self) -> bool:
        """Whether the staff pages are open to the actor."""
        return self.may("staff.home")


#: The program itself: schedules and milestones act as this.
SYSTEM = Actor(account_id=None, member_id=None, name="")
