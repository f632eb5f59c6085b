"""Working on a run: pair by hand, swap two pairs after seeing the effect, note, take back, compare with another run, try other weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.applications.models import Role
from tandem.matching.candidates import candidates
from tandem.matching.comparing import compare_runs, is_large
from tandem.matching.comparing import try_weights as preview
from tandem.matching.engine import EngineError
from tandem.matching.leftovers import shown_leftovers
from tandem.matching.models import MatchRun, PoolEntry, Proposal, RunState
from tandem.matching.queries import PAGE, proposal_in, proposals_of, runs_of_pool, staff_run
from tandem.matching.runs import entry_in, pair_by_hand
from tandem.matching.trying import ask_for_trial, attempt_with, busy_attempt, stop_trial
from tandem.matching.views.runs import shown_parts
from tandem.matching.workbench import exchanges, swap_pairs, undo_last, write_note
from tandem.programs.queries import current_revision
from tandem.programs.queries import resolved as resolved_document
from tandem.wording import labels_for_program

blueprint = Blueprint("staff_workbench", __name__, template_folder="../templates", url_prefix="/staff/matching")

#: The last page that can be asked for.
_LAST_PAGE = 100_000


@blueprint.get("/<uuid:run_id>/pairs/<uuid:proposal_id>/swap")
def swap_page(run_id: UUID, proposal_id: UUID) -> ResponseReturnValue:
    """The other pairs with the effect of swapping mentors with each."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    return _swap_page(run, proposal_in(run, proposal_id))


@blueprint.post("/<uuid:run_id>/pairs/<uuid:proposal_id>/swap")
def swap(run_id: UUID, proposal_id: UUID) -> ResponseReturnValue:
    """Swap the mentors of two pairs."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    proposal = proposal_in(run, proposal_id)
    wanted = request.form.get("other", type=UUID)
    if wanted is None:
        return _swap_page(run, proposal, {"swap": _("Choose a pair with a different partner.")}), 422
    other = proposal_in(run, wanted)
    try:
        effect = swap_pairs(actor=signed_in(), run=run, one=proposal, other=other)
    except InvalidError as error:
        return _swap_page(run, proposal, error.problems), 422
    flash(
        _("Partners are exchanged, and both pairs are confirmed: %(points)s points.", points=f"{effect.change:+d}"),
        "success",
    )
    return _back(run)


@blueprint.post("/<uuid:run_id>/pairs/<uuid:proposal_id>/note")
def note(run_id: UUID, proposal_id: UUID) -> ResponseReturnValue:
    """Write a note on a pair."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    proposal = proposal_in(run, proposal_id)
    try:
        write_note(actor=signed_in(), run=run, proposal=proposal, note=request.form.get("note", ""))
    except InvalidError as error:
        return _swap_page(run, proposal, error.problems), 422
    flash(_("The note is kept."), "success")
    return _back(run)


@blueprint.get("/<uuid:run_id>/by-hand/<uuid:entry_id>")
def by_hand_page(run_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """The mentors for somebody left over, the best first, or those of a name."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    return _by_hand_page(run, entry_in(run, entry_id, Role.MENTEE))


@blueprint.post("/<uuid:run_id>/by-hand")
def by_hand(run_id: UUID) -> ResponseReturnValue:
    """Propose a pair of one's own choice."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    mentee, mentor = request.form.get("mentee", type=UUID), request.form.get("mentor", type=UUID)
    if mentee is None:
        raise NotYoursError
    entry = entry_in(run, mentee, Role.MENTEE)
    if mentor is None:
        return _by_hand_page(run, entry, {"mentor": _("Choose a mentor.")}), 422
    try:
        pair_by_hand(
            actor=signed_in(), run=run, mentee_entry_id=mentee, mentor_entry_id=mentor,
            reason=request.form.get("reason", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _by_hand_page(run, entry, error.problems), 422
    flash(_("The pair is proposed and confirmed. It begins when you publish."), "success")
    return redirect(url_for("staff_matching.show", run_id=run.id, _anchor="left"), 303)


@blueprint.post("/<uuid:run_id>/undo")
def undo(run_id: UUID) -> ResponseReturnValue:
    """Take the last change back."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    undo_last(actor=signed_in(), run=run)
    flash(_("The last change is taken back."), "success")
    return _back(run)


@blueprint.get("/<uuid:run_id>/compare")
def compare(run_id: UUID) -> ResponseReturnValue:
    """Two runs of the same pool side by side."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    others = [other for other in runs_of_pool(run) if other.id != run.id]
    wanted = request.args.get("with", type=UUID)
    other = next((one for one in others if one.id == wanted), others[0] if others and wanted is None else None)
    page = min(max(1, request.args.get("page", 1, type=int)), _LAST_PAGE)
    found = compare_runs(other, run, offset=(page - 1) * PAGE, limit=PAGE) if other else None
    return render_template(
        "matching/compare.html", run=run, other=other, others=others, found=found, page=page,
        pages=(found.moved + PAGE - 1) // PAGE if found else 0,
    )  # fmt: skip


@blueprint.get("/<uuid:run_id>/what-if")
def what_if(run_id: UUID) -> ResponseReturnValue:
    """Match the pool with other weights, without keeping it; for a large pool, what a worker found or how far it is."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    return _what_if_page(run, _typed_weights(run))


@blueprint.post("/<uuid:run_id>/what-if")
def try_weights(run_id: UUID) -> ResponseReturnValue:
    """Have a worker match a large pool with other weights; a smaller one is matched by the page that follows."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    typed = _typed_weights(run)
    if typed.problems:
        return _what_if_page(run, typed)
    if is_large(run.program_id, run.cohort_id):
        ask_for_trial(actor=signed_in(), run=run, weights=typed.weights)
    return _to_weights(run, typed.weights)


@blueprint.post("/<uuid:run_id>/what-if/stop")
def stop_trying(run_id: UUID) -> ResponseReturnValue:
    """Stop a worker that tries other weights."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    job_id = request.form.get("job", type=UUID)
    if job_id is None:
        raise NotYoursError
    stop_trial(actor=signed_in(), run=run, job_id=job_id)
    return _to_weights(run, _typed_weights(run).weights)


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the fields, the weights that come of it, and what is wrong with any."""

    fields: dict[str, str]
    weights: dict[str, int]
    problems: dict[str, str]


def _typed_weights(run: MatchRun) -> _Typed:
    criteria = resolved_document(current_revision(run.program).id).get("matching", {}).get("criteria", ())
    fields = {item["id"]: request.values.get(f"weight-{item['id']}", "").strip() for item in criteria}
    problems = {
        f"weight-{key}": _("Enter a whole number from 0 to 100.")
        for key, value in fields.items()
        if value and not (value.isascii() and value.isdigit() and int(value) <= 100)
    }
    weights = {item["id"]: int(fields[item["id"]] or item["weight"]) for item in criteria} if not problems else {}
    return _Typed(fields, weights, problems)


def _to_weights(run: MatchRun, weights: Mapping[str, int]) -> ResponseReturnValue:
    values: dict[str, Any] = {f"weight-{key}": value for key, value in weights.items()}
    return redirect(url_for(".what_if", run_id=run.id, **values), 303)


def _what_if_page(run: MatchRun, typed: _Typed) -> ResponseReturnValue:
    resolved = resolved_document(current_revision(run.program).id)
    large = is_large(run.program_id, run.cohort_id)
    found, attempt, failed = None, None, False
    asked = any(typed.fields.values()) and not typed.problems
    if large:
        attempt = attempt_with(run, typed.weights) if asked else busy_attempt(run)
        found, failed = (attempt.found, attempt.failed) if attempt else (None, False)
    elif asked:
        try:
            found = preview(run.program, run.cohort_id, typed.weights, limit=PAGE)
        except EngineError:
            failed = True
    fields = {key: str(value) for key, value in attempt.weights.items()} if attempt else typed.fields
    page = render_template(
        "matching/what_if.html", run=run, resolved=resolved, criteria=resolved.get("matching", {}).get("criteria", ()),
        weights_in_address={f"weight-{key}": value for key, value in (attempt.weights if attempt else {}).items()}, typed=fields, found=found, compared=found.comparison() if found else None, failed=failed, large=large, attempt=attempt,
        problems=typed.problems, errors=[{"href": f"#{key}", "text": text} for key, text in typed.problems.items()],
        refresh_seconds=3 if attempt and attempt.busy else None,
    )  # fmt: skip
    return page, 422 if typed.problems else 200


def _swap_page(run: MatchRun, proposal: Proposal, problems: dict[str, str] | None = None) -> str:
    page = min(max(1, request.args.get("page", 1, type=int)), _LAST_PAGE)
    search, problems = request.args.get("q", "").strip()[:100], problems or {}
    rows, total = proposals_of(run, search=search, offset=(page - 1) * PAGE, with_applications=True)
    others = [row for row in rows if row.id != proposal.id and row.mentor_entry_id != proposal.mentor_entry_id]
    effects = sorted(exchanges(run, proposal, others), key=lambda one: (bool(one.refusals), -one.change))
    return render_template(
        "matching/swap.html",
        run=run, one=proposal, effects=effects, resolved=resolved_document(run.program_revision_id), search=search, total=total,
        page=page, pages=(total + PAGE - 1) // PAGE, problems=problems,
        errors=[{"href": f"#{'note' if key == 'note' else 'pairs'}", "text": text} for key, text in problems.items()],
    )  # fmt: skip


def _by_hand_page(run: MatchRun, mentee: PoolEntry, problems: dict[str, str] | None = None) -> str:
    page = min(max(1, request.values.get("page", 1, type=int)), _LAST_PAGE)
    search, problems = request.values.get("q", "").strip()[:100], problems or {}
    resolved = resolved_document(run.program_revision_id)
    labels = labels_for_program(resolved)
    criteria = {item["id"]: item for item in resolved.get("matching", {}).get("criteria", ())}
    chosen = request.form.get("mentor", type=UUID)
    found, total = candidates(run, mentee, search=search, page=page, chosen=chosen)
    return render_template(
        "matching/by_hand.html",
        run=run, mentee=mentee, found=found, resolved=resolved, search=search, total=total, page=page,
        pages=(total + PAGE - 1) // PAGE, problems=problems, chosen=chosen, typed=request.form,
        parts=[shown_parts(one.parts, one.reasons, criteria, labels) for one in found],
        left=shown_leftovers(run, resolved, labels, only={mentee.id}), open_now=run.state is RunState.PROPOSED,
        errors=[{"href": f"#{'reason' if key == 'reason' else 'mentors'}", "text": text} for key, text in problems.items()],
    )  # fmt: skip


def _back(run: MatchRun) -> ResponseReturnValue:
    return redirect(url_for("staff_matching.show", run_id=run.id, _anchor="pairs"), 303)
