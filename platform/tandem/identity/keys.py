"""Random values for cookies and links, and the hashes that the database keeps of them."""

from __future__ import annotations

import hashlib
import re
import secrets

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
