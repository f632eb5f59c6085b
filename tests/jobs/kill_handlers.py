"""What the workers of the kill test do. Imported by ``kill_process``, never by the application."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tandem.access.actor import SYSTEM
from tandem.audit.services import record
from tandem.extensions import db
from tandem.jobs.registry import JobContext, job_handler
from tandem.jobs.services import report_progress
from tandem.tenancy.edge import open_association

#: The action of the entries that are counted.
EFFECT = "kill.effect"


def _leave_effect(identifier: str) -> None:
    record(actor=SYSTEM, action=EFFECT, object_kind="probe", object_id=UUID(identifier))


@job_handler("kill.effect", max_attempts=10_000)
def effect(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Leave one entry, with time to be killed before and after it."""
    time.sleep(arguments["seconds"] / 2)
    _leave_effect(arguments["id"])
    report_progress(1, 2)
    time.sleep(arguments["seconds"] / 2)


def direct(association_id: str, identifier: str, seconds: float) -> None:
    """The control's job: the same, called by the transport without a job table."""
    with open_association(UUID(association_id)):
        time.sleep(seconds / 2)
        _leave_effect(identifier)
        time.sleep(seconds / 2)
        db.session.commit()
