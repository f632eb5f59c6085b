"""Texts that people type, as they are stored."""

from __future__ import annotations

from flask_babel import gettext as _

from tandem.access.errors import InvalidError


def required_text(text: str, *, field: str, most: int, missing: str | None = None) -> str:
    """``text`` without the space around it, of 1 to ``most`` characters.

    Raises ``InvalidError`` at ``field``; ``missing`` is what is said where there is nothing.
    """
    text = text.strip()
    if not text:
        raise InvalidError({field: missing or _("Write something first.")})
    if len(text) > most:
        raise InvalidError({field: _("Shorten this to %(n)s characters.", n=most)})
    if "\x00" in text:
        raise InvalidError({field: _("Remove the characters that cannot be printed.")})
    return text
