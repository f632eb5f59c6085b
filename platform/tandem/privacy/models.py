"""What members ask about their own data: a correction, a copy."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class CorrectionState(StrEnum):
    """Whether staff have answered, or the member took it back."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CorrectionRequest(TenantBase):
    """A member's wish to have something corrected that only staff can change. ``about`` names a group of ``kept.GROUPS``."""

    __tablename__ = "correction_request"
    __table_args__ = (
        reference("member_id", "member", ondelete="CASCADE"),
        by_association("state", "created_at", "id"),
        by_association("member_id", "created_at"),
    )

    member_id: Mapped[UUID]
    about: Mapped[str]
    wish: Mapped[str]
    state: Mapped[CorrectionState] = mapped_column(choice(CorrectionState), default=CorrectionState.OPEN)
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    answered_by_name: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    answered_at: Mapped[datetime | None]

    member: Mapped[Member] = related("Member", "member_id", "CorrectionRequest")


class DataCopy(TenantBase):
    """A copy of everything that is kept about a member, made for them alone. ``content`` is a ZIP file, dropped once it expired."""

    __tablename__ = "data_copy"
    __table_args__ = (
        reference("member_id", "member", ondelete="CASCADE"),
        by_association("member_id", "asked_at"),
        by_association("expires_at"),
    )

    member_id: Mapped[UUID]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int | None]
    job_id: Mapped[UUID | None]
    asked_at: Mapped[datetime] = mapped_column(default=program_now)
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
