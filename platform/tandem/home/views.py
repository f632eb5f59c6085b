"""The home pages of members and of staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.applications.models import Application, ApplicationStatus
from tandem.applications.queries import applications_of, due_day
from tandem.applications.shown import status_since
from tandem.clocks import program_today
from tandem.extensions import db
from tandem.home.health import disciplines, waits
from tandem.home.queries import open_asks, own_entries, staff_queues
from tandem.home.search import search
from tandem.matching.asking import last_day
from tandem.matching.models import MentorAsk, PoolEntry
from tandem.matching.pool import leave_pool, pause_entry, resume_entry, stays_until_asked
from tandem.matching.resting import come_back, mentors_who_left
from tandem.mentorships.inputs import day_or_none
from tandem.mentorships.models import Participant
from tandem.mentorships.next_step import NextStep, next_steps, steps_after
from tandem.mentorships.queries import SILENT_DAYS, mentorships_of, people_in
from tandem.programs.queries import open_programs
from tandem.tenancy.scope import current_association_id
from tandem.web.formatting import say_day
from tandem.wording import at_question

blueprint = Blueprint("home", __name__, template_folder="templates")


@blueprint.get("/home")
def member() -> ResponseReturnValue:
    """A member's home: the next step first, then mentorships, applications and places in pools."""
    return _member_page()


def _member_page(problems: Mapping[str, str] = MappingProxyType({}), part: UUID | None = None) -> str:
    actor = signed_in()
    if actor.member_id is None:
        raise NotYoursError
    applications = applications_of(actor.member_id)
    mentorships = mentorships_of(actor.member_id)
    people = people_in([mentorship.id for mentorship in mentorships])
    entries = own_entries(actor.member_id)
    asks = open_asks(actor.member_id)
    steps = next_steps(actor.member_id, mentorships)
    return render_template(
        "home/member.html",
        actor=actor,
        applications=applications,
        said={application.id: status_since(application) for application in applications},
        mentorships=mentorships,
        steps=steps,
        mentorship_first=_mentorship_first(steps, asks, applications),
        after=steps_after(actor.member_id, mentorships, people),
        partners={one.id: _partners(people[one.id], actor.member_id) for one in mentorships},
        entries=entries,
        kept={entry.id for entry in entries if stays_until_asked(entry)},
        left=mentors_who_left(actor.member_id),
        asks=asks,
        last_day=last_day,
        programs=open_programs(),
        problems=problems,
        part=part,
        typed=request.form,
        errors=[
            {"href": f"#{field}", "text": at_question(_("Until which day?"), text)} for field, text in problems.items()
        ],
    )


def _partners(people: Sequence[Participant], member_id: UUID) -> list[str]:
    """The names of the other side, and how many others are on the member's own."""
    own = next(person.side for person in people if person.member_id == member_id)
    names = [person.member.name for person in people if person.side is not own]
    beside = sum(person.side is own and person.member_id != member_id and person.left_at is None for person in people)
    if beside:
        names.append(ngettext("%(num)s other in your group", "%(num)s others in your group", beside))
    return names


def _mentorship_first(
    steps: Mapping[UUID, NextStep], asks: Sequence[MentorAsk], applications: Sequence[Application]
) -> bool:
    """Whether the next step of a mentorship stands before what an ask or an application wants: the nearer day is first, no day last."""
    if not steps:
        return False
    step = next(iter(steps.values()))
    in_hand = [one for one in applications if one.status is ApplicationStatus.RETURNED]
    in_hand += [one for one in applications if one.status is ApplicationStatus.DRAFT]
    waits = last_day(asks[0]) if asks else due_day(in_hand[0]) if in_hand else None
    return (step.due or step.on or date.max) < (waits or date.max)


@blueprint.post("/home/pool/<uuid:entry_id>")
def pool(entry_id: UUID) -> ResponseReturnValue:
    """Leave a pool, rest, or come back: the member's own wish (C14)."""
    entry = db.session.get(PoolEntry, (current_association_id(), entry_id))
    if entry is None or entry.member_id != signed_in().member_id:
        raise NotYoursError
    try:
        _do(entry, request.form.get("do"))
    except InvalidError as error:
        return _member_page(error.problems, entry.id), 422
    return redirect(url_for(".member"), 303)


def _do(entry: PoolEntry, do: str | None) -> None:
    actor = signed_in()
    if do == "leave":
        leave_pool(actor=actor, entry=entry, reason=_("at their own wish"))
        flash(_("You are out of the pool. Mentorships that are under way go on."), "success")
    elif do == "pause":
        until = day_or_none(request.form, "until")
        pause_entry(actor=actor, entry=entry, reason=_("at their own wish"), until=until)
        flash(
            _(
                "You rest until %(day)s: you are in no match until then.",
                day=say_day(until, program_today(), counted=False),
            )
            if until
            else _("You rest: you are in no match until you come back."),
            "success",
        )
    elif do == "resume":
        resume_entry(actor=actor, entry=entry)
        flash(_("You are back in the pool."), "success")
    elif do == "come-back":
        come_back(actor=actor, entry=entry)
        flash(_("You are back in the pool."), "success")
    else:
        abort(400)


@blueprint.get("/staff/")
def staff() -> ResponseReturnValue:
    """What waits for staff and how the programs are doing, each number a door to its rows."""
    actor = signed_in()
    reads = actor.may("mentorships.read")
    return render_template(
        "home/staff.html",
        queues=staff_queues(actor),
        months=waits(actor) if reads else [],
        disciplines=disciplines(actor) if actor.may("pools.manage") else [],
        silent_days=SILENT_DAYS,
        may=actor.may,
    )


@blueprint.get("/staff/search")
def search_page() -> ResponseReturnValue:
    """What the field in the bar finds."""
    words = request.args.get("q", "").strip()[:100]
    return render_template("home/search.html", found=search(actor=signed_in(), words=words), search_value=words)
