"""Working on a run: pair by hand, swap two pairs after seeing the effect, note, take back, compare with another run, try other weights and places."""

from __future__ import annotations

import re
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
from tandem.matching.comparing import Change, compare_runs, is_large, try_change
from tandem.matching.engine import EngineError
from tandem.matching.leftovers import shown_leftovers
from tandem.matching.models import MatchRun, PoolEntry, Proposal, RunState
from tandem.matching.queries import PAGE, mentors_called, proposal_in, proposals_of, runs_of_pool, staff_run
from tandem.matching.runs import entry_in, pair_by_hand
from tandem.matching.trying import ask_for_trial, attempt_with, busy_attempt, in_address, stop_trial
from tandem.matching.views.runs import AT_LEFT_UNDO, AT_PAIRS, AT_PAIRS_UNDO, back_to_pairs, shown_parts
from tandem.matching.workbench import exchanges, swap_pairs, undo_last, write_note
from tandem.programs.queries import current_revision, role_word
from tandem.programs.queries import resolved as resolved_document
from tandem.web.formatting import say_list
from tandem.wording import labels_for_program

blueprint = Blueprint("staff_workbench", __name__, template_folder="../templates", url_prefix="/staff/matching")

#: The last page that can be asked for.
_LAST_PAGE = 100_000

#: So many people of one name are told apart.
_NAMED = 5


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
        AT_PAIRS_UNDO,
    )
    return back_to_pairs(run)


@blueprint.post("/<uuid:run_id>/pairs/<uuid:proposal_id>/note")
def note(run_id: UUID, proposal_id: UUID) -> ResponseReturnValue:
    """Write a note on a pair."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    proposal = proposal_in(run, proposal_id)
    try:
        write_note(actor=signed_in(), run=run, proposal=proposal, note=request.form.get("note", ""))
    except InvalidError as error:
        return _swap_page(run, proposal, error.problems), 422
    flash(_("The note is kept."), AT_PAIRS)
    return back_to_pairs(run)


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
    flash(_("The pair is proposed and confirmed. It begins when you publish."), AT_LEFT_UNDO)
    return redirect(url_for("staff_matching.show", run_id=run.id, _anchor="left"), 303)


@blueprint.post("/<uuid:run_id>/undo")
def undo(run_id: UUID) -> ResponseReturnValue:
    """Take the last change back."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    undo_last(actor=signed_in(), run=run)
    flash(_("The last change is taken back."), AT_PAIRS)
    return back_to_pairs(run)


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
    """Match the pool with other weights or places, without keeping it; for a large pool, what a worker found or how far it is."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    return _what_if_page(run, _typed(run))


@blueprint.post("/<uuid:run_id>/what-if")
def try_other(run_id: UUID) -> ResponseReturnValue:
    """Have a worker match a large pool with other weights or places; a smaller one is matched by the page that follows."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    typed = _typed(run)
    if typed.problems:
        return _what_if_page(run, typed)
    if is_large(run.program_id, run.cohort_id):
        ask_for_trial(actor=signed_in(), run=run, change=typed.change)
    return redirect(url_for(".what_if", run_id=run.id, _anchor="tried", **in_address(typed.change)), 303)


@blueprint.post("/<uuid:run_id>/what-if/stop")
def stop_trying(run_id: UUID) -> ResponseReturnValue:
    """Stop a worker that tries something."""
    run = staff_run(actor=signed_in(), run_id=run_id)
    job_id = request.form.get("job", type=UUID)
    if job_id is None:
        raise NotYoursError
    stop_trial(actor=signed_in(), run=run, job_id=job_id)
    return redirect(url_for(".what_if", run_id=run.id, _anchor="tried", **in_address(_typed(run).change)), 303)


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the fields, the change that comes of it, whose places it is about, and what is wrong with any field."""

    fields: dict[str, str]
    change: Change
    problems: dict[str, str]
    mentor: PoolEntry | None = None


def _typed(run: MatchRun) -> _Typed:
    resolved = resolved_document(current_revision(run.program).id)
    criteria = resolved.get("matching", {}).get("criteria", ())
    names = [*(f"weight-{item['id']}" for item in criteria), "mentor", "more"]
    fields = {name: request.values.get(name, "").strip()[:100] for name in names}
    problems = {
        name: _("Enter a whole number from 0 to 100.")
        for name, value in fields.items()
        if name.startswith("weight-") and value and not (value.isascii() and value.isdigit() and int(value) <= 100)
    }
    mentor, more = _typed_places(run, resolved, fields, problems)
    if problems:
        return _Typed(fields, Change({}), problems)
    weights = {item["id"]: int(fields[f"weight-{item['id']}"] or item["weight"]) for item in criteria}
    return _Typed(fields, Change(weights, {mentor.id: more} if mentor else {}), problems, mentor)


def _typed_places(
    run: MatchRun, resolved: Mapping[str, Any], fields: Mapping[str, str], problems: dict[str, str]
) -> tuple[PoolEntry | None, int]:
    """The mentor whose places are to be more or fewer, and by how many; what is wrong goes into ``problems``."""
    called, more = fields["mentor"], fields["more"]
    if not called and not more:
        return None, 0
    number = more.replace("−", "-").removeprefix("+")
    if not re.fullmatch(r"-?[1-9][0-9]?", number):
        problems["more"] = _("Enter a whole number from 1 to 99, with a minus sign for fewer places.")
    found = mentors_called(run, called, most=_NAMED + 1) if called else []
    if not called:
        problems["mentor"] = _("Say whose places: the beginning of the family name, or the member number.")
    elif not found:
        word = role_word(resolved, "mentor", 2)
        problems["mentor"] = _(
            "None of the %(people)s in this pool is called so. Write the beginning of the family name, or the member number.",
            people=word,
        )
    elif len(found) > 1:
        names = [f"{one.member.name} ({one.member.number})" for one in found[:_NAMED]]
        problems["mentor"] = _(
            "Several are called so: %(names)s. Write the member number of one.", names=say_list(names)
        )
    return (None, 0) if problems else (found[0], int(number))


def _what_if_page(run: MatchRun, typed: _Typed) -> ResponseReturnValue:
    resolved = resolved_document(current_revision(run.program).id)
    large = is_large(run.program_id, run.cohort_id)
    found, attempt, failed = None, None, False
    asked = any(typed.fields.values()) and not typed.problems
    if large:
        attempt = attempt_with(run, typed.change) if asked else busy_attempt(run)
        found, failed = (attempt.found, attempt.failed) if attempt else (None, False)
    elif asked:
        try:
            found = try_change(run.program, run.cohort_id, typed.change, limit=PAGE)
        except EngineError:
            failed = True
    address = in_address(attempt.change) if attempt else {}
    fields = typed.fields | {key: str(value) for key, value in address.items()}
    page = render_template(
        "matching/what_if.html", run=run, resolved=resolved, criteria=resolved.get("matching", {}).get("criteria", ()),
        address=address, typed=fields, mentor=typed.mentor, found=found,
        compared=found.comparison() if found else None, failed=failed, large=large, attempt=attempt,
        problems=typed.problems, errors=[{"href": f"#{key}", "text": text} for key, text in typed.problems.items()],
        refresh_seconds=3 if attempt and attempt.busy else None,
    )  # fmt: skip
    return page, 422 if typed.problems else 200


def _swap_page(run: MatchRun, proposal: Proposal, problems: dict[str, str] | None = None) -> str:
    page = min(max(1, request.args.get("page", 1, type=int)), _LAST_PAGE)
    search, problems = request.args.get("q", "").strip()[:100], problems or {}
    rows, total = proposals_of(
        run, search=search, offset=(page - 1) * PAGE, with_applications=True, to_swap_with=proposal
    )
    effects = sorted(exchanges(run, proposal, rows), key=lambda one: (bool(one.refusals), -one.change))
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
