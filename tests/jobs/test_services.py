"""Asking for background work: rows in the caller's transaction, one per key, stopped and tried again by the right people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tandem.access.actor import SYSTEM, Grant
from tandem.access.errors import ConflictError, NotYoursError
from tandem.audit.models import AuditEntry
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.errors import UnknownJobKindError
from tandem.jobs.models import Job, JobState, Schedule
from tandem.jobs.services import cancel_job, cancel_schedule, enqueue, next_daily, retry_job, schedule
from tests.factories import an_account, an_actor, staff_actor

pytestmark = pytest.mark.usefixtures("probe")


def test_enqueue_is_rolled_back_with_the_change(association):
    enqueue(kind="probe", arguments={"id": uuid4()})
    db.session.rollback()

    assert db.session.scalar(select(func.count()).select_from(Job)) == 0


def test_enqueue_keeps_ids_as_text(association):
    identifier = uuid4()

    job = enqueue(kind="probe", arguments={"id": identifier, "ids": [identifier]})

    assert job.arguments == {"id": str(identifier), "ids": [str(identifier)]}


def test_enqueue_with_the_same_key_gives_the_same_job(association):
    first = enqueue(kind="probe", arguments={"n": 1}, dedupe_key="one")
    second = enqueue(kind="probe", arguments={"n": 2}, dedupe_key="one")
    other = enqueue(kind="probe", arguments={"n": 3}, dedupe_key="two")

    assert second.id == first.id
    assert second.arguments == {"n": 1}
    assert other.id != first.id


def test_enqueue_with_the_same_key_elsewhere_gives_another_job(association, other_association, in_association):
    first = enqueue(kind="probe", arguments={}, dedupe_key="one")
    db.session.commit()

    elsewhere = in_association(other_association, lambda: enqueue(kind="probe", arguments={}, dedupe_key="one").id)

    assert elsewhere != first.id


def test_enqueue_of_an_unknown_kind_is_refused(association):
    with pytest.raises(UnknownJobKindError):
        enqueue(kind="nobody-does-this", arguments={})


def test_schedule_again_moves_it_until_it_has_fired(association):
    due = datetime(2030, 1, 1, tzinfo=UTC)
    schedule(kind="probe", due_at=due, dedupe_key="x")
    schedule(kind="probe", due_at=due + timedelta(days=1), dedupe_key="x", arguments={"n": 2})
    row = db.session.execute(select(Schedule)).scalar_one()
    db.session.refresh(row)
    assert (row.due_at, row.arguments) == (due + timedelta(days=1), {"n": 2})

    row.fired_at = system_now()
    db.session.flush()
    schedule(kind="probe", due_at=due + timedelta(days=9), dedupe_key="x")
    db.session.refresh(row)
    assert row.due_at == due + timedelta(days=1)


def test_cancel_schedule_takes_back_what_has_not_fired(association):
    schedule(kind="probe", due_at=datetime(2030, 1, 1, tzinfo=UTC), dedupe_key="x")

    assert cancel_schedule(kind="probe", dedupe_key="x") is True
    assert cancel_schedule(kind="probe", dedupe_key="x") is False


def test_schedule_refuses_a_time_without_zone(association):
    with pytest.raises(ValueError, match="time zone"):
        schedule(kind="probe", due_at=datetime(2030, 1, 1), dedupe_key="x")  # noqa: DTZ001


def test_cancel_of_a_waiting_job_ends_it_and_is_audited(association):
    actor = staff_actor()
    job = enqueue(kind="probe", arguments={})

    cancel_job(actor=actor, job_id=job.id)

    assert job.state is JobState.CANCELLED
    entry = db.session.execute(select(AuditEntry)).scalar_one()
    assert (entry.action, entry.object_id, entry.account_id) == ("job.cancelled", job.id, actor.account_id)


def test_cancel_of_a_job_that_has_ended_is_refused(association):
    job = enqueue(kind="probe", arguments={})
    job.state = JobState.DONE
    db.session.flush()

    with pytest.raises(ConflictError):
        cancel_job(actor=staff_actor(), job_id=job.id)


def test_cancel_of_somebody_elses_job_is_answered_like_a_missing_one(association):
    mine, other = an_account(), an_account()
    job = enqueue(kind="probe", arguments={}, requested_by=mine.id)

    for actor in (an_actor(other), an_actor(other, Grant("department-staff", department_id=uuid4())), SYSTEM):
        with pytest.raises(NotYoursError):
            cancel_job(actor=actor, job_id=job.id)
    with pytest.raises(NotYoursError):
        cancel_job(actor=staff_actor(), job_id=uuid4())
    assert cancel_job(actor=an_actor(mine), job_id=job.id).state is JobState.CANCELLED


def test_cancel_of_another_associations_job_is_answered_like_a_missing_one(
    association, other_association, in_association
):
    foreign = in_association(other_association, lambda: enqueue(kind="probe", arguments={}).id)

    with pytest.raises(NotYoursError):
        cancel_job(actor=staff_actor(), job_id=foreign)


def test_retry_gives_a_dead_job_its_attempts_again(association):
    job = enqueue(kind="probe", arguments={})
    job.state, job.attempts = JobState.DEAD, 5
    db.session.flush()

    retry_job(actor=staff_actor(), job_id=job.id)

    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    with pytest.raises(ConflictError):
        retry_job(actor=staff_actor(), job_id=job.id)


@pytest.mark.parametrize(
    ("zone", "after", "at", "expected"),
    [
        ("UTC", "2027-01-01T00:00+00:00", "02:30", "2027-01-01T02:30+00:00"),
        ("UTC", "2027-01-01T02:30+00:00", "02:30", "2027-01-02T02:30+00:00"),
        ("America/Los_Angeles", "2027-03-13T20:00+00:00", "00:05", "2027-03-14T08:05+00:00"),
        # The hour from 2 to 3 is left out on 14 March.
        ("America/Los_Angeles", "2027-03-14T09:00+00:00", "02:30", "2027-03-14T10:30+00:00"),
        ("America/Los_Angeles", "2027-03-14T10:30+00:00", "02:30", "2027-03-15T09:30+00:00"),
        # The hour from 1 to 2 comes twice on 7 November: the first one counts.
        ("America/Los_Angeles", "2027-11-06T12:00+00:00", "01:30", "2027-11-07T08:30+00:00"),
        ("America/Los_Angeles", "2027-11-07T08:30+00:00", "01:30", "2027-11-08T09:30+00:00"),
        ("Europe/London", "2027-03-28T00:30+00:00", "00:30", "2027-03-28T23:30+00:00"),
        ("Pacific/Kiritimati", "2027-06-01T10:00+00:00", "00:05", "2027-06-01T10:05+00:00"),
    ],
)
def test_next_daily_follows_the_local_clock(zoned, zone, after, at, expected):
    with zoned(zone):
        found = next_daily(datetime.fromisoformat(after), datetime.strptime(at, "%H:%M").time())  # noqa: DTZ007

    assert found == datetime.fromisoformat(expected)
