"""Notices as written, and what became of each attempt to deliver them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.identity.models import Account
from tandem.programs.models import Program as Program  # noqa: PLC0414 - the foreign key needs the table
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class Notice(TenantBase):
    """One message to one person, rendered when it was caused and never changed afterwards.

    ``account_id`` is empty for a member who has never signed in. ``program_id`` is the program it belongs to, whose staff may
    read it. ``about_kind``/``about_id`` name what it concerns (application, mentorship, …); ``dedupe_key`` keeps one cause from
    writing the same notice twice. The texts never hold a secret: see ``Delivery.unredacted``.
    """

    __tablename__ = "notice"
    __table_args__ = (
        reference("account_id", "account"),
        reference("member_id", "member"),
        reference("program_id", "program"),
        by_association("account_id", "created_at"),
        by_association("member_id", "created_at"),
        by_association("created_at", "id"),
        by_association("about_kind", "about_id"),
        by_association("dedupe_key", unique=True),
        CheckConstraint("account_id is not null or member_id is not null", name="recipient"),
    )

    account_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    program_id: Mapped[UUID | None]
    template: Mapped[str]
    language: Mapped[str]
    address: Mapped[str]
    subject: Mapped[str]
    text_body: Mapped[str]
    html_body: Mapped[str]
    about_kind: Mapped[str | None]
    about_id: Mapped[UUID | None]
    dedupe_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    read_at: Mapped[datetime | None]

    account: Mapped[Account | None] = related("Account", "account_id", "Notice")
    member: Mapped[Member | None] = related("Member", "member_id", "Notice")


class DeliveryState(StrEnum):
    """``uncertain``: the connection broke after the message was handed over; it is never sent again by itself."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"


class Delivery(TenantBase):
    """The delivery of a notice over one channel. ``message_id`` is stable, so that a doubtful one can be looked up.

    ``attempts`` counts hand-overs. ``unredacted`` holds subject, text and HTML with the secrets of a sign-in link while the
    message waits, and is emptied with the first attempt.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        reference("notice_id", "notice", ondelete="CASCADE"),
        by_association("notice_id", "channel", unique=True),
        by_association("state", "created_at"),
    )

    notice_id: Mapped[UUID]
    channel: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState), default=DeliveryState.PENDING)
    message_id: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str | None]
    unredacted: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    finished_at: Mapped[datetime | None]

    notice: Mapped[Notice] = related("Notice", "notice_id", "Delivery")
