"""The front doors: the association's home, the finder on the bare host, the operator's console."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from tandem.access.table import HostKind
from tandem.extensions import db
from tandem.settings import Settings
from tandem.tenancy.queries import find_associations

blueprint = Blueprint("edge", __name__, template_folder="templates")

#: Associations that the finder lists; where there are more, one searches.
FINDER_ROWS = 50
#: Fewer than these are found without a search field.
FINDER_FEW = 12


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Send people to where they belong: their home, their association, or the console."""
    if g.host_kind is HostKind.FINDER:
        return _finder()
    if g.host_kind is HostKind.OPERATOR:
        return redirect("/operator/", 303)
    actor = g.get("actor")
    if actor is not None and actor.member_id is not None:
        return redirect("/home", 303)
    return redirect("/staff/" if actor is not None and actor.is_staff else "/programs", 303)


def _finder() -> str:
    settings: Settings = current_app.extensions["tandem.settings"]
    search = request.args.get("q", "").strip()[:100]
    rows, count = find_associations(search=search, limit=FINDER_ROWS)
    return render_template(
        "edge/finder.html",
        associations=[
            {"name": row.name, "hostname": row.hostname, "url": settings.url_for_host(row.hostname)} for row in rows
        ],
        count=count,
        more=count > len(rows),
        search=search,
        searchable=bool(search) or count >= FINDER_FEW,
    )


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """Whether this process can reach its database."""
    db.session.connection()
    return {"status": "ok"}
