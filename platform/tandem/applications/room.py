"""The committee room of one application: who sits in it, who stepped aside, how they voted, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.programs import may_in
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
from tandem.extensions import db
from tandem.identity.models import Account, AccountState
from tandem.programs.models import CommitteeMember

#: How long whoever is asked has, unless the program says otherwise: reviewers to decide, an applicant to answer.
ANSWER_DAYS = 14


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in the room. ``seated`` is false for someone whose seat was taken away after voting: a vote cast stays cast."""

    account: Account
    chair: bool = False
    seated: bool = True
    assigned: bool = False
    recused: str | None = None
    vote: Vote | None = None
    hints: Sequence[str] = ()

    @property
    def can_vote(self) -> bool:
        """Whether a vote of theirs may come."""
        return self.seated and self.recused is None


@dataclass(frozen=True, slots=True)
class Room:
    """Everybody in the room, by name. ``quorum`` is how many votes for or against it takes; abstentions do not count."""

    quorum: int
    rubric: Sequence[dict[str, Any]]
    seats: Sequence[Seat]

    @property
    def by_vote(self) -> bool:
        """Whether reviewers vote here; otherwise the first who decides has decided."""
        return self.quorum > 1 or bool(self.rubric)

    def seat_of(self, account_id: UUID | None) -> Seat | None:
        """The person's place in the room, if they have one."""
        return next((seat for seat in self.seats if seat.account.id == account_id), None)

    def count(self, choice: VoteChoice) -> int:
        """How many voted so; the votes of those who stepped aside are left out."""
        return sum(seat.vote is not None and seat.recused is None and seat.vote.choice is choice for seat in self.seats)

    @property
    def cast(self) -> int:
        """Votes that count towards the quorum."""
        return self.count(VoteChoice.APPROVE) + self.count(VoteChoice.DECLINE)

    @property
    def outcome(self) -> Outcome | None:
        """What the votes decide, ``None`` while there are too few or they are tied."""
        approve, decline = self.count(VoteChoice.APPROVE), self.count(VoteChoice.DECLINE)
        if approve + decline < self.quorum or approve == decline:
            return None
        return Outcome.APPROVED if approve > decline else Outcome.DECLINED

    @property
    def tied(self) -> bool:
        """Whether enough have voted, half of them each way."""
        return self.cast >= self.quorum and self.outcome is None

    @property
    def out_of_reach(self) -> bool:
        """Whether too few are left who could still vote."""
        return self.cast + sum(seat.can_vote and seat.vote is None for seat in self.seats) < self.quorum

    def with_vote(self, account_id: UUID | None, choice: VoteChoice) -> Room:
        """The room as it would be after that vote."""
        seats = [
            replace(seat, vote=Vote(account_id=account_id, choice=choice)) if seat.account.id == account_id else seat
            for seat in self.seats
        ]
        return replace(self, seats=seats)


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person may do in the room now."""

    votes: bool
    decides: bool
    asks: bool


def room_of(application: Application) -> Room:
    """The room of ``application`` as it was last sent. Seven statements at most, whatever the size of the committee."""
    review = application.program_revision.resolved.get("review") or {}
    sent_at: datetime | None = application.status_since
    if application.status is not ApplicationStatus.SUBMITTED:
        sent_at = db.session.scalar(select(func.max(Decision.sent_at)).where(Decision.application_id == application.id))
    votes = {
        vote.account_id: vote
        for vote in db.session.scalars(
            select(Vote)
            .where(Vote.application_id == application.id, Vote.sent_at == sent_at)
            .options(joinedload(Vote.account))
            .execution_options(populate_existing=True)
        )
    }
    recused = {row.account_id: row.reason for row in _of(Recusal, application.id)}
    assigned = {row.account_id for row in _of(ReviewAssignment, application.id)}
    seated = seats_of(application.program.committee_id)
    accounts = [account for account, _chair in seated if account.member_id != application.member_id]
    hints = hints_for([application], accounts)
    chairs = {account.id for account, chair in seated if chair}
    seats = [
        Seat(
            account=account,
            chair=account.id in chairs,
            assigned=account.id in assigned,
            recused=recused.get(account.id),
            vote=votes.get(account.id),
            hints=hints.get((application.id, account.id), ()),
        )
        for account in accounts
    ]
    there = {seat.account.id for seat in seats}
    seats += [
        Seat(account=vote.account, seated=False, recused=recused.get(vote.account_id), vote=vote)
        for vote in votes.values()
        if vote.account_id not in there
    ]
    return Room(quorum=review.get("quorum", 1), rubric=review.get("rubric") or [], seats=seats)


def standing_of(actor: Actor, application: Application, room: Room) -> Standing:
    """What ``actor`` may do with a waiting application; recusal and one's own application are looked at elsewhere."""
    if not may_in(actor, "applications.decide", application.program):
        return Standing(votes=False, decides=False, asks=False)
    review = application.program_revision.resolved.get("review") or {}
    committee_id = application.program.committee_id
    on_committee = committee_id is not None and any(grant.committee_id == committee_id for grant in actor.grants)
    takes_part = review.get("staff_decide", True) or on_committee
    if not room.by_vote:
        return Standing(votes=False, decides=takes_part, asks=takes_part)
    seat = room.seat_of(actor.account_id)
    seated = seat is not None and seat.seated and on_committee
    runs_it = review.get("staff_decide", True) and may_in(actor, "applications.assign", application.program)
    casting = seated and seat is not None and seat.chair and (room.tied or room.out_of_reach)
    return Standing(votes=seated, decides=runs_it or casting, asks=seated or runs_it)


def seats_of(committee_id: UUID | None) -> Sequence[tuple[Account, bool]]:
    """Everybody with a seat on a committee and an open account, by name, with whether they chair it."""
    if committee_id is None:
        return []
    rows = db.session.execute(
        select(Account, CommitteeMember.chair)
        .join(
            CommitteeMember,
            (CommitteeMember.association_id == Account.association_id) & (CommitteeMember.account_id == Account.id),
        )
        .where(CommitteeMember.committee_id == committee_id, Account.state == AccountState.ACTIVE)
        .order_by(Account.name, Account.id)
    )
    return [(row[0], row[1]) for row in rows]


def weighted_score(rubric: Sequence[dict[str, Any]], scores: dict[str, Any]) -> int | None:
    """What a vote's points come to, out of 100, by the items' weights; ``None`` where nothing was scored."""
    scored = [item for item in rubric if item["id"] in scores]
    weight: int = sum(item["weight"] for item in scored)
    if not weight:
        return None
    points = sum(100 * int(item["weight"]) * int(scores[item["id"]]) / int(item["scale"]) for item in scored)
    return round(points / weight)


def _of(model: type[Recusal | ReviewAssignment], application_id: UUID) -> Sequence[Any]:
    return db.session.scalars(select(model).where(model.application_id == application_id)).all()
