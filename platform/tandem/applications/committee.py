"""The committee's work: giving applications to reviewers, voting, the chair."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, ForbiddenError, InvalidError, NotYoursError
from tandem.access.programs import may_in, require_in
from tandem.applications.conflicts import hints_for
from tandem.applications.models import (
    Application,
    ApplicationStatus,
    Decision,
    Outcome,
    Recusal,
    ReviewAssignment,
    Vote,
    VoteChoice,
)
from tandem.applications.review import MAX_TEXT, check_outcome, decide, lock_for_review
from tandem.applications.room import Room, room_of, seats_of, standing_of
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.ids import uuid7
from tandem.notices.services import in_batches, write_notice
from tandem.programs.models import Committee, CommitteeMember, Program
from tandem.tenancy.scope import current_association_id
from tandem.texts import too_long


class OutcomeMovedError(RuntimeError):
    """The vote would decide otherwise than the voter was told: ``outcome`` is what it would decide now, if anything."""

    def __init__(self, outcome: Outcome | None) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def cast_vote(
    *,
    actor: Actor,
    application: Application,
    choice: VoteChoice,
    note: str = "",
    scores: Mapping[str, str] | None = None,
    reason: str = "",
    next_steps: str = "",
    expected: Outcome | None = None,
) -> Decision | None:
    """Vote on a waiting application, or change one's vote. The vote that completes the quorum decides, and the letter goes out.

    ``expected`` is what the voter was shown that their vote would decide. Of two who vote at once the second waits for the first;
    if that changes what their vote decides, nothing is kept and ``OutcomeMovedError`` says what it would decide now. Raises
    ``InvalidError`` (``choice``, ``note``, ``score-…``, ``reason``, ``next_steps``), ``ForbiddenError``, ``ConflictError``.
    """
    lock_for_review(actor, application)
    room = room_of(application)
    if not standing_of(actor, application, room).votes:
        raise ForbiddenError(_("Only those with a seat on the committee vote. Staff give seats under Accounts."))
    points = _points(room, choice, scores or {})
    if len(note) > MAX_TEXT:
        raise InvalidError({"note": too_long(MAX_TEXT)})
    outcome = room.with_vote(actor.account_id, choice).outcome
    if outcome is not expected:
        raise OutcomeMovedError(outcome)
    if outcome is not None:
        check_outcome(application, outcome, reason, next_steps)
    values = {"choice": choice, "note": note.strip() or None, "scores": points, "cast_at": program_now()}
    db.session.execute(
        insert(Vote)
        .values(association_id=current_association_id(), id=uuid7(), application_id=application.id,
                account_id=actor.account_id, sent_at=application.status_since, **values)
        .on_conflict_do_update(index_elements=["association_id", "application_id", "sent_at", "account_id"], set_=values)
    )  # fmt: skip
    record(
        actor=actor,
        action="application.voted",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
    )
    if outcome is None:
        return None
    return decide(
        actor=actor, application=application, outcome=outcome, reason=reason, next_steps=next_steps, by_vote=True
    )


def _points(room: Room, choice: VoteChoice, scores: Mapping[str, str]) -> dict[str, int]:
    points: dict[str, int] = {}
    problems = {}
    for item in room.rubric:
        typed = scores.get(item["id"], "").strip()
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= item["scale"]:
            points[item["id"]] = int(typed)
        elif typed or choice is not VoteChoice.ABSTAIN:
            problems[f"score-{item['id']}"] = _(
                "Give “%(question)s” a number from 1 to %(top)s.", question=item["question"], top=item["scale"]
            )
    if problems:
        raise InvalidError(problems)
    return points


def assign_reviewer(*, actor: Actor, application: Application, account_id: UUID) -> None:
    """Expect a review of somebody on the committee; they are told. Doing it twice changes nothing.

    Raises ``NotYoursError``, ``ConflictError`` for one that no longer waits, ``InvalidError`` (``reviewer``).
    """
    require_in(actor, "applications.assign", application.program)
    _refuse_decided(application)
    seat = room_of(application).seat_of(account_id)
    if seat is None or not seat.seated:
        raise InvalidError({"reviewer": _("Choose somebody who has a seat on the committee and is not the applicant.")})
    if seat.recused is not None:
        raise InvalidError({"reviewer": _("%(name)s has stepped aside from this application.", name=seat.account.name)})
    if not seat.assigned:
        _assign(actor, [(application, account_id)])


def take_from_reviewer(*, actor: Actor, application: Application, account_id: UUID) -> None:
    """No longer expect a review of somebody. A vote that was cast stays. Raises ``NotYoursError``, ``ConflictError``."""
    require_in(actor, "applications.assign", application.program)
    _refuse_decided(application)
    gone = db.session.scalars(
        delete(ReviewAssignment)
        .where(ReviewAssignment.application_id == application.id, ReviewAssignment.account_id == account_id)
        .returning(ReviewAssignment.id)
    ).all()
    if gone:
        _record_assignment(actor, application, "application.unassigned")


@dataclass(frozen=True, slots=True)
class Shared:
    """What sharing out did: how many were given to somebody, and how many could not all be filled."""

    given: int
    short: int


def share_out(*, actor: Actor, program: Program) -> Shared:
    """Give every waiting application of ``program`` as many reviewers as its quorum asks, evenly; each reviewer is told once.

    Whoever has the fewest in hand is next. Nobody gets their own application, one they stepped aside from, or one with a hint
    against them. Raises ``NotYoursError``.
    """
    require_in(actor, "applications.assign", program)
    # Locked, so that two who press the button at once do not give each application to twice as many.
    db.session.execute(select(Program.id).where(Program.id == program.id).with_for_update())
    waiting = db.session.scalars(
        select(Application)
        .where(Application.program_id == program.id, Application.status == ApplicationStatus.SUBMITTED)
        .options(
            joinedload(Application.submission),
            selectinload(Application.program_revision),
            joinedload(Application.program),
            joinedload(Application.member),
        )
        .order_by(Application.status_since, Application.id)
    ).all()
    accounts = [account for account, _chair in seats_of(program.committee_id)]
    ids = [application.id for application in waiting]
    assigned = _by_application(ReviewAssignment, ids)
    recused = _by_application(Recusal, ids)
    hints = hints_for(waiting, accounts)
    seated = {account.id for account in accounts}
    load = Counter(account_id for people in assigned.values() for account_id in people if account_id in seated)
    given: list[tuple[Application, UUID]] = []
    short = 0
    for application in waiting:
        review = application.program_revision.resolved.get("review") or {}
        missing = review.get("quorum", 1) - len(assigned[application.id] & seated - recused[application.id])
        fit = [
            account
            for account in accounts
            if account.member_id != application.member_id
            and account.id not in assigned[application.id] | recused[application.id]
            and (application.id, account.id) not in hints
        ]
        for account in sorted(fit, key=lambda each: (load[each.id], each.name, str(each.id)))[: max(missing, 0)]:
            given.append((application, account.id))
            load[account.id] += 1
            missing -= 1
        short += missing > 0
    _assign(actor, given)
    return Shared(len({application.id for application, _account in given}), short)


def set_chair(*, actor: Actor, committee: Committee, account_id: UUID | None) -> None:
    """Give the chair to somebody with a seat, or to nobody; audited. Raises ``NotYoursError``, ``InvalidError`` (``chair``)."""
    require_committee(actor, committee)
    seats = {
        seat.account_id: seat
        for seat in db.session.scalars(
            select(CommitteeMember).where(CommitteeMember.committee_id == committee.id).with_for_update()
        )
    }
    if account_id is not None and account_id not in seats:
        raise InvalidError({"chair": _("Choose somebody who has a seat on the committee.")})
    for seat in seats.values():
        seat.chair = seat.account_id == account_id
    db.session.flush()
    record(
        actor=actor, action="committee.chair-set", object_kind="committee", object_id=committee.id,
        changes={"name": [None, db.session.scalar(select(Account.name).where(Account.id == account_id))]},
    )  # fmt: skip


def require_committee(actor: Actor, committee: Committee) -> None:
    """Refuse unless ``actor`` gives out the applications of a program that the committee reviews. Raises ``NotYoursError``."""
    programs = db.session.scalars(select(Program).where(Program.committee_id == committee.id)).all()
    if not actor.may_everywhere("applications.assign") and not any(
        may_in(actor, "applications.assign", program) for program in programs
    ):
        raise NotYoursError


def _assign(actor: Actor, pairs: Sequence[tuple[Application, UUID]]) -> None:
    """Write assignments and tell each reviewer once."""
    if not pairs:
        return
    db.session.execute(
        insert(ReviewAssignment)
        .values([
            {"association_id": current_association_id(), "id": uuid7(), "application_id": application.id,
             "account_id": account_id, "created_at": program_now()}
            for application, account_id in pairs
        ])
        .on_conflict_do_nothing(index_elements=["association_id", "application_id", "account_id"])
    )  # fmt: skip
    of: dict[UUID, list[Application]] = defaultdict(list)
    for application, account_id in pairs:
        of[account_id].append(application)
    for application in {application.id: application for application, _account in pairs}.values():
        _record_assignment(actor, application, "application.assigned")
    with in_batches():
        for account_id, applications in of.items():
            if account_id != actor.account_id:
                tell_reviewer("review-assigned", account_id, applications)


def tell_reviewer(template: str, account_id: UUID, applications: Sequence[Application]) -> None:
    """Write to a reviewer about applications of one program: with one, the link leads to it, with several to the list."""
    first = applications[0]
    due = [application.decide_by for application in applications if application.decide_by is not None]
    context: dict[str, Any] = {
        "applicants": [application.member.name for application in applications],
        "count": len(applications),
        "decide_by": min(due, default=None),
    }
    several = len(applications) > 1
    write_notice(
        template=template,
        to_account_id=account_id,
        context=context,
        about=("application", first.id),
        program_id=first.program_id,
        path="/staff/applications/?queue=mine" if several else f"/staff/applications/{first.id}",
        dedupe_key=f"{template}:{account_id}:{first.id}:{program_now().isoformat()}",
        reason={"applications": [application.id for application in applications], "account": account_id},
    )


def _by_application(model: type[ReviewAssignment | Recusal], ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for application_id, account_id in db.session.execute(
        select(model.application_id, model.account_id).where(model.application_id.in_(ids))
    ):
        found[application_id].add(account_id)
    return found


def _refuse_decided(application: Application) -> None:
    db.session.refresh(application, with_for_update={"of": Application}, attribute_names=["status"])
    if application.status is not ApplicationStatus.SUBMITTED:
        raise ConflictError(_("This application no longer waits for a decision. Nothing was changed."))


def _record_assignment(actor: Actor, application: Application, action: str) -> None:
    record(
        actor=actor,
        action=action,
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
    )
