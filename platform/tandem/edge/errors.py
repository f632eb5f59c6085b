"""Refusals raised by services, answered as pages."""

from __future__ import annotations

from flask import Flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Conflict, Forbidden, NotFound

from tandem.access.errors import ConflictError, ForbiddenError, NotYoursError
from tandem.extensions import db


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
        return app.handle_user_exception(Conflict(str(error)))
