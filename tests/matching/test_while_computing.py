"""While a worker has a run in hand: staff see how far it is and can stop it, and nobody waits for it."""

from __future__ import annotations

import os

import numpy as np
import pytest
from rq import Worker
from sqlalchemy import func, select

from tandem.extensions import db
from tandem.jobs import running
from tandem.jobs.models import Job, JobState
from tandem.jobs.runner import execute
from tandem.jobs.worker import TandemWorker
from tandem.matching import outcome
from tandem.matching.engine import Step, solve
from tandem.matching.models import MatchRun, PoolEntry, Proposal, RunState
from tandem.matching.progress import Progress, doing
from tests.loop.stage import set_stage
from tests.loop.walk import run_match
from tests.matching.test_refused_runs import fill
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def laid_out(app, tmp_path_factory, keep):
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("computing"))
    return stage, keep(stage)


@pytest.fixture
def stage(laid_out, monkeypatch):
    """The module's association, with nobody in it."""
    monkeypatch.setattr(running, "PROGRESS_INTERVAL", 0)
    stage, put_back = laid_out
    yield stage
    put_back()


def begun(stage, staff):
    """A run that was asked for: its address and its job."""
    with stage.open():
        program_id = db.session.scalar(select(PoolEntry.program_id).limit(1))
    address = str(post(staff.browser, "/staff/matching/", {"program": program_id, "cohort": ""}).location)
    with stage.open():
        return address, db.session.scalars(select(MatchRun)).one().job_id


def meanwhile(monkeypatch, step, deed):
    """Let somebody do something in the middle of a match, once."""
    told = []

    def solved(problem, effort):
        def report(at, share):
            effort.report(at, share)
            if at is step and not told:
                told.append(deed())

        return solve(problem, type(effort)(whole=0, small=0, report=report))

    monkeypatch.setattr(outcome, "solve", solved)
    return told


def do(stage, job_id):
    with stage.app.app_context():
        return execute(job_id)


def test_a_run_says_what_it_is_doing_and_how_far_it_is(stage, monkeypatch):
    staff = fill(stage, mentees=2, mentors=2)
    address, job_id = begun(stage, staff)
    assert "Waits for a worker" in text_of(staff.browser.get(address))
    told = meanwhile(monkeypatch, Step.PROVING, lambda: staff.browser.get(address))

    assert do(stage, job_id) == "done"

    [page] = told
    assert "Choosing the best pairs and proving that none are better" in text_of(page)
    assert 'max="100" value="20"' in page.get_data(as_text=True)
    assert "Nobody is left over." in text_of(staff.browser.get(address))


def test_a_run_under_way_is_discarded_at_once_and_its_worker_stops(stage, monkeypatch):
    staff = fill(stage, mentees=2, mentors=2)
    address, job_id = begun(stage, staff)
    told = meanwhile(monkeypatch, Step.LOOKING, lambda: post(staff.browser, f"{address}/discard").status_code)

    assert do(stage, job_id) == "cancelled"

    assert told == [303]
    with stage.open():
        assert db.session.scalars(select(MatchRun.state)).all() == [RunState.DISCARDED]
        assert db.session.scalar(select(func.count()).select_from(Proposal)) == 0
        assert set(db.session.scalars(select(PoolEntry.state))) == {"open"}
    monkeypatch.undo()
    assert "Nobody is left over." in text_of(staff.browser.get(run_match(stage, staff)))


def test_a_run_that_waits_is_discarded_together_with_its_job(stage):
    staff = fill(stage)
    address, job_id = begun(stage, staff)

    assert post(staff.browser, f"{address}/discard").status_code == 303

    with stage.open():
        assert db.session.scalar(select(Job.state).where(Job.id == job_id)) is JobState.CANCELLED


def test_a_result_of_a_run_that_was_discarded_meanwhile_is_not_kept(stage, monkeypatch):
    staff = fill(stage)
    address, job_id = begun(stage, staff)
    missed = outcome.missed_fits

    def discarded(*given):
        assert post(staff.browser, f"{address}/discard").status_code == 303
        with stage.app.app_context(), stage.open():
            db.session.execute(Job.__table__.update().values(cancel_requested=False))
            db.session.commit()
        return missed(*given)

    monkeypatch.setattr(outcome, "missed_fits", discarded)

    assert do(stage, job_id) == "done"

    with stage.open():
        assert db.session.scalars(select(MatchRun.state)).all() == [RunState.DISCARDED]
        assert db.session.scalar(select(func.count()).select_from(Proposal)) == 0


def test_nobody_waits_for_a_worker_that_writes_the_pairs(stage, monkeypatch):
    staff = fill(stage)
    address, job_id = begun(stage, staff)
    reasons, told = outcome.reasons_for, []

    def writing(*given):
        told.append(post(staff.browser, f"{address}/discard"))
        return reasons(*given)

    monkeypatch.setattr(outcome, "reasons_for", writing)

    assert do(stage, job_id) == "done"

    assert told[0].status_code == 409
    assert "writing the pairs of this run at this moment" in text_of(told[0])
    assert "Nobody is left over." in text_of(staff.browser.get(address))


def test_a_run_whose_job_was_stopped_says_so_and_can_be_discarded(stage):
    staff = fill(stage)
    address, job_id = begun(stage, staff)
    assert post(staff.browser, f"/jobs/{job_id}/cancel").status_code == 303

    assert "The computation was stopped; nothing was changed." in text_of(staff.browser.get(address))
    assert post(staff.browser, f"{address}/discard").status_code == 303


def test_a_pool_that_needs_too_much_memory_is_named_and_changes_nothing(stage, monkeypatch):
    staff = fill(stage)

    def too_much(*_given):
        raise MemoryError

    monkeypatch.setattr(outcome, "solve", too_much)

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert "The pool needs more memory than a job may take." in page
    with stage.open():
        assert db.session.scalar(select(func.count()).select_from(Proposal)) == 0


def test_a_job_gets_no_more_memory_than_its_limit(app, monkeypatch):
    """In a process of its own, as a worker does each job."""

    def greedy(*_given):
        try:
            np.ones(8 << 30, dtype=np.uint8)
        except MemoryError:
            os._exit(7)

    monkeypatch.setattr(Worker, "main_work_horse", greedy)
    worker = TandemWorker.__new__(TandemWorker)
    worker._app = app
    child = os.fork()
    if child == 0:
        try:
            worker.main_work_horse(None, None)
        finally:
            os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_progress_never_goes_back_and_every_part_of_it_has_its_words(app):
    told: list[int] = []
    progress = Progress(told.append)

    for step in (Step.LOOKING, *[Step.CHOOSING, Step.PROVING] * 9, Step.EXPLAINING, Step.CHOOSING, Step.RECRUITING):
        for share in (0.0, 0.5, 1.0):
            progress(step, share)

    assert told == sorted(told)
    assert told[-1] == 90
    with app.test_request_context():
        assert len({doing(percent) for percent in range(101)}) == 6
