"""Forms: versioned definitions, what people answered, and the typed facts that rules read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class Form(TenantBase):
    """A named form of the association, used by one or several programs."""

    __tablename__ = "form"
    __table_args__ = (by_association("key", unique=True),)

    key: Mapped[str]
    current_number: Mapped[int] = mapped_column(default=0)


class FormRevision(TenantBase):
    """An immutable revision of a form's definition (sections of questions, as in the YAML)."""

    __tablename__ = "form_revision"
    __table_args__ = (reference("form_id", "form"), by_association("form_id", "number", unique=True))

    form_id: Mapped[UUID]
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    form: Mapped[Form] = related("Form", "form_id", "FormRevision")


class SubmissionState(StrEnum):
    """A draft may be incomplete; a submitted one passed every check."""

    DRAFT = "draft"
    SUBMITTED = "submitted"


class Submission(TenantBase):
    """One person's answers to one revision of a form.

    ``answers`` keeps what was typed, question id to raw value, also for questions that are hidden at the moment;
    ``version`` counts saves, so that two browsers that edit the same draft are noticed.
    """

    __tablename__ = "submission"
    __table_args__ = (
        reference("form_revision_id", "form_revision"),
        reference("member_id", "member"),
        by_association("member_id"),
    )

    form_revision_id: Mapped[UUID]
    member_id: Mapped[UUID]
    state: Mapped[SubmissionState] = mapped_column(choice(SubmissionState), default=SubmissionState.DRAFT)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    saved_at: Mapped[datetime] = mapped_column(default=program_now)
    submitted_at: Mapped[datetime | None]

    form_revision: Mapped[FormRevision] = related("FormRevision", "form_revision_id", "Submission")


class AnswerFact(TenantBase):
    """One typed value out of a submission; a question with several choices has one row for each.

    ``key`` says which thing a value is about where a question asks it of several (years *in payroll*).
    ``evidence`` is how it is known: ``answer`` or ``accepted`` by staff.
    """

    __tablename__ = "answer_fact"
    __table_args__ = (
        reference("submission_id", "submission", ondelete="CASCADE"),
        reference("member_id", "member", ondelete="CASCADE"),
        by_association("submission_id", "field", "position", unique=True),
        by_association("member_id", "field"),
    )

    submission_id: Mapped[UUID]
    member_id: Mapped[UUID]
    field: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    key: Mapped[str | None]
    text_value: Mapped[str | None]
    number_value: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    date_value: Mapped[date | None]
    truth_value: Mapped[bool | None]
