"""Applications, what the rules said of them, and what people decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.forms.models import Submission
from tandem.identity.models import Account
from tandem.programs.models import Cohort, Program, ProgramRevision
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class Role(StrEnum):
    """The side somebody applies for."""

    MENTEE = "mentee"
    MENTOR = "mentor"


class ApplicationStatus(StrEnum):
    """Where an application stands. ``submitted`` waits for the committee, ``returned`` for the applicant: to answer a question, or,
    where there is none, to send again what they took back to change.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Application(TenantBase):
    """A member's request to take part in a program in one role, under the revision pinned at the first save.

    ``decide_by`` is the day by which the reviewers should have decided what was last sent; ``nudged_at`` when they were reminded.
    """

    __tablename__ = "application"
    __table_args__ = (
        reference("member_id", "member"),
        reference("program_id", "program"),
        reference("cohort_id", "cohort"),
        reference("program_revision_id", "program_revision"),
        reference("submission_id", "submission"),
        by_association("member_id"),
        by_association("program_id", "status", "status_since", "id"),
        by_association("status", "decide_by"),
        # One application in hand per person, program, cohort and role; a decided one does not stand in the way of another.
        Index(
            "uq_application_open",
            "association_id",
            "member_id",
            "program_id",
            "cohort_id",
            "role",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status in ('draft', 'submitted', 'returned')"),
        ),
    )

    member_id: Mapped[UUID]
    program_id: Mapped[UUID]
    cohort_id: Mapped[UUID | None]
    role: Mapped[Role] = mapped_column(choice(Role))
    program_revision_id: Mapped[UUID]
    submission_id: Mapped[UUID]
    status: Mapped[ApplicationStatus] = mapped_column(choice(ApplicationStatus), default=ApplicationStatus.DRAFT)
    status_since: Mapped[datetime] = mapped_column(default=program_now)
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    question: Mapped[str | None]
    answer_by: Mapped[datetime | None]
    decide_by: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    member: Mapped[Member] = related("Member", "member_id", "Application")
    program: Mapped[Program] = related("Program", "program_id", "Application")
    cohort: Mapped[Cohort | None] = related("Cohort", "cohort_id", "Application")
    program_revision: Mapped[ProgramRevision] = related("ProgramRevision", "program_revision_id", "Application")
    submission: Mapped[Submission] = related("Submission", "submission_id", "Application")

    @property
    def changing(self) -> bool:
        """Whether the applicant took it back to change it."""
        return self.status is ApplicationStatus.RETURNED and self.question is None


class Sending(TenantBase):
    """An application as it was sent: the raw answers, and what was given as evidence, rule → files (id, a blank, name).

    One row for each time it was sent, so that reviewers see what changed; nobody changes a row.
    """

    __tablename__ = "application_sending"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        by_association("application_id", "sent_at", unique=True),
    )

    application_id: Mapped[UUID]
    sent_at: Mapped[datetime]
    answers: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]]


class FileAbout(StrEnum):
    """What a file belongs to: a question of the form, or a requirement that it shows to be met."""

    QUESTION = "question"
    RULE = "rule"


class FileKind(StrEnum):
    """What a file is, by its bytes."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"


class ApplicationFile(TenantBase):
    """A file that an applicant added. ``item`` is the id of the question or rule; ``size`` is in bytes.

    One that was taken away keeps its bytes until the application is sent, so that it can be put back.
    """

    __tablename__ = "application_file"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        by_association("application_id", "about", "item"),
        CheckConstraint("octet_length(content) <= 8388608", name="content"),
    )

    application_id: Mapped[UUID]
    about: Mapped[FileAbout] = mapped_column(choice(FileAbout))
    item: Mapped[str]
    name: Mapped[str]
    kind: Mapped[FileKind] = mapped_column(choice(FileKind))
    size: Mapped[int]
    digest: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_at: Mapped[datetime] = mapped_column(default=program_now)
    removed_at: Mapped[datetime | None]

    application: Mapped[Application] = related("Application", "application_id", "ApplicationFile")


class VerdictRow(TenantBase):
    """What one rule said of an application at the last check. Replaced as a whole at each check.

    ``rule_id`` is the rule's id in the configuration. ``verdict`` is the serialised ``plugin_api.Verdict``.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        by_association("application_id", "rule_id", unique=True),
    )

    application_id: Mapped[UUID]
    rule_id: Mapped[str]
    position: Mapped[int]
    truth: Mapped[str]
    verdict: Mapped[dict[str, Any]]
    checked_at: Mapped[datetime] = mapped_column(default=program_now)


class WaiverKind(StrEnum):
    """``waived``: the rule does not hold and is set aside; ``accepted``: staff vouch that it holds."""

    WAIVED = "waived"
    ACCEPTED = "accepted"


class Waiver(TenantBase):
    """A rule set aside, or evidence accepted, for one application by a person with a reason."""

    __tablename__ = "waiver"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        reference("account_id", "account"),
        by_association("application_id", "rule_id", unique=True),
    )

    application_id: Mapped[UUID]
    rule_id: Mapped[str]
    kind: Mapped[WaiverKind] = mapped_column(choice(WaiverKind))
    reason: Mapped[str]
    account_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class Review(TenantBase):
    """A reviewer's note on an application, readable by the committee and staff."""

    __tablename__ = "review"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        reference("account_id", "account"),
        by_association("application_id", "account_id"),
    )

    application_id: Mapped[UUID]
    account_id: Mapped[UUID]
    note: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    account: Mapped[Account] = related("Account", "account_id", "Review")


class Recusal(TenantBase):
    """A reviewer who stepped aside from one application, and why."""

    __tablename__ = "recusal"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        reference("account_id", "account"),
        by_association("application_id", "account_id", unique=True),
    )

    application_id: Mapped[UUID]
    account_id: Mapped[UUID]
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class ReviewAssignment(TenantBase):
    """A reviewer of whom one application is expected. Others on the committee may still vote on it."""

    __tablename__ = "review_assignment"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        reference("account_id", "account"),
        by_association("application_id", "account_id", unique=True),
        by_association("account_id", "application_id"),
    )

    application_id: Mapped[UUID]
    account_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    account: Mapped[Account] = related("Account", "account_id", "ReviewAssignment")


class VoteChoice(StrEnum):
    """How somebody voted. An abstention does not count towards the quorum."""

    APPROVE = "approve"
    DECLINE = "decline"
    ABSTAIN = "abstain"


class Vote(TenantBase):
    """A reviewer's vote on an application as it was sent at ``sent_at``: one sent again is voted on anew.

    ``scores`` maps the ids of the rubric's items to points. ``note`` is for the committee and staff; the applicant never reads it.
    """

    __tablename__ = "vote"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        reference("account_id", "account"),
        by_association("application_id", "sent_at", "account_id", unique=True),
        by_association("account_id", "application_id"),
    )

    application_id: Mapped[UUID]
    account_id: Mapped[UUID]
    sent_at: Mapped[datetime]
    choice: Mapped[VoteChoice] = mapped_column(choice(VoteChoice))
    note: Mapped[str | None]
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cast_at: Mapped[datetime] = mapped_column(default=program_now)

    account: Mapped[Account] = related("Account", "account_id", "Vote")


class Outcome(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    DECLINED = "declined"
    RETURNED = "returned"


class Decision(TenantBase):
    """A decision on an application, with the reason and next steps as the applicant read them.

    ``sent_at`` is the sending that was decided on, so that the votes that belong to it can be found.
    """

    __tablename__ = "decision"
    __table_args__ = (
        reference("application_id", "application", ondelete="CASCADE"),
        reference("account_id", "account"),
        by_association("application_id", "created_at"),
        by_association("created_at", "id"),
    )

    application_id: Mapped[UUID]
    account_id: Mapped[UUID]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    reason: Mapped[str | None]
    next_steps: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    account: Mapped[Account] = related("Account", "account_id", "Decision")
    application: Mapped[Application] = related("Application", "application_id", "Decision")
