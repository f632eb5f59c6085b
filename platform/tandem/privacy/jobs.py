"""Background work on members' data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _

from tandem.jobs.registry import JobContext, job_handler
from tandem.privacy.copying import make_copy
from tandem.privacy.retention import erase_due
from tandem.privacy.services import COPY, drop_expired_copies


@job_handler(COPY, title=_("Copy of a member’s data"), max_attempts=3)
def copy(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Make the file of a copy that a member asked for."""
    make_copy(copy_id=UUID(arguments["copy_id"]))


@job_handler("privacy.erase", title=_("Erase what is over its time"), daily_at=time(3, 30))
def erase(_arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Erase what the association keeps no longer, a batch of each kind."""
    drop_expired_copies()
    erase_due()
