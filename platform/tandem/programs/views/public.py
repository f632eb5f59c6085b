"""The public pages of programs, written from the configuration that is enforced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from tandem.access.current import current_actor
from tandem.access.programs import may_in
from tandem.applications.services import intake_of, visible_program
from tandem.applications.shown import shown_requirements
from tandem.extensions import db
from tandem.plugin_api.types import Message
from tandem.plugins import installed
from tandem.programs.answers import answers
from tandem.programs.models import Cohort, Committee, Program, ProgramState
from tandem.programs.queries import current_revision, open_programs
from tandem.programs.schemas.plugged import load_settings
from tandem.web.formatting import say_date, say_hours
from tandem.wording import Labels, in_words, labels_for_program

blueprint = Blueprint("programs", __name__, template_folder="../templates")


@blueprint.get("/programs")
def index() -> ResponseReturnValue:
    """Every open program; the only one, at once, for someone who is not signed in."""
    programs = open_programs()
    if len(programs) == 1 and current_actor() is None:
        return redirect(url_for(".show", slug=programs[0].slug), 303)
    cards = [(program, current_revision(program).resolved) for program in programs]
    return render_template("programs/index.html", cards=cards)


@blueprint.get("/programs/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One program: what it is, who may apply, how it works."""
    program = visible_program(slug)
    resolved = current_revision(program).resolved
    labels = labels_for_program(resolved)
    intake, actor = intake_of(program, resolved), current_actor()
    cohort = intake.cohort
    open_now = intake.open and program.state is ProgramState.OPEN
    return render_template(
        "programs/show.html",
        program=program,
        resolved=resolved,
        intake=intake,
        # Who is signed in without being a member (staff, a reviewer from outside) has nothing to apply with.
        may_apply=open_now and (actor is None or actor.member_id is not None),
        told=open_now and actor is not None and actor.member_id is None,
        acts=actor is not None and may_in(actor, "members.act", program),
        requirements={role: shown_requirements(settings, labels) for role, settings in resolved["roles"].items()},
        length=length_sentence(resolved, cohort),
        matching=matching_sentences(resolved, labels, only_constraints=True),
        about=(resolved.get("pages") or {}).get("lede") or resolved.get("summary") or "",
        address=request.base_url,
        answers=answers(resolved, _committee(program), (cohort.starts_on, cohort.ends_on) if cohort else None),
        mentees=(resolved["roles"]["mentor"].get("places") or {}).get("max", 1),
    )


def _committee(program: Program) -> str | None:
    return db.session.scalar(select(Committee.name).where(Committee.id == program.committee_id))


def length_sentence(resolved: Mapping[str, Any], cohort: Cohort | None = None) -> str:
    """How long a mentorship lasts, in words; in ``cohort``, where it lasts as long as that."""
    length = resolved["length"]
    if length["kind"] == "hours":
        return _(
            "As the need asks: from %(least)s to %(most)s",
            least=say_hours(length["min_minutes"]), most=say_hours(length["max_minutes"]),
        )  # fmt: skip
    if length["kind"] == "months":
        return str(ngettext("%(num)s month", "%(num)s months", length["months"]))
    if length["kind"] == "cohort" and cohort is not None:
        return _("From %(first)s to %(last)s", first=say_date(cohort.starts_on), last=say_date(cohort.ends_on))
    if length["kind"] == "cohort":
        return _("From the start of a cohort to its end")
    return _("Until one of you ends it")


def matching_sentences(resolved: Mapping[str, Any], labels: Labels, *, only_constraints: bool = False) -> list[str]:
    """What a match rests on: the constraints, then the criteria, each as its plugin says it."""
    registry, matching = installed(), resolved.get("matching") or {}
    sentences: list[Message] = []
    kinds = (("constraint", registry.constraints), ("criterion", registry.criteria))
    for key, offers in kinds[:1] if only_constraints else kinds:
        for item in matching.get("constraints" if key == "constraint" else "criteria", ()):
            plugin = offers.get(item[key])
            if plugin is not None:
                sentences.append(plugin.describe(load_settings(plugin.settings_schema, item)))
    return [in_words(sentence, labels) for sentence in sentences]
