"""Where a form may send people afterwards: to a page of this host, nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_target(target: str | None, default: str = "/") -> str:
    """``target`` if it is a path on this host, else ``default``.

    Refused are absolute addresses, ``//host``, backslashes (browsers read them as slashes) and control characters.
    """
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return default
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target
