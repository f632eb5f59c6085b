"""Cross-site request forgery: a token in each form, and a look at where the request came from.

The token lives in Flask's signed session, which carries nothing else that matters. It is bound to the sign-in: when the key
that identity gives changes (someone signs in, out, or as another account), the old token is worth nothing.
"""

from __future__ import annotations

import hashlib

from flask import Flask, g, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect

from tandem.web.context import hooks

csrf = CSRFProtect()

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_BOUND_TO = "for"

#: Why a form from elsewhere is refused.
FOREIGN = "The form was sent from another site."


def init_csrf(app: Flask) -> None:
    """Protect every form that posts. The hook ``signed_in_key`` gives a value that changes with the sign-in."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # A form may lie open for a day; the sign-in bounds the token.
    # Flask-WTF's own check asks for a Referer, which some people's browsers withhold; ours reads Origin and Sec-Fetch-Site.
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", True)

    @app.before_request
    def _guard() -> None:
        if request.endpoint == "static":
            return
        bind_token(hooks().signed_in_key())
        if app.config.get("WTF_CSRF_ENABLED", True) and app.config["WTF_CSRF_CHECK_DEFAULT"]:
            refuse_other_sites()

    # After our own guard, because requests are checked in the order of registration.
    csrf.init_app(app)


def bind_token(key: str | None) -> None:
    """Drop the CSRF token when the sign-in it was given under is another one."""
    bound = hashlib.sha256(key.encode()).hexdigest()[:24] if key else ""
    if session.get(_BOUND_TO, "") == bound:
        return
    rotate_token()
    if bound:
        session[_BOUND_TO] = bound
    else:
        session.pop(_BOUND_TO, None)


def rotate_token() -> None:
    """Forget the present CSRF token; the next form gets another. Called when someone signs in or out."""
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)


def refuse_other_sites() -> None:
    """Raise ``CSRFError`` when the browser says that an unsafe request comes from another site."""
    if request.method not in _UNSAFE:
        return
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        raise CSRFError(FOREIGN)
    if origin is not None and origin.partition("://")[2] != request.host:
        raise CSRFError(FOREIGN)
