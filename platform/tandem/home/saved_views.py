"""Saving and forgetting views of lists."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.home.saved import PAGES, filters_in, remove_view, save_view, views_of

blueprint = Blueprint("saved_views", __name__, template_folder="templates", url_prefix="/staff/views")


@blueprint.app_template_global()
def saved_views(page: str) -> Markup:
    """The row of one's saved views above a list, with the form that saves the present one."""
    endpoint = PAGES[page][0]
    views = [
        {"view": view, "url": url_for(endpoint, **filters_in(page, view.query)), "current": _same(page, view.query)}  # type: ignore[arg-type]
        for view in views_of(actor=signed_in(), page=page)
    ]
    here = filters_in(page, request.query_string.decode(errors="replace"))
    drawn = render_template("home/_saved.html", page=page, views=views, narrowed=any(here.values()), query=_query())
    return Markup(drawn)  # noqa: S704 - our own template has escaped what stands in it


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Keep the filters of a list under a name."""
    page, query = request.form.get("page", ""), request.form.get("query", "")
    if page not in PAGES:
        raise NotYoursError
    try:
        view = save_view(actor=signed_in(), page=page, name=request.form.get("name", ""), query=query)
    except InvalidError as error:
        for problem in error.problems.values():
            flash(problem, "warning")
    else:
        flash(_("This view is kept as “%(name)s”.", name=view.name), "success")
    return redirect(_address(page, query), 303)


@blueprint.post("/<uuid:view_id>")
def remove(view_id: UUID) -> ResponseReturnValue:
    """Forget a view."""
    page, name, query = remove_view(actor=signed_in(), view_id=view_id)
    flash(
        _("The view “%(name)s” is removed. This is how it looked: save it again if you miss it.", name=name), "success"
    )
    return redirect(_address(page, query), 303)


def _address(page: str, query: str) -> str:
    return url_for(PAGES[page][0], **filters_in(page, query))  # type: ignore[arg-type]


def _query() -> str:
    return request.query_string.decode(errors="replace")


def _same(page: str, query: str) -> bool:
    return filters_in(page, query) == filters_in(page, _query())
