"""Notices as written, and what became of each attempt to deliver them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.directory.models import KEY, Member
from tandem.identity.models import Account
from tandem.programs.models import Program as Program  # noqa: PLC0414 - the foreign key needs the table
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class Notice(TenantBase):
    """One message to one person, rendered when it was caused and never changed afterwards, but for the address when it is sent again.

    ``account_id`` is empty for a member who has never signed in. ``program_id`` is the program it belongs to, whose staff may
    read it. ``about_kind``/``about_id`` name what it concerns (application, mentorship, …); ``dedupe_key`` keeps one cause from
    writing the same notice twice. ``reason`` holds the ids by which ``reasons`` finds out whether what it reminds of is still to
    be done. The texts never hold a secret: see ``Delivery.unredacted``.
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
    reason: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    read_at: Mapped[datetime | None]

    account: Mapped[Account | None] = related("Account", "account_id", "Notice")
    member: Mapped[Member | None] = related("Member", "member_id", "Notice")


class DeliveryState(StrEnum):
    """``uncertain``: the connection broke after the message was handed over; it is never sent again by itself.

    ``held`` waits until staff let mail go again, ``digest`` for the recipient's daily letter and ``digested`` went in one.
    ``unwanted``: the recipient does not want such mail. ``dropped``: what it reminded of was done before it was sent, or staff let
    it go. What is not mailed can still be read by its recipient under Notices. ``delayed`` and ``bounced``: a mail server
    took it, and reported later that it is late, or that it came back.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    HELD = "held"
    DIGEST = "digest"
    DIGESTED = "digested"
    UNWANTED = "unwanted"
    DROPPED = "dropped"
    DELAYED = "delayed"
    BOUNCED = "bounced"


class Delivery(TenantBase):
    """The delivery of a notice over one channel. ``message_id`` is stable, so that a doubtful one can be looked up.

    ``attempts`` counts hand-overs. ``unredacted`` holds subject, text and HTML with the secrets of a sign-in link while the
    message waits, and is emptied with the first attempt. ``hold_id`` is the hold that stopped it, ``digest_id`` the daily letter
    that it went in. ``report_status`` (``5.1.1``) and ``report_text`` are what a mail server said later, at ``reported_at``.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        reference("notice_id", "notice", ondelete="CASCADE"),
        reference("hold_id", "mail_hold"),
        reference("digest_id", "notice", ondelete="SET NULL"),
        by_association("notice_id", "channel", unique=True),
        by_association("state", "created_at"),
        by_association("hold_id", "state"),
    )

    notice_id: Mapped[UUID]
    channel: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState), default=DeliveryState.PENDING)
    message_id: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str | None]
    unredacted: Mapped[dict[str, Any] | None]
    hold_id: Mapped[UUID | None]
    digest_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    finished_at: Mapped[datetime | None]
    report_status: Mapped[str | None]
    report_text: Mapped[str | None]
    reported_at: Mapped[datetime | None]

    notice: Mapped[Notice] = related("Notice", "notice_id", "Delivery")


class Pace(StrEnum):
    """When somebody wants the mail of a topic."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    NEVER = "never"


class MailChoice(TenantBase):
    """What somebody chose for a topic that is not essential; nothing chosen means at once.

    It belongs to the member where there is one, else to the account: letters also go to members who never signed in.
    """

    __tablename__ = "mail_choice"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        reference("member_id", "member"),
        by_association("account_id", "topic", unique=True),
        by_association("member_id", "topic", unique=True),
        CheckConstraint("(account_id is null) <> (member_id is null)", name="owner"),
    )

    account_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    topic: Mapped[str]
    pace: Mapped[Pace] = mapped_column(choice(Pace))
    changed_at: Mapped[datetime] = mapped_column(default=program_now)


class MailHold(TenantBase):
    """A time during which the association's mail waits. ``dropping``: on release nothing of it is sent.

    At most one of the association's own is open, and one of the platform's operator, which staff cannot end.
    """

    __tablename__ = "mail_hold"
    __table_args__ = (
        Index(
            "uq_mail_hold_open",
            "association_id",
            "by_operator",
            unique=True,
            postgresql_where=text("released_at is null"),
        ),
        by_association("held_at"),
    )

    reason: Mapped[str]
    held_by_name: Mapped[str]
    by_operator: Mapped[bool] = mapped_column(default=False)
    held_at: Mapped[datetime] = mapped_column(default=program_now)
    released_by_name: Mapped[str | None]
    released_at: Mapped[datetime | None]
    dropping: Mapped[bool] = mapped_column(default=False)


class AddressMark(TenantBase):
    """An address that a mail server refused for good; nothing but sign-in mail goes there until somebody clears the mark."""

    __tablename__ = "address_mark"
    __table_args__ = (
        Index(
            "uq_address_mark_open",
            "association_id",
            "address_key",
            unique=True,
            postgresql_where=text("cleared_at is null"),
        ),
        by_association("marked_at", "id"),
        reference("notice_id", "notice", ondelete="SET NULL"),
    )

    address_key: Mapped[str] = mapped_column(KEY)
    answer: Mapped[str]
    notice_id: Mapped[UUID | None]
    marked_at: Mapped[datetime] = mapped_column(default=program_now)
    cleared_at: Mapped[datetime | None]
    cleared_by_name: Mapped[str | None]
