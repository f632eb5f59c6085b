"""What a run cannot do is named plainly, nothing else changes, and a worker that dies leaves everything as it was."""

from __future__ import annotations

import math
import os
import signal
import warnings
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, text, update

from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.models import Job, JobState
from tandem.jobs.runner import execute
from tandem.matching import outcome
from tandem.matching.models import Lock, LockKind, MatchRun, PoolEntry, Proposal, RunState
from tandem.plugin_api import Block
from tests.loop.stage import set_stage
from tests.loop.straight import apply, approve
from tests.loop.walk import a_helper, a_person, offers, run_match, wants
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def laid_out(app, tmp_path_factory, keep):
    stage = set_stage(app, "casbo", tmp_path_factory.mktemp("refused"))
    return stage, keep(stage)


@pytest.fixture
def stage(laid_out):
    """The module's association, with nobody in it."""
    stage, put_back = laid_out
    yield stage
    put_back()


def fill(stage, *, mentees: int = 1, mentors: int = 1, places: int = 1, needs: str = "payroll"):
    """Staff and a pool of so many people."""
    staff = a_helper(stage)
    approve(
        staff,
        *(apply(a_person(stage, f"Ada{k}"), "mentee", wants(needs)) for k in range(mentees)),
        *(
            apply(a_person(stage, f"Thora{k}", years={"payroll": 9}), "mentor", offers({"payroll": 9}, mentees=places))
            for k in range(mentors)
        ),
    )
    return staff


def nothing_changed(stage) -> bool:
    with stage.open():
        pairs = db.session.scalar(select(func.count()).select_from(Proposal))
        states = set(db.session.scalars(select(PoolEntry.state)))
    return (pairs, states) == (0, {"open"})


def lock_all(stage, staff):
    """Keep every two people of the pool together."""
    with stage.open():
        entries = db.session.scalars(select(PoolEntry)).all()
        for mentee in (one for one in entries if one.role == "mentee"):
            for mentor in (one for one in entries if one.role == "mentor"):
                db.session.add(
                    Lock(
                        mentee_entry_id=mentee.id, mentor_entry_id=mentor.id, kind=LockKind.TOGETHER,
                        created_by=staff.id,
                    )
                )  # fmt: skip
        db.session.commit()


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ({"mentees": 0, "mentors": 1}, "Nobody waits for a partner in this pool."),
        ({"mentees": 1, "mentors": 0}, "Nobody in this pool offers a place."),
        ({"needs": "safety"}, "The program’s rules allow no pair at all."),
    ],
)
def test_a_run_without_pairs_says_why(stage, pool, said):
    staff = fill(stage, **pool)

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert f"No pair could be made. {said}" in page
    assert nothing_changed(stage)


def test_a_run_over_mentors_without_places_says_so(stage):
    staff = fill(stage)
    with stage.open():
        db.session.execute(update(PoolEntry).where(PoolEntry.role == "mentor").values(places=0))
        db.session.commit()

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert "No pair could be made. Nobody who offers places has one left." in page


def test_contradictory_locks_are_named_with_everybody_in_them(stage):
    staff = fill(stage, mentees=2)
    lock_all(stage, staff)
    with stage.open():
        mentor = db.session.scalars(select(PoolEntry).where(PoolEntry.role == "mentor")).one().member.name

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert "The match could not be computed; nothing was changed." in page
    assert f"{mentor} is to be kept together with 2 people and has places for 1." in page
    assert "Lift one of them and run the match again." in page
    assert nothing_changed(stage)


def test_a_lock_against_a_rule_is_named_with_both_people_and_the_rule(stage):
    staff = fill(stage, needs="safety")
    lock_all(stage, staff)
    with stage.open():
        names = {entry.role.value: entry.member.name for entry in db.session.scalars(select(PoolEntry))}

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert f"{names['mentee']} and {names['mentor']} are to be kept together, but “" in page
    assert nothing_changed(stage)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Block([[1.0, 2.0, 3.0]]), "gave an answer of the wrong shape"),
        (Block([[1.0], [2.0, 3.0]]), "gave an answer of the wrong shape"),
        (Block([["plenty"]]), "gave an answer of the wrong shape"),
        (Block([[math.nan]]), "gave something that is not a number"),
        (Block([[-math.inf]]), "gave something that is not a number"),
        (Block([[101.0]]), "gave points outside 0 to 100"),
        (None, "failed when it was asked about the people in the pool"),
        (SimpleNamespace(mentee_codes=[0], mentor_codes=[7], table=[[50]]), "gave an answer of the wrong shape"),
    ],
)
def test_a_plugin_with_a_bad_answer_is_named_and_changes_nothing(stage, monkeypatch, answer, said):
    staff = fill(stage)
    overlap = stage.app.extensions["tandem.registry"].criteria["overlap"]
    monkeypatch.setattr(type(overlap), "score", lambda *_: answer)

    page = text_of(staff.browser.get(run_match(stage, staff)))

    assert "The match could not be computed; nothing was changed." in page
    assert "The part “disciplines” of the program’s matching" in page
    assert said in page
    assert nothing_changed(stage)


def dying(stage, job_id, what: str) -> int:
    """Do a job in a process that is killed when it comes to ``what``; returns the signal that ended it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        try:

            def die(*_args, **_kwargs):
                os.kill(os.getpid(), signal.SIGKILL)

            # The parent's connections are not the child's to use, nor to close.
            with stage.app.app_context():
                db.engine.dispose(close=False)
                if what == "commit":
                    type(db.session()).commit = die
                else:
                    setattr(outcome, what, die)
                execute(job_id)
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


MOMENTS = ("load_pool", "solve", "missed_fits", "reasons_for", "parts_of", "_kept", "commit")


def test_a_worker_killed_at_any_moment_leaves_the_run_waiting_and_another_does_it(app, tmp_path):
    def keep(document):
        document["matching"]["keep_bonus"] = 3

    stage = set_stage(app, "casbo", tmp_path, programs__member_to_member=keep)
    staff = fill(stage, mentees=2, mentors=2)
    first = run_match(stage, staff)
    assert post(staff.browser, f"{first}/discard").status_code == 303
    with stage.open():
        before = set(db.session.execute(select(Proposal.mentee_entry_id, Proposal.mentor_entry_id)).all())
        program_id = db.session.scalars(select(MatchRun.program_id)).one()
    begun = post(staff.browser, "/staff/matching/", {"program": program_id, "cohort": ""})
    with stage.open():
        run = db.session.scalars(select(MatchRun).where(MatchRun.state == RunState.QUEUED)).one()
        run_id, job_id = run.id, run.job_id

    for moment in MOMENTS:
        assert dying(stage, job_id, moment) == signal.SIGKILL, moment
        with stage.open():
            run = db.session.scalars(select(MatchRun).where(MatchRun.id == run_id)).one()
            assert (run.state, run.summary, run.unmatched, run.prices) == (RunState.QUEUED, {}, [], {}), moment
            assert db.session.scalars(select(Proposal).where(Proposal.match_run_id == run_id)).all() == []
            assert set(db.session.scalars(select(PoolEntry.state))) == {"open"}
            # Its lease runs out, and the next worker is as the first.
            job = db.session.scalars(select(Job).where(Job.id == job_id)).one()
            assert (job.state, job.attempts) == (JobState.RUNNING, 1), moment
            job.attempts, job.lease_until = 0, system_now()
            db.session.commit()
    stage.work()
    with stage.open():
        made = db.session.execute(
            select(Proposal.mentee_entry_id, Proposal.mentor_entry_id).where(Proposal.match_run_id == run_id)
        )
        assert set(made.all()) == before
    assert "Of 2 pairs of the last run 2 stay" in text_of(staff.browser.get(str(begun.location)))


def test_a_run_whose_workers_died_can_be_discarded(stage):
    staff = fill(stage)
    with stage.open():
        program_id = db.session.scalar(text("select program_id from pool_entry limit 1"))
    begun = str(post(staff.browser, "/staff/matching/", {"program": program_id, "cohort": ""}).location)
    with stage.open():
        db.session.execute(update(Job).where(Job.kind == "matching.run").values(state=JobState.DEAD))
        db.session.commit()

    assert "ended both times before it was done" in text_of(staff.browser.get(begun))
    assert post(staff.browser, f"{begun}/discard").status_code == 303
    assert text_of(staff.browser.get(run_match(stage, staff))).count("Proposed")
