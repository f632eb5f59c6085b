"""The address to which a mail server reports what became of a letter: one for each letter and each time it is sent.

It carries the letter's number and a signature that only a process with the platform's key can make for the letter's own
association. So a report names its letter, and the association is found without a host: it is the one for which the signature holds.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from tandem.extensions import db
from tandem.identity.keys import derive
from tandem.settings import Settings
from tandem.tenancy.models import Association
from tandem.tenancy.scope import current_association_id

_PURPOSE = "bounce"
_SIGNATURE = 10
#: Sixteen bytes of the letter's number, two of the attempt's, the signature: 45 letters and digits, of one case, for
#: mail servers need not keep the case. With a local part of eighteen and the sign between they fill the 64 that mail allows.
_LENGTH = 16 + 2 + _SIGNATURE
_WRITTEN = 45
_MOST_ATTEMPTS = 0xFFFF


@dataclass(frozen=True, slots=True)
class Sending:
    """One time that one delivery was handed over, and whose association it is."""

    association_id: UUID
    delivery_id: UUID
    attempt: int


def return_address(settings: Settings, *, delivery_id: UUID, attempt: int) -> str | None:
    """Where reports about this attempt of the open association's delivery go; ``None`` where the settings name no place."""
    if settings.bounce_address is None:
        return None
    local, _at, domain = settings.bounce_address.rpartition("@")
    payload = delivery_id.bytes + min(attempt, _MOST_ATTEMPTS).to_bytes(2, "big")
    token = base64.b32encode(payload + _sign(current_association_id(), payload)).rstrip(b"=").decode().lower()
    return f"{local}+{token}@{domain}"


def sending_of(settings: Settings, texts: list[str]) -> Sending | None:
    """The sending that an address in one of ``texts`` speaks of; ``None`` where none is an address that we made. One statement at most.

    ``texts`` are addresses, or header lines that hold some.
    """
    payloads = [payload for text in texts for payload in _payloads(settings, text)]
    if not payloads:
        return None
    associations = db.session.scalars(select(Association.id)).all()
    for payload, signature in payloads:
        for association_id in associations:
            if hmac.compare_digest(signature, _sign(association_id, payload)):
                return Sending(association_id, UUID(bytes=payload[:16]), int.from_bytes(payload[16:], "big"))
    return None


def _payloads(settings: Settings, text: str) -> list[tuple[bytes, bytes]]:
    if settings.bounce_address is None:
        return []
    local, _at, domain = settings.bounce_address.rpartition("@")
    pattern = rf"(?<![\w.+-]){re.escape(local)}\+([a-z2-7]{{{_WRITTEN}}})@{re.escape(domain)}(?![\w.-])"
    found = []
    for token in re.findall(pattern, text, re.IGNORECASE | re.ASCII):
        try:
            raw = base64.b32decode(token.upper() + "=" * (-_WRITTEN % 8))
        except (binascii.Error, ValueError):
            continue
        # The last letter holds bits that no byte needs, so that several spellings read alike; we made one of them.
        if len(raw) == _LENGTH and base64.b32encode(raw).rstrip(b"=").decode().lower() == token.lower():
            found.append((raw[:-_SIGNATURE], raw[-_SIGNATURE:]))
    return found


def _sign(association_id: UUID, payload: bytes) -> bytes:
    return derive(_PURPOSE, association_id.bytes, payload)[:_SIGNATURE]
