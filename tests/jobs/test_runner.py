"""Doing jobs: once, all or nothing, again after a failure, never by two."""

from __future__ import annotations

import threading
from contextvars import Context
from datetime import timedelta

from sqlalchemy import func, select, update

from tandem.app import create_app
from tandem.clocks import system_now
from tandem.directory.models import Department
from tandem.extensions import db
from tandem.jobs.errors import JobRefused, LeaseLost
from tandem.jobs.models import Job, JobState
from tandem.jobs.runner import FIRST_RETRY, Outcome, execute, retry_delay, run, run_pending
from tandem.jobs.running import running_job
from tandem.jobs.services import enqueue, report_progress
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import current_association_id
from tandem.tenancy.services import set_association_state
from tests.app_fixtures import settings_for
from tests.factories import a_department, an_association


def a_job(**values):
    job = enqueue(kind="probe", arguments={"n": 1}, **values)
    db.session.commit()
    return job.id


def state_of(job_id):
    db.session.rollback()
    return db.session.execute(
        select(Job).where(Job.id == job_id).execution_options(populate_existing=True)
    ).scalar_one()


def departments():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Department))


def fail(*_args):
    a_department()
    raise RuntimeError("something private")


def test_job_is_done_in_its_association_with_its_rows(association, probe):
    probe.act = lambda _arguments, context: (a_department(), context.association_id == current_association_id())
    job_id = a_job()

    assert run(str(job_id)) == "done"

    job = state_of(job_id)
    assert (job.state, job.attempts, job.lease_until, job.error_kind) == (JobState.DONE, 1, None, None)
    assert departments() == 1
    [(arguments, context)] = probe.calls
    assert (dict(arguments), context.attempt, context.association_id) == ({"n": 1}, 1, association.association_id)


def test_job_is_done_once(association, probe):
    job_id = a_job()

    assert [execute(job_id), execute(job_id)] == [Outcome.DONE, Outcome.NOT_TAKEN]
    assert len(probe.calls) == 1


def test_failed_job_leaves_nothing_and_is_tried_again_later(association, probe, caplog):
    probe.act = fail
    job_id = a_job()
    before = system_now()

    assert execute(job_id) is Outcome.RETRY

    job = state_of(job_id)
    assert (job.state, job.attempts, job.error_kind) == (JobState.QUEUED, 1, "RuntimeError")
    assert before + FIRST_RETRY <= job.run_after <= system_now() + FIRST_RETRY
    assert departments() == 0
    assert "something private" not in caplog.text


def test_job_that_keeps_failing_is_dead(association, probe):
    probe.act = fail
    job_id = a_job()

    outcomes = []
    for _ in range(4):
        db.session.execute(update(Job).where(Job.id == job_id).values(run_after=system_now()))
        db.session.commit()
        outcomes.append(execute(job_id))

    assert outcomes == [Outcome.RETRY, Outcome.RETRY, Outcome.DEAD, Outcome.NOT_TAKEN]
    assert state_of(job_id).state is JobState.DEAD


def test_job_whose_workers_keep_dying_is_dead(association, probe):
    job_id = a_job()
    db.session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(state=JobState.RUNNING, attempts=3, lease_until=system_now() - timedelta(seconds=1))
    )
    db.session.commit()

    assert execute(job_id) is Outcome.DEAD
    assert state_of(job_id).state is JobState.DEAD
    assert probe.calls == []


def test_refused_job_is_dead_at_once(association, probe):
    def refuse(*_args):
        raise JobRefused

    probe.act = refuse
    job_id = a_job()

    assert execute(job_id) is Outcome.DEAD


def test_job_of_a_forgotten_kind_is_dead(association, probe, monkeypatch):
    job_id = a_job()
    monkeypatch.setattr("tandem.jobs.registry._kinds", {})

    assert execute(job_id) is Outcome.DEAD
    assert state_of(job_id).error_kind == "UnknownJobKindError"


def test_running_job_is_not_taken_before_its_lease_ends(association, probe):
    job_id = a_job()
    db.session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(state=JobState.RUNNING, lease_until=system_now() + timedelta(seconds=30), attempts=1)
    )
    db.session.commit()
    assert execute(job_id) is Outcome.NOT_TAKEN

    db.session.execute(update(Job).where(Job.id == job_id).values(lease_until=system_now() - timedelta(seconds=1)))
    db.session.commit()
    assert execute(job_id) is Outcome.DONE
    assert state_of(job_id).attempts == 2


def test_job_taken_over_meanwhile_keeps_nothing_of_the_first_worker(app, association, probe):
    """A worker that was silent too long finds at the end that another one has the job."""
    outcomes = []

    def slow(_arguments, context):
        a_department()
        db.session.flush()
        if context.attempt == 1:
            probe.act = lambda *_args: a_department(name="second")
            with db.engine.begin() as connection:
                connection.execute(update(Job).values(lease_until=system_now() - timedelta(seconds=1)))
            outcomes.append(Context().run(in_app, lambda: execute(context.job_id)))

    def in_app(function):
        with app.app_context():
            return function()

    probe.act = slow
    job_id = a_job()

    outcomes.append(execute(job_id))

    assert outcomes == [Outcome.DONE, Outcome.LOST]
    assert db.session.execute(select(Department.name)).scalars().all() == ["second"]


def test_two_workers_do_one_job_once(app, association, probe):
    """Claims at the same moment: the second finds nothing."""
    gate = threading.Barrier(8)
    outcomes = []
    job_id = a_job()

    def work():
        with app.app_context():
            gate.wait()
            outcomes.append(execute(job_id))

    threads = [threading.Thread(target=lambda: Context().run(work)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == sorted([Outcome.DONE] + [Outcome.NOT_TAKEN] * 7)
    assert len(probe.calls) == 1


def test_progress_is_seen_before_the_job_ends(association, probe, in_association):
    seen = []

    def act(_arguments, context):
        a_department()
        report_progress(3, 10)
        with db.engine.begin() as connection:
            seen.append(
                tuple(connection.execute(select(Job.progress, Job.total).where(Job.id == context.job_id)).one())
            )

    probe.act = act
    job_id = a_job()
    execute(job_id)

    assert seen == [(3, 10)]
    assert state_of(job_id).progress == 10


def test_progress_outside_a_job_does_nothing(association):
    report_progress(1, 2)

    assert running_job() is None


def test_cancelled_job_stops_at_its_next_report_and_leaves_nothing(association, probe):
    def act(*_args):
        a_department()
        with db.engine.begin() as connection:
            connection.execute(update(Job).values(cancel_requested=True))
        report_progress(1, 1)

    probe.act = act
    job_id = a_job()

    assert execute(job_id) is Outcome.CANCELLED
    assert state_of(job_id).state is JobState.CANCELLED
    assert departments() == 0


def test_report_of_a_job_that_was_lost_stops_it(association, probe):
    caught = []

    def act(*_args):
        with db.engine.begin() as connection:
            connection.execute(update(Job).values(lease_token=None))
        try:
            report_progress(1, 1)
        except LeaseLost:
            caught.append("lost")
            raise

    probe.act = act

    assert execute(a_job()) is Outcome.LOST
    assert caught == ["lost"]


def test_lease_is_renewed_while_the_job_runs(association, probe):
    def act(_arguments, context):
        job = running_job()
        with db.engine.begin() as connection:
            connection.execute(update(Job).values(lease_until=system_now()))
        job.renew()
        with db.engine.begin() as connection:
            left = (
                connection.execute(select(Job.lease_until).where(Job.id == context.job_id)).scalar_one() - system_now()
            )
        assert left > timedelta(seconds=50)

    probe.act = act

    assert execute(a_job(), reraise=True) is Outcome.DONE


def test_run_pending_does_what_jobs_ask_for_too(association, probe):
    def act(arguments, _context):
        if arguments["n"] < 3:
            enqueue(kind="probe", arguments={"n": arguments["n"] + 1})

    probe.act = act
    a_job()

    assert run_pending() == [("probe", Outcome.DONE)] * 3


def test_run_pending_leaves_what_is_not_due(association, probe):
    a_job(run_after=system_now() + timedelta(hours=1))

    assert run_pending() == []


def test_run_pending_does_the_open_associations_jobs_alone(association, probe, other_association, in_association):
    a_job()
    in_association(other_association, lambda: enqueue(kind="probe", arguments={}))

    run_pending()

    assert {context.association_id for _, context in probe.calls} == {association.association_id}


def test_run_pending_without_an_open_association_works_for_all(fresh_database, probe, tmp_path):
    # A database of its own: in the common one all that other tests left waiting would be done first.
    app = create_app(settings_for(fresh_database.app_url, tmp_path))
    with app.app_context():
        ours = [an_association().association_id for _ in range(2)]
        for association_id in ours:
            with open_association(association_id):
                enqueue(kind="probe", arguments={})
                db.session.commit()

        assert run_pending() == [("probe", Outcome.DONE)] * 2
        db.engine.dispose()

    assert [context.association_id for _, context in probe.calls] == ours


def test_job_of_a_suspended_association_waits(app, association, probe):
    a_job()
    set_association_state(association_id=association.association_id, state="suspended")
    db.session.commit()
    assert run_pending() == []

    set_association_state(association_id=association.association_id, state="active")
    db.session.commit()
    assert run_pending() == [("probe", Outcome.DONE)]


def test_retry_delay_grows_to_an_hour():
    assert [retry_delay(n).total_seconds() for n in (1, 2, 3, 50)] == [10, 20, 40, 3600]
