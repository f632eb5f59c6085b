"""Letters that staff write to many, and to whom each went."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.identity.models import Account as Account  # noqa: PLC0414 - the foreign key needs the table
from tandem.notices.models import Notice
from tandem.programs.models import Program as Program  # noqa: PLC0414 - the foreign key needs the table
from tandem.tenancy.base import TenantBase, by_association, choice, reference, related


class LetterState(StrEnum):
    """``sending``: its recipients are settled and jobs write to them. ``written``: every one of them has a notice."""

    DRAFT = "draft"
    SENDING = "sending"
    WRITTEN = "written"


class GroupLetter(TenantBase):
    """A letter to the people of one of staff's lists: ``page`` and ``query`` are those of the list, as in a saved view."""

    __tablename__ = "group_letter"
    __table_args__ = (reference("account_id", "account"), by_association("created_at", "id"))

    account_id: Mapped[UUID]
    written_by_name: Mapped[str]
    page: Mapped[str]
    query: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    state: Mapped[LetterState] = mapped_column(choice(LetterState), default=LetterState.DRAFT)
    created_at: Mapped[datetime] = mapped_column(default=program_now)
    sent_at: Mapped[datetime | None]


class LetterRecipient(TenantBase):
    """One person on the list when the letter was sent; ``program_id`` is the program for which they stood on it.

    ``handled_at`` without a notice: they had left the directory before it was their turn.
    """

    __tablename__ = "letter_recipient"
    __table_args__ = (
        reference("letter_id", "group_letter", ondelete="CASCADE"),
        reference("member_id", "member"),
        reference("program_id", "program"),
        reference("notice_id", "notice", ondelete="SET NULL"),
        by_association("letter_id", "member_id", unique=True),
        by_association("notice_id"),
    )

    letter_id: Mapped[UUID]
    member_id: Mapped[UUID]
    program_id: Mapped[UUID | None]
    notice_id: Mapped[UUID | None]
    handled_at: Mapped[datetime | None]

    member: Mapped[Member] = related("Member", "member_id", "LetterRecipient")
    notice: Mapped[Notice | None] = related("Notice", "notice_id", "LetterRecipient")
