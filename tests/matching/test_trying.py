"""Other weights and places for a large pool: a worker matches it, staff see how far it is, can stop it, and nothing of the pool changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tandem.applications.models import Application, Role
from tandem.clocks import program_today
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.jobs import running
from tandem.jobs.models import Job, JobState
from tandem.jobs.runner import execute
from tandem.matching import comparing
from tandem.matching.engine import EngineError, Step, solve
from tandem.matching.models import MatchRun, PoolEntry, Proposal
from tests.loop.cohorts import WOOD, a_filleul, a_parrain, set_cohorts
from tests.loop.stage import set_stage
from tests.loop.walk import a_helper, decide, run_match
from tests.matching.test_refused_runs import fill
from tests.pages import post, text_of

OTHERS = {"weight-disciplines": "10", "weight-kind-of-need": "0", "weight-near": "90"}


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """Every pool counts as large."""
    monkeypatch.setattr(running, "PROGRESS_INTERVAL", 0)
    monkeypatch.setattr(comparing, "MOST_PEOPLE", 0)


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    return set_stage(app, "casbo", tmp_path_factory.mktemp("trying"))


@pytest.fixture(scope="module")
def laid_out(stage, keep):
    staff = fill(stage, mentees=3, mentors=2)
    return (staff, f"{run_match(stage, staff)}/what-if"), keep(stage)


@pytest.fixture
def room(laid_out):
    """The module's room, as it was for the first test."""
    room, put_back = laid_out
    yield room
    put_back()


def jobs(stage):
    with stage.open():
        return db.session.scalars(select(Job).where(Job.kind == "matching.try-weights").order_by(Job.created_at)).all()


def do(stage, at=-1):
    with stage.app.app_context():
        return execute(jobs(stage)[at].id)


def standing(stage):
    """Everything that trying must leave as it is."""
    with stage.open():
        return (
            db.session.execute(select(Proposal.id, Proposal.points, Proposal.state).order_by(Proposal.id)).all(),
            db.session.execute(select(MatchRun.id, MatchRun.state, MatchRun.summary).order_by(MatchRun.id)).all(),
            db.session.execute(select(PoolEntry.id, PoolEntry.state, PoolEntry.places).order_by(PoolEntry.id)).all(),
        )


def test_a_worker_tries_the_weights_and_the_page_shows_how_far_and_then_what_came_of_it(stage, room, monkeypatch):
    staff, page = room
    before = standing(stage)
    assert "This pool is large" in text_of(staff.browser.get(page))

    sent = post(staff.browser, page, OTHERS)
    address = str(sent.location)
    waiting = staff.browser.get(address)
    told = []

    def solved(problem, effort):
        def report(step, share):
            effort.report(step, share)
            if step is Step.CHOOSING:
                told.append(text_of(staff.browser.get(address)))

        return solve(problem, type(effort)(report=report))

    monkeypatch.setattr(comparing, "solve", solved)

    assert (sent.status_code, do(stage)) == (303, "done")
    assert 'value="0"' in waiting.get_data(as_text=True)
    assert "Matching the pool as it is" in told[0]
    assert "Matching it with your changes" in told[-1]
    done = text_of(staff.browser.get(address))
    assert "People matched 2 2" in done
    assert "The pool as it was" in done
    assert "Your changes are being tried" not in done
    assert 'value="90"' in staff.browser.get(address).get_data(as_text=True)
    assert standing(stage) == before


def test_the_comparison_is_the_one_of_a_small_pool(stage, room, monkeypatch):
    staff, page = room
    address = str(post(staff.browser, page, OTHERS).location)
    do(stage)
    large = text_of(staff.browser.get(address)).partition("In figures")[2]
    monkeypatch.setattr(comparing, "MOST_PEOPLE", 3_000)

    assert large == text_of(staff.browser.get(address)).partition("In figures")[2] != ""
    assert post(staff.browser, page, OTHERS).location == address
    assert len(jobs(stage)) == 1


def test_a_worker_tries_places_too(stage, room):
    staff, page = room
    with stage.open():
        number = db.session.scalars(
            select(Member.number)
            .join(PoolEntry, PoolEntry.member_id == Member.id)
            .where(PoolEntry.role == Role.MENTOR)
            .order_by(Member.number)
        ).first()

    sent = post(staff.browser, page, OTHERS | {"mentor": number, "more": "1"})
    do(stage)

    done = staff.browser.get(str(sent.location))
    assert "People matched 2 3" in text_of(done)
    assert f'value="{number}"' in done.get_data(as_text=True)
    assert jobs(stage)[0].arguments["more"] != {}
    # The same without the place is another thing to try.
    assert post(staff.browser, page, OTHERS).status_code == 303
    assert len(jobs(stage)) == 2


def test_it_is_stopped_and_begun_anew(stage, room):
    staff, page = room
    address = str(post(staff.browser, page, OTHERS).location)
    again = post(staff.browser, page, OTHERS)
    other = post(staff.browser, page, OTHERS | {"weight-near": "80"})
    [job] = jobs(stage)

    stopped = post(staff.browser, f"{page}/stop", {**OTHERS, "job": str(job.id)})

    assert (again.status_code, other.status_code, stopped.status_code) == (303, 409, 303)
    assert [one.state for one in jobs(stage)] == [JobState.CANCELLED]
    assert "This was not tried to the end." in text_of(staff.browser.get(address))
    assert (do(stage), post(staff.browser, page, OTHERS).status_code) == ("not-taken", 303)
    assert "Your changes are being tried" in text_of(staff.browser.get(page))


def test_one_under_way_stops_at_its_next_step(stage, room, monkeypatch):
    staff, page = room
    address = str(post(staff.browser, page, OTHERS).location)
    [job] = jobs(stage)

    def solved(problem, effort):
        post(staff.browser, f"{page}/stop", {**OTHERS, "job": str(job.id)})
        return solve(problem, effort)

    monkeypatch.setattr(comparing, "solve", solved)

    assert do(stage) == "cancelled"
    assert "result" not in jobs(stage)[0].arguments
    assert "This was not tried to the end." in text_of(staff.browser.get(address))


def test_what_cannot_be_computed_is_said(stage, room, monkeypatch):
    staff, page = room
    address = str(post(staff.browser, page, OTHERS).location)

    def broken(*_args, **_kwargs):
        raise EngineError("no")

    monkeypatch.setattr(comparing, "build_problem", broken)

    assert do(stage) == "done"
    assert "The match could not be computed." in text_of(staff.browser.get(address))


def tomorrow(stage):
    """Let the days pass; what is due is done on the way."""
    with stage.open():
        day = program_today() + timedelta(days=2)
    stage.pass_until(day)


@pytest.mark.parametrize("goes_on", [lambda _stage, staff, page: post(staff.browser, page, OTHERS), lambda stage, *_: tomorrow(stage)],
                         ids=["asked-again", "the-day-after"])  # fmt: skip
def test_a_result_is_gone_after_a_day(stage, room, goes_on):
    staff, page = room
    address = str(post(staff.browser, page, OTHERS).location)
    do(stage)
    with stage.open():
        day = timedelta(days=1, minutes=1)
        db.session.execute(
            update(Job)
            .where(Job.kind == "matching.try-weights")
            .values(created_at=Job.created_at - day, finished_at=Job.finished_at - day)
        )
        db.session.commit()

    later = text_of(staff.browser.get(address))
    assert ["result" in one.arguments for one in jobs(stage)] == [True]
    goes_on(stage, staff, page)

    assert "In figures" not in later
    assert "result" not in jobs(stage)[0].arguments


def test_wrong_weights_and_foreign_jobs_change_nothing(stage, room):
    staff, page = room
    wrong = post(staff.browser, page, {"weight-near": "many"})
    with stage.open():
        other = db.session.scalars(select(Job.id).where(Job.kind == "matching.run")).one()
    foreign = [
        post(staff.browser, f"{page}/stop", data).status_code for data in ({}, {"job": str(other)}, {"job": "x"})
    ]

    assert (wrong.status_code, "Enter a whole number from 0 to 100." in text_of(wrong)) == (422, True)
    assert foreign == [404, 404, 404]
    assert jobs(stage) == []


def test_only_staff_of_the_program_try_its_weights(app, tmp_path, monkeypatch):
    monkeypatch.setattr(comparing, "MOST_PEOPLE", 0)
    stage = set_cohorts(app, tmp_path)
    everybody, staff = a_helper(stage), a_helper(stage, "department-staff", department="bois")
    mentee, mentor = a_filleul(stage, "Aubin", WOOD, "lutherie"), a_parrain(stage, "Donatien", WOOD, {"lutherie": 9})
    with stage.open():
        applications = db.session.scalars(
            select(Application.id).where(Application.member_id.in_([mentee.id, mentor.id]))
        ).all()
    assert [decide(everybody, str(one)).status_code for one in applications] == [303, 303]
    page = f"{run_match(stage, staff, program=WOOD)}/what-if"
    address = str(post(staff.browser, page, {"weight-specialite": "100"}).location)
    [job] = jobs(stage)
    others = a_helper(stage, "department-staff", department="textile"), a_helper(stage, "auditor")

    refused = [
        (
            other.browser.get(address).status_code,
            post(other.browser, page).status_code,
            post(other.browser, f"{page}/stop", {"job": str(job.id)}).status_code,
        )
        for other in others
    ]

    assert refused == [(404, 404, 404), (403, 403, 403)]
    assert [one.state for one in jobs(stage)] == [JobState.QUEUED]
    assert post(everybody.browser, f"{page}/stop", {"job": str(job.id)}).status_code == 303
    assert [one.state for one in jobs(stage)] == [JobState.CANCELLED]
