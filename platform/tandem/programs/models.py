"""Programs and the immutable revisions of their configuration.

Documents are layered: association, department, program. Each layer has its own numbered revisions, which never change; a
program revision also holds the resolved document, which is what applications and mentorships pin.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class DocumentRevision(TenantBase):
    """One revision of the association's (``department_id`` empty) or a department's shared document."""

    __tablename__ = "document_revision"
    __table_args__ = (
        reference("department_id", "department"),
        by_association("department_id", "number", unique=True),
    )

    department_id: Mapped[UUID | None]
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class ProgramState(StrEnum):
    """Whether a program is shown and takes applications."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Program(TenantBase):
    """A mentorship program of the association or of one of its departments."""

    __tablename__ = "program"
    __table_args__ = (
        reference("department_id", "department"),
        reference("committee_id", "committee"),
        by_association("slug", unique=True),
    )

    slug: Mapped[str]
    name: Mapped[str]
    department_id: Mapped[UUID | None]
    committee_id: Mapped[UUID | None]
    state: Mapped[ProgramState] = mapped_column(choice(ProgramState), default=ProgramState.DRAFT)
    current_number: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=program_now)


class ProgramRevision(TenantBase):
    """An immutable revision: ``document`` is the program's own layer, ``resolved`` all layers merged."""

    __tablename__ = "program_revision"
    __table_args__ = (
        reference("program_id", "program"),
        by_association("program_id", "number", unique=True),
    )

    program_id: Mapped[UUID]
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    resolved: Mapped[dict[str, Any]]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)

    program: Mapped[Program] = related("Program", "program_id", "ProgramRevision")


class Cohort(TenantBase):
    """A dated intake of a program. Rolling programs have none."""

    __tablename__ = "cohort"
    __table_args__ = (
        reference("program_id", "program"),
        by_association("program_id", "key", unique=True),
    )

    program_id: Mapped[UUID]
    key: Mapped[str]
    name: Mapped[str]
    applications_from: Mapped[date]
    applications_to: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class Committee(TenantBase):
    """The people who review a program's or a department's applications."""

    __tablename__ = "committee"
    __table_args__ = (reference("department_id", "department"), by_association("key", unique=True))

    key: Mapped[str]
    name: Mapped[str]
    department_id: Mapped[UUID | None]


class CommitteeMember(TenantBase):
    """Someone's seat on a committee."""

    __tablename__ = "committee_member"
    __table_args__ = (
        reference("committee_id", "committee", ondelete="CASCADE"),
        reference("account_id", "account", ondelete="CASCADE"),
        by_association("committee_id", "account_id", unique=True),
        by_association("account_id"),
    )

    committee_id: Mapped[UUID]
    account_id: Mapped[UUID]
    chair: Mapped[bool] = mapped_column(default=False)
