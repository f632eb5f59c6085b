"""Handing mail over: at most once, and saying honestly what became of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tandem.access.actor import Grant
from tandem.access.errors import ConflictError, NotYoursError
from tandem.audit.models import AuditEntry
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.jobs.models import Job, JobState
from tandem.jobs.runner import Outcome, run_pending
from tandem.local import processes
from tandem.notices import jobs
from tandem.notices.markup import wrapped
from tandem.notices.models import Delivery, DeliveryState, Notice
from tandem.notices.services import in_batches, send_again, write_notice
from tandem.tenancy.services import set_clock_offset
from tests.factories import a_department, a_program, an_account, an_actor, staff_actor


def a_notice(address="ada@example.org", **changes):
    account = an_account(name="Ada Sample", email=address)
    values = {"template": "dues-resumed", "to_account_id": account.id, "context": {}}
    notice = write_notice(**(values | changes))
    db.session.commit()
    return notice


def delivery():
    db.session.rollback()
    return db.session.execute(select(Delivery).execution_options(populate_existing=True)).scalar_one()


def states():
    db.session.rollback()
    rows = db.session.execute(select(Notice.address, Delivery.state).join(Delivery, Delivery.notice_id == Notice.id))
    return {address: state.value for address, state in rows}


def again():
    """Let the next attempt be due, and do it."""
    db.session.execute(update(Job).where(Job.state == JobState.QUEUED).values(run_after=system_now()))
    db.session.commit()
    return run_pending()


def test_notice_arrives_as_written(association, mail):
    notice = a_notice()

    assert run_pending() == [("notices.deliver", Outcome.DONE)]

    [message] = mail.messages
    assert message["To"] == "Ada Sample <ada@example.org>"
    assert message["From"].addresses[0].addr_spec == f"{association.slug}@mail.example.org"
    assert message["From"].addresses[0].display_name == association.name
    assert message["Subject"] == notice.subject
    assert message["Message-ID"].strip() == delivery().message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == wrapped(notice.text_body)
    assert "Hello Ada Sample," in message.get_body(("html",)).get_content()
    sent = delivery()
    assert (sent.state, sent.attempts, sent.detail) == (DeliveryState.SENT, 1, None)
    assert sent.finished_at is not None


def test_mail_bears_the_day_and_zone_of_the_association(association, mail):
    moved = timedelta(days=200, hours=3)
    set_clock_offset(association_id=association.association_id, offset=moved)
    db.session.commit()
    a_notice()

    run_pending()

    [message] = mail.messages
    written = message["Date"].datetime
    assert abs(written - moved - system_now()) < timedelta(seconds=30)
    assert written.utcoffset() == written.astimezone(association.zone).utcoffset()


def test_nothing_is_sent_when_the_cause_is_rolled_back(association, mail):
    write_notice(template="dues-resumed", to_account_id=an_account().id, context={})
    db.session.rollback()

    assert run_pending() == []
    assert mail.messages == []


def test_secrets_arrive_and_are_forgotten(association, mail):
    secrets = {"link": "http://a.localhost/sign-in/link/SECRET", "code": "123456"}
    a_notice(template="sign-in-link", context={"minutes": 10}, sensitive_text=secrets)

    run_pending()

    text = mail.messages[0].get_body(("plain",)).get_content()
    assert "http://a.localhost/sign-in/link/SECRET" in text
    assert "123456" in text
    assert delivery().unredacted is None


def test_refused_recipient_is_said_with_the_reason(association, mail):
    mail.answers["ada@example.org"] = "550 5.1.1 ada@example.org: no such user"
    a_notice()

    run_pending()

    failed = delivery()
    assert (failed.state, failed.detail) == (DeliveryState.FAILED, "550 5.1.1")
    assert mail.messages == []


def test_put_off_recipient_is_tried_again_and_the_others_are_not(association, mail):
    mail.answers["slow@example.org"] = "451 4.7.1 try again later"
    with in_batches():
        for address in ("first@example.org", "slow@example.org", "last@example.org"):
            account = an_account(email=address)
            write_notice(template="dues-resumed", to_account_id=account.id, context={})
    db.session.commit()

    assert run_pending() == [("notices.deliver", Outcome.RETRY)]
    assert states() == {"first@example.org": "sent", "slow@example.org": "pending", "last@example.org": "sent"}
    mail.answers.clear()
    assert again() == [("notices.deliver", Outcome.DONE)]
    assert mail.recipients == ["first@example.org", "last@example.org", "slow@example.org"]


def test_recipient_that_is_always_put_off_fails_in_the_end(association, mail, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 2)
    mail.answers["ada@example.org"] = "451 4.7.1 try again later"
    a_notice()

    run_pending()
    assert again() == [("notices.deliver", Outcome.DONE)]
    assert (delivery().state, delivery().detail) == (DeliveryState.FAILED, "451 4.7.1")


def test_server_that_is_away_is_tried_again(app, association, mail, monkeypatch):
    there = app.extensions["tandem.settings"]
    monkeypatch.setitem(app.extensions, "tandem.settings", replace(there, smtp_port=processes.free_port()))
    a_notice()
    assert run_pending() == [("notices.deliver", Outcome.RETRY)]
    assert (delivery().state, delivery().attempts) == (DeliveryState.PENDING, 0)

    monkeypatch.setitem(app.extensions, "tandem.settings", there)
    assert again() == [("notices.deliver", Outcome.DONE)]
    assert len(mail.messages) == 1


def test_server_that_stays_away_leaves_a_failure_to_see(app, association, mail, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    away = replace(app.extensions["tandem.settings"], smtp_port=processes.free_port())
    monkeypatch.setitem(app.extensions, "tandem.settings", away)
    a_notice()

    assert run_pending() == [("notices.deliver", Outcome.DONE)]
    assert (delivery().state, delivery().detail) == (DeliveryState.FAILED, "unreachable")


def test_connection_lost_after_the_content_is_doubtful_and_not_sent_again(association, mail):
    mail.drop = lambda _address: True
    a_notice()

    run_pending()

    assert delivery().state is DeliveryState.UNCERTAIN
    assert again() == []
    assert len(mail.messages) == 1


def test_rest_of_a_batch_waits_when_the_connection_is_lost(association, mail):
    mail.drop = lambda address: address == "first@example.org"
    with in_batches():
        for address in ("first@example.org", "second@example.org"):
            write_notice(template="dues-resumed", to_account_id=an_account(email=address).id, context={})
    db.session.commit()

    run_pending()
    assert states() == {"first@example.org": "uncertain", "second@example.org": "pending"}
    again()
    assert states() == {"first@example.org": "uncertain", "second@example.org": "sent"}
    assert mail.recipients == ["first@example.org", "second@example.org"]


def test_worker_that_dies_in_between_leaves_a_doubtful_one(association, mail):
    """What is found in ``sending`` belongs to a worker that is gone."""
    a_notice()
    db.session.execute(update(Delivery).values(state=DeliveryState.SENDING, attempts=1))
    db.session.commit()

    assert run_pending() == [("notices.deliver", Outcome.DONE)]

    assert (delivery().state, delivery().detail) == (DeliveryState.UNCERTAIN, "abandoned")
    assert mail.messages == []


def test_sending_is_committed_before_the_server_hears_of_it(association, mail):
    seen = []

    def look():
        with db.engine.connect() as connection:
            seen.append(connection.execute(select(Delivery.state)).scalar_one())

    with looking(mail, look, db.engine):
        a_notice()
        run_pending()

    assert seen == [DeliveryState.SENDING]


@contextmanager
def looking(mail, look, engine):
    # The server runs in a thread of its own, so the look is taken with the test's context.
    from contextvars import copy_context

    context = copy_context()
    mail.before_keeping = lambda: context.copy().run(look)
    yield


def test_address_that_is_none_fails_and_nothing_is_sent(association, mail):
    notice = a_notice()
    db.session.execute(update(Notice).values(address="ada@example.org\nBcc: eve@example.org"))
    db.session.commit()
    assert notice is not None

    run_pending()

    assert (delivery().state, delivery().detail) == (DeliveryState.FAILED, "address")
    assert mail.messages == []


def test_staff_send_a_doubtful_one_again_on_purpose(association, mail):
    mail.drop = lambda _address: True
    a_notice()
    run_pending()
    mail.drop = lambda _address: False
    actor = staff_actor()

    send_again(actor=actor, delivery_id=delivery().id)
    db.session.commit()
    run_pending()

    assert (delivery().state, delivery().attempts) == (DeliveryState.SENT, 2)
    assert [message["Message-ID"] for message in mail.messages] == [mail.messages[0]["Message-ID"]] * 2
    entry = db.session.execute(select(AuditEntry).where(AuditEntry.action == "notice.sent-again")).scalar_one()
    assert (entry.account_id, entry.changes) == (actor.account_id, {"state": ["uncertain", "pending"]})


def test_sent_and_secret_ones_are_not_sent_again(association, mail):
    a_notice()
    run_pending()
    with pytest.raises(ConflictError, match="sent"):
        send_again(actor=staff_actor(), delivery_id=delivery().id)

    db.session.execute(update(Delivery).values(state=DeliveryState.FAILED))
    db.session.execute(update(Notice).values(template="sign-in-link"))
    db.session.commit()
    with pytest.raises(ConflictError, match="secret"):
        send_again(actor=staff_actor(), delivery_id=delivery().id)


def test_department_staff_send_again_in_their_own_programs_alone(association, mail):
    one, two = a_department(), a_department()
    program = a_program(department_id=one.id)
    a_notice(program_id=program.id)
    db.session.execute(update(Delivery).values(state=DeliveryState.UNCERTAIN))
    db.session.commit()

    with pytest.raises(NotYoursError):
        send_again(
            actor=an_actor(an_account(), Grant("department-staff", department_id=two.id)), delivery_id=delivery().id
        )
    own = an_actor(an_account(), Grant("department-staff", department_id=one.id))
    assert send_again(actor=own, delivery_id=delivery().id).state is DeliveryState.PENDING
