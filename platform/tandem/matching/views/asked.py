"""What a mentor is asked: the page from the letter, with a yes and a no."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.applications.models import Application
from tandem.clocks import program_now, program_today
from tandem.eligibility.serialise import message_from_json
from tandem.extensions import db
from tandem.forms.models import Submission
from tandem.matching.asking import answer_ask, last_day, own_ask
from tandem.matching.models import MentorAsk, PoolState
from tandem.mentorships.inputs import parse_day, sample_day, typed_day
from tandem.mentorships.promises import promises_of
from tandem.notices.telling import said_of_letters
from tandem.programs.queries import current_revision
from tandem.programs.queries import resolved as resolved_document
from tandem.web.formatting import ask_for_date, say_day
from tandem.wording import in_words, labels_for_program

blueprint = Blueprint("asking", __name__, template_folder="../templates")


@blueprint.get("/asked/<uuid:ask_id>")
def show(ask_id: UUID) -> ResponseReturnValue:
    """The mentee who is suggested, why, and until when to answer."""
    return _page(own_ask(actor=signed_in(), ask_id=ask_id))


@blueprint.post("/asked/<uuid:ask_id>")
def answer(ask_id: UUID) -> ResponseReturnValue:
    """Say yes or no."""
    ask, do = own_ask(actor=signed_in(), ask_id=ask_id), request.form.get("do", "")
    if do not in {"yes", "no"}:
        abort(400)
    rest = do == "no" and request.form.get("then") == "rest"
    until = parse_day(request.form, "until") if rest else None
    if rest and until is None and typed_day(request.form, "until"):
        return _page(ask, {"until": ask_for_date(sample_day())}), 422
    try:
        made = answer_ask(
            actor=signed_in(),
            ask=ask,
            accept=do == "yes",
            answer=request.form.get("answer", ""),
            rest=rest,
            until=until,
        )
    except InvalidError as error:
        return _page(ask, error.problems), 422
    if made is None and rest:
        flash(
            _(
                "Thank you for the answer. You rest until %(day)s; staff look for somebody else.",
                day=_until_words(until),
            )
            if until
            else _("Thank you for the answer. You rest until you come back; staff look for somebody else."),
            "success",
        )
        return redirect(url_for("home.member"), 303)
    if made is None:
        flash(_("Thank you for the answer. Staff look for somebody else; you stay in the pool."), "success")
        return redirect(url_for(".show", ask_id=ask.id), 303)
    flash(
        said_of_letters(_("The mentorship has begun. Each of you gets a letter."), _("The mentorship has begun.")),
        "success",
    )
    return redirect(url_for("mentorships.show", mentorship_id=made.id), 303)


def _application(ask: MentorAsk) -> Application:
    """The mentor's application, with the form that was answered."""
    return db.session.scalars(
        select(Application)
        .where(Application.id == ask.mentor_entry.application_id)
        .options(joinedload(Application.submission).joinedload(Submission.form_revision))
    ).one()


def _until_words(until: date) -> str:
    return say_day(until, program_today(), counted=False)


def _page(ask: MentorAsk, problems: dict[str, str] | None = None) -> str:
    resolved, problems = resolved_document(current_revision(ask.program).id), problems or {}
    labels = labels_for_program(resolved)
    state = ask.state.value
    return render_template(
        "matching/asked.html",
        ask=ask, resolved=resolved, rests=ask.mentor_entry.state is PoolState.PAUSED, until=last_day(ask), state="late" if state == "asked" and ask.due_at <= program_now() else state,
        reasons=[in_words(message_from_json(item["message"]), labels) for item in ask.reasons],
        promises=promises_of(_application(ask), [ask.mentee_entry.member]),
        problems=problems, typed=request.form, errors=[{"href": f"#{key}", "text": text} for key, text in problems.items()],
    )  # fmt: skip
