"""One reminder to those whose review is expected, before the day by which to decide."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from tandem.applications.committee import tell_reviewer
from tandem.applications.models import Application, ApplicationStatus
from tandem.applications.room import room_of
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.notices.services import in_batches

#: The most days before the end that a program can ask for a reminder.
HORIZON = timedelta(days=365)


def nudge_reviewers() -> int:
    """Remind reviewers of applications due soon, each application once; returns how many letters were written.

    Those to whom it was given are reminded, or the whole committee where it was given to nobody; not those who voted or stepped
    aside. A reviewer gets one letter for all of a program.
    """
    now = program_now()
    of: dict[tuple[UUID, UUID], list[Application]] = defaultdict(list)
    due = db.session.scalars(
        select(Application)
        .where(
            Application.status == ApplicationStatus.SUBMITTED,
            Application.decide_by < now + HORIZON,
            Application.nudged_at.is_(None),
        )
        .options(
            joinedload(Application.program),
            selectinload(Application.program_revision),
            joinedload(Application.submission),
            joinedload(Application.member),
        )
        .order_by(Application.decide_by, Application.id)
    ).all()
    for application in due:
        review = application.program_revision.resolved.get("review") or {}
        if application.decide_by is None or now < application.decide_by - timedelta(days=review.get("remind_days", 3)):
            continue
        application.nudged_at = now
        able = [seat for seat in room_of(application).seats if seat.can_vote]
        expected = [seat for seat in able if seat.assigned] or able
        for seat in expected:
            if seat.vote is None:
                of[seat.account.id, application.program_id].append(application)
    db.session.flush()
    with in_batches():
        for (account_id, _program_id), applications in of.items():
            tell_reviewer("review-due", account_id, applications)
    return len(of)
