"""Match runs: begin one, see its pairs and who is left over, confirm, publish."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.programs import programs_for
from tandem.eligibility.serialise import message_from_json
from tandem.jobs.models import JobState
from tandem.jobs.queries import job_standing
from tandem.matching.computing import locks_among
from tandem.matching.insights import (
    aim_words,
    computed_words,
    proof_words,
    shown_missed,
    shown_options,
    shown_recruits,
    why_empty,
    why_failed,
)
from tandem.matching.leftovers import shown_leftovers, shown_reasons
from tandem.matching.models import COMPUTING, LockKind, MatchRun, RunState
from tandem.matching.progress import doing
from tandem.matching.publishing import publish_run
from tandem.matching.queries import (
    PAGE,
    came_since,
    can_undo,
    points_of_pairs,
    pools_of,
    proposal_in,
    proposals_of,
    staff_run,
    state_counts,
)
from tandem.matching.runs import (
    confirm_all,
    confirm_proposal,
    decline_proposal,
    discard_run,
    set_lock,
    start_run,
)
from tandem.notices.telling import said_of_letters
from tandem.programs.queries import resolved as resolved_document
from tandem.programs.queries import role_word
from tandem.web.redirects import safe_target
from tandem.wording import Labels, in_words, labels_for_program

blueprint = Blueprint("staff_matching", __name__, template_folder="../templates", url_prefix="/staff/matching")

#: What is said after a change of the pairs stands where one lands, with the way to take the change back where it is the last one kept.
AT_PAIRS, AT_PAIRS_UNDO, AT_LEFT_UNDO = "success@pairs", "success@pairs-undo", "success@left-undo"

#: The last page of pairs that can be asked for; no run has as many.
LAST_PAGE = 100_000


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The pools with their runs."""
    return render_template("matching/index.html", pools=pools_of(signed_in()))


@blueprint.post("/")
def begin() -> ResponseReturnValue:
    """Ask for a run."""
    actor = signed_in()
    wanted = request.form.get("program", type=UUID)
    program = next((one for one in programs_for(actor, "matching.run") if one.id == wanted), None)
    if program is None:
        raise NotYoursError
    cohort = request.form.get("cohort", type=UUID)
    if cohort is None and request.form.get("cohort"):
        raise NotYoursError
    run = start_run(actor=actor, program=program, cohort_id=cohort)
    return redirect(url_for(".show", run_id=run.id), 303)


@blueprint.get("/<uuid:run_id>")
def show(run_id: UUID) -> ResponseReturnValue:
    """One run."""
    return _page(staff_run(actor=signed_in(), run_id=run_id))


@blueprint.post("/<uuid:run_id>/pairs/<uuid:proposal_id>")
def pair(run_id: UUID, proposal_id: UUID) -> ResponseReturnValue:
    """Confirm a pair or set it aside."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    proposal = proposal_in(run, proposal_id)
    change = {"confirm": confirm_proposal, "decline": decline_proposal}.get(request.form.get("do", ""))
    if change is None:
        abort(400)
    change(actor=signed_in(), run=run, proposal=proposal)
    names = {"mentee": proposal.mentee_entry.member.name, "mentor": proposal.mentor_entry.member.name}
    if change is confirm_proposal:
        flash(_("%(mentee)s and %(mentor)s are confirmed. Nobody is told before you publish.", **names), AT_PAIRS_UNDO)
    else:
        flash(_("The pair of %(mentee)s and %(mentor)s is set aside. Both stay in the pool.", **names), AT_PAIRS_UNDO)
    return back_to_pairs(run)


@blueprint.post("/<uuid:run_id>/locks")
def lock(run_id: UUID) -> ResponseReturnValue:
    """Keep two people together or apart in every later run, or lift that."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    mentee, mentor = request.form.get("mentee", type=UUID), request.form.get("mentor", type=UUID)
    kind = request.form.get("kind", "")
    if mentee is None or mentor is None:
        raise NotYoursError
    if kind not in {*LockKind, ""}:
        abort(400)
    try:
        set_lock(
            actor=signed_in(), run=run, mentee_entry_id=mentee, mentor_entry_id=mentor,
            kind=LockKind(kind) if kind else None, reason=request.form.get("reason", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _page(run, problems=error.problems), 422
    said = {
        "apart": _("They are kept apart in this run and every later one."),
        "together": _("Kept for every later run. The pairs of this run stay as they are."),
        "": _("Lifted. Later runs may match them again."),
    }
    flash(said[kind], AT_PAIRS)
    return back_to_pairs(run)


@blueprint.post("/<uuid:run_id>/confirm")
def confirm(run_id: UUID) -> ResponseReturnValue:
    """Confirm every pair that is still only proposed."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    count = confirm_all(actor=signed_in(), run=run)
    flash(
        ngettext("%(num)s pair is confirmed.", "%(num)s pairs are confirmed.", count),
        AT_PAIRS_UNDO if count else AT_PAIRS,
    )
    return back_to_pairs(run)


@blueprint.post("/<uuid:run_id>/publish")
def publish(run_id: UUID) -> ResponseReturnValue:
    """Begin the mentorships and write to everybody."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    try:
        made = publish_run(actor=signed_in(), run=run)
    except InvalidError as error:
        return _page(run, problems=error.problems), 422
    flash(
        said_of_letters(
            ngettext(
                "%(num)s mentorship has begun. Each side gets a letter.",
                "%(num)s mentorships have begun. Everybody in them gets a letter.", len(made),
            ),
            ngettext("%(num)s mentorship has begun.", "%(num)s mentorships have begun.", len(made)),
        ),
        "success",
    )  # fmt: skip
    return redirect(url_for(".show", run_id=run.id), 303)


@blueprint.post("/<uuid:run_id>/discard")
def discard(run_id: UUID) -> ResponseReturnValue:
    """Throw the proposals away."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    discard_run(actor=signed_in(), run=run)
    flash(_("The run is discarded. The pool is as it was."), "success")
    return redirect(url_for(".index"), 303)


def _page(run: MatchRun, *, problems: dict[str, str] | None = None) -> str:
    problems = problems or {}
    page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    search, state = request.args.get("q", "").strip()[:100], request.args.get("state", "")
    rows, total = proposals_of(
        run, search=search, state=state if state in {"proposed", "confirmed", "declined", "published"} else "",
        offset=(page - 1) * PAGE,
    )  # fmt: skip
    counts, points = state_counts(run), points_of_pairs(run)
    resolved = resolved_document(run.program_revision_id)
    labels = labels_for_program(resolved)
    criteria = {item["id"]: item for item in resolved.get("matching", {}).get("criteria", ())}
    left_page = min(max(1, request.args.get("left", 1, type=int)), LAST_PAGE)
    left = shown_leftovers(run, resolved, labels, offset=(left_page - 1) * PAGE, limit=PAGE)
    locks = {
        (one.mentee_entry_id, one.mentor_entry_id): one.kind
        for one in locks_among([entry for row in rows for entry in (row.mentee_entry, row.mentor_entry)])
    }
    return render_template(
        "matching/run.html",
        run=run, can_undo=can_undo(run), resolved=resolved, rows=rows, total=total, page=page, pages=(total + PAGE - 1) // PAGE,
        search=search, state=state, counts=counts, parts={row.id: shown_parts(row.parts, row.reasons, criteria, labels) for row in rows}, locks=locks,
        asked_for=shown_options(run.summary, labels), points=points, total_pairs=sum(number for _low, number in points), reasons=shown_reasons(run),
        missed=shown_missed(run, rows), recruits=shown_recruits(run, labels),
        why_failed=why_failed(run.summary, resolved.get("matching", {}), labels) if run.state is RunState.FAILED else "",
        aim=aim_words(run.summary), proof_words=proof_words(run.summary),
        as_computed=computed_words(run.summary, role_word(resolved, "mentee", 2)), why_empty=why_empty(run.summary),
        computing=_computing(run) if run.state in COMPUTING else None,
        left=left, left_total=run.left_over, left_page=left_page, left_pages=(run.left_over + PAGE - 1) // PAGE, busy=run.state in COMPUTING,
        open_now=run.state is RunState.PROPOSED, came={role.value: count for role, count in came_since(run).items()}, errors=[{"href": f"#{key}", "text": text} for key, text in problems.items()],
        refresh_seconds=3 if run.state in COMPUTING else None,
    )  # fmt: skip


def _computing(run: MatchRun) -> dict[str, Any]:
    """How the work on a run stands: ``ended`` (``failed`` or ``stopped``) where nothing will come of it, else per cent and words."""
    if run.job_id is None:
        return {"ended": "", "done": 0, "doing": _("Waits for a worker")}
    state, done = job_standing(run.job_id)
    ended = {JobState.DEAD: "failed", JobState.CANCELLED: "stopped"}.get(state, "") if state else ""
    waits = state is JobState.QUEUED
    return {"ended": ended, "done": done, "doing": _("Waits for a worker") if waits else doing(done)}


def shown_parts(parts: Any, reasons: Any, criteria: dict[str, Any], labels: Labels) -> list[dict[str, Any]]:
    """A fit's parts for ``ui.fit``: label, points, the most there are, and the sentence behind."""
    said = {item["id"]: in_words(message_from_json(item["message"]), labels) for item in reasons}
    return [
        {
            "label": criteria.get(one["id"], {}).get("label") or one["id"].replace("-", " ").capitalize(),
            "points": one["points"], "of": one["most"], "text": said.get(one["id"], ""),
        }
        for one in parts
    ]  # fmt: skip


def back_to_pairs(run: MatchRun) -> ResponseReturnValue:
    """To the pairs of a run: to the page and the search of them that the form came from, where it says so."""
    page = safe_target(request.form.get("next"), url_for("staff_matching.show", run_id=run.id))
    return redirect(f"{page.partition('#')[0]}#pairs", 303)
