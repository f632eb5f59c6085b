"""Whether letters to reviewers are still called for when their mail goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from tandem.applications.models import Application, ApplicationStatus, Vote
from tandem.extensions import db
from tandem.notices.reasons import reason_of


@reason_of("application-changed", "reviewer-waiting", "review-assigned", "review-due")
def review_stands(reason: Mapping[str, Any]) -> bool:
    """One of the applications still waits for a decision, and this reviewer has not voted on it."""
    voted = exists().where(
        Vote.association_id == Application.association_id,
        Vote.application_id == Application.id,
        Vote.account_id == UUID(reason["account"]),
    )
    waiting = select(Application.id).where(
        Application.id.in_([UUID(identifier) for identifier in reason["applications"]]),
        Application.status == ApplicationStatus.SUBMITTED,
        ~voted,
    )
    return db.session.scalar(waiting.limit(1)) is not None
