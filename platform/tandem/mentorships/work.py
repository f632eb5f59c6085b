"""What participants note as they go: meetings, time, the private journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, ForbiddenError, InvalidError, NotYoursError
from tandem.applications.models import Role
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.mentorships.models import (
    Attendance,
    Hours,
    JournalEntry,
    JournalVisibility,
    Meeting,
    Mentorship,
    MentorshipState,
    Participant,
)
from tandem.mentorships.once import made_before
from tandem.mentorships.services import participants_of
from tandem.programs.queries import role_word
from tandem.tenancy.scope import current_scope
from tandem.texts import required_text, too_long
from tandem.web.formatting import ask_for_date, say_day, say_duration, say_hours

#: The longest entry of the journal, in characters.
MAX_ENTRY = 10_000


def log_meeting(
    *, actor: Actor, mentorship: Mentorship, held_on: date | None, minutes: int | None, way: str,
    attended: Sequence[UUID] | None = None, key: UUID | None = None, ask_again: bool = False,
) -> Meeting:  # fmt: skip
    """Note that a meeting took place. ``attended`` are participants' ids; everybody where not given. ``key``: see ``once.made_before``.

    Raises ``InvalidError`` at the field, with ``ask_again`` also at ``again`` where one of that day, length and way is noted; ``ConflictError`` for a mentorship that has ended.
    """
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    problems = _day_problem(mentorship, held_on, "held_on") | _minutes_problem(minutes, 1440)
    if way not in ways_of(mentorship):
        problems["way"] = _("Choose how you met.")
    everybody = {participant.id for participant in participants_of(mentorship.id)}
    present = set(attended) if attended is not None else everybody
    if not present <= everybody or not present:
        problems["attended"] = _("Tick who was there.")
    if problems or held_on is None or minutes is None:
        raise InvalidError(problems)
    content: dict[str, Any] = {"held_on": held_on, "minutes": minutes, "way": way, "logged_by": me.id}
    before, own_id = made_before(Meeting, key, mentorship, **content, removed_at=None)
    if before is not None:
        return before
    if ask_again:
        _refuse_another(mentorship, me, held_on, minutes, way)
    meeting = Meeting(mentorship_id=mentorship.id, **content, **own_id)
    db.session.add(meeting)
    db.session.flush()
    db.session.add_all(Attendance(meeting_id=meeting.id, participant_id=identifier) for identifier in sorted(present))
    db.session.flush()
    record(
        actor=actor,
        action="meeting.logged",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        changes={"minutes": [None, minutes]},
    )
    return meeting


def _refuse_another(mentorship: Mentorship, me: Participant, held_on: date, minutes: int, way: str) -> None:
    """Raises ``InvalidError`` at ``again`` where ``me`` noted such a meeting already, or somebody else any meeting of that day."""
    noted = db.session.execute(
        select(Meeting, Member)
        .join(Participant, Participant.id == Meeting.logged_by)
        .join(Member, Member.id == Participant.member_id)
        .where(Meeting.mentorship_id == mentorship.id, Meeting.held_on == held_on, Meeting.removed_at.is_(None))
        .order_by(Meeting.id)
    ).all()

    def said(meeting: Meeting) -> dict[str, str]:
        return {
            "day": say_day(meeting.held_on, counted=False),
            "time": say_duration(meeting.minutes),
            "way": ways_of(mentorship).get(meeting.way, meeting.way),
        }

    # Staff note meetings for members too, so nobody is addressed here. Two who met remember its length differently.
    for meeting, _member in noted:
        if meeting.logged_by == me.id and (meeting.minutes, meeting.way) == (minutes, way):
            raise InvalidError(
                {"again": _("One like this is noted already: %(day)s, %(time)s, %(way)s.", **said(meeting))}
            )
    for meeting, member in noted:
        if meeting.logged_by != me.id:
            raise InvalidError(
                {
                    "again": _(
                        "%(name)s noted a meeting of that day already: %(day)s, %(time)s, %(way)s.",
                        name=member.name,
                        **said(meeting),
                    )
                }
            )


def ways_of(mentorship: Mentorship) -> dict[str, str]:
    """The ways to meet that the pinned configuration names, id to label; some plain ones where it names none."""
    settings: dict[str, Any] = mentorship.program_revision.resolved.get("mentorship") or {}
    named = {way["id"]: way["label"] for way in settings.get("ways") or ()}
    return named or {
        "in-person": _("In person"),
        "phone": _("By phone"),
        "video": _("Video call"),
        "email": _("By e-mail"),
        "other": _("Another way"),
    }


def remove_meeting(*, actor: Actor, mentorship: Mentorship, meeting_id: UUID) -> None:
    """Take back a meeting that was noted by mistake; either side may. Doing it twice changes nothing."""
    own_participant(actor, mentorship)
    refuse_ended(mentorship)
    meeting = db.session.scalar(select(Meeting).where(Meeting.id == meeting_id, Meeting.mentorship_id == mentorship.id))
    if meeting is None:
        raise NotYoursError
    if meeting.removed_at is None:
        meeting.removed_at = program_now()
        db.session.flush()
        record(
            actor=actor,
            action="meeting.removed",
            object_kind="mentorship",
            object_id=mentorship.id,
            program_id=mentorship.program_id,
            visibility="staff",
            changes={"minutes": [meeting.minutes, None]},
        )


def restore_meeting(*, actor: Actor, mentorship: Mentorship, meeting_id: UUID) -> None:
    """Undo ``remove_meeting``."""
    own_participant(actor, mentorship)
    refuse_ended(mentorship)
    meeting = db.session.scalar(select(Meeting).where(Meeting.id == meeting_id, Meeting.mentorship_id == mentorship.id))
    if meeting is None:
        raise NotYoursError
    if meeting.removed_at is not None:
        meeting.removed_at = None
        db.session.flush()
        record(
            actor=actor,
            action="meeting.restored",
            object_kind="mentorship",
            object_id=mentorship.id,
            program_id=mentorship.program_id,
            visibility="staff",
            changes={"minutes": [None, meeting.minutes]},
        )


def note_time(
    *, actor: Actor, mentorship: Mentorship, spent_on: date | None, minutes: int | None, about: str = "",
    key: UUID | None = None,
) -> Hours:  # fmt: skip
    """Note time spent outside meetings. The program's limit warns and never refuses (C8). ``key``: see ``once.made_before``."""
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    if not may_note_time(mentorship.program_revision.resolved, me.side):
        people = role_word(mentorship.program_revision.resolved, "mentee" if me.side is Role.MENTOR else "mentor", 2)
        raise ForbiddenError(_("In this program the %(people)s note the time. Ask them to add it.", people=people))
    problems = _day_problem(mentorship, spent_on, "spent_on") | _minutes_problem(minutes, 2400)
    if len(about) > 200:
        problems["about"] = too_long(200)
    if problems or spent_on is None or minutes is None:
        raise InvalidError(problems)
    content: dict[str, Any] = {
        "participant_id": me.id, "spent_on": spent_on, "minutes": minutes, "about": about.strip() or None,
    }  # fmt: skip
    before, own_id = made_before(Hours, key, mentorship, **content, removed_at=None)
    if before is not None:
        return before
    row = Hours(mentorship_id=mentorship.id, **content, **own_id)
    db.session.add(row)
    db.session.flush()
    record(
        actor=actor,
        action="time.noted",
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        changes={"minutes": [None, minutes]},
    )
    return row


def may_note_time(resolved: Mapping[str, Any], side: Role) -> bool:
    """Whether this side notes time (``mentorship.hours.recorded_by``)."""
    settings = (resolved.get("mentorship") or {}).get("hours") or {}
    return side.value in settings.get("recorded_by", ["mentee", "mentor"])


def remove_time(*, actor: Actor, mentorship: Mentorship, hours_id: UUID) -> None:
    """Take back one's own note of time."""
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    row = db.session.scalar(select(Hours).where(Hours.id == hours_id, Hours.participant_id == me.id))
    if row is None:
        raise NotYoursError
    if row.removed_at is None:
        row.removed_at = program_now()
        db.session.flush()
        record(
            actor=actor,
            action="time.removed",
            object_kind="mentorship",
            object_id=mentorship.id,
            program_id=mentorship.program_id,
            visibility="staff",
            changes={"minutes": [row.minutes, None]},
        )


def write_journal(*, actor: Actor, mentorship: Mentorship, body: str, visibility: JournalVisibility) -> JournalEntry:
    """Write a private entry. The audit trail says that, who and when, never what."""
    me = own_participant(actor, mentorship)
    refuse_ended(mentorship)
    entry = JournalEntry(
        mentorship_id=mentorship.id, participant_id=me.id, visibility=visibility, body=checked_body(body)
    )
    db.session.add(entry)
    db.session.flush()
    record_private(actor, mentorship, "journal.written")
    return entry


def change_journal(*, actor: Actor, mentorship: Mentorship, entry_id: UUID, body: str) -> JournalEntry:
    """Change one's own entry."""
    entry = _own_entry(actor, mentorship, entry_id)
    refuse_ended(mentorship)
    entry.body = checked_body(body)
    entry.changed_at = program_now()
    db.session.flush()
    record_private(actor, mentorship, "journal.changed")
    return entry


def remove_journal(*, actor: Actor, mentorship: Mentorship, entry_id: UUID) -> None:
    """Delete one's own entry, text and all."""
    entry = _own_entry(actor, mentorship, entry_id)
    db.session.delete(entry)
    db.session.flush()
    record_private(actor, mentorship, "journal.removed")


def own_participant(actor: Actor, mentorship: Mentorship) -> Participant:
    """The actor's own place in the mentorship. Raises ``NotYoursError`` for anyone else, staff included."""
    found = db.session.scalar(
        select(Participant).where(
            Participant.mentorship_id == mentorship.id,
            Participant.member_id == actor.member_id,
            Participant.left_at.is_(None),
        )
    )
    if found is None:
        raise NotYoursError
    return found


def _own_entry(actor: Actor, mentorship: Mentorship, entry_id: UUID) -> JournalEntry:
    me = own_participant(actor, mentorship)
    entry = db.session.scalar(
        select(JournalEntry).where(JournalEntry.id == entry_id, JournalEntry.participant_id == me.id)
    )
    if entry is None:
        raise NotYoursError
    return entry


def refuse_ended(mentorship: Mentorship) -> None:
    """Raises ``ConflictError`` where the mentorship has ended; a pause stops nothing that people write."""
    if mentorship.state is MentorshipState.ENDED:
        raise ConflictError(_("This mentorship has ended: you can read it, but nothing can be added."))


def _day_problem(mentorship: Mentorship, day: date | None, field: str) -> dict[str, str]:
    if day is None:
        return {field: ask_for_date(program_today())}
    if day > program_today():
        return {field: _("This day is still to come. Enter the day on which it took place.")}
    began = mentorship.started_at.astimezone(current_scope().zone).date()
    if day < began:
        said = say_day(began, counted=False)
        return {field: _("The mentorship began on %(day)s. Enter that day or a later one.", day=said)}
    return {}


def _minutes_problem(minutes: int | None, most: int) -> dict[str, str]:
    if minutes is None:
        return {"minutes": _("Enter how long it took, in minutes or hours, for example 45 or 1:30.")}
    if minutes < 1:
        return {"minutes": _("This is too short. Enter from 1 minute to %(most)s.", most=say_hours(most))}
    if minutes > most:
        return {"minutes": _("This is too long. Enter from 1 minute to %(most)s at a time.", most=say_hours(most))}
    return {}


def checked_body(body: str) -> str:
    """A private text as it is stored. Raises ``InvalidError`` at ``body``."""
    return required_text(body, field="body", most=MAX_ENTRY)


def record_private(actor: Actor, mentorship: Mentorship, action: str) -> None:
    """Note in the audit trail that, who and when, never what."""
    record(
        actor=actor,
        action=action,
        object_kind="mentorship",
        object_id=mentorship.id,
        program_id=mentorship.program_id,
        visibility="staff",
        changes={"body": "private"},
    )
