"""Background work of matching."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext
from sqlalchemy import select

from tandem.extensions import db
from tandem.jobs.registry import JobContext, job_handler
from tandem.jobs.services import report_progress
from tandem.matching import reasons as reasons  # noqa: PLC0414 - importing it makes its letters look again before they go
from tandem.matching.asking import LAPSES, ask_by_id, lapse_ask
from tandem.matching.comparing import Change
from tandem.matching.decided.bringing import APPLY, CHECK, apply_list, check_list
from tandem.matching.models import MatchRun, RunState
from tandem.matching.outcome import compute_run
from tandem.matching.resting import end_rests
from tandem.matching.trying import TRY, do_trial, forget_trials, in_address


def _page(arguments: Mapping[str, Any]) -> str:
    return url_for("staff_matching.show", run_id=UUID(arguments["match_run_id"]))


@job_handler("matching.run", title=lazy_gettext("Match run"), max_attempts=2, page=_page)
def run_match(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Compute one run, unless it was discarded meanwhile."""
    run = db.session.scalar(select(MatchRun).where(MatchRun.id == UUID(arguments["match_run_id"])))
    if run is not None and run.state in (RunState.QUEUED, RunState.RUNNING):
        compute_run(run=run, progress=lambda done: report_progress(done, 100))


def _list_page(arguments: Mapping[str, Any]) -> str:
    return url_for("staff_decided.show", run_id=UUID(arguments["match_run_id"]))


@job_handler(CHECK, title=lazy_gettext("Check a list of pairs"), max_attempts=2, page=_list_page)
def check_pairs(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Look at every row of a list that was brought into a run."""
    check_list(
        run_id=UUID(arguments["match_run_id"]), upload=arguments["upload"],
        progress=lambda done: report_progress(done, 100),
    )  # fmt: skip


@job_handler(APPLY, title=lazy_gettext("Apply a list of pairs"), max_attempts=2, page=_list_page)
def apply_pairs(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Set the pairs of a checked list as a run's pairs."""
    apply_list(
        run_id=UUID(arguments["match_run_id"]), upload=arguments["upload"],
        progress=lambda done: report_progress(done, 100),
    )  # fmt: skip


def _trial_page(arguments: Mapping[str, Any]) -> str:
    change = in_address(Change.read(arguments))
    return url_for("staff_workbench.what_if", run_id=UUID(arguments["match_run_id"]), **change)


@job_handler(TRY, title=lazy_gettext("Try changes to a match"), max_attempts=2, page=_trial_page)
def try_other_weights(arguments: Mapping[str, Any], context: JobContext) -> None:
    """Match a pool with other weights or places and keep what came of it with the job."""
    do_trial(
        job_id=context.job_id, run_id=UUID(arguments["match_run_id"]), change=Change.read(arguments),
        progress=lambda done: report_progress(done, 100),
    )  # fmt: skip


@job_handler("matching.end-rests", title=lazy_gettext("Bring back those whose rest ends"), daily_at=time(5, 30))
def bring_back(_arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Bring back those whose rest in the pool ends today. What was tried yesterday goes, too."""
    end_rests()
    forget_trials()


@job_handler(LAPSES, title=lazy_gettext("End what a mentor did not answer in time"))
def end_unanswered(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """End one ask whose deadline has passed, unless it was answered meanwhile."""
    ask = ask_by_id(UUID(arguments["ask_id"]))
    if ask is not None:
        lapse_ask(ask=ask)
