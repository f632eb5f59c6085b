"""What the engine refuses, each by a name of its own.

Everything here is raised before a solve begins, except ``SolverFailed`` and ``NotOptimal``, which mean a defect or figures
that do not belong together. The messages are for engineers; callers word their own from the attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EngineError(ValueError):
    """Any refusal of the matching engine."""


class ShapeError(EngineError):
    """An array's length or shape does not fit the people, or a code points outside its table."""


class NotFinite(EngineError):
    """A value or a weight is NaN or infinite."""


class OutOfRange(EngineError):
    """A criterion's value is outside 0–100, a weight is negative, or the total of points is outside 1–250."""


class CapacityError(EngineError):
    """A need or a capacity is negative, fractional or absurdly large."""


class DuplicateId(EngineError):
    """An id stands twice on one side, or two criteria or constraints share one."""


class UnknownId(EngineError):
    """A lock, a block, a waiver or a question names somebody or something that is not in the problem."""


class WaiverError(EngineError):
    """A waiver names a constraint that nobody may override."""


class TooLarge(EngineError):
    """Costs would leave the solver's exact range (|cost| under 10^13)."""


class NotUnmatched(EngineError):
    """Why somebody has no partner was asked about a person who has one, or who asked for none."""


class SolverFailed(RuntimeError):
    """The flow solver gave an answer that cannot be right; ``status`` is its own word for it."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the flow solver ended with {status}")
        self.status = status


class NotOptimal(RuntimeError):
    """Prices were asked of pairs that are not the best ones for this problem: somebody can still gain by moving."""


class ConflictKind(StrEnum):
    """Why a lock cannot be obeyed."""

    MENTEE_FULL = "mentee_full"
    MENTOR_FULL = "mentor_full"
    BLOCKED = "blocked"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class LockConflict:
    """One contradiction among the locks.

    ``mentee`` and ``mentor`` name the pair; for a full side only that side is named, with the number of locks ``asked`` and
    the ``limit`` they exceed. ``rules`` are the broken constraints or the reasons of the blocks.
    """

    kind: ConflictKind
    mentee: str | None = None
    mentor: str | None = None
    rules: tuple[str, ...] = ()
    asked: int = 0
    limit: int = 0


class ContradictoryLocks(EngineError):
    """The locks cannot all be obeyed; ``conflicts`` names every contradiction, not just the first."""

    def __init__(self, conflicts: tuple[LockConflict, ...]) -> None:
        super().__init__("; ".join(f"{c.kind}: mentee {c.mentee}, mentor {c.mentor}" for c in conflicts))
        self.conflicts = conflicts
