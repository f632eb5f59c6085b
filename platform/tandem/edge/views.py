"""The front doors: the association's home, the finder on the bare host, the operator's console."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template
from flask.typing import ResponseReturnValue

from tandem.access.table import HostKind
from tandem.extensions import db
from tandem.tenancy.queries import active_associations

blueprint = Blueprint("edge", __name__, template_folder="templates")


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Send people to where they belong: their home, their association, or the console."""
    if g.host_kind is HostKind.FINDER:
        return render_template("edge/finder.html", associations=active_associations())
    if g.host_kind is HostKind.OPERATOR:
        return redirect("/operator/", 303)
    actor = g.get("actor")
    if actor is None:
        return redirect("/programs", 303)
    return redirect("/staff/" if actor.is_staff and actor.member_id is None else "/home", 303)


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """Whether this process can reach its database."""
    db.session.connection()
    return {"status": "ok"}
