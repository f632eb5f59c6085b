"""Background work of reviewing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from flask_babel import lazy_gettext

from tandem.applications import reasons as reasons  # noqa: PLC0414 - importing it makes its letters look again before they go
from tandem.applications.nudging import nudge_reviewers
from tandem.jobs.registry import JobContext, job_handler


@job_handler(
    "applications.nudge-reviewers",
    title=lazy_gettext("Remind reviewers of decisions that are due"),
    daily_at=time(6, 30),
)
def remind(_arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Remind those whose reviews are due soon."""
    nudge_reviewers()
