"""A run's pairs as a list that is understood when it comes back."""

from __future__ import annotations

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from tandem.directory.models import Member
from tandem.extensions import db
from tandem.matching.decided.reading import KEPT, LOCKED, MENTEE, MENTOR, REASON, STATE, TAKEN_OUT
from tandem.matching.models import Lock, LockKind, MatchRun, PoolEntry, Proposal, ProposalState

#: The first row of the list; like the columns of the directory's, they are the same in every language.
HEAD = (MENTEE, "mentee name", MENTOR, "mentor name", "points", STATE, "note", REASON)


def pair_rows(run: MatchRun) -> list[list[object]]:
    """The head, then one row for each pair of a run by the mentees' names; one statement.

    ``mentee`` and ``mentor`` are member numbers. Pairs set aside stand there too, as taken out; ``reason`` is why a condition was
    set aside.
    """
    one, other, mentee, mentor = aliased(PoolEntry), aliased(PoolEntry), aliased(Member), aliased(Member)
    rows = db.session.execute(
        select(
            mentee.number, mentee.given_name, mentee.family_name, mentor.number, mentor.given_name, mentor.family_name,
            Proposal.points, Proposal.state, Proposal.note, Proposal.waiver_reason, Lock.kind,
        )
        .join(one, and_(one.association_id == Proposal.association_id, one.id == Proposal.mentee_entry_id))
        .join(other, and_(other.association_id == Proposal.association_id, other.id == Proposal.mentor_entry_id))
        .join(mentee, and_(mentee.association_id == one.association_id, mentee.id == one.member_id))
        .join(mentor, and_(mentor.association_id == other.association_id, mentor.id == other.member_id))
        .outerjoin(
            Lock,
            and_(
                Lock.association_id == Proposal.association_id, Lock.mentee_entry_id == one.id,
                Lock.mentor_entry_id == other.id, Lock.kind == LockKind.TOGETHER,
            ),
        )
        .where(Proposal.match_run_id == run.id)
        .order_by(mentee.name_key, Proposal.id)
    )  # fmt: skip
    found: list[list[object]] = [list(HEAD)]
    for number, given, family, other_number, other_given, other_family, points, state, note, reason, kind in rows:
        said = TAKEN_OUT if state is ProposalState.DECLINED else LOCKED if kind is LockKind.TOGETHER else KEPT
        found.append(
            [number, f"{given} {family}".strip(), other_number, f"{other_given} {other_family}".strip(), points, said,
             note or "", reason or ""]
        )  # fmt: skip
    return found
