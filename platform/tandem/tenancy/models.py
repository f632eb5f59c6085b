"""Platform tables: associations, their hosts, operators. They carry no association's content and no row security."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Interval
from sqlalchemy.orm import Mapped, mapped_column

from tandem.ids import uuid7
from tandem.tenancy.base import Base, choice


class AssociationState(StrEnum):
    """Whether an association's host answers."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Association(Base):
    """One association on the platform. ``clock_offset`` moves its program clock ahead of the system's.

    ``mail_held_at`` says since when the platform's operator holds its mail, on the system's clock.
    """

    __tablename__ = "association"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    state: Mapped[AssociationState] = mapped_column(choice(AssociationState), default=AssociationState.ACTIVE)
    clock_offset: Mapped[timedelta] = mapped_column(Interval, default=timedelta(0))
    created_at: Mapped[datetime]
    mail_held_at: Mapped[datetime | None]


class Host(Base):
    """A host name that leads to an association; exactly one per association is canonical and used in links."""

    __tablename__ = "host"
    __table_args__ = (Index("uq_host_canonical", "association_id", unique=True, postgresql_where="canonical"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"), index=True)
    hostname: Mapped[str] = mapped_column(unique=True)
    canonical: Mapped[bool] = mapped_column(default=False)


class Operator(Base):
    """Someone who keeps the platform. Signs in on the operator's host with a password."""

    __tablename__ = "operator"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]


class OperatorSession(Base):
    """An operator's sign-in. The cookie holds the random value of which ``token_hash`` is the SHA-256."""

    __tablename__ = "operator_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operator.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
