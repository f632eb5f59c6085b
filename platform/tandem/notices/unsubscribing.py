"""Signed addresses by which somebody without signing in chooses what mail they get, from the mail itself.

An address names the person and the topic; only a process with the platform's key can make one. It opens nothing else, and holds
for as long as the mail is kept. Following it changes nothing (mail scanners do); sending its form does (RFC 8058).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from uuid import UUID

from tandem.identity.keys import derive
from tandem.notices.rendering import link_to
from tandem.notices.templates_registry import CHOSEN, Topic
from tandem.tenancy.scope import current_association_id

_PURPOSE = "unsubscribe"
_SIGNATURE = 16


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose choice it is: the member where there is one, else the account."""

    member_id: UUID | None
    account_id: UUID | None

    @classmethod
    def of(cls, *, member_id: UUID | None, account_id: UUID | None) -> Owner:
        """The owner of the choices of somebody with these."""
        return cls(member_id, None if member_id else account_id)


def unsubscribe_link(owner: Owner, topic: Topic | None) -> str:
    """The address at which ``owner`` chooses about ``topic``, or about all topics of the daily mail."""
    kind, identifier = ("m", owner.member_id) if owner.member_id else ("a", owner.account_id)
    if identifier is None:
        raise ValueError("A choice is a member's or an account's.")
    number = CHOSEN.index(topic) if topic is not None else 255
    payload = kind.encode() + bytes([number]) + identifier.bytes
    return link_to(f"/unsubscribe/{_written(payload + _sign(payload))}")


def read_token(token: str) -> tuple[Owner, tuple[Topic, ...]] | None:
    """Whose choice about which topics an address opens; ``None`` for one that we did not make."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last letter holds bits that no byte needs, so that several spellings read alike; we made one of them.
    if _written(raw) != token:
        return None
    payload, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if len(payload) != 18 or not hmac.compare_digest(signature, _sign(payload)):
        return None
    kind, number, identifier = payload[:1], payload[1], UUID(bytes=payload[2:])
    if number != 255 and number >= len(CHOSEN):
        return None
    topics = CHOSEN if number == 255 else (CHOSEN[number],)
    return (Owner(identifier, None) if kind == b"m" else Owner(None, identifier)), topics


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sign(payload: bytes) -> bytes:
    return derive(_PURPOSE, current_association_id().bytes, payload)[:_SIGNATURE]
