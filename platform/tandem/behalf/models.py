"""When staff acted for a member, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import system_now
from tandem.directory.models import Member
from tandem.identity.models import Account
from tandem.tenancy.base import TenantBase, by_association, reference, related


class Acting(TenantBase):
    """A stretch of time in which somebody of the staff acts for one member. System clock, as for sign-ins.

    ``deeds`` lists what was done as ``{"deed": …, "name": …}``, with ``on`` and ``minutes`` or ``until`` where it has them, without
    other content; the letter to the member says them.
    """

    __tablename__ = "acting"
    __table_args__ = (
        reference("account_id", "account"),
        reference("member_id", "member"),
        by_association("member_id", "started_at"),
        # One member at a time, so that nobody loses sight of whom they act for.
        Index("uq_acting_open", "association_id", "account_id", unique=True, postgresql_where=text("ended_at is null")),
    )

    account_id: Mapped[UUID]
    member_id: Mapped[UUID]
    reason: Mapped[str]
    deeds: Mapped[list[Any]] = mapped_column(default=list)
    started_at: Mapped[datetime] = mapped_column(default=system_now)
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    member: Mapped[Member] = related("Member", "member_id", "Acting")
    account: Mapped[Account] = related("Account", "account_id", "Acting")
