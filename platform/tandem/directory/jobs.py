"""Background work of the directory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _l

from tandem.directory.services.imports import APPLY, CHECK, apply_import, check_import
from tandem.jobs.registry import JobContext, job_handler
from tandem.jobs.services import report_progress


def _page(arguments: Mapping[str, Any]) -> str:
    return url_for("member_imports.show", run_id=UUID(arguments["import_run_id"]))


@job_handler(CHECK, title=_l("Check an import of members"), max_attempts=3, page=_page)
def check(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Do the dry run of an uploaded file."""
    check_import(run_id=UUID(arguments["import_run_id"]), progress=lambda done: report_progress(done, 100))


@job_handler(APPLY, title=_l("Import members"), max_attempts=3, page=_page)
def apply(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Apply a checked file."""
    apply_import(run_id=UUID(arguments["import_run_id"]), progress=lambda done: report_progress(done, 100))
