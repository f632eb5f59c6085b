"""Which function does which kind of job.

A handler is a function in some capability's ``jobs.py``, marked ``@job_handler("kind")``; the module is named in
``HANDLER_MODULES`` and imported on first use, so that no capability has to import another for the sake of its jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tandem.jobs.errors import UnknownJobKindError

#: Every module with handlers. Adding one: write ``<capability>/jobs.py``, mark its handlers, name it here.
HANDLER_MODULES: tuple[str, ...] = (
    "tandem.applications.jobs",
    "tandem.behalf.jobs",
    "tandem.directory.jobs",
    "tandem.identity.jobs",
    "tandem.letters.jobs",
    "tandem.matching.jobs",
    "tandem.mentorships.jobs",
    "tandem.notices.jobs",
    "tandem.privacy.jobs",
)

#: Attempts after which a failing job is dead.
MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler may know about the job it does. ``attempt`` counts from 1."""

    job_id: UUID
    association_id: UUID
    kind: str
    attempt: int


Handler = Callable[[Mapping[str, Any], JobContext], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its handler, the name people read (translated when shown) and its limits.

    ``time_limit`` is in seconds; a worker ends a job that takes longer. ``daily_at`` is the association's local time at which
    the kind is done every day, for every association. ``page`` makes of a job's arguments the address of the page, for staff,
    on what the job concerns.
    """

    kind: str
    handler: Handler
    title: Any
    max_attempts: int = MAX_ATTEMPTS
    time_limit: int = 3600
    daily_at: time | None = None
    page: Callable[[Mapping[str, Any]], str | None] | None = None


_kinds: dict[str, JobKind] = {}


def job_handler(
    kind: str,
    *,
    title: Any = None,
    max_attempts: int = MAX_ATTEMPTS,
    time_limit: int = 3600,
    daily_at: time | None = None,
    page: Callable[[Mapping[str, Any]], str | None] | None = None,
) -> Callable[[Handler], Handler]:
    """Mark a function as the handler of ``kind``; ``title`` is a ``lazy_gettext`` string for the list of jobs.

    ``page`` is as in ``JobKind``. The handler is called as ``handler(arguments, context)`` with the association open. It must not commit: its rows and the
    job's ``done`` are one transaction. Raises ``ValueError`` when another function handles the kind already.
    """

    def mark(function: Handler) -> Handler:
        known = _kinds.get(kind)
        if known is not None and (known.handler.__module__, known.handler.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(f"{kind!r} is handled by {known.handler.__module__}.{known.handler.__qualname__} already.")
        _kinds[kind] = JobKind(kind, function, title or kind, max_attempts, time_limit, daily_at, page)
        return function

    return mark


@cache
def _load() -> None:
    for module in HANDLER_MODULES:
        import_module(module)


def job_kinds() -> Mapping[str, JobKind]:
    """Every kind of job, by its name."""
    _load()
    return MappingProxyType(_kinds)


def job_kind(kind: str) -> JobKind:
    """The kind of that name. Raises ``UnknownJobKindError``."""
    try:
        return job_kinds()[kind]
    except KeyError:
        raise UnknownJobKindError(
            f"No handler for jobs of kind {kind!r}: see tandem.jobs.registry.HANDLER_MODULES."
        ) from None
