"""Time spent in a mentorship, in minutes, and what is left of the program's limit. Pure functions and one read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union_all

from tandem.extensions import db
from tandem.mentorships.models import Hours, Meeting


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """Minutes in meetings and otherwise, against the limit (``None`` where the program has none)."""

    meetings: int
    other: int
    limit: int | None

    @property
    def total(self) -> int:
        """All minutes."""
        return self.meetings + self.other

    @property
    def left(self) -> int | None:
        """Minutes left; 0 once the limit is passed, never negative."""
        return None if self.limit is None else max(0, self.limit - self.total)

    @property
    def over(self) -> int:
        """Minutes beyond the limit. The limit warns and never closes (C8)."""
        return 0 if self.limit is None else max(0, self.total - self.limit)


def recorded_by(mentorship_id: UUID) -> dict[UUID, int]:
    """The minutes that each participant recorded, meetings and otherwise; one statement."""
    parts = union_all(
        select(Meeting.logged_by.label("who"), Meeting.minutes.label("minutes")).where(
            Meeting.mentorship_id == mentorship_id, Meeting.removed_at.is_(None)
        ),
        select(Hours.participant_id, Hours.minutes).where(
            Hours.mentorship_id == mentorship_id, Hours.removed_at.is_(None)
        ),
    ).subquery()
    rows = db.session.execute(select(parts.c.who, func.sum(parts.c.minutes)).group_by(parts.c.who))
    return {row[0]: int(row[1]) for row in rows}


def limit_minutes(resolved: Mapping[str, Any]) -> int | None:
    """The most minutes that a program by hours expects of a mentorship."""
    length = resolved.get("length") or {}
    return int(length["max_minutes"]) if length.get("kind") == "hours" and length.get("max_minutes") else None


def time_spent(mentorship_id: UUID, resolved: Mapping[str, Any]) -> TimeSpent:
    """What both sides noted, removed entries left out; one statement."""
    meetings = select(func.coalesce(func.sum(Meeting.minutes), 0)).where(
        Meeting.mentorship_id == mentorship_id, Meeting.removed_at.is_(None)
    )
    other = select(func.coalesce(func.sum(Hours.minutes), 0)).where(
        Hours.mentorship_id == mentorship_id, Hours.removed_at.is_(None)
    )
    row = db.session.execute(select(meetings.scalar_subquery(), other.scalar_subquery())).one()
    return TimeSpent(int(row[0]), int(row[1]), limit_minutes(resolved))
