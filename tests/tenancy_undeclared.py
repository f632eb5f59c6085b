"""A page that nobody declared in the access table: the application must refuse to start with it."""

from flask import Blueprint

blueprint = Blueprint("undeclared", __name__)


@blueprint.get("/undeclared")
def page():
    return "open to all"
