"""Addresses in what people write, as links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask
from markupsafe import Markup, escape

# An address ends at a space, at what HTML is made of, and at signs that nobody sees: those turn the direction of writing or
# have no width, and could make an address look like another one.
_ADDRESS = re.compile(
    r"\bhttps?://[^\s<>\"'`{}|\\^\x00-\x20\x7f-\xa0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+",
    re.IGNORECASE,
)
# What closes a sentence or a bracket around an address is not part of it.
_CLOSING = ".,:;!?…»”’"
_REL = ("noopener", "noreferrer", "nofollow")
_PAIRS = (("(", ")"), ("[", "]"))


def with_links(text: str | None) -> Markup:
    """``text`` escaped, with each http or https address in it a link. Nothing else becomes markup.

    An address that names somebody before its host (``https://bank.example@elsewhere.example``) stays text: it looks as if it led
    elsewhere.
    """
    text, parts, end = text or "", [], 0
    for found in _ADDRESS.finditer(text):
        address = _without_closing(found[0])
        if _leads_somewhere(address):
            parts += [escape(text[end : found.start()]), _link(address)]
            end = found.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def _link(address: str) -> Markup:
    return Markup('<a href="{0}" rel="{1}">{0}</a>').format(address, " ".join(_REL))


def _without_closing(address: str) -> str:
    while address:
        last = address[-1]
        unopened = any(last == close and address.count(close) > address.count(opening) for opening, close in _PAIRS)
        if last not in _CLOSING and not unopened:
            break
        address = address[:-1]
    return address


def _leads_somewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port_is_a_number = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc and port_is_a_number


def init_links(app: Flask) -> None:
    """Make ``with_links`` a filter of ``app``'s templates."""
    app.add_template_filter(with_links)
