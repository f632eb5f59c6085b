"""Random values for cookies and links, and the hashes that the database keeps of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from flask import current_app

#: 256 bits, as 43 characters that need no quoting in cookies and addresses.
_BYTES = 32
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """A new value of 256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def hash_secret(value: str) -> str:
    """What the database keeps of a secret. The value has 256 random bits, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(value.encode()).hexdigest()


def well_formed(value: str | None) -> str | None:
    """``value`` if it could be one of ours, else ``None``: nothing else is looked up."""
    return value if value is not None and _SHAPE.fullmatch(value) else None


def derive(purpose: str, *parts: bytes) -> bytes:
    """256 bits that only a process with the platform's secret key can compute, for ``purpose`` and ``parts``."""
    key = current_app.config["SECRET_KEY"].encode()
    message = b"\0".join((b"tandem", purpose.encode(), *(len(part).to_bytes(4, "big") + part for part in parts)))
    return hmac.digest(key, message, "sha256")


def derive_text(purpose: str, *parts: bytes) -> str:
    """``derive`` as 43 characters, shaped like ``new_secret``."""
    return base64.urlsafe_b64encode(derive(purpose, *parts)).rstrip(b"=").decode()
