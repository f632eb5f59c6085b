"""Who may call what: one row per endpoint. An endpoint without a row is refused, and a test walks the table both ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HostKind(StrEnum):
    """The hosts Tandem answers on."""

    ASSOCIATION = "association"
    FINDER = "finder"
    OPERATOR = "operator"


class Who(StrEnum):
    """What the guard asks of the caller; ``STAFF`` goes with a permission."""

    ANYONE = "anyone"
    SIGNED_IN = "signed-in"
    MEMBER = "member"
    STAFF = "staff"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Access:
    """One row: who, with which permission, on which hosts. Object scope is checked by the service that loads the object."""

    who: Who
    permission: str | None = None
    hosts: frozenset[HostKind] = frozenset({HostKind.ASSOCIATION})


ANYWHERE = frozenset(HostKind)


def anyone(*hosts: HostKind) -> Access:
    """Open to all, on the association's host unless others are named."""
    return Access(Who.ANYONE, hosts=frozenset(hosts) or frozenset({HostKind.ASSOCIATION}))


def staff(permission: str) -> Access:
    """Open to grants that carry ``permission``."""
    return Access(Who.STAFF, permission)


SIGNED_IN = Access(Who.SIGNED_IN)
MEMBER = Access(Who.MEMBER)
OPERATOR = Access(Who.OPERATOR, hosts=frozenset({HostKind.OPERATOR}))

ACCESS: dict[str, Access] = {
    # endpoint: access — sorted by blueprint, one line each
    "static": anyone(*ANYWHERE),
    "edge.home": anyone(*ANYWHERE),
    "edge.health": anyone(*ANYWHERE),
    "web.brand": anyone(*ANYWHERE),
    "web.language": anyone(*ANYWHERE),
    "web.style_guide": anyone(*ANYWHERE),
    "web.theme": anyone(*ANYWHERE),
}
