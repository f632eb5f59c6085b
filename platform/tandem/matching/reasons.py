"""Whether a question to a mentor is still called for when its mail goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.clocks import program_now
from tandem.extensions import db
from tandem.matching.models import AskState, MentorAsk
from tandem.notices.reasons import reason_of


@reason_of("mentor-asked")
def ask_stands(reason: Mapping[str, Any]) -> bool:
    """The mentor has not answered, and still may."""
    found = select(MentorAsk.id).where(
        MentorAsk.id == UUID(reason["ask"]), MentorAsk.state == AskState.ASKED, MentorAsk.due_at > program_now()
    )
    return db.session.scalar(found) is not None
