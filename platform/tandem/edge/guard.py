"""The guard: nobody reaches a view that the access table does not open to them."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, g, redirect, request
from flask_babel import gettext as _

from tandem.access.table import ACCESS, Access, Who
from tandem.edge.input import refuse_nul
from tandem.web.redirects import safe_target


class UndeclaredEndpointError(RuntimeError):
    """Raised at the start when a route has no row in the access table."""


def init_guard(app: Flask) -> None:
    """Check the access table before every view; must run after the actor is known."""

    @app.before_request
    def _guard() -> Response | None:
        if request.endpoint is None:
            return None
        access = ACCESS.get(request.endpoint)
        if access is None or (g.host_kind is not None and g.host_kind not in access.hosts):
            abort(404)
        refused = _check(access)
        if refused is None:
            # Only now: before this, what a stranger sent is not even read.
            refuse_nul()
        return refused


def _check(access: Access) -> Response | None:
    if access.who is Who.ANYONE:
        return None
    if access.who is Who.OPERATOR:
        return None if g.get("operator") is not None else _to_sign_in("/operator/sign-in")
    actor = g.get("actor")
    if actor is None:
        return _to_sign_in("/sign-in")
    if access.who is Who.MEMBER and actor.member_id is None:
        abort(403, _("This page is for members, and your account has no member record in the directory."))
    if access.who is Who.STAFF and not actor.may(access.permission or ""):
        abort(403)
    return None


def _to_sign_in(path: str) -> Response:
    """To the sign-in page and back again. What a form posted is not kept; its page is returned to."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        target = request.full_path.rstrip("?")
    else:
        target = _page_before()
    location = f"{path}?next={quote(safe_target(target), safe='')}"
    if "HX-Request" in request.headers:
        # A part of a page: the whole page has to go to the sign-in, not the part.
        return Response(status=401, headers={"HX-Redirect": location})
    return redirect(location, 303)  # type: ignore[return-value]


def _page_before() -> str:
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.host:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def check_declared(app: Flask) -> None:
    """Refuse to start with a route that the access table does not name.

    Raises ``UndeclaredEndpointError`` with the missing endpoints.
    """
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - set(ACCESS))
    if missing:
        raise UndeclaredEndpointError(f"No access declared in tandem/access/table.py for: {', '.join(missing)}.")
