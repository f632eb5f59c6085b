"""The pools: who waits, since when, with how many places."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.access.programs import may_in, programs_for
from tandem.applications.models import Role
from tandem.matching.models import PoolEntry, PoolState
from tandem.matching.pool import change_places, leave_pool, pause_entry, resume_entry
from tandem.matching.queries import PoolFilters, pool_page, staff_entry
from tandem.web.redirects import safe_target

blueprint = Blueprint("staff_pools", __name__, template_folder="../templates", url_prefix="/staff/pools")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Everyone in the pools of the actor's programs."""
    return _page()


def _page(*, problems: dict[str, str] | None = None, part: UUID | None = None) -> str:
    actor, problems = signed_in(), problems or {}
    role, state = request.args.get("role", ""), request.args.get("state", "open")
    filters = PoolFilters(
        search=request.args.get("q", "").strip()[:100],
        role=Role(role) if role in set(Role) else None,
        state=PoolState(state) if state in set(PoolState) else None,
        program_id=request.args.get("program", type=UUID),
    )
    programs = programs_for(actor, "pools.manage")
    return render_template(
        "matching/pools.html",
        page=pool_page(actor=actor, filters=filters, after=request.args.get("after")),
        filters=filters,
        programs=programs,
        matched_programs={program.id for program in programs if may_in(actor, "matching.run", program)},
        problems=problems,
        part=part,
        typed=request.form,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )


@blueprint.post("/<uuid:entry_id>")
def change(entry_id: UUID) -> ResponseReturnValue:
    """Pause, resume, take out, or change the places of one entry."""
    entry = staff_entry(actor=signed_in(), entry_id=entry_id)
    try:
        return _do(entry)
    except InvalidError as error:
        return _page(problems=error.problems, part=entry_id), 422


def _do(entry: PoolEntry) -> ResponseReturnValue:
    actor, name, do = signed_in(), entry.member.name, request.form.get("do", "")
    if do == "pause":
        pause_entry(actor=actor, entry=entry, reason=request.form.get("reason", ""))
        flash(_("%(name)s rests and is in no match.", name=name), "success")
    elif do == "resume":
        resume_entry(actor=actor, entry=entry)
        flash(_("%(name)s is back in the pool.", name=name), "success")
    elif do == "leave":
        leave_pool(actor=actor, entry=entry, reason=request.form.get("reason", ""))
        flash(_("%(name)s is out of the pool.", name=name), "success")
    elif do == "places":
        change_places(actor=actor, entry=entry, places=request.form.get("places", -1, type=int))
        flash(_("The places of %(name)s are changed.", name=name), "success")
    else:
        abort(400)
    return redirect(safe_target(request.form.get("next")) or url_for(".index"), 303)
