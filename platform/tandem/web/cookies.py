"""The one place that knows how cookies are named and marked.

Names start with ``__Host-``: the browser then takes the cookie only with Secure, Path=/ and without a Domain, so that no other
host can set or read it. Chromium and Firefox count ``*.localhost`` as secure, so this holds in development too; for a browser
that does not, ``COOKIE_PREFIX`` may be set to ``""`` and ``COOKIE_SECURE`` to ``False``, which production refuses.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from flask import Flask, Response, current_app, request

#: Cookies of this package, without their prefix.
CSRF = "tandem-csrf"
THEME = "tandem-theme"
LANGUAGE = "tandem-language"

_YEAR = timedelta(days=365)


def init_cookies(app: Flask) -> None:
    """Name and mark the cookies of ``app``. Raises ``RuntimeError`` for insecure cookies in production."""
    app.config.setdefault("COOKIE_PREFIX", "__Host-")
    app.config.setdefault("COOKIE_SECURE", True)
    production = app.config["TANDEM_ENV"] == "production"
    if production and not (app.config["COOKIE_SECURE"] and app.config["COOKIE_PREFIX"] == "__Host-"):
        raise RuntimeError("Production needs COOKIE_PREFIX='__Host-' and COOKIE_SECURE=True.")
    app.config.update(
        # Flask's signed session carries the CSRF token and flash messages alone; who is signed in is kept by identity.
        SESSION_COOKIE_NAME=f"{app.config['COOKIE_PREFIX']}{CSRF}",
        SESSION_COOKIE_SECURE=app.config["COOKIE_SECURE"],
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_DOMAIN=None,
    )


def cookie_name(name: str) -> str:
    """The full name of a cookie."""
    return f"{current_app.config['COOKIE_PREFIX']}{name}"


def read_cookie(name: str) -> str | None:
    """The value the browser sent for a cookie, or ``None``."""
    return request.cookies.get(cookie_name(name))


def set_cookie(
    response: Response,
    name: str,
    value: str,
    *,
    max_age: timedelta | None = _YEAR,
    same_site: Literal["Lax", "Strict"] = "Lax",
) -> None:
    """Set a cookie for this host alone, out of reach of scripts. ``max_age`` ``None`` ends it with the browser."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        secure=current_app.config["COOKIE_SECURE"],
        httponly=True,
        samesite=same_site,
    )


def delete_cookie(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(
        cookie_name(name), path="/", secure=current_app.config["COOKIE_SECURE"], httponly=True, samesite="Lax"
    )
