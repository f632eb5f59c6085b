"""Pages of the committee room: who reviews what, the chair, the minutes."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.programs import programs_for
from tandem.applications.committee import assign_reviewer, set_chair, share_out, take_from_reviewer
from tandem.applications.minutes import committees_of, minute_rows, minutes
from tandem.applications.queries import packet
from tandem.applications.views.staff import review_page
from tandem.audit.services import record
from tandem.clocks import program_today
from tandem.directory.downloads import file_response
from tandem.extensions import db
from tandem.notices.telling import said_of_letters
from tandem.programs.models import Committee, Program
from tandem.tenancy.scope import current_association_id

blueprint = Blueprint("staff_committee", __name__, template_folder="../templates", url_prefix="/staff/applications")

#: The days that the minutes cover unless asked otherwise, and at most.
USUAL, MOST = timedelta(days=90), timedelta(days=3660)


@blueprint.post("/<uuid:application_id>/reviewers")
def assign(application_id: UUID) -> ResponseReturnValue:
    """Give an application to a reviewer."""
    found = packet(actor=signed_in(), application_id=application_id)
    try:
        account_id = UUID(request.form.get("reviewer", ""))
    except ValueError:
        return review_page(found, problems={"reviewer": _("Choose a reviewer.")}, part="reviewer"), 422
    try:
        assign_reviewer(actor=signed_in(), application=found.application, account_id=account_id)
    except InvalidError as error:
        return review_page(found, problems=error.problems, part="reviewer"), 422
    return redirect(url_for("staff_applications.show", application_id=application_id, _anchor="votes"), 303)


@blueprint.post("/<uuid:application_id>/reviewers/take")
def unassign(application_id: UUID) -> ResponseReturnValue:
    """Take an application from a reviewer."""
    found = packet(actor=signed_in(), application_id=application_id)
    try:
        account_id = UUID(request.form.get("reviewer", ""))
    except ValueError:
        return review_page(found, problems={"reviewer": _("Choose a reviewer.")}, part="reviewer"), 422
    take_from_reviewer(actor=signed_in(), application=found.application, account_id=account_id)
    return redirect(url_for("staff_applications.show", application_id=application_id, _anchor="votes"), 303)


@blueprint.get("/committees")
def index() -> ResponseReturnValue:
    """The committees of the actor's programs: who sits on them, what each has in hand."""
    return render_template("applications/committees.html", committees=committees_of(signed_in()))


@blueprint.post("/committees/<uuid:committee_id>/chair")
def chair(committee_id: UUID) -> ResponseReturnValue:
    """Give the chair to somebody, or take it away."""
    committee = db.session.scalar(select(Committee).where(Committee.id == committee_id))
    if committee is None:
        raise NotYoursError
    typed = request.form.get("chair", "")
    try:
        account_id = UUID(typed) if typed else None
        set_chair(actor=signed_in(), committee=committee, account_id=account_id)
    except (ValueError, InvalidError):
        flash(_("Choose somebody who has a seat on the committee."), "warning")
        return redirect(url_for(".index"), 303)
    flash(_("The chair is changed."), "success")
    return redirect(url_for(".index", _anchor=f"committee-{committee_id}"), 303)


@blueprint.post("/committees/share")
def share() -> ResponseReturnValue:
    """Give a program's waiting applications to its reviewers, evenly."""
    program_id = request.form.get("program", type=UUID)
    program = next((each for each in programs_for(signed_in(), "applications.assign") if each.id == program_id), None)
    if program is None:
        raise NotYoursError
    done = share_out(actor=signed_in(), program=program)
    if done.given:
        flash(
            said_of_letters(
                ngettext(
                    "%(num)s application was given to reviewers; they have been told.",
                    "%(num)s applications were given to reviewers; they have been told.",
                    done.given,
                ),
                ngettext(
                    "%(num)s application was given to reviewers.",
                    "%(num)s applications were given to reviewers.",
                    done.given,
                ),
            ),
            "success",
        )
    if done.short:
        flash(
            ngettext(
                "%(num)s application still lacks reviewers: the others stepped aside or are too near to the applicant. Give it by hand.",
                "%(num)s applications still lack reviewers: the others stepped aside or are too near to the applicant. Give them by hand.",
                done.short,
            ),
            "warning",
        )
    if not done.given and not done.short:
        flash(_("Every waiting application has its reviewers already."), "info")
    return redirect(url_for("staff_applications.index", program=program_id), 303)


@blueprint.get("/minutes")
def minutes_page() -> ResponseReturnValue:
    """Decisions of a period with votes and reasons, for reading and for paper."""
    since, until, problems = _period()
    programs = programs_for(signed_in(), "minutes.read")
    chosen = _program(programs)
    found = [] if problems else minutes(actor=signed_in(), since=since, until=until, program_id=chosen)
    answer = render_template(
        "applications/minutes.html", entries=found, since=since, until=until, programs=programs, chosen=chosen,
        problems=problems, errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip
    return answer, 422 if problems else 200


@blueprint.get("/minutes.csv")
def minutes_csv() -> ResponseReturnValue:
    """The same as a file. Written to the audit trail."""
    since, until, problems = _period()
    if problems:
        return minutes_page()
    chosen = _program(programs_for(signed_in(), "minutes.read"))
    rows = list(minute_rows(minutes(actor=signed_in(), since=since, until=until, program_id=chosen)))
    record(
        actor=signed_in(), action="minutes.exported", object_kind="association", object_id=current_association_id(),
        program_id=chosen, changes={"rows": [None, len(rows) - 1]},
    )  # fmt: skip
    kind = "xlsx" if request.args.get("as") == "xlsx" else "csv"
    return file_response(rows, f"minutes-{since.isoformat()}-{until.isoformat()}", kind)


def _program(programs: object) -> UUID | None:
    asked = request.args.get("program", type=UUID)
    known = {program.id for program in programs if isinstance(program, Program)}  # type: ignore[attr-defined]
    return asked if asked in known else None


def _period() -> tuple[date, date, dict[str, str]]:
    """The days asked for; those of the last three months where none are."""
    today = program_today()
    problems: dict[str, str] = {}
    days = {}
    for name, usual in (("from", today - USUAL), ("to", today)):
        typed = request.args.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(typed) if typed else usual
        except ValueError:
            days[name] = usual
            problems[name] = _("Write the day like %(day)s.", day=today.isoformat())
    if not problems and days["from"] > days["to"]:
        problems["to"] = _("The last day must not be before the first.")
    if not problems and days["to"] - days["from"] > MOST:
        problems["from"] = _("Choose at most ten years.")
    return days["from"], days["to"], problems
