"""Reviewing: the list of applications and one application with verdicts, answers, votes, decision and letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.access.programs import may_in, programs_for
from tandem.applications.changing import changes_of
from tandem.applications.committee import OutcomeMovedError, cast_vote
from tandem.applications.files import files_of, sent_by_item
from tandem.applications.models import ApplicationFile, ApplicationStatus, FileAbout, Outcome, Role, VoteChoice
from tandem.applications.queries import (
    QUEUES,
    Filters,
    Packet,
    applications_all,
    applications_page,
    neighbours,
    packet,
    queue_counts,
)
from tandem.applications.review import (
    add_note,
    check_again,
    check_outcome,
    decide,
    letter_of,
    lock_for_review,
    refuse_unless_deciding,
    set_rule_aside,
    step_aside,
    step_back,
    take_back_waiver,
)
from tandem.applications.room import standing_of, weighted_score
from tandem.applications.shown import labels_of, list_rows, shown_verdicts
from tandem.clocks import program_now
from tandem.directory.downloads import MOST_ROWS, list_file
from tandem.edge.requests import keep_changes
from tandem.forms.queries import shown_submission
from tandem.notices.telling import said_of_letters

blueprint = Blueprint("staff_applications", __name__, template_folder="../templates", url_prefix="/staff/applications")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Applications in the actor's programs; those that wait for a decision unless asked otherwise."""
    actor = signed_in()
    filters, status = filters_asked()
    return render_template(
        "applications/staff_index.html",
        page=applications_page(actor=actor, filters=filters, after=request.args.get("after")),
        filters=filters, status=status, programs=programs_for(actor, "applications.read"), counts=queue_counts(actor),
        now=program_now(), may=actor.may,
        assigns=programs_for(actor, "applications.assign") if actor.may("applications.assign") else [],
    )  # fmt: skip


@blueprint.get("/export")
def export() -> ResponseReturnValue:
    """The same list as a file."""
    actor = signed_in()
    filters, _status = filters_asked()
    found = applications_all(actor=actor, filters=filters, most=MOST_ROWS)
    return list_file(actor=actor, name="applications", rows=list_rows(found))


def filters_asked() -> tuple[Filters, str]:
    """What the address narrows the list to, and the status as it was asked for."""
    status = request.args.get("status", "submitted")
    role = request.args.get("role", "")
    queue = request.args.get("queue", "")
    filters = Filters(
        search=request.args.get("q", "").strip()[:100],
        status=ApplicationStatus(status) if status in set(ApplicationStatus) - {ApplicationStatus.DRAFT} else None,
        program_id=request.args.get("program", type=UUID),
        role=Role(role) if role in set(Role) else None,
        queue=queue if queue in QUEUES else "",
    )
    return filters, status


@blueprint.get("/<uuid:application_id>")
def show(application_id: UUID) -> ResponseReturnValue:
    """One application."""
    return review_page(packet(actor=signed_in(), application_id=application_id))


@blueprint.get("/<uuid:application_id>/packet")
def printed(application_id: UUID) -> ResponseReturnValue:
    """One application for paper: everything a reviewer reads, with room for notes."""
    found = packet(actor=signed_in(), application_id=application_id)
    return render_template("applications/packet.html", **_shown(found))


@blueprint.post("/<uuid:application_id>/decision")
def decision(application_id: UUID) -> ResponseReturnValue:
    """Approve, decline, or ask for what is missing: first the letter as it will go, then ``do=send`` decides and sends it.

    ``do=back`` leaves the letter for the application, with what was typed.
    """
    found = packet(actor=signed_in(), application_id=application_id)
    if request.form.get("do") == "back":
        return review_page(found)
    typed = request.form.get("outcome", "")
    if typed not in set(Outcome):
        return review_page(found, problems={"outcome": _("Choose a decision.")}), 422
    outcome = Outcome(typed)
    texts = {name: request.form.get(name, "") for name in ("reason", "next_steps")}
    sends, since = request.form.get("do") == "send", _waits_since(found)
    try:
        if sends:
            decide(
                actor=signed_in(), application=found.application, outcome=outcome,
                reason=texts["reason"], next_steps=texts["next_steps"],
            )  # fmt: skip
        else:
            lock_for_review(signed_in(), found.application)
            refuse_unless_deciding(signed_in(), found.application, outcome)
            check_outcome(found.application, outcome, texts["reason"], texts["next_steps"])
    except InvalidError as error:
        found = _checked_anew(found) if "outcome" in error.problems else found
        if sends or request.form.get("from") == "letter":
            return _letter_page(found, outcome, error.problems), 422
        return review_page(found, problems=error.problems), 422
    return _decided(found, outcome, since) if sends else _letter_page(_checked_anew(found), outcome)


@blueprint.post("/<uuid:application_id>/vote")
def vote(application_id: UUID) -> ResponseReturnValue:
    """Vote. A vote that decides shows the letter first, and counts when that is sent; ``do=back`` leaves the letter as above."""
    found = packet(actor=signed_in(), application_id=application_id)
    typed, goes_back = request.form.get("choice", ""), request.form.get("do") == "back"
    if goes_back or typed not in set(VoteChoice):
        missing = {} if goes_back else {"choice": _("Choose how you vote.")}
        return review_page(found, problems=missing, part="vote"), 200 if goes_back else 422
    shown, since = request.form.get("expected", ""), _waits_since(found)
    expected = Outcome(shown) if shown in set(Outcome) and request.form.get("do") == "send" else None
    try:
        done = cast_vote(
            actor=signed_in(), application=found.application, choice=VoteChoice(typed),
            note=request.form.get("note", ""), scores=_scores_typed(), expected=expected,
            reason=request.form.get("reason", ""), next_steps=request.form.get("next_steps", ""),
        )  # fmt: skip
    except InvalidError as error:
        if expected is not None and not error.problems.keys() - {"reason", "next_steps", "outcome"}:
            return _letter_page(found, expected, error.problems), 422
        return review_page(found, problems=error.problems, part="vote"), 422
    except OutcomeMovedError as moved:
        return _vote_decides(found, moved.outcome, expected)
    if done is not None:
        return _decided(found, done.outcome, since)
    flash(_("Your vote is kept. You can change it until the decision falls."), "success")
    return redirect(url_for(".show", application_id=application_id, _anchor="votes"), 303)


def _vote_decides(found: Packet, outcome: Outcome | None, expected: Outcome | None) -> ResponseReturnValue:
    """The letter that the vote would send; or the page again where it no longer decides what was shown."""
    if outcome is None:
        message = _(
            "Another vote came in while you read the letter. Yours no longer decides: look at the page and vote again."
        )
        return review_page(found, problems={"choice": message}, part="vote"), 409
    moved = expected is not None
    try:
        check_outcome(found.application, outcome, request.form.get("reason", ""), request.form.get("next_steps", ""))
    except InvalidError as error:
        if "outcome" in error.problems:
            return review_page(_checked_anew(found), problems={"choice": error.problems["outcome"]}, part="vote"), 422
        # Whoever has not seen the two questions yet has made no mistake.
        asked = "reason" in request.form
        return _letter_page(found, outcome, error.problems, moved=moved, asked=asked), 422 if asked else 200
    return _letter_page(_checked_anew(found), outcome, moved=moved)


def _checked_anew(found: Packet) -> Packet:
    """The application after its rules were checked for a decision. What they say is kept also where it refuses the decision."""
    keep_changes()
    return packet(actor=signed_in(), application_id=found.application.id)


@blueprint.post("/<uuid:application_id>/check")
def check(application_id: UUID) -> ResponseReturnValue:
    """Check the requirements anew."""
    found = packet(actor=signed_in(), application_id=application_id)
    check_again(actor=signed_in(), application=found.application)
    flash(_("The requirements are checked again."), "success")
    return redirect(url_for(".show", application_id=application_id, _anchor="rules"), 303)


@blueprint.post("/<uuid:application_id>/rules/<rule_id>")
def rule(application_id: UUID, rule_id: str) -> ResponseReturnValue:
    """Waive a rule, accept evidence, or take that back."""
    found = packet(actor=signed_in(), application_id=application_id)
    do = request.form.get("do", "set-aside")
    if do not in {"set-aside", "take-back"}:
        abort(400)
    if do == "take-back":
        take_back_waiver(actor=signed_in(), application=found.application, rule_id=rule_id)
        return redirect(url_for(".show", application_id=application_id, _anchor=f"verdict-{rule_id}"), 303)
    try:
        waiver = set_rule_aside(
            actor=signed_in(), application=found.application, rule_id=rule_id, reason=request.form.get("reason", "")
        )
    except InvalidError as error:
        return review_page(found, problems=error.problems, part=rule_id), 422
    if waiver is None:
        flash(_("This requirement is met by now; there was nothing to set aside."), "info")
    return redirect(url_for(".show", application_id=application_id, _anchor=f"verdict-{rule_id}"), 303)


@blueprint.post("/<uuid:application_id>/notes")
def note(application_id: UUID) -> ResponseReturnValue:
    """Add a note for colleagues."""
    found = packet(actor=signed_in(), application_id=application_id)
    try:
        add_note(actor=signed_in(), application=found.application, note=request.form.get("note", ""))
    except InvalidError as error:
        return review_page(found, problems=error.problems, part="note"), 422
    return redirect(url_for(".show", application_id=application_id, _anchor="notes"), 303)


@blueprint.post("/<uuid:application_id>/recusal")
def recuse(application_id: UUID) -> ResponseReturnValue:
    """Step aside, or take that back."""
    found = packet(actor=signed_in(), application_id=application_id)
    if request.form.get("do") == "take-back":
        step_back(actor=signed_in(), application=found.application)
        flash(_("You review this application again."), "success")
        return redirect(url_for(".show", application_id=application_id), 303)
    try:
        step_aside(actor=signed_in(), application=found.application, reason=request.form.get("reason", ""))
    except InvalidError as error:
        return review_page(found, problems={"recusal-reason": error.problems["reason"]}, part="recusal"), 422
    flash(_("You stepped aside. A colleague will decide."), "success")
    return redirect(url_for(".show", application_id=application_id), 303)


def _decided(found: Packet, outcome: Outcome, since: datetime) -> ResponseReturnValue:
    name = found.application.member.name
    said = {
        Outcome.APPROVED: (
            _("%(name)s is approved and has been told.", name=name), _("%(name)s is approved.", name=name),
        ),
        Outcome.DECLINED: (
            _("%(name)s has been told, with the reason.", name=name), _("%(name)s is not approved.", name=name),
        ),
        Outcome.RETURNED: (
            _("%(name)s has been asked.", name=name), _("The question is on the page of %(name)s.", name=name),
        ),
    }  # fmt: skip
    flash(said_of_letters(*said[outcome]), "success")
    _before, following, _place, left = neighbours(actor=signed_in(), application=found.application, since=since)
    if following is None:
        return redirect(url_for(".index"), 303)
    flash(
        ngettext(
            "%(num)s application is left; this is the next.",
            "%(num)s applications are left; this is the next.",
            left,
        ),
        "info",
    )
    return redirect(url_for(".show", application_id=following), 303)


def _waits_since(found: Packet) -> datetime:
    """Since when an application waits, or waited before the last decision: its place in the list."""
    decided = found.decisions[0].sent_at if found.decisions else None
    since = found.application.status_since
    return since if found.application.status is ApplicationStatus.SUBMITTED else decided or since


def _scores_typed() -> Mapping[str, str]:
    return {key.removeprefix("score-"): value for key, value in request.form.items() if key.startswith("score-")}


def _letter_page(
    found: Packet,
    outcome: Outcome,
    problems: Mapping[str, str] | None = None,
    *,
    moved: bool = False,
    asked: bool = True,
) -> str:
    """The letter as it will go, with everything typed so far kept in the form that sends it."""
    problems = problems or {}
    voting = request.endpoint == "staff_applications.vote"
    suggested = _suggested(found) if outcome is Outcome.DECLINED else {}
    texts = {name: request.form.get(name, suggested.get(name, "")) for name in ("reason", "next_steps")}
    keep = {key: value for key, value in request.form.items() if key in {"choice", "note"} or key.startswith("score-")}
    missing = {"reason", "next_steps"} & problems.keys()
    tidy = {name: "\n".join(value.strip().splitlines()) for name, value in texts.items()}
    return render_template(
        "applications/letter.html",
        packet=found, application=found.application, outcome=outcome, texts=texts, moved=moved,
        problems=problems if asked else {},
        voting=voting, keep=keep if voting else {},
        letter=None if missing else letter_of(found.application, outcome, tidy["reason"], tidy["next_steps"]),
        missing=missing,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()] if asked else [],
    )  # fmt: skip


def _suggested(found: Packet) -> dict[str, str]:
    """Reason and next steps as the open requirements word them: what is wrong first, then what is asked."""
    application = found.application
    shown = shown_verdicts(application, found.verdicts, found.waivers, labels_of(application))
    still_open = [verdict for verdict in shown if verdict.state != "met"]
    return {
        "reason": "\n".join(
            _("%(why)s The program asks: %(rule)s", why=verdict.why, rule=verdict.sentence)
            if verdict.why
            else _("This is not met: %(rule)s", rule=verdict.sentence)
            for verdict in still_open
        ),
        "next_steps": "\n".join(verdict.helps for verdict in still_open if verdict.helps),
    }


def review_page(found: Packet, *, problems: dict[str, str] | None = None, part: str = "") -> str:
    problems, shown = problems or {}, _shown(found)
    before, following, place, waiting = neighbours(
        actor=signed_in(), application=found.application, since=_waits_since(found)
    )
    return render_template(
        "applications/staff_show.html",
        **shown,
        before=before, following=following, place=place, waiting=waiting,
        part=part, problems=problems, typed=request.form, now=program_now(), refilled=_refilled(shown["suggested"]),
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip


def _refilled(suggested: Mapping[str, str]) -> str:
    """The fields that were sent with something else than what the page suggests; they stay typed when another form is sent."""
    return " ".join(
        name for name, value in request.form.items() if "\n".join(value.splitlines()) != suggested.get(name, "")
    )


def _shown(found: Packet) -> dict[str, Any]:
    """What the page and the printed packet have in common."""
    actor, application, room = signed_in(), found.application, found.room
    labels = labels_of(application)
    open_now = application.status is ApplicationStatus.SUBMITTED
    standing = standing_of(actor, application, room)
    here = open_now and not found.recused
    own = room.seat_of(actor.account_id)
    there = files_of(application.id)
    return {
        "packet": found,
        "application": application,
        "resolved": application.program_revision.resolved,
        "verdicts": shown_verdicts(
            application, found.verdicts, found.waivers, labels, sent_by_item(there, FileAbout.RULE, _file_url)
        ),
        "answers": shown_submission(application.submission, labels),
        "files": sent_by_item(there, FileAbout.QUESTION, _file_url),
        "changed": changes_of(application, labels),
        "open_now": open_now,
        "decides": here and standing.decides,
        "votes": here and standing.votes,
        "asks": here and standing.asks,
        "own": own,
        # Colleagues' votes appear once one's own is cast, so that each is one's own; never to somebody who stepped aside.
        "sees_votes": not found.recused
        and (not open_now or not standing.votes or (own is not None and own.vote is not None)),
        "assigns": open_now and may_in(actor, "applications.assign", application.program),
        "weighted": weighted_score,
        "suggested": _suggested(found),
    }


def _file_url(one: ApplicationFile) -> str:
    return url_for("application_files.staff", application_id=one.application_id, file_id=one.id)
