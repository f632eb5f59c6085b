"""Reading the host that a request was sent to. The header is whatever the caller wrote, so nothing else may use it raw."""

from __future__ import annotations

import re

#: A DNS name, as far as our own hosts go: letters, digits and dashes between dots.
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_PORT = re.compile(r":[0-9]{1,5}\Z")


def hostname_of(header: str) -> str | None:
    """The host name in a Host header, in lower case and without port; ``None`` for what cannot be one of ours."""
    name = _PORT.sub("", header.lower()).removesuffix(".")
    return name if _NAME.match(name) else None
