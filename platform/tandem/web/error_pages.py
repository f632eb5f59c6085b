"""The pages of refusals and faults: what happened, why, and what helps. They give nothing of the request away.

They carry no form and nothing that changes from request to request, so that the page for another association's object is
byte for byte the page for a missing one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from flask import Flask, Response, current_app, json, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Conflict, HTTPException, InternalServerError

from tandem.web.csrf import FOREIGN
from tandem.web.redirects import safe_target

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """The words of one error page."""

    title: str
    reason: str
    helps: str
    icon: str = "alert-circle"


class OvertakenError(Conflict):
    """A conflict that somebody else made: they were faster. Others come of how things stand."""


_PAGES: dict[int, Callable[[], ErrorPage]] = {
    400: lambda: ErrorPage(
        _("This request could not be read"),
        _("Something in the address or in the form was not as it should be, so nothing was changed."),
        _("Go back, open the page again, and send the form once more."),
    ),
    403: lambda: ErrorPage(
        _("This page is not open to you"),
        _("You are signed in, and your role does not include it."),
        _("If you think it should, ask staff to give you the role that does."),
        "lock",
    ),
    404: lambda: ErrorPage(
        _("There is no such page"),
        _("The address may be mistyped, or what it led to has been removed or was never yours to see."),
        _("Start from the home page and follow the links from there."),
        "compass",
    ),
    405: lambda: ErrorPage(
        _("This page cannot be used that way"),
        _("The address exists, but it does not take this kind of request. Nothing was changed."),
        _("Start from the home page and follow the links from there."),
    ),
    409: lambda: ErrorPage(
        _("This cannot be done now"),
        _("What you were working on has changed in the meantime, so nothing was saved."),
        _("Open the page again to see how things stand, then decide anew."),
        "refresh",
    ),
    410: lambda: ErrorPage(
        _("This is no longer here"),
        _("The page has been closed for good, or the link has been used up."),
        _("Start from the home page. If a message led you here, ask for a new one."),
        "archive",
    ),
    413: lambda: ErrorPage(
        _("That was too large"),
        _("The file or the text you sent is larger than this page takes. Nothing was changed."),
        _("Send a smaller file, or split it into several."),
        "upload",
    ),
    422: lambda: ErrorPage(
        _("Some of this could not be used"),
        _("Part of what was sent is missing or not in the form it needs. Nothing was changed."),
        _("Go back, look at what you filled in, and send it once more."),
    ),
    429: lambda: ErrorPage(
        _("That was often, in a short time"),
        _("To keep accounts safe, this page takes only so many attempts. Nothing is lost."),
        _("Wait a quarter of an hour, then try again."),
        "hourglass",
    ),
    500: lambda: ErrorPage(
        _("Something went wrong on our side"),
        _("It is not your doing, and nothing you saved is lost. The fault has been noted."),
        _("Try again in a few minutes. If it happens once more, write to staff and say what you were doing."),
        "tool",
    ),
    503: lambda: ErrorPage(
        _("This is being worked on"),
        _("The site is closed for a short while."),
        _("Try again in a few minutes."),
        "tool",
    ),
}


#: From how many characters on a text is given back with a form that was refused.
LONG = 20


def init_error_pages(app: Flask) -> None:
    """Answer every HTTP error of ``app`` with a page of ours; the rest becomes 500."""
    for status in _PAGES:
        app.register_error_handler(status, _answer)
    app.register_error_handler(CSRFError, _stale_form)


def error_page(status: int, page: ErrorPage) -> Response:
    """An error page with words of its own, for a view that has better ones than the general page."""
    return Response(render_template("error.html", page=page, status=status), status=status)


def nearest_page(path: str) -> str:
    """The page that an address belongs to: itself if it can be opened, else the first above it that can be; ``/`` at the end."""
    addresses = current_app.create_url_adapter(request)
    while path and addresses is not None:
        if addresses.test(path, "GET"):
            # The path was decoded: a line break in it may not reach a header as one.
            return safe_target(quote(path))
        path = path.rpartition("/")[0]
    return "/"


def _answer(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 405 and request.method in {"GET", "HEAD"} and not request.path.startswith("/api/"):
        # Whoever goes back to, or reloads, the address of a form that was sent sees the page that carries the form. No
        # text, so that the answer is the same bytes whatever the address names.
        return Response(status=303, headers={"Location": nearest_page(request.path)})
    if isinstance(error, InternalServerError):
        _log.error("Unhandled error", exc_info=error.original_exception or error)
    page = _PAGES[status]()
    if isinstance(error, OvertakenError):
        page = replace(page, title=_("Someone was faster"))
    # A view may give the reason itself: abort(403, reason). Werkzeug's own sentences are for developers.
    if status in {403, 409, 422, 429} and error.description and error.description != type(error).description:
        page = replace(page, reason=error.description)
    response = _as_asked(status, page, _typed() if status == 409 else [])
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _stale_form(error: CSRFError) -> Response:
    # What someone typed is not lost with the form: they can copy it. A form from another site gets nothing back.
    typed = [] if error.description == FOREIGN else _typed()
    page = ErrorPage(
        _("This form was no longer valid"),
        _("It was opened before you signed in or out, or its cookie is gone. Nothing was changed."),
        _("Open the page again and send the form once more. Cookies must be allowed for this site."),
        "refresh",
    )
    return _as_asked(400, page, typed)


def _typed() -> list[str]:
    """The longer texts of the form that was sent; nothing that may be secret."""
    secret = ("password", "token", "code", "csrf")
    return [
        value
        for name, values in request.form.lists()
        if not any(word in name for word in secret)
        for value in values
        if len(value) >= LONG
    ]


def _as_asked(status: int, page: ErrorPage, typed: list[str]) -> Response:
    if request.path.startswith("/api/"):
        response: Response = Response(status=status, mimetype="application/json")
        response.set_data(_json(status, page))
        return response
    again = nearest_page(request.path) if request.method == "POST" and status in {400, 409} else None
    return Response(render_template("error.html", page=page, status=status, typed=typed, again=again), status=status)


def _json(status: int, page: ErrorPage) -> str:
    return json.dumps({"status": status, "title": page.title, "detail": page.reason, "help": page.helps})
