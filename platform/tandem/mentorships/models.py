"""Mentorships: the relationship, who takes part, what they note, when it rests, and how it ends."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tandem.applications.models import Role
from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.forms.models import Submission
from tandem.programs.models import Cohort, Program, ProgramRevision
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class MentorshipState(StrEnum):
    """Whether the mentorship is under way."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Mentorship(TenantBase):
    """A published match. ``replaces_id`` chains it to the one it was reassigned from.

    ``ends_on`` is set for programs of fixed length; a rolling program by hours has none.
    """

    __tablename__ = "mentorship"
    __table_args__ = (
        reference("program_id", "program"),
        reference("cohort_id", "cohort"),
        reference("program_revision_id", "program_revision"),
        reference("match_run_id", "match_run"),
        reference("replaces_id", "mentorship"),
        by_association("program_id", "state", "started_at", "id"),
    )

    program_id: Mapped[UUID]
    cohort_id: Mapped[UUID | None]
    program_revision_id: Mapped[UUID]
    match_run_id: Mapped[UUID | None]
    replaces_id: Mapped[UUID | None]
    state: Mapped[MentorshipState] = mapped_column(choice(MentorshipState), default=MentorshipState.ACTIVE)
    started_at: Mapped[datetime] = mapped_column(default=program_now)
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    end_note: Mapped[str | None]
    ended_by: Mapped[UUID | None]

    program: Mapped[Program] = related("Program", "program_id", "Mentorship")
    cohort: Mapped[Cohort | None] = related("Cohort", "cohort_id", "Mentorship")
    program_revision: Mapped[ProgramRevision] = related("ProgramRevision", "program_revision_id", "Mentorship")


class Participant(TenantBase):
    """One person in a mentorship, on one side; a group has several mentees."""

    __tablename__ = "participant"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("member_id", "member"),
        reference("pool_entry_id", "pool_entry"),
        by_association("mentorship_id", "member_id", unique=True),
        by_association("member_id"),
        by_association("pool_entry_id"),
    )

    mentorship_id: Mapped[UUID]
    member_id: Mapped[UUID]
    pool_entry_id: Mapped[UUID]
    side: Mapped[Role] = mapped_column(choice(Role))
    joined_at: Mapped[datetime] = mapped_column(default=program_now)
    left_at: Mapped[datetime | None]
    messages_read_at: Mapped[datetime | None]

    mentorship: Mapped[Mentorship] = related("Mentorship", "mentorship_id", "Participant")
    member: Mapped[Member] = related("Member", "member_id", "Participant")


class Pause(TenantBase):
    """A rest of a mentorship: because dues lapsed, or because someone asked. Open while ``until_at`` is empty."""

    __tablename__ = "pause"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        Index(
            "uq_pause_open",
            "association_id",
            "mentorship_id",
            "participant_id",
            "reason",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("until_at is null"),
        ),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID | None]
    reason: Mapped[str]
    from_at: Mapped[datetime] = mapped_column(default=program_now)
    until_at: Mapped[datetime | None]


class Meeting(TenantBase):
    """A meeting that took place: when, how long (minutes) and in which way. Never what was said."""

    __tablename__ = "meeting"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("logged_by", "participant"),
        by_association("mentorship_id", "held_on"),
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
    )

    mentorship_id: Mapped[UUID]
    held_on: Mapped[date]
    minutes: Mapped[int]
    way: Mapped[str]
    logged_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    removed_at: Mapped[datetime | None]


class Attendance(TenantBase):
    """Who was at a meeting."""

    __tablename__ = "attendance"
    __table_args__ = (
        reference("meeting_id", "meeting", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("meeting_id", "participant_id", unique=True),
        by_association("participant_id"),
    )

    meeting_id: Mapped[UUID]
    participant_id: Mapped[UUID]


class Hours(TenantBase):
    """Time spent outside meetings, or corrections; in minutes."""

    __tablename__ = "hours"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id", "spent_on"),
        CheckConstraint("minutes between 1 and 2400", name="minutes"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    spent_on: Mapped[date]
    minutes: Mapped[int]
    about: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    removed_at: Mapped[datetime | None]


class JournalVisibility(StrEnum):
    """Who may read an entry: its author alone, or the mentorship's participants."""

    SELF = "self"
    PAIR = "pair"


class JournalEntry(TenantBase):
    """Private text. Readable by its author, or by the participants of this one mentorship; never by staff."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id", "created_at"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    visibility: Mapped[JournalVisibility] = mapped_column(choice(JournalVisibility))
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    changed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class RequestState(StrEnum):
    """Whether staff have answered a reassignment request."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ReassignmentRequest(TenantBase):
    """A participant's request to staff for another partner. The partner does not see it."""

    __tablename__ = "reassignment_request"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id"),
        Index(
            "uq_reassignment_request_open",
            "association_id",
            "mentorship_id",
            "participant_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    reason: Mapped[str]
    state: Mapped[RequestState] = mapped_column(choice(RequestState), default=RequestState.OPEN)
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    answered_at: Mapped[datetime | None]


class Evaluation(TenantBase):
    """What one participant said at the end, about a partner or, with ``about_id`` empty, about the program.

    ``key`` names the item of the pinned configuration's ``mentorship.evaluations``; who may read each answer is in the form.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        reference("about_id", "participant", ondelete="CASCADE"),
        reference("submission_id", "submission"),
        by_association("created_at", "id"),
        by_association("participant_id"),
        by_association("about_id"),
        by_association("submission_id"),
        Index(
            "uq_evaluation_once",
            "association_id",
            "mentorship_id",
            "participant_id",
            "key",
            "about_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    key: Mapped[str]
    about_id: Mapped[UUID | None]
    submission_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    changed_at: Mapped[datetime | None]

    mentorship: Mapped[Mentorship] = related("Mentorship", "mentorship_id", "Evaluation")
    participant: Mapped[Participant] = related("Participant", "participant_id", "Evaluation")
    about: Mapped[Participant | None] = related("Participant", "about_id", "Evaluation")
    submission: Mapped[Submission] = related("Submission", "submission_id", "Evaluation")


class Message(TenantBase):
    """What one participant wrote to the others. Readable by the participants of this one mentorship; never by staff."""

    __tablename__ = "message"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id", "created_at", "id"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class GoalState(StrEnum):
    """Where a goal stands."""

    OPEN = "open"
    REACHED = "reached"
    LEFT = "left"


class Goal(TenantBase):
    """What one mentee wants to reach; private to the mentorship. In a group each mentee has goals of their own."""

    __tablename__ = "goal"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id", "created_at"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    body: Mapped[str]
    state: Mapped[GoalState] = mapped_column(choice(GoalState), default=GoalState.OPEN)
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class GoalChange(TenantBase):
    """One step of a goal's history: who set it to which words and state; the first is how it was written down."""

    __tablename__ = "goal_change"
    __table_args__ = (
        reference("goal_id", "goal", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("goal_id", "changed_at"),
    )

    goal_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    body: Mapped[str]
    state: Mapped[GoalState] = mapped_column(choice(GoalState))
    changed_at: Mapped[datetime] = mapped_column(default=program_now)


class FollowUp(TenantBase):
    """What somebody said they would do, agreed in a meeting or between two; private to the mentorship."""

    __tablename__ = "follow_up"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id", "due_on"),
        by_association("due_on", "done_at"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    body: Mapped[str]
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    mentorship: Mapped[Mentorship] = related("Mentorship", "mentorship_id", "FollowUp")
    participant: Mapped[Participant] = related("Participant", "participant_id", "FollowUp")


class PlanState(StrEnum):
    """How far a meeting to come has got. ``held`` once somebody noted that it took place."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    CANCELLED = "cancelled"
    HELD = "held"


class MeetingPlan(TenantBase):
    """A meeting to come: up to three times (ISO, UTC) that one side proposed, and the one that was picked.

    ``starts_at`` is the time that was agreed last. It stays while other times are proposed, and after the meeting is called off, since
    it may stand in calendars; ``state`` says whether it holds. ``sequence`` counts what changed for them: a higher one replaces an
    entry of the same plan.
    """

    __tablename__ = "meeting_plan"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("proposed_by", "participant"),
        by_association("mentorship_id", "state"),
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
    )

    mentorship_id: Mapped[UUID]
    proposed_by: Mapped[UUID]
    times: Mapped[list[str]]
    minutes: Mapped[int]
    way: Mapped[str]
    place: Mapped[str | None]
    state: Mapped[PlanState] = mapped_column(choice(PlanState), default=PlanState.PROPOSED)
    starts_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    mentorship: Mapped[Mentorship] = related("Mentorship", "mentorship_id", "MeetingPlan")


class CheckIn(TenantBase):
    """The question “still in touch?”, asked of one participant after a silence. ``still`` is the answer, empty until there is one."""

    __tablename__ = "check_in"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("mentorship_id", "asked_at"),
        by_association("participant_id", "asked_at"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    asked_at: Mapped[datetime] = mapped_column(default=program_now)
    still: Mapped[bool | None]
    answered_at: Mapped[datetime | None]


class Concern(TenantBase):
    """What somebody raised with staff in confidence. Its partner never sees it, and neither do staff without the permission."""

    __tablename__ = "concern"
    __table_args__ = (
        reference("mentorship_id", "mentorship", ondelete="CASCADE"),
        reference("participant_id", "participant", ondelete="CASCADE"),
        by_association("created_at", "id"),
        by_association("participant_id"),
        by_association("mentorship_id"),
    )

    mentorship_id: Mapped[UUID]
    participant_id: Mapped[UUID]
    body: Mapped[str]
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    mentorship: Mapped[Mentorship] = related("Mentorship", "mentorship_id", "Concern")
    participant: Mapped[Participant] = related("Participant", "participant_id", "Concern")
