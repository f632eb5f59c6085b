"""The console's own platform table. Operators and their sessions stand with the other platform tables in ``tenancy``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from tandem.tenancy.base import Base


class OperatorAttempt(Base):
    """How often a sign-in was tried at the console in one window of time; ``key`` is a hash, never an address in clear."""

    __tablename__ = "operator_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
