"""Acting for a member: what can be done for them, and the pages on which it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.actor import Actor
from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.programs import require_in
from tandem.applications.errors import CannotApplyError
from tandem.applications.models import Application, Role
from tandem.applications.queries import application_in_hand, own_application
from tandem.applications.services import (
    EDITABLE,
    intake_of,
    save_section,
    send_application,
    start_application,
    visible_program,
)
from tandem.applications.views.filling import (
    Place,
    asked_of,
    busy_with_files,
    check_page,
    confirmed,
    files_sent,
    go_on_url,
    half_filled_in,
    next_url,
    not_changed,
    section_page,
    way_back,
)
from tandem.behalf.models import Acting
from tandem.behalf.queries import ACT, drafts_of, entries_for, mentorships_for, open_programs_of
from tandem.behalf.services import acting_as, begin_acting, end_acting, note_deed, open_acting
from tandem.clocks import program_today
from tandem.directory.views.members import person_page
from tandem.edge.requests import keep_changes
from tandem.forms.answers import FieldProblem
from tandem.forms.errors import DraftConflictError
from tandem.matching.pool import pause_entry, resume_entry
from tandem.mentorships.inputs import day_or_none, parse_day, parse_minutes
from tandem.mentorships.models import Mentorship
from tandem.mentorships.queries import own_mentorship, people_in
from tandem.mentorships.work import log_meeting, may_note_time, note_time, ways_of
from tandem.notices.telling import said_of_letters
from tandem.programs.queries import current_revision, role_word
from tandem.web.formatting import say_day

blueprint = Blueprint("behalf", __name__, template_folder="../templates", url_prefix="/staff/members/behalf")


@blueprint.post("/begin/<uuid:member_id>")
def begin(member_id: UUID) -> ResponseReturnValue:
    """Begin to act for a member."""
    try:
        acting = begin_acting(actor=signed_in(), member_id=member_id, reason=request.form.get("behalf_reason", ""))
    except InvalidError as error:
        return person_page(member_id, problems=error.problems), 422
    return redirect(url_for(".desk", acting_id=acting.id), 303)


@blueprint.get("/<uuid:acting_id>")
def desk(acting_id: UUID) -> ResponseReturnValue:
    """What can be done for them."""
    return _desk_page(_open(acting_id)[0])


@blueprint.post("/<uuid:acting_id>/end")
def end(acting_id: UUID) -> ResponseReturnValue:
    """End it; the member is told what was done."""
    acting, _actor = _open(acting_id)
    done, name = bool(acting.deeds), acting.member.name
    end_acting(actor=signed_in(), acting=acting)
    flash(
        said_of_letters(
            _("You no longer act for %(name)s. The letter about what you did is on its way.", name=name),
            _("You no longer act for %(name)s.", name=name),
        )
        if done
        else _("You no longer act for %(name)s. You did nothing, so no letter is written.", name=name),
        "success",
    )
    return redirect(url_for("members.show", member_id=acting.member_id), 303)


@blueprint.route("/<uuid:acting_id>/apply", methods=["GET", "POST"])
def apply(acting_id: UUID) -> ResponseReturnValue:
    """What is asked of them, before anything is begun; posting begins an application, or goes on with the one in hand."""
    acting, actor = _open(acting_id)
    role = request.values.get("role", "")
    if role not in set(Role):
        if request.method == "GET":
            return _back(acting)  # There is the choice.
        abort(400)
    program = visible_program(request.values.get("program", ""))
    require_in(signed_in(), ACT, program)
    if request.method == "GET":
        in_hand = application_in_hand(acting.member_id, program.id, Role(role))
        if in_hand is not None and in_hand.status in EDITABLE:
            return redirect(go_on_url(_place(acting, in_hand), in_hand), 303)
        return render_template(
            "behalf/apply.html", acting=acting, member=acting.member, program=program, role=role,
            intake=intake_of(program, current_revision(program).resolved), **asked_of(program, role, acting.member_id),
            crumbs=_crumbs(acting, _("Apply as %(role)s", role=role_word({}, role))),
        )  # fmt: skip
    try:
        application = start_application(actor=actor, program_slug=program.slug, role=Role(role))
    except CannotApplyError as error:
        return _desk_page(acting, refused=str(error)), 409
    note_deed(acting=acting, deed="began", program=program.name)
    return redirect(go_on_url(_place(acting, application), application), 303)


@blueprint.route("/<uuid:acting_id>/applications/<uuid:application_id>/sections/<section_id>", methods=["GET", "POST"])
def section(acting_id: UUID, application_id: UUID, section_id: str) -> ResponseReturnValue:
    """One section of their form."""
    acting, actor, application = _application(acting_id, application_id)
    if application.status not in EDITABLE:
        return _sent(acting)
    place = _place(acting, application)
    if request.method == "GET":
        note_deed(acting=acting, deed="read", program=application.program.name)
        return section_page(place, application, section_id, application.submission.answers, [])
    return _save(acting, actor, application, section_id)


def _save(acting: Acting, actor: Actor, application: Application, section_id: str) -> ResponseReturnValue:
    place = _place(acting, application)
    try:
        problems = save_section(
            actor=actor, application=application, section=section_id, raw=request.form.to_dict(flat=False),
            expected_version=request.form.get("version", 0, type=int), files=files_sent(),
            partial=half_filled_in(),
        )  # fmt: skip
    except DraftConflictError as conflict:
        keep_changes()  # The files that came with it are kept; of the text nothing was touched.
        typed = {**conflict.stored, **conflict.typed}
        return section_page(place, application, section_id, typed, [], conflict=conflict), 409
    note_deed(acting=acting, deed="filled", program=application.program.name)
    keep_changes()
    if busy_with_files(actor, application, problems):
        return redirect(place.section(section_id), 303)
    if request.form.get("then") == "leave":
        flash(
            _("The answers are saved. The application is not sent yet.")
            if application.submitted_at is None
            else _("The answers are saved. The reviewers wait until the application is sent again."),
            "success",
        )
        return _back(acting)
    before = way_back(place, application, section_id, problems)
    if problems and not before:
        return section_page(place, application, section_id, application.submission.answers, problems), 422
    return redirect(before or next_url(place, application, section_id), 303)


@blueprint.route("/<uuid:acting_id>/applications/<uuid:application_id>/check", methods=["GET", "POST"])
def check(acting_id: UUID, application_id: UUID) -> ResponseReturnValue:
    """The last look before their application is sent; posting sends it."""
    acting, actor, application = _application(acting_id, application_id)
    if application.status not in EDITABLE:
        return _sent(acting)
    problems: list[FieldProblem] = []
    refused = ""
    if request.method == "POST":
        try:
            if confirmed(application):
                problems = send_application(actor=actor, application=application)
            else:
                refused = not_changed()
        except CannotApplyError as error:
            refused = str(error)
        else:
            if not problems and not refused:
                note_deed(acting=acting, deed="sent", program=application.program.name)
                name = acting.member.name
                flash(
                    said_of_letters(
                        _("The application of %(name)s is sent. They are told by e-mail.", name=name),
                        _("The application of %(name)s is sent.", name=name),
                    ),
                    "success",
                )
                return _back(acting)
    page = check_page(_place(acting, application), application, problems, refused)
    return (page, 409 if refused else 422) if problems or refused else page


@blueprint.post("/<uuid:acting_id>/mentorships/<uuid:mentorship_id>/meeting")
def meeting(acting_id: UUID, mentorship_id: UUID) -> ResponseReturnValue:
    """Note a meeting for them."""
    acting, actor, mentorship = _mentorship(acting_id, mentorship_id)
    try:
        met = log_meeting(
            actor=actor, mentorship=mentorship, held_on=parse_day(request.form, "held_on"),
            minutes=parse_minutes(request.form.get("minutes", "")), way=request.form.get("way", ""),
            ask_again=request.form.get("again") != "yes",
        )  # fmt: skip
    except InvalidError as error:
        return _desk_page(acting, part=f"meeting-{mentorship.id}", problems=error.problems), 422
    note_deed(acting=acting, deed="meeting", program=mentorship.program.name, on=met.held_on, minutes=met.minutes)
    flash(_("The meeting is noted."), "success")
    return _back(acting)


@blueprint.post("/<uuid:acting_id>/mentorships/<uuid:mentorship_id>/time")
def spent(acting_id: UUID, mentorship_id: UUID) -> ResponseReturnValue:
    """Note hours for them."""
    acting, actor, mentorship = _mentorship(acting_id, mentorship_id)
    try:
        noted = note_time(
            actor=actor, mentorship=mentorship, spent_on=parse_day(request.form, "spent_on"),
            minutes=parse_minutes(request.form.get("minutes", "")), about=request.form.get("about", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _desk_page(acting, part=f"time-{mentorship.id}", problems=error.problems), 422
    note_deed(acting=acting, deed="time", program=mentorship.program.name, on=noted.spent_on, minutes=noted.minutes)
    flash(_("The time is noted."), "success")
    return _back(acting)


@blueprint.post("/<uuid:acting_id>/pool/<uuid:entry_id>")
def pool(acting_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Set their place in a pool to rest, or take it up again."""
    acting, actor = _open(acting_id)
    entry = next((one for one in entries_for(signed_in(), acting.member_id) if one.id == entry_id), None)
    if entry is None:
        raise NotYoursError
    name, program = acting.member.name, entry.application.program.name
    do = request.form.get("do")
    if do == "pause":
        try:
            until = day_or_none(request.form, "until")
            pause_entry(actor=actor, entry=entry, reason=_("at their own wish"), until=until)
        except InvalidError as error:
            return _desk_page(acting, part=f"rest-{entry.id}", problems=error.problems), 422
        note_deed(acting=acting, deed="rested", program=program, until=until)
        flash(
            _("%(name)s rests until %(day)s.", name=name, day=say_day(until, program_today(), counted=False))
            if until
            else _("%(name)s rests: they are in no match until they come back.", name=name),
            "success",
        )
    elif do == "resume":
        resume_entry(actor=actor, entry=entry)
        note_deed(acting=acting, deed="back", program=program)
        flash(_("%(name)s is back in the pool.", name=name), "success")
    else:
        abort(400)
    return _back(acting)


def _open(acting_id: UUID) -> tuple[Acting, Actor]:
    acting = open_acting(actor=signed_in(), acting_id=acting_id)
    return acting, acting_as(signed_in(), acting)


def _application(acting_id: UUID, application_id: UUID) -> tuple[Acting, Actor, Application]:
    acting, actor = _open(acting_id)
    application = own_application(actor=actor, application_id=application_id)
    require_in(signed_in(), ACT, application.program)
    return acting, actor, application


def _mentorship(acting_id: UUID, mentorship_id: UUID) -> tuple[Acting, Actor, Mentorship]:
    acting, actor = _open(acting_id)
    mentorship = own_mentorship(actor=actor, mentorship_id=mentorship_id)
    require_in(signed_in(), ACT, mentorship.program)
    return acting, actor, mentorship


def _place(acting: Acting, application: Application) -> Place:
    ids: Mapping[str, Any] = {"acting_id": acting.id, "application_id": application.id}
    return Place(
        lambda section_id: url_for(".section", **ids, section_id=section_id), url_for(".check", **ids),
        base="staff.html", acting=acting,
    )  # fmt: skip


def _back(acting: Acting) -> ResponseReturnValue:
    return redirect(url_for(".desk", acting_id=acting.id), 303)


def _sent(acting: Acting) -> ResponseReturnValue:
    flash(_("This application is sent already. Nothing was changed."), "warning")
    return _back(acting)


def _desk_page(acting: Acting, *, part: str = "", problems: Mapping[str, str] | None = None, refused: str = "") -> str:
    staff, problems = signed_in(), problems or {}
    mentorships = mentorships_for(staff, acting.member_id)
    people = people_in([row.id for row in mentorships])
    sides = {
        row.id: next(person.side for person in people[row.id] if person.member_id == acting.member_id)
        for row in mentorships
    }
    return render_template(
        "behalf/desk.html",
        acting=acting, member=acting.member, mentorships=mentorships, people=people, sides=sides, ways_of=ways_of,
        may_note={row.id: may_note_time(row.program_revision.resolved, sides[row.id]) for row in mentorships},
        drafts=[(row, go_on_url(_place(acting, row), row)) for row in drafts_of(staff, acting.member_id)],
        programs=open_programs_of(staff), entries=entries_for(staff, acting.member_id), day=program_today(),
        part=part, typed=request.form, problems=problems, refused=refused,
        errors=[{"href": f"#{part}-{field}", "text": text} for field, text in problems.items()],
        crumbs=_crumbs(acting),
    )  # fmt: skip


def _crumbs(acting: Acting, *last: str) -> list[tuple[str, str | None]]:
    here: list[tuple[str, str | None]] = [
        (_("Members"), url_for("members.index")),
        (acting.member.name, url_for("members.show", member_id=acting.member_id)),
        (_("On their behalf"), url_for(".desk", acting_id=acting.id) if last else None),
    ]
    return here + [(label, None) for label in last]
