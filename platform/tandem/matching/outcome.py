"""Computing a run in a worker, and storing what it found: pairs, people left over, prices, whom to recruit."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from tandem.extensions import db
from tandem.matching.computing import (
    Pool,
    broken_constraints,
    build_problem,
    lacking_for,
    load_pool,
    long_waiting,
    pairs_before,
    parts_of,
    reasons_for,
)
from tandem.matching.engine import (
    KEPT,
    POINTS,
    Aim,
    Effort,
    EngineError,
    Missed,
    Recruit,
    Result,
    missed_fits,
    recruits,
    solve,
)
from tandem.matching.models import MatchRun, Proposal, RunState
from tandem.matching.pool import entries_for_matching
from tandem.matching.progress import KEEPING, Progress
from tandem.programs.queries import resolved as resolved_document
from tandem.programs.schemas.base import days

#: So many options are counted, those with the fewest places for who asks first.
MOST_OPTIONS = 40

#: So many mentors without anybody are told with their reason; the counts say how many there are.
MOST_IDLE = 50


def compute_run(*, run: MatchRun, progress: Callable[[int], None] = lambda _percent: None) -> None:
    """Compute a run and store its proposals and everyone left over. A refusal of the engine is stored by its name.

    A criterion or constraint that fails is a refusal too: nothing is changed then but the run's state. ``progress`` is told per
    cent, and what it raises ends the work. The run is locked only to keep what was found; if it was discarded meanwhile, nothing is.
    """
    told = Progress(progress)
    effort = Effort(report=told)
    told.at(0)
    entries = entries_for_matching(program_id=run.program_id, cohort_id=run.cohort_id)
    matching = resolved_document(run.program_revision_id).get("matching", {})
    began = time.perf_counter()
    before: set[tuple[UUID, UUID]] = set()
    try:
        pool = load_pool(entries, matching)
        if matching.get("keep_bonus"):
            before = pairs_before(pool, program_id=run.program_id, cohort_id=run.cohort_id, run=run)
        problem = build_problem(pool, matching, together=before)
        result = solve(problem, effort)
        missed, wanted = missed_fits(problem, result), recruits(problem, result, effort=effort)
        lacking = _lacking(pool, result, matching)
    except (EngineError, MemoryError) as error:
        if not _still_wanted(run):
            return
        run.state = RunState.FAILED
        run.summary = {
            "error": type(error).__name__,
            "detail": str(error),
            "item": _blamed(error),
            "conflicts": [_plain(asdict(one)) for one in getattr(error, "conflicts", ())],
        }
        db.session.flush()
        return
    told.at(KEEPING)
    if not _still_wanted(run):
        return
    run.recruiting = [_example(one, pool.people, matching) for one in wanted]
    _store(run, pool.people, matching, result, missed=missed, lacking=lacking)
    run.summary = {
        **run.summary,
        "pool": {"mentees": len(pool.mentees), "mentors": len(pool.mentors)},
        "kept": _kept(result, before, matching) if before else None,
        "options": options_of(pool, result, matching),
        "waited": _waited(pool, result, matching) if matching.get("waiting_first") else None,
        "seconds": round(time.perf_counter() - began, 3),
    }


def _still_wanted(run: MatchRun) -> bool:
    """Lock the run and see whether it still waits for its result."""
    db.session.refresh(run, with_for_update={"of": MatchRun}, attribute_names=["state"])
    return run.state in (RunState.QUEUED, RunState.RUNNING)


def _blamed(error: Exception) -> str | None:
    """The id of the criterion or constraint that an error is about, which the engine's messages begin with."""
    found = re.match(r"(?:criterion|constraint) ([^:]+):", str(error))
    item: str | None = getattr(error, "item", found.group(1) if found else None)
    return item


def _kept(result: Result, before: Collection[tuple[UUID, UUID]], matching: Any) -> dict[str, int]:
    made = {(UUID(pair.mentee), UUID(pair.mentor)) for pair in result.pairs}
    return {"bonus": matching["keep_bonus"], "before": len(before), "still": len(made & set(before))}


def options_of(pool: Pool, result: Result, matching: Mapping[str, Any]) -> dict[str, Any] | None:
    """By option of what the program compares by overlap: how many ask for it, how many of them are matched, how many places offer it.

    ``None`` where it compares nothing so. The condition counts before points do. A place counts in each of its mentor's options.
    """
    compared = next(
        (
            item
            for kind in ("constraint", "criterion")
            for item in matching.get("constraints" if kind == "constraint" else "criteria") or ()
            if item.get(kind) == "overlap"
        ),
        None,
    )
    if compared is None:
        return None
    matched = {UUID(pair.mentee) for pair in result.pairs}
    asked, found, places = Counter[str](), Counter[str](), Counter[str]()
    for entry in pool.mentees:
        chosen = pool.people[entry.id].facts.chosen(compared["mentee"])
        asked.update(chosen)
        found.update(chosen if entry.id in matched else ())
    for entry in pool.mentors:
        places.update(dict.fromkeys(pool.people[entry.id].facts.chosen(compared["mentor"]), pool.places[entry.id].free))
    keys = sorted(asked.keys() | places.keys(), key=lambda one: (places[one] - asked[one], -asked[one], one))
    return {
        "question": compared["mentee"],
        "rows": [[one, asked[one], found[one], places[one]] for one in keys[:MOST_OPTIONS]],
    }


def _waited(pool: Pool, result: Result, matching: Any) -> dict[str, int]:
    long = long_waiting(pool.mentees, matching)
    matched = {UUID(pair.mentee) for pair in result.pairs}
    return {"days": days(matching["waiting_first"]), "people": len(long), "matched": len(long & matched)}


def _lacking(pool: Pool, result: Result, matching: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What those whom the rules leave nobody ask for and none with a place has: by mentee, then by the rule that says it."""
    refused = {left.mentee: left.refusal for left in result.unmatched if left.refusal is not None}
    mentors = [pool.people[entry.id] for entry in pool.mentors if pool.places[entry.id].free]
    found: dict[str, dict[str, Any]] = {}
    for item in matching.get("constraints", ()) if mentors else ():
        kept = [mentee for mentee, refusal in refused.items() if any(rule.id == item["id"] for rule in refusal.rules)]
        said = lacking_for([pool.people[UUID(mentee)] for mentee in kept], mentors, item)
        for mentee, message in zip(kept, said, strict=True):
            if message is not None:
                found.setdefault(mentee, {})[item["id"]] = message
    return found


def _store(
    run: MatchRun,
    people: Any,
    matching: Any,
    result: Result,
    *,
    missed: Sequence[Missed],
    lacking: Mapping[str, Mapping[str, Any]],
) -> None:
    db.session.execute(delete(Proposal).where(Proposal.match_run_id == run.id))
    better = {one.mentee: one for one in missed}
    # Where pairs are stable, a place goes to whom its mentor ranks first: no price explains it.
    priced = result.aim is not Aim.STABLE
    fits = 0
    for pair in result.pairs:
        mentee, mentor = UUID(pair.mentee), UUID(pair.mentor)
        other, parts = better.get(pair.mentee), parts_of(result, pair.parts)
        db.session.add(
            Proposal(
                match_run_id=run.id,
                mentee_entry_id=mentee,
                mentor_entry_id=mentor,
                points=sum(part["points"] for part in parts),
                parts=parts,
                reasons=reasons_for(people[mentee], people[mentor], matching),
                missed={
                    "mentor": other.mentor,
                    "points": other.points,
                    "price": other.price if priced else None,
                    "own": other.own_price,
                }
                if other
                else None,
            )
        )
        fits += sum(part["points"] for part in parts)
    run.unmatched = [
        {
            "entry_id": left.mentee,
            **_plain(asdict(left)),
            "group": _group(result, left.shortage),
            "lacking": lacking.get(left.mentee, {}),
        }
        for left in result.unmatched
    ]
    run.left_over = len(result.unmatched)
    run.prices = {price.mentor: int(price.price) for price in result.prices if price.price}
    run.summary = {
        "counts": _plain(asdict(result.counts)),
        "aim": result.aim.value,
        "points": fits,
        "worst": result.worst,
        "instead": _plain(asdict(result.instead)) if result.instead else None,
        "total": POINTS,
        "criteria": [_plain(asdict(share)) for share in result.criteria if share.id != KEPT],
        "proof": _plain(asdict(result.proof)),
        "idle": [_plain(asdict(idle)) for idle in result.idle[:MOST_IDLE]],
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
