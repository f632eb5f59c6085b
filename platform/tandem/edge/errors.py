"""Refusals raised by services, answered as pages; and faults, answered by a page that needs no database."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from flask import Flask, g, got_request_exception
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import Conflict, Forbidden, NotFound, ServiceUnavailable

from tandem.access.errors import ConflictError, ForbiddenError, NotYoursError, StaleError
from tandem.extensions import db
from tandem.tenancy.scope import reset_scope
from tandem.web.error_pages import OvertakenError

#: Seconds after which a browser or a proxy may ask again when the database did not answer.
RETRY_AFTER = 30

_log = logging.getLogger(__name__)


def init_errors(app: Flask) -> None:
    """Map the services' refusals to HTTP errors; the web package draws the pages."""

    @app.errorhandler(NotYoursError)
    def _not_yours(_error: NotYoursError) -> ResponseReturnValue:
        db.session.rollback()
        return app.handle_user_exception(NotFound())

    @app.errorhandler(ForbiddenError)
    def _forbidden(error: ForbiddenError) -> ResponseReturnValue:
        db.session.rollback()
        return app.handle_user_exception(Forbidden(str(error)))

    @app.errorhandler(ConflictError)
    def _conflict(error: ConflictError) -> ResponseReturnValue:
        db.session.rollback()
        refusal = OvertakenError if isinstance(error, StaleError) else Conflict
        return app.handle_user_exception(refusal(str(error)))

    @app.errorhandler(OperationalError)
    def _database_away(error: OperationalError) -> ResponseReturnValue:
        # The statement's values may be somebody's words: only the server's own message is kept.
        _log.error("The database did not answer: %s", error.orig)
        forget_request()
        return app.handle_user_exception(ServiceUnavailable(retry_after=RETRY_AFTER))

    got_request_exception.connect(_fault, app, weak=False)


def _fault(_app: Flask, **_values: Any) -> None:
    forget_request()


def forget_request() -> None:
    """Take the transaction back, and have the page that follows ask nothing of the database: it may be what failed."""
    with contextlib.suppress(SQLAlchemyError):
        db.session.rollback()
    with contextlib.suppress(SQLAlchemyError):
        db.session.remove()
    g.account = g.actor = g.operator = None
    g.faulty = True
    token = g.pop("scope_token", None)
    if token is not None:
        reset_scope(token)
