"""Around every request: who is signed in, from the session cookie of this host."""

from __future__ import annotations

import math
from datetime import timedelta

from flask import Flask, Response, g
from flask_babel import format_time, ngettext
from flask_babel import gettext as _

from tandem.access.table import HostKind
from tandem.clocks import as_program_time, system_now
from tandem.extensions import db
from tandem.identity.errors import TooManyAttemptsError
from tandem.identity.keys import hash_secret, well_formed
from tandem.identity.queries import SignedIn, signed_in_by
from tandem.identity.services.sessions import LONGEST, SEEN_EVERY, is_idle, note_seen
from tandem.web import cookies
from tandem.web.error_pages import ErrorPage, error_page

#: The session cookie's name, without its prefix.
SESSION = "tandem"
#: The cookie of a browser that asked for a sign-in link.
BROWSER = "tandem-asked"


def init_identity(app: Flask) -> None:
    """Set ``g.account`` (``SignedIn``) and ``g.actor`` on an association's host, ``None`` for nobody."""
    # The pages of someone signed in are never stored; the header is decided by this cookie.
    app.config.setdefault("HEADERS_SIGNED_IN_COOKIE", SESSION)

    @app.before_request
    def _who() -> None:
        g.account = g.actor = None
        if g.host_kind is HostKind.ASSOCIATION:
            who = _read_session()
            if who is not None:
                g.account, g.actor = who, who.actor

    app.register_error_handler(TooManyAttemptsError, too_many_attempts)


def too_many_attempts(error: TooManyAttemptsError) -> Response:
    """Say when the next try is taken."""
    db.session.rollback()
    seconds = max(1, math.ceil((error.until - system_now()).total_seconds()))
    minutes = math.ceil(seconds / 60)
    page = ErrorPage(
        _("That was often, in a short time"),
        _("To keep accounts safe, only so many attempts are taken in a quarter of an hour."),
        ngettext(
            "Try again at %(time)s, in one minute.", "Try again at %(time)s, in %(num)d minutes.", minutes,
            time=format_time(as_program_time(error.until) + timedelta(seconds=59), "short"),
        ),
        "hourglass",
    )  # fmt: skip
    response = error_page(429, page)
    response.headers["Retry-After"] = str(seconds)
    return response


def _read_session() -> SignedIn | None:
    secret = well_formed(cookies.read_cookie(SESSION))
    if secret is None:
        return None
    now = system_now()
    who = signed_in_by(hash_secret(secret), now)
    if who is None or is_idle(who, now):
        return None
    if now - who.last_seen_at >= SEEN_EVERY:
        note_seen(who.session_id, now)
        # At once, because the answer may be an error page, whose transaction is taken back.
        db.session.commit()
    return who


def signed_in_account() -> SignedIn | None:
    """The account behind the running request, ``None`` for nobody."""
    account: SignedIn | None = g.get("account")
    return account


def give_session(response: Response, secret: str) -> None:
    """Hand the browser its session."""
    cookies.set_cookie(response, SESSION, secret, max_age=LONGEST)


def take_session(response: Response) -> None:
    """Have the browser forget its session."""
    cookies.delete_cookie(response, SESSION)
