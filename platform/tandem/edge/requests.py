"""What happens around every request: which host it came to, whose association that is, and its one transaction."""

from __future__ import annotations

from flask import Flask, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from tandem.access.table import HostKind
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

    @app.before_request
    def _open_host() -> None:
        if request.path.startswith(_STATELESS):
            g.host_kind = None
            return
        hostname = request.host.rsplit(":", 1)[0].lower().rstrip(".")
        if hostname == settings.base_domain:
            g.host_kind = HostKind.FINDER
        elif hostname == settings.operator_hostname:
            g.host_kind = HostKind.OPERATOR
        else:
            found = scope_for_host(hostname)
            if found is None:
                g.host_kind = None
                g.unknown_host = hostname
                abort(404)
            scope, state = found
            if state is not AssociationState.ACTIVE:
                g.host_kind = None
                abort(410)
            g.host_kind = HostKind.ASSOCIATION
            g.scope_token = enter_scope(scope)

    @app.after_request
    def _finish(response: Response) -> Response:
        if response.status_code < 400 or g.get("keep_changes"):
            db.session.commit()
        else:
            db.session.rollback()
        return response

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        db.session.remove()
        token = g.pop("scope_token", None)
        if token is not None:
            reset_scope(token)


def is_expected(error: BaseException) -> bool:
    """Whether an exception is an answer (404, 403, …) rather than a fault."""
    return isinstance(error, HTTPException)
