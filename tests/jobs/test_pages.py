"""Pages of background work."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tandem.extensions import db
from tandem.jobs.models import JobState
from tandem.jobs.services import enqueue
from tests.factories import a_department, a_grant, an_account
from tests.pages import post, signed_in_client, text_of

pytestmark = pytest.mark.usefixtures("probe")


def a_job(**values):
    state = values.pop("state", JobState.QUEUED)
    changes = {name: values.pop(name) for name in ("progress", "attempts", "error_kind") if name in values}
    job = enqueue(kind="probe", arguments={}, **values)
    job.state = state
    for name, value in changes.items():
        setattr(job, name, value)
    db.session.commit()
    return job


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


def test_job_shows_its_progress_and_asks_again(app, association):
    account = an_account()
    job = a_job(state=JobState.RUNNING, progress=3, total=10, requested_by=account.id)
    client = signed_in_client(app, association, account)

    page = client.get(f"/jobs/{job.id}")
    part = client.get(f"/jobs/{job.id}", headers={"HX-Request": "true"})

    assert "3 of 10" in text_of(page)
    assert 'http-equiv="refresh"' in page.get_data(as_text=True)
    assert f'hx-get="/jobs/{job.id}"' in part.get_data(as_text=True)
    assert "<html" not in part.get_data(as_text=True)


def test_finished_job_leads_on_and_no_longer_asks(app, association):
    account = an_account()
    job = a_job(state=JobState.DONE, requested_by=account.id)

    page = (
        signed_in_client(app, association, account).get(f"/jobs/{job.id}?back=/staff/imports/1").get_data(as_text=True)
    )

    assert 'href="/staff/imports/1"' in page
    assert "hx-get" not in page
    assert 'http-equiv="refresh"' not in page


def test_job_leads_to_our_own_pages_alone(app, association):
    account = an_account()
    job = a_job(state=JobState.DONE, requested_by=account.id)

    page = (
        signed_in_client(app, association, account)
        .get(f"/jobs/{job.id}?back=https://evil.example/")
        .get_data(as_text=True)
    )

    assert 'href="https://evil.example' not in page


def test_job_of_somebody_else_is_answered_like_a_missing_one(app, association):
    job = a_job(requested_by=an_account().id)
    client = signed_in_client(app, association, an_account())

    assert client.get(f"/jobs/{job.id}").status_code == client.get(f"/jobs/{uuid4()}").status_code == 404
    for verb in ("cancel", "retry"):
        assert post(client, f"/jobs/{job.id}/{verb}").status_code == 404


def test_staff_list_filters_and_says_who_asked(app, association, staff):
    a_job(requested_by=an_account(name="Ada Sample").id)
    a_job(state=JobState.DEAD, attempts=3, error_kind="RuntimeError")

    listed = text_of(staff.get("/staff/jobs"))

    assert "Ada Sample" in listed
    assert "by itself" in listed
    assert "Failed after 3 attempts." in listed
    assert "Ada Sample" not in text_of(staff.get("/staff/jobs?state=dead"))
    assert "Nothing fits this filter." in text_of(staff.get("/staff/jobs?state=done"))
    assert staff.get("/staff/jobs?after=nonsense").status_code == 404


def test_staff_cancel_and_try_again(app, association, staff):
    waiting, dead = a_job(), a_job(state=JobState.DEAD)

    cancelled = post(staff, f"/jobs/{waiting.id}/cancel", {"from": "list"}, follow_redirects=True)
    again = post(staff, f"/jobs/{dead.id}/retry", {"from": "list"}, follow_redirects=True)

    assert "Canceled before it began." in text_of(cancelled)
    assert "It is tried again." in text_of(again)
    assert post(staff, f"/jobs/{waiting.id}/cancel").status_code == 409
    assert post(staff, f"/jobs/{dead.id}/retry").status_code == 409


def test_a_job_says_when_by_whom_and_how_often(staff):
    asked_for = a_job(
        state=JobState.DEAD, attempts=3, error_kind="RuntimeError", requested_by=an_account(name="Ada Sample").id
    )

    page = staff.get(f"/jobs/{asked_for.id}")
    said = text_of(page)

    assert "Failed after 3 attempts." in said
    assert "By Ada Sample" in said
    assert f"Attempts 3 of at most {asked_for.max_attempts}" in said
    assert "Last fault RuntimeError" in said
    assert page.get_data(as_text=True).count('href="/staff/jobs"') >= 2


def test_a_job_leads_staff_alone_to_what_it_is_about(app, association, staff):
    account = an_account()
    run_id = uuid4()
    job = enqueue(kind="matching.run", arguments={"match_run_id": str(run_id)}, requested_by=account.id)
    job.state = JobState.DONE
    db.session.commit()

    assert f'href="/staff/matching/{run_id}"' in staff.get(f"/jobs/{job.id}").get_data(as_text=True)
    own = signed_in_client(app, association, account).get(f"/jobs/{job.id}").get_data(as_text=True)
    assert f"/staff/matching/{run_id}" not in own
    assert 'href="/staff/jobs"' not in own


def test_running_job_is_asked_to_stop(app, association, staff):
    job = a_job(state=JobState.RUNNING)

    said = text_of(post(staff, f"/jobs/{job.id}/cancel", follow_redirects=True))

    assert "It stops at the next step" in said


def test_department_staff_see_what_they_asked_for_alone(app, association):
    account = an_account(name="Dee Department")
    a_job(requested_by=account.id)
    a_job(requested_by=an_account(name="Ada Sample").id)
    a_grant(account, "department-staff", department_id=a_department().id)
    client = signed_in_client(app, association, account)

    listed = text_of(client.get("/staff/jobs"))

    assert "Dee Department" in listed
    assert "Ada Sample" not in listed
