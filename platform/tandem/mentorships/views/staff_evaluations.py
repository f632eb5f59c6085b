"""Evaluations as staff read them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from tandem.access.current import signed_in
from tandem.access.programs import programs_for
from tandem.forms.queries import shown_submission
from tandem.mentorships.evaluation_lists import READ, EvaluationFilters, evaluation_for, evaluations_page, title_of
from tandem.wording import labels_for

blueprint = Blueprint("staff_evaluations", __name__, template_folder="../templates", url_prefix="/staff/evaluations")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What was said, the newest first."""
    actor = signed_in()
    filters = EvaluationFilters(
        search=request.args.get("q", "").strip()[:100], program_id=request.args.get("program", type=UUID)
    )
    return render_template(
        "mentorships/staff_evaluations.html",
        page=evaluations_page(actor=actor, filters=filters, after=request.args.get("after")),
        filters=filters, programs=programs_for(actor, READ), title_of=title_of,
    )  # fmt: skip


@blueprint.get("/<uuid:evaluation_id>")
def show(evaluation_id: UUID) -> ResponseReturnValue:
    """One evaluation, as far as staff may read it."""
    evaluation = evaluation_for(actor=signed_in(), evaluation_id=evaluation_id)
    labels = labels_for(evaluation.submission.form_revision.definition)
    return render_template(
        "mentorships/staff_evaluation.html",
        evaluation=evaluation,
        title_of=title_of,
        sections=shown_submission(evaluation.submission, labels),
    )
