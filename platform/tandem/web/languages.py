"""Which languages there are, and the set-up of Flask-Babel.

A language is one that has a catalogue in ``tandem/translations``, plus English, in which the texts are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from babel import Locale
from flask import Flask
from flask_babel import Babel

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


@cache
def available_languages() -> tuple[str, ...]:
    """The codes of all languages there are, English first."""
    return ("en", *sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")))


def language_names(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Each language with its own name for itself: ``[("en", "English"), ("fr", "Français")]``."""
    pairs = ((code, Locale.parse(code.replace("-", "_")).get_display_name() or code) for code in codes)
    return [(code, name[:1].upper() + name[1:]) for code, name in pairs]


def init_babel(app: Flask, *, locale: Callable[[], str], time_zone: Callable[[], str]) -> Babel:
    """Set up translations and formats. ``locale`` gives a request's language, ``time_zone`` the zone times are shown in."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(TRANSLATIONS))
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "en")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "UTC")
    return Babel(app, locale_selector=locale, timezone_selector=time_zone)
