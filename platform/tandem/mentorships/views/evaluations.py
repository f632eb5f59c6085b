"""Saying how it was, and changing that while it may be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import NotYoursError
from tandem.clocks import program_today
from tandem.eligibility.services import facts_for_member
from tandem.forms.answers import FieldProblem, visible_questions
from tandem.forms.queries import form_model, shown_submission
from tandem.mentorships.evaluations import Offer, form_of, give_evaluation, offer_for
from tandem.mentorships.models import Mentorship, MentorshipState
from tandem.mentorships.queries import own_mentorship, people_in
from tandem.mentorships.work import own_participant
from tandem.wording import at_question, in_words, labels_for

blueprint = Blueprint("evaluations", __name__, template_folder="../templates")


@blueprint.app_template_global()
def evaluation_readers(visibility: str, people: str) -> str:
    """Who can read an answer of an evaluation; ``people`` are the partners' names."""
    return {
        "self": _("Only you can read this"),
        "pair": _("Staff and %(names)s can read this", names=people),
        "public": _("Anyone can read this"),
    }.get(visibility) or _("Only staff can read this")


@blueprint.route("/mentorships/<uuid:mentorship_id>/evaluations/<key>", methods=["GET", "POST"])
def give(mentorship_id: UUID, key: str) -> ResponseReturnValue:
    """One evaluation; ``about`` in the query names the partner it is about."""
    mentorship = own_mentorship(actor=signed_in(), mentorship_id=mentorship_id)
    about_id = request.args.get("about", type=UUID)
    back = url_for("mentorships.show", mentorship_id=mentorship.id, _anchor="evaluations")
    if mentorship.state is not MentorshipState.ENDED:
        flash(_("You can say how it was once the mentorship has ended."), "info")
        return redirect(back, 303)
    me = own_participant(signed_in(), mentorship)
    people = people_in([mentorship.id])[mentorship.id]
    offer = offer_for(mentorship, me, people, key=key, about_id=about_id)
    if request.method == "GET":
        return _page(mentorship, offer, offer.given.submission.answers if offer.given else {}, [])
    raw = request.form.to_dict(flat=False)
    version = request.form.get("version", 0, type=int)
    problems = give_evaluation(
        actor=signed_in(), mentorship=mentorship, key=key, about_id=about_id, raw=raw, version=version
    )
    if problems:
        return _page(mentorship, offer, raw, problems, version=version), 422
    flash(_("Thank you. You can change your answers until %(day)s.", day=_said(offer)), "success")
    return redirect(back, 303)


def _said(offer: Offer) -> str:
    from tandem.web.formatting import say_day

    return say_day(offer.until, counted=False)


def _page(
    mentorship: Mentorship,
    offer: Offer,
    raw: Mapping[str, Sequence[str]],
    problems: list[FieldProblem],
    *,
    version: int | None = None,
) -> str:
    revision = form_of(offer.item)
    model = form_model(revision)
    labels = labels_for(revision.definition)
    me = own_participant(signed_in(), mentorship)
    facts = facts_for_member(member_id=me.member_id, today=program_today())
    visible = {asked.id for asked in visible_questions(model, raw, facts)}
    if version is None:
        version = offer.given.submission.version if offer.given else 0
    said = {problem.input: in_words(problem.message, labels) for problem in problems}
    asked_as = {asked.id: asked.label for asked in model.questions()}
    if not offer.is_open and offer.given is None:
        raise NotYoursError
    return render_template(
        "mentorships/evaluation.html",
        mentorship=mentorship,
        offer=offer,
        model=model,
        visible=visible,
        raw=raw,
        version=version,
        problems=said,
        shown=shown_submission(offer.given.submission, labels) if offer.given and not offer.is_open else [],
        partners=[
            person.member.name for person in people_in([mentorship.id])[mentorship.id] if person.side is not me.side
        ],
        errors=[
            {"href": f"#{problem.input}", "text": at_question(asked_as[problem.question], said[problem.input])}
            for problem in problems
        ],
    )
