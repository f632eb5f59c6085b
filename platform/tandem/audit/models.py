"""The audit trail: who changed what and when; the content only where its visibility allows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tandem.clocks import program_now, system_now
from tandem.tenancy.base import TenantBase, by_association


class AuditEntry(TenantBase):
    """One change by a person or by the program itself (``account_id`` empty).

    ``changes`` maps a field to ``[before, after]``; a private field maps to ``"private"``. Rows are only ever added.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        by_association("happened_at", "id"),
        by_association("object_id", "object_kind"),
        by_association("account_id", "happened_at"),
        by_association("program_id", "happened_at"),
    )

    account_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    program_id: Mapped[UUID | None]
    visibility: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str | None]
    happened_at: Mapped[datetime] = mapped_column(default=program_now)
    recorded_at: Mapped[datetime] = mapped_column(default=system_now)
