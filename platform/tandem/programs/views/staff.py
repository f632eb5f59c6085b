"""What staff read of their programs: the newest configuration in words, its revisions, and whom its rules reach."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from tandem.access.current import signed_in
from tandem.access.errors import NotYoursError
from tandem.access.programs import may_in, programs_for
from tandem.applications.models import Role
from tandem.applications.shown import shown_requirements
from tandem.clocks import program_today
from tandem.eligibility.services import sweep_role
from tandem.extensions import db
from tandem.programs.models import ProgramRevision
from tandem.programs.queries import cohorts_of, current_revision, program_by_slug
from tandem.programs.views.public import length_sentence, matching_sentences
from tandem.wording import labels_for_program

blueprint = Blueprint("staff_programs", __name__, template_folder="../templates", url_prefix="/staff/programs")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The programs of the actor."""
    actor = signed_in()
    return render_template(
        "programs/staff_index.html",
        programs=programs_for(actor, "programs.read"), may_configure=actor.may_everywhere("programs.configure"),
    )  # fmt: skip


@blueprint.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One program's configuration, in the words that applicants read."""
    actor = signed_in()
    program = program_by_slug(slug)
    if program is None or not may_in(actor, "programs.read", program):
        raise NotYoursError
    revision = current_revision(program)
    resolved = revision.resolved
    roles = [role.value for role in Role if role.value in resolved["roles"]]
    labels = labels_for_program(resolved)
    reach = {}
    if may_in(actor, "members.read", program) and actor.may_everywhere("members.read"):
        reach = {role: sweep_role(resolved=resolved, role=role, today=program_today()) for role in roles}
    return render_template(
        "programs/staff_show.html",
        program=program,
        revision=revision,
        resolved=resolved,
        requirements={role: shown_requirements(resolved["roles"][role], labels) for role in roles},
        matching=matching_sentences(resolved, labels),
        length=length_sentence(resolved),
        cohorts=cohorts_of(program.id),
        reach=reach,
        revisions=db.session.execute(
            select(ProgramRevision.number, ProgramRevision.created_at)
            .where(ProgramRevision.program_id == program.id)
            .order_by(ProgramRevision.number.desc())
            .limit(20)
        ).all(),
    )
