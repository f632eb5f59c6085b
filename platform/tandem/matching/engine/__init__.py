"""The matching engine: arrays in, an exact and explained result out. It knows neither the web nor the database.

    problem = Problem.of(mentees=ids, mentors=ids, capacities=[...], criteria=[...], constraints=[...])
    result = solve(problem)
    Explainer(problem, result).why_not_best(mentee)

How it works, and what its figures mean: docs/matching.md.
"""

from tandem.matching.engine.candidates import Effort, Step
from tandem.matching.engine.changes import Change, Move, compare, what_if
from tandem.matching.engine.errors import (
    CapacityError,
    ConflictKind,
    ContradictoryLocks,
    DuplicateId,
    EngineError,
    LockConflict,
    NotFinite,
    NotOptimal,
    NotUnmatched,
    OutOfRange,
    ShapeError,
    SolverFailed,
    TooLarge,
    UnknownId,
    WaiverError,
)
from tandem.matching.engine.explain import (
    BestFit,
    Cost,
    Explainer,
    PairExplanation,
    PartOfFit,
    Swap,
    Taker,
    explain_pair,
)
from tandem.matching.engine.inputs import Aim, Block, Blocked, Constraint, Criterion, Lock, Table, Together, Waiver
from tandem.matching.engine.problem import FLOOR, KEPT, POINTS, Problem
from tandem.matching.engine.result import (
    Counts,
    Entry,
    Idle,
    IdleReason,
    Instead,
    Pair,
    Partly,
    Price,
    Proof,
    Reason,
    Refusal,
    Relaxation,
    Result,
    Rival,
    RuleShare,
    Share,
    Shortage,
    Unmatched,
)
from tandem.matching.engine.shortlist import Shortlists, Suggestion, shortlist
from tandem.matching.engine.solve import solve
from tandem.matching.engine.wishes import Missed, Recruit, missed_fits, recruits

__all__ = [
    "FLOOR", "KEPT", "POINTS", "Aim", "BestFit", "Block", "Blocked", "CapacityError", "Change", "ConflictKind", "Constraint", "ContradictoryLocks", "Cost",
    "Counts", "Criterion", "DuplicateId", "Effort", "EngineError", "Entry", "Explainer", "Idle", "IdleReason", "Instead", "Lock", "LockConflict", "Missed",
    "Move", "NotFinite", "NotOptimal", "NotUnmatched", "OutOfRange", "Pair", "PairExplanation", "PartOfFit", "Partly",
    "Price", "Problem", "Proof", "Reason", "Recruit", "Refusal", "Relaxation", "Result", "Rival", "RuleShare", "ShapeError", "Share",
    "Shortage", "Shortlists", "SolverFailed", "Step", "Suggestion", "Swap", "Table", "Taker", "Together", "TooLarge", "UnknownId", "Unmatched", "Waiver",
    "WaiverError", "compare", "explain_pair", "missed_fits", "recruits", "shortlist", "solve", "what_if",
]  # fmt: skip
