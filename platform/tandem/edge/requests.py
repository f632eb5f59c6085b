"""What happens around every request: which host it came to, whose association that is, and its one transaction."""

from __future__ import annotations

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from tandem.access.table import HostKind
from tandem.edge.hostnames import hostname_of
from tandem.edge.pages import suspended_page, unknown_host_page
from tandem.extensions import db
from tandem.settings import Settings
from tandem.tenancy.edge import enter_scope, scope_for_host
from tandem.tenancy.models import AssociationState
from tandem.tenancy.scope import reset_scope

#: Paths that need neither an association nor the database.
_STATELESS = ("/static/",)


def keep_changes() -> None:
    """Commit this request's transaction although its answer is an error page.

    For drafts: what was typed is saved even where some of it still has to be mended.
    """
    g.keep_changes = True


def init_requests(app: Flask, settings: Settings) -> None:
    """Wire the host, the scope and the transaction around every request of ``app``."""
    if settings.proxies:
        # Only the caller's address, and only as many hops as we run ourselves: anything further out is the caller's own
        # invention. The host is never taken from a forwarded header; the proxy passes it on unchanged.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0, x_prefix=0
        )

    @app.before_request
    def _before() -> Response | None:
        return _open_host(settings)

    app.after_request(_finish)
    app.teardown_request(_close)


def _open_host(settings: Settings) -> Response | None:
    """Find out whose host it is and open the association; an answer at once where there is none to open."""
    g.host_kind = None
    if request.path.startswith(_STATELESS):
        return None
    hostname = hostname_of(request.host)
    if hostname == settings.base_domain:
        g.host_kind = HostKind.FINDER
    elif hostname == settings.operator_hostname:
        g.host_kind = HostKind.OPERATOR
    else:
        found = scope_for_host(hostname) if hostname else None
        if found is None:
            return unknown_host_page(settings)
        scope, state = found
        if state is not AssociationState.ACTIVE:
            return suspended_page(scope.name, settings)
        g.host_kind = HostKind.ASSOCIATION
        g.scope_token = enter_scope(scope)
    return None


def _finish(response: Response) -> Response:
    """Keep what the request changed, unless its answer is a refusal."""
    if g.get("faulty"):
        return response
    if response.status_code < 400 or g.get("keep_changes"):
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    db.session.remove()
    token = g.pop("scope_token", None)
    if token is not None:
        reset_scope(token)
