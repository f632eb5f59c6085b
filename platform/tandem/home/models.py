"""What staff keep for themselves on their lists."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now
from tandem.identity.models import Account as Account  # noqa: PLC0414 - the foreign key needs the table
from tandem.tenancy.base import TenantBase, by_association, reference


class SavedView(TenantBase):
    """A list as somebody likes to see it: its filters under a name, for one account. ``query`` is what stands in the address."""

    __tablename__ = "saved_view"
    __table_args__ = (
        reference("account_id", "account", ondelete="CASCADE"),
        by_association("account_id", "page", "name", unique=True),
    )

    account_id: Mapped[UUID]
    page: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=program_now)
