"""What can go wrong with background work."""

from __future__ import annotations


class UnknownJobKindError(LookupError):
    """Raised for a kind of job that no module of ``registry.HANDLER_MODULES`` handles."""


class JobCancelled(Exception):
    """Raised inside a running job by ``report_progress`` after somebody asked for it to stop; nothing it did is kept."""


class LeaseLost(Exception):
    """Raised inside a running job that was taken for dead: another worker has it now, so nothing done here is kept."""


class JobRefused(Exception):
    """Raised by a handler for work that no further attempt can do; the job is dead at once and waits for a person."""
