"""Corrections that members ask for: staff's queue and answers."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.notices.telling import said_of_letters
from tandem.privacy.kept import ASKED_ABOUT
from tandem.privacy.models import CorrectionState
from tandem.privacy.queries import correction_for, corrections_page
from tandem.privacy.services import MAX_TEXT, answer_correction
from tandem.privacy.words import STATE_WORDS

blueprint = Blueprint(
    "staff_corrections", __name__, template_folder="../templates", url_prefix="/staff/members/corrections"
)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What waits, and on demand what was answered."""
    asked = request.args.get("state", "open")
    state = CorrectionState(asked) if asked in set(CorrectionState) else None
    return render_template(
        "privacy/corrections.html",
        page=corrections_page(actor=signed_in(), state=state, after=request.args.get("after")),
        state=state, states=STATE_WORDS, about_words=ASKED_ABOUT, asked=asked if state else "all",
    )  # fmt: skip


@blueprint.route("/<uuid:request_id>", methods=["GET", "POST"])
def show(request_id: UUID) -> ResponseReturnValue:
    """One wish, and its answer."""
    asked = correction_for(actor=signed_in(), request_id=request_id)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            answer_correction(
                actor=signed_in(), request_id=request_id, outcome=request.form.get("outcome", ""),
                answer=request.form.get("answer", ""),
            )  # fmt: skip
        except InvalidError as error:
            problems = error.problems
        else:
            flash(
                said_of_letters(
                    _("%(name)s is told by letter.", name=asked.member.name),
                    _("Your answer to %(name)s is kept.", name=asked.member.name),
                ),
                "success",
            )
            return redirect(url_for(".index"), 303)
    page = render_template(
        "privacy/correction_show.html",
        asked=asked, about_words=ASKED_ABOUT, states=STATE_WORDS, typed=request.form, problems=problems, most=MAX_TEXT,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip
    return (page, 422) if problems else page
