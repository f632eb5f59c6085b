"""Meetings to come: one side proposes times, another picks one, and calendars, reminders and the note afterwards follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, ForbiddenError, InvalidError, NotYoursError
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.ids import uuid7
from tandem.jobs.services import schedule
from tandem.mentorships.models import Meeting, MeetingPlan, Mentorship, MentorshipState, Participant, PlanState
from tandem.mentorships.once import made_before
from tandem.mentorships.services import lock_mentorship, participants_of
from tandem.mentorships.work import log_meeting, own_participant, refuse_ended, ways_of
from tandem.notices.services import write_notice
from tandem.tenancy.scope import current_scope
from tandem.texts import too_long
from tandem.web.formatting import say_day, say_duration, say_series, say_time, say_zone

#: Times that one can propose at once.
MOST_TIMES = 3

#: How long before a meeting its people are reminded.
BEFORE = timedelta(hours=24)

_FAR = timedelta(days=366)

#: The fields of a proposal in their order on the page.
_FIELDS = ("time1", "time2", "time3", "minutes", "way", "place")


def propose_meeting(
    *, actor: Actor, mentorship: Mentorship, times: Sequence[datetime | None], minutes: int | None, way: str, place: str = "",
    plan: MeetingPlan | None = None, key: UUID | None = None, unread: Mapping[str, str] = MappingProxyType({}),
) -> MeetingPlan:  # fmt: skip
    """Propose up to three times, or with ``plan`` other times for a meeting that is planned already. The others are told.

    ``None`` among ``times`` is a place left empty. ``unread`` says what is wrong with fields that could not be read, to be refused
    together with the rest. ``key``: see ``once.made_before``. Raises ``InvalidError`` at ``time1`` to ``time3`` (by the place among
    ``times``), ``minutes``, ``way`` or ``place``; ``ConflictError`` after the end.
    """
    me = own_participant(actor, mentorship)
    _lock(mentorship, plan)
    refuse_ended(mentorship)
    _refuse_wrong(mentorship, _time_problems(times, unread), minutes, way, place)
    moments = sorted(moment for moment in times if moment is not None)
    wanted = [moment.astimezone(UTC).isoformat() for moment in moments]
    if plan is None:
        before, own_id = made_before(
            MeetingPlan, key, mentorship, proposed_by=me.id, times=wanted, state=PlanState.PROPOSED
        )
        if before is not None:
            return before
        plan = MeetingPlan(mentorship_id=mentorship.id, sequence=-1, **{"id": uuid7(), **own_id})
    elif plan.state not in {PlanState.PROPOSED, PlanState.AGREED}:
        raise ConflictError(_("This meeting is no longer planned. Propose a new one."))
    _refuse_planned(mentorship, times, plan, me.member.time_zone)
    db.session.add(plan)
    moved_from = plan.starts_at if plan.state is PlanState.AGREED else None
    plan.proposed_by = me.id
    plan.times = wanted
    plan.minutes, plan.way, plan.place = minutes or 0, way, place.strip() or None
    plan.state = PlanState.PROPOSED
    plan.sequence += 1
    db.session.flush()
    _record(actor, mentorship, "plan.proposed")
    context = {"person": actor.name, "times": moments} | _how(mentorship, plan)
    if moved_from is None:
        _tell(mentorship, plan, "meeting-proposed", context, but=me, others=True)
    else:
        # Somebody has it in their calendar: they are told that it no longer holds, whatever else they like to be told by mail.
        _tell(mentorship, plan, "meeting-moved", context | {"when": moved_from}, but=me, others=True)
    return plan


def pick_time(*, actor: Actor, mentorship: Mentorship, plan: MeetingPlan, time: str) -> None:
    """Agree to one of the proposed times; not the one who proposed them. Everybody is told, and reminded the day before.

    Raises ``InvalidError`` at ``time`` for one that was not proposed or has passed, ``ConflictError`` if it is not open.
    """
    me = own_participant(actor, mentorship)
    _lock(mentorship, plan)
    refuse_ended(mentorship)
    if plan.proposed_by == me.id:
        raise ForbiddenError(_("You proposed these times; somebody else picks one."))
    if plan.state is not PlanState.PROPOSED:
        raise ConflictError(_("This has been settled in the meantime. Reload the page to see it."))
    if time not in plan.times:
        raise InvalidError({"time": _("Choose one of the times, or propose others.")})
    starts_at = datetime.fromisoformat(time)
    if starts_at <= program_now():
        raise InvalidError({"time": _("This time has passed. Choose another one, or propose others.")})
    plan.state, plan.starts_at = PlanState.AGREED, starts_at
    plan.sequence += 1
    db.session.flush()
    _record(actor, mentorship, "plan.agreed")
    _tell(mentorship, plan, "meeting-agreed", {"when": starts_at} | _how(mentorship, plan), with_partners=True)
    arguments = {"plan_id": str(plan.id), "sequence": plan.sequence}
    for kind, due_at in (
        ("mentorships.meeting-soon", starts_at - BEFORE),
        ("mentorships.meeting-after", starts_at + timedelta(minutes=plan.minutes)),
    ):
        if due_at > program_now():
            schedule(kind=kind, due_at=due_at, dedupe_key=f"{plan.id}:{plan.sequence}", arguments=arguments)


def cancel_plan(*, actor: Actor, mentorship: Mentorship, plan: MeetingPlan) -> None:
    """Call a planned meeting off, or note that it did not take place; the others are told. Doing it twice changes nothing."""
    me = own_participant(actor, mentorship)
    _lock(mentorship, plan)
    refuse_ended(mentorship)
    if plan.state is PlanState.CANCELLED:
        return
    if plan.state is PlanState.HELD:
        raise ConflictError(_("This meeting is noted as held. Take the note off first."))
    context: dict[str, object] = {"person": actor.name}
    to_come = plan.starts_at is not None and plan.starts_at > program_now()
    if plan.state is PlanState.AGREED:
        context["when" if to_come else "missed"] = plan.starts_at
    else:
        context["times"] = [datetime.fromisoformat(time) for time in plan.times]
        context["earlier"] = plan.starts_at if to_come else None
    plan.state = PlanState.CANCELLED
    plan.sequence += 1
    db.session.flush()
    _record(actor, mentorship, "plan.cancelled")
    _tell(mentorship, plan, "meeting-cancelled", context, but=me)


def call_off_open(*, actor: Actor, mentorship: Mentorship) -> Sequence[datetime]:
    """Call off what is proposed, or agreed and still to come, with the mentorship, whose row the caller has locked.

    Tells nobody; returns when the agreed meetings were to be, the first at the top. One that is over stays as it is: nobody has
    noted it, but people may have met.
    """
    called_off = agreed_times(mentorship.id)
    for plan in plans_of(mentorship.id):
        if plan.state is PlanState.PROPOSED or plan.starts_at in called_off:
            plan.state = PlanState.CANCELLED
            plan.sequence += 1
            _record(actor, mentorship, "plan.cancelled")
    db.session.flush()
    return called_off


def note_held(
    *, actor: Actor, mentorship: Mentorship, plan: MeetingPlan, minutes: int | None,
    attended: Sequence[UUID] | None = None, ask_again: bool = False,
) -> Meeting:  # fmt: skip
    """Note that a planned meeting took place, on its day and in its way: one tap. ``attended``: see ``log_meeting``.

    Raises ``InvalidError`` at ``minutes`` and ``attended``, and at ``again`` as ``log_meeting`` does; ``ConflictError`` if somebody noted it already, or it is still to come.
    """
    _lock(mentorship, plan)
    if plan.state is PlanState.HELD:
        raise ConflictError(_("Somebody has noted this meeting already. There is nothing more to do."))
    if plan.state is not PlanState.AGREED or plan.starts_at is None or plan.starts_at > program_now():
        raise ConflictError(_("This meeting has not taken place yet, so it cannot be noted."))
    held_on = plan.starts_at.astimezone(current_scope().zone).date()
    meeting = log_meeting(
        actor=actor, mentorship=mentorship, held_on=held_on, minutes=minutes, way=plan.way,
        attended=attended, ask_again=ask_again,
    )  # fmt: skip
    plan.state = PlanState.HELD
    db.session.flush()
    return meeting


def plan_for(mentorship: Mentorship, plan_id: UUID) -> MeetingPlan:
    """One plan of a mentorship. Raises ``NotYoursError``."""
    found = db.session.scalar(
        select(MeetingPlan).where(MeetingPlan.id == plan_id, MeetingPlan.mentorship_id == mentorship.id)
    )
    if found is None:
        raise NotYoursError
    return found


def plans_of(mentorship_id: UUID) -> Sequence[MeetingPlan]:
    """What is proposed or agreed and not yet noted, the one that comes first at the top."""
    return open_plans([mentorship_id])


def open_plans(mentorship_ids: Sequence[UUID]) -> Sequence[MeetingPlan]:
    """The same of several mentorships at once; one statement."""
    found = db.session.scalars(
        select(MeetingPlan).where(
            MeetingPlan.mentorship_id.in_(mentorship_ids),
            MeetingPlan.state.in_((PlanState.PROPOSED, PlanState.AGREED)),
        )
    ).all()
    return sorted(found, key=lambda plan: (_first_time(plan), plan.id))


def agreed_times(mentorship_id: UUID) -> Sequence[datetime]:
    """When the meetings are to be that are agreed and still to come, the first at the top."""
    now = program_now()
    agreed = [plan.starts_at for plan in plans_of(mentorship_id) if plan.state is PlanState.AGREED]
    return [moment for moment in agreed if moment is not None and moment > now]


def _first_time(plan: MeetingPlan) -> datetime:
    if plan.state is PlanState.AGREED and plan.starts_at is not None:
        return plan.starts_at
    return datetime.fromisoformat(plan.times[0])


def called_off_plans(mentorship_id: UUID) -> Sequence[MeetingPlan]:
    """Meetings called off that had a time which is still to come: it may be in calendars."""
    return db.session.scalars(
        select(MeetingPlan)
        .where(
            MeetingPlan.mentorship_id == mentorship_id,
            MeetingPlan.state == PlanState.CANCELLED,
            MeetingPlan.starts_at > program_now(),
        )
        .order_by(MeetingPlan.starts_at, MeetingPlan.id)
    ).all()


def write_about(*, plan_id: UUID, sequence: int, template: str) -> None:
    """The letter before a planned meeting, or after it; nothing if it was changed, or if the mentorship rests."""
    plan = db.session.scalar(
        select(MeetingPlan)
        .where(MeetingPlan.id == plan_id)
        .options(joinedload(MeetingPlan.mentorship).joinedload(Mentorship.program_revision))
    )
    if plan is None or (plan.state, plan.sequence) != (PlanState.AGREED, sequence) or plan.starts_at is None:
        return
    if plan.mentorship.state is MentorshipState.ACTIVE:
        end = "/met" if template == "meeting-after" else ""
        _tell(plan.mentorship, plan, template, {"when": plan.starts_at}, end=end)


def way_of(mentorship: Mentorship, plan: MeetingPlan) -> str:
    """How they meet, in the program's words."""
    return ways_of(mentorship).get(plan.way, plan.way)


def say_when(moment: datetime, zone: str | None = None) -> str:
    """A moment with its day and its time, in the association's time zone, or in ``zone``, which is then named if it is another one."""
    own = current_scope().time_zone
    zone = zone or own
    said = _("%(day)s, %(time)s", day=say_day(moment.astimezone(ZoneInfo(zone)).date(), counted=False),
             time=say_time(moment, zone=zone))  # fmt: skip
    return said if zone == own else _("%(when)s (%(zone)s)", when=said, zone=say_zone(zone))


def say_whens(moments: Sequence[datetime], zone: str | None = None) -> str:
    """Several such moments in a row."""
    return say_series([say_when(moment, zone) for moment in moments])


def _time_problems(times: Sequence[datetime | None], unread: Mapping[str, str]) -> dict[str, str]:
    problems: dict[str, str] = {}
    now = program_now()
    for number, moment in enumerate(times, 1):
        if moment is not None and moment <= now:
            problems[f"time{number}"] = _("This time has passed. Enter one that is still to come.")
        elif moment is not None and moment >= now + _FAR:
            problems[f"time{number}"] = _("This is more than a year away. Enter a time within a year.")
        elif moment is not None and moment in times[: number - 1]:
            problems[f"time{number}"] = _(
                "You entered this time already. Enter another one, or leave this place empty."
            )
    if not any(times) and not unread:
        problems["time1"] = _("Enter at least one day with its time.")
    elif len(times) > MOST_TIMES:
        problems["time1"] = ngettext(
            "Propose no more than %(num)d time.", "Propose no more than %(num)d times.", MOST_TIMES
        )
    return problems | dict(unread)


def _refuse_wrong(mentorship: Mentorship, problems: dict[str, str], minutes: int | None, way: str, place: str) -> None:
    """Raises ``InvalidError`` with what is wrong with the times already, and with the rest."""
    if minutes is None or not 5 <= minutes <= 1440:
        problems["minutes"] = _("Enter how long it will take, for example 45 or 1:30.")
    if way not in ways_of(mentorship):
        problems["way"] = _("Choose how you will meet.")
    if len(place) > 300 or "\x00" in place:
        problems["place"] = too_long(300)
    if problems:
        raise InvalidError(dict(sorted(problems.items(), key=lambda one: _FIELDS.index(one[0]))))


def _refuse_planned(
    mentorship: Mentorship, times: Sequence[datetime | None], but: MeetingPlan, zone: str | None
) -> None:
    """Raises ``InvalidError`` at each of ``times`` that is agreed already, or is proposed and waits for an answer; said in ``zone``."""
    problems: dict[str, str] = {}
    others = [plan for plan in plans_of(mentorship.id) if plan.id != but.id]
    agreed = {plan.starts_at for plan in others if plan.state is PlanState.AGREED}
    waiting = [plan for plan in others if plan.state is PlanState.PROPOSED]
    proposed = {datetime.fromisoformat(time) for plan in waiting for time in plan.times}
    for number, moment in enumerate(times, 1):
        if moment is not None and moment in agreed:
            problems[f"time{number}"] = _(
                "You have agreed to meet then already: %(when)s.", when=say_when(moment, zone)
            )
        elif moment is not None and moment in proposed:
            problems[f"time{number}"] = _(
                "This time is proposed already and waits for an answer: %(when)s.", when=say_when(moment, zone)
            )
    if problems:
        raise InvalidError(problems)


def _lock(mentorship: Mentorship, plan: MeetingPlan | None) -> None:
    # The mentorship first, as its end does, so that nothing is planned in one that is being ended, nor do two wait for each other.
    lock_mentorship(mentorship)
    if plan is not None:
        db.session.refresh(plan, with_for_update={"of": MeetingPlan})


def _tell(
    mentorship: Mentorship, plan: MeetingPlan, template: str, context: Mapping[str, object], *,
    but: Participant | None = None, end: str = "", with_partners: bool = False, others: bool = False,
) -> None:  # fmt: skip
    """Write to everybody ``but`` one. Moments in ``context`` are said in the reader's own time zone.

    ``with_partners`` names whom they meet; ``others`` names those of a group who get the same letter.
    """
    everybody = participants_of(mentorship.id)
    told = [person for person in everybody if but is None or person.id != but.id]
    for person in told:
        names: dict[str, object] = {}
        if with_partners:
            names["partners"] = [one.member.name for one in everybody if one.id != person.id]
        if others:
            names["others"] = [one.member.name for one in told if one.id != person.id]
        zone = person.member.time_zone
        write_notice(
            template=template,
            to_member_id=person.member_id,
            context={name: _moments_said(value, zone) for name, value in context.items()} | names,
            about=("mentorship", mentorship.id),
            path=f"/mentorships/{mentorship.id}/plans/{plan.id}{end}",
            dedupe_key=f"{template}:{plan.id}:{plan.sequence}:{person.id}",
            reason={"template": template, "plan": plan.id, "sequence": plan.sequence},
        )


def _how(mentorship: Mentorship, plan: MeetingPlan) -> dict[str, object]:
    """How and how long they meet, for letters. Where, which may be a link to a call, stays on the page."""
    return {"way": LazyString(way_of, mentorship, plan), "time": LazyString(say_duration, plan.minutes)}


def _moments_said(value: object, zone: str | None) -> object:
    # The letter is rendered in the reader's language, so the words are chosen then.
    if isinstance(value, datetime):
        return LazyString(say_when, value, zone)
    return LazyString(say_whens, value, zone) if isinstance(value, list) else value


def _record(actor: Actor, mentorship: Mentorship, action: str) -> None:
    record(
        actor=actor,
        action=action,
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
    )
