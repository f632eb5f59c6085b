"""Holding all mail, letting it go, and addresses that refuse it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from tandem.audit.models import AuditEntry
from tandem.extensions import db
from tandem.notices.models import AddressMark, MailHold
from tandem.notices.reasons import checked_templates
from tandem.notices.services import write_notice
from tests.factories import a_department, a_grant, a_member, an_account
from tests.notices.sending import a_recipient, deliveries, state_of, work, write
from tests.pages import post, signed_in_client, text_of


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


@pytest.fixture
def colleague(app, association):
    account = an_account(name="Dee Department")
    a_grant(account, "department-staff", department_id=a_department().id)
    return signed_in_client(app, association, account)


def hold(staff, reason="The list is being imported."):
    assert post(staff, "/staff/notices/mail/hold", {"reason": reason}).status_code == 303
    db.session.rollback()
    return db.session.scalars(select(MailHold).where(MailHold.released_at.is_(None))).one()


def sign_in_letter():
    account = an_account()
    notice = write_notice(
        template="sign-in-link", to_account_id=account.id, context={"minutes": 10},
        sensitive_text={"link": "http://a.localhost/sign-in/link/x", "code": "1"},
    )  # fmt: skip
    db.session.commit()
    return notice


def test_held_mail_waits_and_sign_in_mail_goes(association, mail, staff):
    ada = a_recipient()
    before = write(ada)
    held = hold(staff)
    during, signing_in = write(ada, "dues-resumed"), sign_in_letter()
    work()

    assert [state_of(letter) for letter in (before, during, signing_in)] == ["held", "held", "sent"]
    assert [message["Subject"] for message in mail.messages] == [signing_in.subject]
    page = text_of(staff.get("/staff/notices/mail"))
    assert "The list is being imported." in page
    assert "Waiting 2" in page
    assert deliveries(before).hold_id == held.id


def test_every_page_of_staff_says_so(staff, colleague, association):
    hold(staff)

    for browser in (staff, colleague):
        page = text_of(browser.get("/staff/"))
        assert "All mail is held. The list is being imported." in page
    assert "Let it go" not in text_of(colleague.get("/staff/notices/mail"))
    assert post(colleague, "/staff/notices/mail/hold", {"reason": "x"}).status_code == 403


def test_released_mail_goes_but_for_what_is_done_meanwhile(association, mail, staff, monkeypatch):
    done: set[str] = set()
    monkeypatch.setattr(
        "tandem.notices.reasons._registered", {"meeting-soon": lambda reason: reason["plan"] not in done}
    )
    ada = a_recipient()
    held = hold(staff)
    going, stopping = write(ada, reason={"plan": "one"}), write(ada, reason={"plan": "two"})
    work()
    done.add("two")

    answer = post(staff, f"/staff/notices/mail/{held.id}/release", {})
    again = post(staff, f"/staff/notices/mail/{held.id}/release", {})
    work()

    assert (answer.status_code, again.status_code) == (303, 409)
    assert [state_of(going), state_of(stopping)] == ["sent", "dropped"]
    assert len(mail.messages) == 1
    page = text_of(staff.get("/staff/notices/mail"))
    assert "Sent: 1" in page
    assert "Not needed any more: 1" in page
    assert "All mail is held" not in text_of(staff.get("/staff/"))
    actions = [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.recorded_at))]
    assert actions == ["mail.held", "mail.released"]


def test_what_waits_can_be_dropped(association, mail, staff):
    held = hold(staff)
    letter = write(a_recipient())
    work()

    post(staff, f"/staff/notices/mail/{held.id}/release", {"do": "drop"})
    later = write(a_recipient("Bo"))
    work()

    assert [state_of(letter), state_of(later)] == ["dropped", "sent"]
    assert len(mail.messages) == 1


def test_holding_twice_or_without_a_reason_changes_nothing(association, staff):
    empty = post(staff, "/staff/notices/mail/hold", {"reason": "  "})
    long = post(staff, "/staff/notices/mail/hold", {"reason": "x" * 301})
    hold(staff)
    twice = post(staff, "/staff/notices/mail/hold", {"reason": "Once more"})

    assert (empty.status_code, long.status_code, twice.status_code) == (422, 422, 409)
    assert "Say why" in text_of(empty)
    assert "x" * 301 in long.get_data(as_text=True)
    db.session.rollback()
    assert [row.reason for row in db.session.scalars(select(MailHold))] == ["The list is being imported."]


def test_another_associations_hold_is_not_ours(app, association, other_association, in_association, mail, staff):
    held = hold(staff)

    def over_there():
        account = an_account()
        a_grant(account, "association-staff")
        browser = signed_in_client(app, other_association, account)
        letter = write(a_recipient())
        work()
        page = text_of(browser.get("/staff/"))
        return (
            state_of(letter),
            "All mail is held" in page,
            post(browser, f"/staff/notices/mail/{held.id}/release", {}).status_code,
        )

    assert in_association(other_association, over_there) == ("sent", False, 404)
    db.session.rollback()
    assert db.session.scalars(select(MailHold)).one().released_at is None


def test_refused_address_is_marked_and_gets_nothing_more(association, mail, staff):
    ada = a_recipient(email="gone@example.org")
    mail.answers["gone@example.org"] = "550 5.1.1 No such user"
    first = write(ada)
    work()
    second = write(ada, "dues-resumed")
    work()

    assert [state_of(first), state_of(second)] == ["failed", "failed"]
    assert deliveries(second).attempts == 0
    db.session.rollback()
    mark = db.session.scalars(select(AddressMark)).one()
    assert (mark.address_key, mark.answer, mark.notice_id) == ("gone@example.org", "550 5.1.1", first.id)
    listed = text_of(staff.get("/staff/notices/mail/addresses"))
    assert "gone@example.org" in listed
    assert "550 5.1.1" in listed
    assert "Their address refuses mail." in text_of(staff.get(f"/staff/members/{ada.id}"))
    home = text_of(staff.get("/staff/"))
    assert "Addresses that refuse mail" in home


def test_cleared_mark_sends_what_waited(association, mail, staff):
    ada = a_recipient(email="full@example.org")
    mail.answers["full@example.org"] = "550 5.1.1"
    letters = [write(ada)]
    work()
    letters.append(write(ada, "dues-resumed"))
    work()
    del mail.answers["full@example.org"]
    mark = db.session.scalars(select(AddressMark)).one()

    answer = post(staff, f"/staff/notices/mail/addresses/{mark.id}/clear", {})
    again = post(staff, f"/staff/notices/mail/addresses/{mark.id}/clear", {})
    work()

    assert (answer.status_code, again.status_code) == (303, 409)
    assert [state_of(letter) for letter in letters] == ["sent", "sent"]
    assert len(mail.messages) == 2
    assert "No address refuses mail." in text_of(staff.get("/staff/notices/mail/addresses"))


@pytest.mark.parametrize("answer", ["451 4.2.1 try later", "550 5.7.1 not let through", "554 5.4.1 no way"])
def test_other_refusals_mark_nothing(association, mail, answer):
    mail.answers["ada@example.org"] = answer
    write(a_recipient(email="ada@example.org"))
    work()

    db.session.rollback()
    assert db.session.scalars(select(AddressMark)).all() == []


def test_sign_in_mail_goes_to_a_marked_address(association, mail):
    ada = a_recipient(email="gone@example.org")
    mail.answers["gone@example.org"] = "550 5.1.1"
    write(ada)
    work()
    del mail.answers["gone@example.org"]
    account = ada.id
    notice = write_notice(
        template="sign-in-link", to_member_id=account, context={"minutes": 10},
        sensitive_text={"link": "http://a.localhost/sign-in/link/x", "code": "1"},
    )  # fmt: skip
    db.session.commit()
    work()

    assert state_of(notice) == "sent"


def test_department_sees_and_clears_the_marks_of_its_own_people_alone(app, association, mail, colleague):
    member = a_member(email="elsewhere@example.org")
    mail.answers["elsewhere@example.org"] = "550 5.1.1"
    write(member)
    work()
    mark = db.session.scalars(select(AddressMark)).one()

    assert "elsewhere@example.org" not in text_of(colleague.get("/staff/notices/mail/addresses"))
    assert post(colleague, f"/staff/notices/mail/addresses/{mark.id}/clear", {}).status_code == 404
    assert post(colleague, f"/staff/notices/mail/addresses/{uuid4()}/clear", {}).status_code == 404


def test_every_reminder_looks_again_before_it_goes(app, association):
    work()  # Doing any job loads what the capabilities registered.
    from tandem.jobs.registry import job_kinds

    job_kinds()

    assert checked_templates() >= {
        "meeting-soon", "meeting-after", "meeting-proposed", "follow-up-due", "still-in-touch", "evaluation-offered",
        "evaluation-reminder", "message-received", "reassignment-received", "reviewer-waiting", "review-assigned",
        "review-due", "mentor-asked",
    }  # fmt: skip


def test_the_doubtful_on_the_home_page_open_their_rows(association, mail, staff):
    mail.answers["ada@example.org"] = "550 5.7.1"
    letter = write(a_recipient(email="ada@example.org"))
    work()

    listed = text_of(staff.get("/staff/notices?state=doubtful"))

    assert letter.subject in listed
    assert "E-mails that may not have arrived" in text_of(staff.get("/staff/"))
