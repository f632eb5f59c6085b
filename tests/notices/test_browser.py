"""Pages of notices, background work and the audit trail in a real browser."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select

from tandem.audit.services import record
from tandem.extensions import db
from tandem.jobs.models import JobState
from tandem.jobs.services import enqueue
from tandem.local.mailbox import write_message
from tandem.notices.bouncing import Taken, note_report
from tandem.notices.models import Delivery, DeliveryState
from tandem.notices.reports import Became, Report
from tandem.notices.services import write_notice
from tests.browser import sign_in
from tests.factories import a_grant, a_member, a_program, an_account, an_actor
from tests.pages import session_for
from tests.views import problems_in_every_view

pytestmark = pytest.mark.browser


@pytest.fixture
def account(association):
    account = an_account(a_member(given_name="Olive", family_name="Office"))
    a_grant(account, "association-staff")
    return account


@pytest.fixture
def pages(association, account, site, monkeypatch, tmp_path):
    """A little of everything; gives the addresses to look at, most of them on the association's host."""
    program = a_program(slug="member-to-member")
    notices = [
        write_notice(template="application-declined", to_account_id=account.id, program_id=program.id, about=("thing", uuid4()),
                     context={"reason": "Three years of membership are missing.\n\nYou joined in 2026.", "next_steps": "Apply in 2029."}),
        write_notice(template="match-published-mentor", to_account_id=account.id, program_id=program.id, about=("thing", uuid4()),
                     context={"partners": ["Ada Lovelace"], "promise": "Not to promote consulting services."}),
    ]  # fmt: skip
    states = [DeliveryState.UNCERTAIN, DeliveryState.FAILED]
    for notice, state in zip(notices, states, strict=True):
        row = db.session.execute(select(Delivery).where(Delivery.notice_id == notice.id)).scalar_one()
        row.state, row.attempts, row.detail = state, 1, "550 5.1.1"
    jobs = []
    for state in JobState:
        job = enqueue(kind="notices.deliver", arguments={"delivery_ids": []}, total=10, requested_by=account.id)
        job.state, job.progress, job.attempts = state, 4, 2
        jobs.append(job)
    actor = an_actor(account)
    record(actor=actor, action="application.declined", object_kind="application", object_id=uuid4(), reason="Too soon",
           changes={"status": ["submitted", "declined"], "note": [None, "x" * 80]})  # fmt: skip
    record(actor=actor, action="journal.added", object_kind="journal_entry", object_id=uuid4(), visibility="pair",
           changes={"body": [None, "x"]})  # fmt: skip
    db.session.commit()
    settings = replace(site.app.extensions["tandem.settings"], environment="development", mailbox_dir=tmp_path)
    monkeypatch.setitem(site.app.extensions, "tandem.settings", settings)
    mail = write_message(
        tmp_path, _mail(notices[0]), sender="a@mail.example.org", recipients=["olive.with.a.long.name@mail.example.org"]
    )
    here = association.hostname
    return [
        *(site.url(here, path) for path in (
            "/notices", f"/notices/{notices[0].id}", f"/notices/{notices[1].id}/mail", "/staff/notices",
            f"/staff/notices/{notices[0].id}", f"/staff/notices/{notices[1].id}", "/staff/notices?q=nobody", "/staff/jobs",
            *(f"/jobs/{job.id}" for job in jobs), "/staff/audit", "/staff/audit?q=nobody",
        )),
        site.url("localhost", "/mailbox"), site.url("localhost", f"/mailbox/{mail.name}"),
        site.url("localhost", f"/mailbox/{mail.name}/mail"),
    ]  # fmt: skip


def _mail(notice):
    from tandem.notices.email import build_message

    return build_message(
        message_id="<1@mail.example.org>", sender_name="A", sender_address="a@mail.example.org", reply_to=None,
        recipient_name="Olive", recipient_address="o@mail.example.org", subject=notice.subject, text=notice.text_body,
        html=notice.html_body,
    ).as_bytes()  # fmt: skip


@pytest.fixture
def enter(association, account, new_page):
    """Open a window in which someone on the staff is signed in."""
    secret = session_for(account)

    def opened(**more):
        window = new_page(**more)
        sign_in(window, association.hostname, secret)
        return window

    return opened


@pytest.mark.proof
def test_pages_are_accessible_and_fit(pages, enter):
    window = enter()
    found = []
    for number, address in enumerate(pages):
        answer = window.goto(address)
        content = answer.text()
        assert answer.status == 200, address
        if address.endswith("/mail"):
            # In its sandbox nothing runs, axe neither: it looks at the same content without the sandbox.
            window.goto("about:blank")
            window.set_content(content)
        found += [f"{address}: {problem}" for problem in problems_in_every_view(window, f"notices-{number:02}")]

    assert found == []


@pytest.mark.proof
def test_pages_of_what_came_back_and_of_the_operators_hold(association, account, site, enter, held_by_operator):
    member = a_member(given_name="Ada", family_name="Returned", email="ada.with.a.long.name@mail.example.org")
    reports = [
        Report(Became.REFUSED, "5.1.1", "550 5.1.1 The account that you tried to reach does not exist"),
        Report(Became.GIVEN_UP, "4.4.7", ""),
        Report(Became.LATE, "4.2.2", "452 4.2.2 mailbox full"),
        Report(Became.REFUSED, "5.7.1", "550 5.7.1 not accepted for reasons of policy"),
    ]
    notices = []
    for report in reports:
        notice = write_notice(template="dues-resumed", to_member_id=member.id, context={})
        row = db.session.execute(select(Delivery).where(Delivery.notice_id == notice.id)).scalar_one()
        row.state, row.attempts = DeliveryState.SENT, 1
        assert note_report(delivery_id=row.id, attempt=1, report=report) is Taken.NOTED
        notices.append(notice)
    db.session.commit()
    held_by_operator(association, "The mail server is mended until noon.")
    window = enter()
    found = []
    for number, path in enumerate((
        *(f"/staff/notices/{notice.id}" for notice in notices), "/staff/notices", "/staff/notices?state=doubtful",
        "/staff/notices/mail", "/staff/notices/mail/addresses", f"/staff/members/{member.id}", "/staff/",
    )):  # fmt: skip
        assert window.goto(site.url(association.hostname, path)).status == 200, path
        found += [f"{path}: {problem}" for problem in problems_in_every_view(window, f"bounces-{number:02}")]

    assert found == []


@pytest.mark.parametrize("scripts", [True, False])
def test_progress_is_followed_to_its_end(pages, enter, site, association, account, scripts):
    job = enqueue(kind="notices.deliver", arguments={"delivery_ids": []}, total=10, requested_by=account.id)
    job.state, job.progress = JobState.RUNNING, 4
    db.session.commit()
    window = enter(scripts=scripts)
    window.goto(site.url(association.hostname, f"/jobs/{job.id}?back=/staff/notices"))
    window.get_by_text("4 of 10").wait_for()

    job.state = JobState.DONE
    db.session.commit()

    window.get_by_role("link", name="Go on").wait_for()
    window.get_by_role("link", name="Go on").click()
    window.wait_for_url("**/staff/notices")


def test_links_in_a_sandboxed_mail_can_be_followed(pages, enter, site, association):
    window = enter()
    window.goto(pages[2])

    link = window.get_by_role("link", name="Open the mentorship")

    assert link.get_attribute("href").startswith(f"http://{association.hostname}/mentorships/")
    # The styles of the mail hold in spite of the policy, which names each of them.
    box = link.bounding_box()
    assert box["height"] > 40
