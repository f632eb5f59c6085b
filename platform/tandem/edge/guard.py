"""The guard: nobody reaches a view that the access table does not open to them."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, abort, g, redirect, request

from tandem.access.table import ACCESS, Access, Who


class UndeclaredEndpointError(RuntimeError):
    """Raised at the start when a route has no row in the access table."""


def init_guard(app: Flask) -> None:
    """Check the access table before every view; must run after the actor is known."""

    @app.before_request
    def _guard() -> Response | None:
        if request.endpoint is None:
            return None
        access = ACCESS.get(request.endpoint)
        if access is None:
            abort(404)
        if g.host_kind is not None and g.host_kind not in access.hosts:
            abort(404)
        return _check(access)


def _check(access: Access) -> Response | None:
    if access.who is Who.ANYONE:
        return None
    if access.who is Who.OPERATOR:
        return None if g.get("operator") is not None else _to_sign_in("/operator/sign-in")
    actor = g.get("actor")
    if actor is None:
        return _to_sign_in("/sign-in")
    if access.who is Who.MEMBER and actor.member_id is None:
        abort(403)
    if access.who is Who.STAFF and not actor.may(access.permission or ""):
        abort(403)
    return None


def _to_sign_in(path: str) -> Response:
    # Only a page can be returned to; what a form posted is asked for again after signing in.
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"{path}?next={quote(target, safe='')}", 303)  # type: ignore[return-value]


def check_declared(app: Flask) -> None:
    """Refuse to start with a route that the access table does not name.

    Raises ``UndeclaredEndpointError`` with the missing endpoints.
    """
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - set(ACCESS))
    if missing:
        raise UndeclaredEndpointError(f"No access declared in tandem/access/table.py for: {', '.join(missing)}.")


