"""A kind of job for these tests, and an association in any time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tandem.jobs import registry
from tandem.jobs.registry import JobContext
from tandem.tenancy.scope import current_scope, reset_scope, set_scope


@dataclass
class Probe:
    """What the kind ``probe`` does when a test wants something special, and whom it was done for."""

    act: Callable[[Mapping[str, Any], JobContext], None] | None = None
    calls: list[tuple[Mapping[str, Any], JobContext]] = field(default_factory=list)

    def __call__(self, arguments: Mapping[str, Any], context: JobContext) -> None:
        self.calls.append((arguments, context))
        if self.act is not None:
            self.act(arguments, context)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    """The handler of jobs of the kind ``probe``."""
    registry.job_kinds()
    handler = Probe()
    kinds = dict(registry._kinds)
    kinds["probe"] = registry.JobKind("probe", handler, "Probe", max_attempts=3)
    monkeypatch.setattr(registry, "_kinds", kinds)
    return handler


@pytest.fixture
def zoned(association) -> Callable[[str], AbstractContextManager[None]]:
    """Opens the test's association as if it were in another time zone."""

    @contextmanager
    def opened(zone: str) -> Iterator[None]:
        token = set_scope(replace(current_scope(), time_zone=zone))
        try:
            yield
        finally:
            reset_scope(token)

    return opened
