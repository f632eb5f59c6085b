"""Background work of acting on behalf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _

from tandem.behalf.services import CLOSE, close_overdue
from tandem.jobs.registry import JobContext, job_handler


@job_handler(CLOSE, title=_("End acting for a member"))
def close(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """End what was not ended by hand, and write the letter."""
    close_overdue(acting_id=UUID(arguments["acting_id"]))
