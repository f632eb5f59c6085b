"""A run's pairs as a list: download it, bring one back, read what it would do, apply it or leave it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.directory.downloads import list_file
from tandem.directory.importing.reading import UnreadableFile
from tandem.extensions import db
from tandem.matching.decided.bringing import (
    State,
    bring_list,
    check_again,
    discard_list,
    request_apply,
    standing_of,
)
from tandem.matching.decided.checking import Outcome
from tandem.matching.decided.exporting import pair_rows
from tandem.matching.decided.reading import MOST_BYTES, MOST_LINES
from tandem.matching.decided.words import OUTCOME_WORDS, say_why
from tandem.matching.models import MatchRun, RunState
from tandem.matching.queries import PAGE, staff_run
from tandem.programs.queries import resolved as resolved_document
from tandem.wording import labels_for_program

blueprint = Blueprint("staff_decided", __name__, template_folder="../templates", url_prefix="/staff/matching")

_LAST_PAGE = 100_000


@blueprint.get("/<uuid:run_id>/list")
def show(run_id: UUID) -> ResponseReturnValue:
    """The run's pairs as files, and the list that was brought in with what it would do."""
    return _page(staff_run(actor=signed_in(), run_id=run_id))


@blueprint.get("/<uuid:run_id>/list/export")
def export(run_id: UUID) -> ResponseReturnValue:
    """The run's pairs as a file."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    return list_file(actor=signed_in(), name="pairs", rows=pair_rows(run))


@blueprint.post("/<uuid:run_id>/list")
def upload(run_id: UUID) -> ResponseReturnValue:
    """Take a list and have it checked."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return _page(run, [_("Choose a file first.")]), 422
    try:
        bring_list(actor=signed_in(), run=run, filename=uploaded.filename, content=uploaded.read())
    except UnreadableFile as error:
        return _page(run, [str(problem) for problem in error.problems]), 422
    return _back(run)


@blueprint.post("/<uuid:run_id>/list/check")
def check(run_id: UUID) -> ResponseReturnValue:
    """Have the list checked anew."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    check_again(actor=signed_in(), run=run)
    return _back(run)


@blueprint.post("/<uuid:run_id>/list/apply")
def apply(run_id: UUID) -> ResponseReturnValue:
    """Have a checked list applied."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    request_apply(actor=signed_in(), run=run)
    return _back(run)


@blueprint.post("/<uuid:run_id>/list/discard")
def discard(run_id: UUID) -> ResponseReturnValue:
    """Leave the list."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    discard_list(actor=signed_in(), run=run)
    flash(_("The list is discarded. The pairs of the run are as they were."), "success")
    return _back(run)


def _page(run: MatchRun, problems: list[str] | None = None) -> str:
    problems = problems or []
    db.session.refresh(run, attribute_names=["decided"])
    decided = run.decided
    standing = standing_of(decided) if decided is not None else None
    counts = {outcome: (decided or {}).get("counts", {}).get(outcome.value, 0) for outcome in Outcome}
    asked = request.args.get("outcome", "")
    chosen = Outcome(asked) if asked in set(Outcome) else None
    if chosen is None and counts[Outcome.REFUSED] and "outcome" not in request.args:
        chosen = Outcome.REFUSED  # What has to be mended comes first.
    page = min(max(1, request.args.get("page", 1, type=int)), _LAST_PAGE)
    checked = standing is not None and standing.state is State.CHECKED
    findings = [
        one for one in (decided or {}).get("findings", ()) if checked and chosen in (None, Outcome(one["outcome"]))
    ]
    resolved = resolved_document(run.program_revision_id)
    labels = labels_for_program(resolved)
    shown = [
        {**one, "outcome": Outcome(one["outcome"]), "said": [say_why(why, labels) for why in one["why"]]}
        for one in findings[(page - 1) * PAGE : page * PAGE]
    ]
    return render_template(
        "matching/decided.html",
        run=run, resolved=resolved, decided=decided, standing=standing, counts=counts, outcomes=list(Outcome), chosen=chosen, shown=shown,
        rows=sum(counts.values()) - counts[Outcome.LEFT], total=len(findings), page=page, pages=(len(findings) + PAGE - 1) // PAGE,
        words=OUTCOME_WORDS, open_now=run.state is RunState.PROPOSED, computing=run.state in (RunState.QUEUED, RunState.RUNNING),
        most_rows=MOST_LINES, most_megabytes=MOST_BYTES // 1024 // 1024, at=datetime.fromisoformat(decided["at"]) if decided else None, problems=problems,
        errors=[{"href": "#file", "text": text} for text in problems],
        refresh_seconds=3 if standing is not None and standing.busy else None,
    )  # fmt: skip


def _back(run: MatchRun) -> ResponseReturnValue:
    return redirect(url_for(".show", run_id=run.id), 303)
