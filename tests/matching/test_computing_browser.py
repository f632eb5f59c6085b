"""A run under way in a real browser: nothing for axe to find, nothing wider than the window."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from tandem.extensions import db
from tandem.identity.models import Account
from tandem.jobs.models import Job, JobState
from tandem.matching import comparing
from tests.browser import sign_in
from tests.loop.stage import set_stage
from tests.loop.walk import run_match
from tests.matching.test_refused_runs import fill
from tests.matching.test_while_computing import begun
from tests.pages import post, session_for
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.DONE, JobState.CANCELLED])
def test_other_weights_for_a_large_pool(app, tmp_path, page, site, monkeypatch, state):
    monkeypatch.setattr(comparing, "MOST_PEOPLE", 0)
    stage = set_stage(app, "casbo", tmp_path)
    staff = fill(stage, mentees=3, mentors=2)
    run = run_match(stage, staff)
    address = str(post(staff.browser, f"{run}/what-if", {"weight-near": "80"}).location)
    if state is JobState.DONE:
        stage.work()
    with stage.open():
        tried = Job.kind == "matching.try-weights"
        db.session.execute(update(Job).where(tried).values(state=state, progress=64))
        account = db.session.scalars(select(Account).where(Account.email == staff.email)).one()
        secret = session_for(account)
        db.session.commit()
    sign_in(page, stage.scope.hostname, secret)
    page.goto(site.url(stage.scope.hostname, address))

    assert problems_in_every_view(page, f"weights-{state.value}") == []


@pytest.mark.parametrize(("state", "done"), [(JobState.RUNNING, 64), (JobState.CANCELLED, 12)])
def test_a_run_under_way_and_one_that_was_stopped(app, tmp_path, page, site, state, done):
    stage = set_stage(app, "casbo", tmp_path)
    staff = fill(stage)
    address, job_id = begun(stage, staff)
    with stage.open():
        db.session.execute(update(Job).where(Job.id == job_id).values(state=state, progress=done))
        account = db.session.scalars(select(Account).where(Account.email == staff.email)).one()
        secret = session_for(account)
        db.session.commit()
    sign_in(page, stage.scope.hostname, secret)
    page.goto(site.url(stage.scope.hostname, address))

    assert problems_in_every_view(page, f"run-{state.value}") == []
