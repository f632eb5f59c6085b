"""Minutes: what was decided in a period, by whom, with which votes and reasons. And the committees with what each member has in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.programs import programs_where
from tandem.applications.models import Application, ApplicationStatus, Decision, Recusal, ReviewAssignment, Vote
from tandem.extensions import db
from tandem.identity.models import Account, AccountState
from tandem.programs.models import Committee, CommitteeMember, Program
from tandem.programs.queries import role_word
from tandem.tenancy.scope import current_scope


@dataclass(frozen=True, slots=True)
class Minute:
    """One decision with the votes on what was decided on, and who had stepped aside."""

    decision: Decision
    votes: Sequence[Vote]
    aside: Sequence[str]


def minutes(*, actor: Actor, since: date, until: date, program_id: UUID | None = None) -> Sequence[Minute]:
    """The decisions from ``since`` to ``until`` (both included) in the actor's programs, oldest first; never on their own application.

    Three statements, whatever their number.
    """
    where = [
        programs_where(actor, "minutes.read"),
        Application.member_id.is_distinct_from(actor.member_id),
        Decision.created_at >= _begin(since),
        Decision.created_at < _begin(until + timedelta(days=1)),
    ]
    if program_id is not None:
        where.append(Application.program_id == program_id)
    decisions = db.session.scalars(
        select(Decision)
        .join(
            Application,
            and_(
                Application.association_id == Decision.association_id,
                Application.id == Decision.application_id,
            ),
        )
        .join(Program, and_(Program.association_id == Application.association_id, Program.id == Application.program_id))
        .where(*where)
        .options(
            joinedload(Decision.account),
            joinedload(Decision.application).joinedload(Application.member),
            joinedload(Decision.application).joinedload(Application.program),
        )
        .order_by(Decision.created_at, Decision.id)
    ).all()
    votes: dict[tuple[UUID, datetime], list[Vote]] = defaultdict(list)
    rounds = [(decision.application_id, decision.sent_at) for decision in decisions if decision.sent_at is not None]
    for vote in db.session.scalars(
        select(Vote)
        .where(tuple_(Vote.application_id, Vote.sent_at).in_(rounds))
        .options(joinedload(Vote.account))
        .order_by(Vote.cast_at)
    ):
        votes[vote.application_id, vote.sent_at].append(vote)
    aside: dict[UUID, list[str]] = defaultdict(list)
    for application_id, name in db.session.execute(
        select(Recusal.application_id, Account.name)
        .join(Account, and_(Account.association_id == Recusal.association_id, Account.id == Recusal.account_id))
        .where(Recusal.application_id.in_({decision.application_id for decision in decisions}))
        .order_by(Account.name)
    ):
        aside[application_id].append(name)
    return [
        Minute(
            decision,
            votes[decision.application_id, decision.sent_at] if decision.sent_at is not None else [],
            aside[decision.application_id],
        )
        for decision in decisions
    ]


def minute_rows(entries: Sequence[Minute]) -> Iterator[Sequence[object]]:
    """The minutes as rows of a table, with a head."""
    yield [
        _("Day"), _("Program"), _("Applicant"), _("Number"), _("Applies as"), _("Decision"), _("Decided by"), _("Votes for"),
        _("Votes against"), _("Abstained"), _("Stepped aside"), _("Reason"), _("Next steps"),
    ]  # fmt: skip
    said = {"approved": _("Approved"), "declined": _("Not approved"), "returned": _("Asked for more")}
    for entry in entries:
        decision, application = entry.decision, entry.decision.application
        named = {
            choice: ", ".join(vote.account.name for vote in entry.votes if vote.choice.value == choice)
            for choice in ("approve", "decline", "abstain")
        }
        yield [
            decision.created_at.astimezone(current_scope().zone).date().isoformat(), application.program.name,
            application.member.name, application.member.number, role_word({}, application.role.value),
            said[decision.outcome.value], decision.account.name, named["approve"], named["decline"], named["abstain"],
            ", ".join(entry.aside), decision.reason, decision.next_steps,
        ]  # fmt: skip


@dataclass(slots=True)
class CommitteeLine:
    """A committee with its programs, and its people with what each has in hand: (account, chair, waiting)."""

    committee: Committee
    programs: list[Program] = field(default_factory=list)
    people: list[tuple[Account, bool, int]] = field(default_factory=list)


def committees_of(actor: Actor) -> Sequence[CommitteeLine]:
    """The committees that review for the actor's programs, by name. Three statements."""
    lines: dict[UUID, CommitteeLine] = {}
    for committee, program in db.session.execute(
        select(Committee, Program)
        .join(Program, and_(Program.association_id == Committee.association_id, Program.committee_id == Committee.id))
        .where(programs_where(actor, "applications.assign"))
        .order_by(Committee.name, Program.name)
    ):
        lines.setdefault(committee.id, CommitteeLine(committee)).programs.append(program)
    in_hand = {
        (row[0], row[1]): row[2]
        for row in db.session.execute(
            select(Program.committee_id, ReviewAssignment.account_id, func.count())
            .select_from(Application)
            .join(
                Program,
                and_(Program.association_id == Application.association_id, Program.id == Application.program_id),
            )
            .join(
                ReviewAssignment,
                and_(
                    ReviewAssignment.association_id == Application.association_id,
                    ReviewAssignment.application_id == Application.id,
                ),
            )
            .where(Application.status == ApplicationStatus.SUBMITTED, Program.committee_id.in_(lines))
            .group_by(Program.committee_id, ReviewAssignment.account_id)
        )
    }
    for seat, account in db.session.execute(
        select(CommitteeMember, Account)
        .join(
            Account,
            and_(Account.association_id == CommitteeMember.association_id, Account.id == CommitteeMember.account_id),
        )
        .where(CommitteeMember.committee_id.in_(lines), Account.state == AccountState.ACTIVE)
        .order_by(Account.name)
    ):
        lines[seat.committee_id].people.append((account, seat.chair, in_hand.get((seat.committee_id, account.id), 0)))
    return list(lines.values())


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=current_scope().zone)
