"""Texts that people type, as they are stored."""

from __future__ import annotations

from flask_babel import gettext as _

from tandem.access.errors import InvalidError
from tandem.web.formatting import say_number


def required_text(text: str, *, field: str, most: int, missing: str | None = None) -> str:
    """``text`` without the space around it, of 1 to ``most`` characters.

    Raises ``InvalidError`` at ``field``; ``missing`` is what is said where there is nothing.
    """
    text = text.strip()
    if not text:
        raise InvalidError({field: missing or _("Write something first.")})
    if len(text) > most:
        raise InvalidError({field: too_long(most)})
    if "\x00" in text:
        raise InvalidError({field: _("Remove the characters that cannot be printed.")})
    return text


def too_long(most: int) -> str:
    """What is said of a text with more than ``most`` characters; the number as the hint beside the field has it."""
    return _("Shorten this to %(n)s characters.", n=say_number(most))
