"""Computing a run in a worker, and storing what it found: pairs, people left over, prices, whom to recruit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from tandem.extensions import db
from tandem.matching.computing import broken_constraints, build_problem, load_pool, parts_of, reasons_for
from tandem.matching.engine import EngineError, Missed, Recruit, Result, missed_fits, recruits, solve
from tandem.matching.models import MatchRun, Proposal, RunState
from tandem.matching.pool import entries_for_matching
from tandem.programs.queries import resolved as resolved_document

#: So many mentors without anybody are told with their reason; the counts say how many there are.
MOST_IDLE = 50


def compute_run(*, run: MatchRun) -> None:
    """Compute a run and store its proposals and everyone left over. A refusal of the engine is stored by its name.

    A criterion or constraint that fails is a refusal too: nothing is changed then but the run's state.
    """
    entries = entries_for_matching(program_id=run.program_id, cohort_id=run.cohort_id)
    pool = load_pool(entries)
    matching = resolved_document(run.program_revision_id).get("matching", {})
    began = time.perf_counter()
    try:
        problem = build_problem(pool, matching)
        result = solve(problem)
        missed, wanted = missed_fits(problem, result), recruits(problem, result)
    except EngineError as error:
        run.state = RunState.FAILED
        run.summary = {"error": type(error).__name__, "detail": str(error), "item": getattr(error, "item", None)}
        db.session.flush()
        return
    run.recruiting = [_example(one, pool.people, matching) for one in wanted]
    _store(run, pool.people, matching, result, missed=missed, seconds=time.perf_counter() - began)


def _store(
    run: MatchRun, people: Any, matching: Any, result: Result, *, missed: Sequence[Missed], seconds: float
) -> None:
    db.session.execute(delete(Proposal).where(Proposal.match_run_id == run.id))
    better = {one.mentee: one for one in missed}
    for pair in result.pairs:
        mentee, mentor = UUID(pair.mentee), UUID(pair.mentor)
        other = better.get(pair.mentee)
        db.session.add(
            Proposal(
                match_run_id=run.id,
                mentee_entry_id=mentee,
                mentor_entry_id=mentor,
                points=int(pair.points),
                parts=parts_of(result, pair.parts),
                reasons=reasons_for(people[mentee], people[mentor], matching),
                missed={"mentor": other.mentor, "points": other.points, "price": other.price, "own": other.own_price}
                if other
                else None,
            )
        )
    run.unmatched = [
        {"entry_id": left.mentee, **_plain(asdict(left)), "group": _group(result, left.shortage)}
        for left in result.unmatched
    ]
    run.left_over = len(result.unmatched)
    run.prices = {price.mentor: int(price.price) for price in result.prices if price.price}
    run.summary = {
        "counts": _plain(asdict(result.counts)),
        "points": int(result.points),
        "total": result.total,
        "criteria": [_plain(asdict(share)) for share in result.criteria],
        "proof": _plain(asdict(result.proof)),
        "idle": [_plain(asdict(idle)) for idle in result.idle[:MOST_IDLE]],
        "seconds": round(seconds, 3),
    }
    run.state = RunState.PROPOSED
    db.session.flush()


def _group(result: Result, at: int | None) -> dict[str, Any] | None:
    # Only how many they are: a shortage of the whole program names everybody, and each person left over refers to it.
    if at is None:
        return None
    group = result.shortages[at]
    return {"people": len(group.mentees), "mentors": len(group.mentors), "places": group.places, "short": group.short}


def _example(one: Recruit, people: Any, matching: Any) -> dict[str, Any]:
    """A kind of mentor to look for, with the first people whom it would place and why one of them suits the kind."""
    mentor = people[UUID(one.mentor)]
    mentees = [name for name in one.mentees if not broken_constraints(people[UUID(name)], mentor, matching)]
    return {
        "mentor": one.mentor,
        "places": one.places,
        "points": one.points,
        "mentees": list(one.mentees[:5]),
        "example": mentees[0] if mentees else None,
        "reasons": reasons_for(people[UUID(mentees[0])], mentor, matching) if mentees else [],
    }


def _plain(value: Any) -> Any:
    # The engine's figures may be NumPy scalars and enums; the database keeps plain JSON.
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return str(value) if isinstance(value, str) else value
    if isinstance(value, float):
        return float(value)
    return value.item() if hasattr(value, "item") else value
