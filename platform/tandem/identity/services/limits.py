"""How often something may be tried at one association. Counted in a transaction of its own, so refused tries count too."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.identity.errors import TooManyAttemptsError
from tandem.identity.keys import derive
from tandem.identity.models import RateLimit
from tandem.ids import uuid7
from tandem.tenancy.scope import current_association_id


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` tries of one kind within ``window``."""

    kind: str
    most: int
    window: timedelta = timedelta(minutes=15)


LINK_BY_ADDRESS = Limit("link-address", 5)
LINK_BY_NETWORK = Limit("link-network", 60)
PASSWORD_BY_ADDRESS = Limit("password-address", 10)
PASSWORD_BY_NETWORK = Limit("password-network", 100)
CODE_BY_NETWORK = Limit("code-network", 60)


def count_attempt(limit: Limit, value: str) -> None:
    """Count a try and refuse it when there were too many. Commits in a short transaction of its own.

    Raises ``TooManyAttemptsError`` with the end of the window.
    """
    now = system_now()
    start = window_start(limit, now)
    association_id = current_association_id()
    statement = insert(RateLimit).values(
        association_id=association_id, id=uuid7(), key=key_of(limit, value), window_start=start, count=1
    )
    counted = statement.on_conflict_do_update(
        index_elements=["association_id", "key", "window_start"], set_={"count": RateLimit.count + 1}
    ).returning(RateLimit.count)
    with db.engine.begin() as connection:
        count = connection.execute(counted).scalar_one()
        if count == 1:
            # A new window is the moment to clear out old ones: the table stays as small as a day's tries.
            connection.execute(
                delete(RateLimit).where(
                    RateLimit.association_id == association_id, RateLimit.window_start < now - timedelta(days=1)
                )
            )
    if count > limit.most:
        raise TooManyAttemptsError(start + limit.window)


def window_start(limit: Limit, now: datetime) -> datetime:
    """The beginning of the window that ``now`` lies in."""
    seconds = int(limit.window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def key_of(limit: Limit, value: str) -> str:
    """The hash under which tries are counted; without the platform's secret key it cannot be tied to an address."""
    return derive("rate-limit", limit.kind.encode(), value.encode()).hex()


def network_of(address: str | None) -> str:
    """What is counted for a caller's IP address: itself, or the /64 that one household or server gets in IPv6."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
