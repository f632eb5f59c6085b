"""Schedules on the program clock, and moving it."""

from __future__ import annotations

import threading
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tandem.clocks import program_now, system_now
from tandem.extensions import db
from tandem.jobs import registry
from tandem.jobs.clock import ClockRefused, advance, parse_span
from tandem.jobs.models import Job, Schedule
from tandem.jobs.runner import Outcome, run_pending
from tandem.jobs.services import ensure_daily, fire_due, schedule
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import current_scope, reset_scope, set_scope
from tandem.tenancy.services import set_clock_offset
from tests.factories import an_association


@pytest.fixture
def closed(app):
    """An association that is not open around the test: the clock opens it itself."""
    with app.app_context():
        yield an_association(time_zone="America/Los_Angeles")


def scheduled(**values):
    schedule(kind="probe", **values)
    db.session.commit()


def jobs():
    return db.session.scalar(select(func.count()).select_from(Job).where(Job.kind == "probe"))


def test_schedule_fires_once_and_only_when_due(association, probe):
    scheduled(due_at=program_now() - timedelta(minutes=1), dedupe_key="past", arguments={"n": 7})
    scheduled(due_at=program_now() + timedelta(minutes=1), dedupe_key="future")

    assert [fire_due(), fire_due()] == [1, 0]
    db.session.commit()
    run_pending()
    assert [dict(arguments) for arguments, _ in probe.calls] == [{"n": 7}]


def test_schedule_fires_on_the_program_clock(association, probe):
    scheduled(due_at=system_now() + timedelta(days=30), dedupe_key="x")
    assert fire_due() == 0

    token = set_scope(replace(current_scope(), clock_offset=timedelta(days=31)))
    try:
        assert fire_due() == 1
    finally:
        reset_scope(token)


def test_two_schedulers_fire_once(app, association, probe):
    for number in range(20):
        scheduled(due_at=program_now(), dedupe_key=str(number))
    gate = threading.Barrier(2)
    fired = []

    def work():
        with app.app_context(), open_association(association.association_id):
            gate.wait()
            fired.append(fire_due())
            db.session.commit()

    threads = [threading.Thread(target=lambda: Context().run(work)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(fired) == 20
    assert jobs() == 20


def test_daily_schedule_writes_its_next_day(association, probe, zoned):
    with zoned("America/Los_Angeles"):
        schedule(kind="probe", due_at=datetime(2026, 1, 1, 8, 5, tzinfo=UTC), dedupe_key="daily", repeat="daily")
        assert fire_due() == 1
        following = db.session.execute(select(Schedule).where(Schedule.fired_at.is_(None))).scalar_one()

    # What was missed while nobody looked is not made up for: the next one lies ahead.
    assert following.due_at > program_now()
    assert following.due_at.astimezone(current_scope().zone).minute == 5
    assert following.repeat == "daily"


def test_ensure_daily_writes_one_row_for_each_daily_kind(association, probe, monkeypatch):
    kinds = {"probe": replace(registry._kinds["probe"], daily_at=time(2, 30))}
    monkeypatch.setattr(registry, "_kinds", kinds)

    ensure_daily()
    ensure_daily()

    row = db.session.execute(select(Schedule)).scalar_one()
    assert (row.kind, row.repeat, row.due_at.time()) == ("probe", "daily", time(2, 30))
    assert timedelta(0) < row.due_at - program_now() <= timedelta(days=1)


def test_advance_stops_at_everything_due_in_its_order(app, closed, probe):
    seen = []
    probe.act = lambda arguments, _context: seen.append((arguments["n"], program_now()))
    with open_association(closed.slug):
        start = program_now()
        for days in (9, 2, 14, 16):
            scheduled(due_at=start + timedelta(days=days), dedupe_key=str(days), arguments={"n": days})
    told = []

    advance(closed.slug, until=start + timedelta(days=15), tell=told.append)

    assert [n for n, _ in seen] == [2, 9, 14]
    for days, at in seen:
        assert timedelta(0) <= at - (start + timedelta(days=days)) < timedelta(minutes=1)
    own = [step for step in told if step.fired == "probe"]
    assert [step.jobs for step in own] == [(("probe", Outcome.DONE),)] * 3
    with open_association(closed.slug):
        assert timedelta(days=15) <= program_now() - start < timedelta(days=15, minutes=1)


def test_advance_does_a_daily_job_on_each_day_across_a_clock_change(app, closed, probe, monkeypatch):
    seen = []
    probe.act = lambda *_args: seen.append(program_now().astimezone(current_scope().zone))
    monkeypatch.setattr(registry, "_kinds", {"probe": replace(registry._kinds["probe"], daily_at=time(0, 5))})
    # Clocks go forward on 14 March 2027 there.
    set_clock_offset(association_id=closed.association_id, offset=datetime(2027, 3, 10, 20, tzinfo=UTC) - system_now())
    db.session.commit()

    advance(closed.slug, until=datetime(2027, 3, 18, 20, tzinfo=UTC))

    assert [(at.day, at.hour, at.minute) for at in seen] == [(day, 0, 5) for day in range(11, 19)]


def test_advance_goes_forward_only(app, closed):
    with pytest.raises(ClockRefused):
        advance(closed.slug, until=system_now() - timedelta(days=1))


def test_advance_is_refused_in_production(app, closed, monkeypatch):
    monkeypatch.setitem(
        app.extensions, "tandem.settings", replace(app.extensions["tandem.settings"], environment="production")
    )

    with pytest.raises(ClockRefused):
        advance(closed.slug, until=system_now() + timedelta(days=1))


def test_advance_moves_one_association_alone(app, closed):
    other = an_association()

    advance(closed.slug, until=system_now() + timedelta(days=3))

    with open_association(other.slug):
        assert abs(program_now() - system_now()) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45d", timedelta(days=45)),
        ("3w", timedelta(weeks=3)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
    ],
)
def test_span_is_read(text, length):
    assert parse_span(text) == length


@pytest.mark.parametrize("text", ["", "d", "45", "45 d", "-3d", "1y", "999999d", "٣d", "1.5d"])
def test_span_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="write 45d"):
        parse_span(text)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["advance", "soon"], "is no length of time"),
        (["advance", "45d", "--association", "nobody"], "There is no association nobody"),
        (["set", "yesterday"], "does not match the format"),
        (["set", "2001-01-01"], "only goes forward"),
    ],
)
def test_command_says_what_is_wrong(app, closed, monkeypatch, arguments, says):
    monkeypatch.setattr("tandem.cli.clock.create_app", lambda _settings: app)
    monkeypatch.setattr("tandem.cli.clock.load_settings", lambda: None)
    from tandem.cli.clock import clock

    if "--association" not in arguments:
        arguments = [*arguments, "--association", closed.slug]
    result = CliRunner().invoke(clock, arguments)

    assert result.exit_code != 0
    assert says in result.output
    assert "Traceback" not in result.output


def test_command_advances_and_shows(app, closed, probe, monkeypatch):
    monkeypatch.setattr("tandem.cli.clock.create_app", lambda _settings: app)
    monkeypatch.setattr("tandem.cli.clock.load_settings", lambda: None)
    from tandem.cli.clock import clock

    with open_association(closed.slug):
        scheduled(due_at=program_now() + timedelta(days=1), dedupe_key="x")

    result = CliRunner().invoke(clock, ["advance", "2d", "--association", closed.slug])
    shown = CliRunner().invoke(clock, ["show", "--association", closed.slug])

    assert (result.exit_code, shown.exit_code) == (0, 0)
    assert "probe  (probe done)" in result.output
    assert "2 d" in shown.output
    assert "ahead" in shown.output
