"""The pools: who waits, since when, with how many places."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.access.programs import programs_for
from tandem.applications.models import Role
from tandem.matching.models import PoolState
from tandem.matching.pool import change_places, leave_pool, pause_entry, reopen_entry, resume_entry
from tandem.matching.queries import PoolFilters, pool_page, staff_entry
from tandem.web.redirects import safe_target

blueprint = Blueprint("staff_pools", __name__, template_folder="../templates", url_prefix="/staff/pools")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Everyone in the pools of the actor's programs."""
    actor = signed_in()
    role, state = request.args.get("role", ""), request.args.get("state", "open")
    filters = PoolFilters(
        search=request.args.get("q", "").strip()[:100],
        role=Role(role) if role in set(Role) else None,
        state=PoolState(state) if state in set(PoolState) else None,
        program_id=request.args.get("program", type=UUID),
    )
    return render_template(
        "matching/pools.html",
        page=pool_page(actor=actor, filters=filters, after=request.args.get("after")),
        filters=filters,
        programs=programs_for(actor, "pools.manage"),
    )


@blueprint.post("/<uuid:entry_id>")
def change(entry_id: UUID) -> ResponseReturnValue:
    """Pause, resume, take out, bring back, or change the places of one entry."""
    actor = signed_in()
    entry = staff_entry(actor=actor, entry_id=entry_id)
    name, do = entry.member.name, request.form.get("do", "")
    if do == "pause":
        pause_entry(actor=actor, entry=entry, reason=request.form.get("reason", ""))
        flash(_("%(name)s rests and is in no match.", name=name), "success")
    elif do == "resume":
        resume_entry(actor=actor, entry=entry)
        flash(_("%(name)s is back in the pool.", name=name), "success")
    elif do == "leave":
        leave_pool(actor=actor, entry=entry, reason=request.form.get("reason", ""))
        flash(_("%(name)s is out of the pool.", name=name), "success")
    elif do == "reopen":
        reopen_entry(actor=actor, entry=entry)
        flash(_("%(name)s is back in the pool.", name=name), "success")
    elif do == "places":
        try:
            change_places(actor=actor, entry=entry, places=request.form.get("places", -1, type=int))
        except InvalidError as error:
            flash(" ".join(error.problems.values()), "danger")
        else:
            flash(_("The places of %(name)s are changed.", name=name), "success")
    return redirect(safe_target(request.form.get("next")) or url_for(".index"), 303)
