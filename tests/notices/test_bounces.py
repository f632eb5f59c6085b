"""Letters that came back after a mail server had taken them."""

from __future__ import annotations

from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from tandem.cli import mail as command
from tandem.directory.services.members import change_member
from tandem.extensions import db
from tandem.notices.bouncing import Taken, take_report
from tandem.notices.models import AddressMark, Delivery
from tandem.notices.reports import LARGEST, AutomaticReplyError, NotAReportError, read_report
from tandem.notices.return_path import return_address, sending_of
from tandem.notices.services import write_notice
from tests.factories import a_grant, an_account, staff_actor
from tests.notices.bounces import BASE, absent, report, sent_with_return
from tests.notices.sending import a_recipient, deliveries, state_of, work, write
from tests.pages import post, signed_in_client, text_of


@pytest.fixture
def reporting(app, mail, monkeypatch):
    """The mail server, with a place for its reports in the settings."""
    settings = replace(app.extensions["tandem.settings"], bounce_address=BASE)
    monkeypatch.setitem(app.extensions, "tandem.settings", settings)
    return mail


@pytest.fixture
def take(app, association):
    """Take a report as the command does: with no association open."""

    def taking(raw, **more):
        def inside():
            with app.app_context():
                return take_report(app.extensions["tandem.settings"], raw, **more)

        db.session.rollback()
        return Context().run(inside)

    return taking


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


def marks():
    db.session.rollback()
    return [(mark.address_key, mark.answer) for mark in db.session.scalars(select(AddressMark))]


def test_without_a_setting_letters_are_returned_to_their_sender(association, mail):
    _letter, sender = sent_with_return(mail, a_recipient())

    assert sender == f"{association.slug}@mail.example.org"


def test_each_letter_has_an_address_of_its_own_that_mail_can_carry(app, association, reporting):
    ada = a_recipient()
    (first, one), (_second, other) = sent_with_return(reporting, ada), sent_with_return(reporting, ada)

    assert one != other
    for address in (one, other):
        local, _at, domain = address.partition("@")
        assert (local[:7], domain, local.lower()) == ("bounce+", "mail.example.org", local)
        assert len(local) <= 64
    assert reporting.messages[0]["From"].addresses[0].addr_spec == f"{association.slug}@mail.example.org"
    found = sending_of(app.extensions["tandem.settings"], [f"<{one.upper()}>"])
    assert (found.association_id, found.delivery_id, found.attempt) == (
        association.association_id, deliveries(first).id, 1,
    )  # fmt: skip


def test_returned_letter_shows_what_was_reported_and_marks_the_address(
    association, other_association, reporting, take, staff
):
    ada = a_recipient(email="ada@example.org")
    letter, returned = sent_with_return(reporting, ada)

    assert take(report(returned)) is Taken.NOTED

    found = deliveries(letter)
    assert (found.state, found.report_status, found.report_text) == (
        "bounced",
        "5.1.1",
        "550 5.1.1 … No such user here",
    )
    assert marks() == [("ada@example.org", "5.1.1")]
    page = text_of(staff.get(f"/staff/notices/{letter.id}"))
    assert "Came back" in page
    assert "nobody gets mail at this address (5.1.1, “550 5.1.1 … No such user here”)" in page
    assert "SECRET-WORDS" not in page
    assert letter.subject in text_of(staff.get("/staff/notices?state=doubtful"))
    assert "Came back (1)" in text_of(staff.get("/staff/notices"))
    assert "Their address refuses mail." in text_of(staff.get(f"/staff/members/{ada.id}"))
    home = text_of(staff.get("/staff/"))
    assert "E-mails that may not have arrived" in home
    assert "Addresses that refuse mail" in home
    db.session.rollback()
    second = write(ada)
    work()
    assert (state_of(second), deliveries(second).detail) == ("failed", "marked")


def test_second_report_changes_nothing(association, reporting, take):
    letter, returned = sent_with_return(reporting, a_recipient())
    take(report(returned))
    before = deliveries(letter)
    kept = (before.report_status, before.report_text, before.reported_at)

    again = [take(report(returned, status="5.7.1")), take(report(returned, action="delayed", status="4.4.1"))]

    after = deliveries(letter)
    assert again == [Taken.REPEATED, Taken.REPEATED]
    assert (after.report_status, after.report_text, after.reported_at) == kept


def test_late_letter_may_still_come_back_and_marks_nothing_until_then(association, reporting, take, staff):
    letter, returned = sent_with_return(reporting, a_recipient(email="ada@example.org"))
    late = report(
        returned, action="delayed", status="4.4.1", diagnostic="X-Postfix; connect to mx.example.org: timed out"
    )

    assert [take(late), take(late)] == [Taken.NOTED, Taken.REPEATED]
    assert (state_of(letter), marks()) == ("delayed", [])
    assert "It is late" in text_of(staff.get(f"/staff/notices/{letter.id}"))
    assert "E-mails that may not have arrived" not in text_of(staff.get("/staff/"))

    assert take(report(returned, status="4.4.1")) is Taken.NOTED
    assert (state_of(letter), marks()) == ("bounced", [])
    assert "for days the recipient’s mail server did not take it" in text_of(staff.get(f"/staff/notices/{letter.id}"))


@pytest.mark.parametrize("status", ["5.7.1", "5.4.4", "5.6.1", "5.1.8", "5.2.3"])
def test_refusal_for_another_reason_than_the_address_does_not_mark_it(association, reporting, take, status):
    letter, returned = sent_with_return(reporting, a_recipient())

    assert take(report(returned, status=status)) is Taken.NOTED
    assert (state_of(letter), marks()) == ("bounced", [])


def test_letter_sent_again_goes_to_the_corrected_address_and_forgets_the_report(association, reporting, take, staff):
    ada = a_recipient(email="old@example.org")
    letter, returned = sent_with_return(reporting, ada)
    take(report(returned))
    db.session.rollback()
    assert "Correct the address" in text_of(staff.get(f"/staff/notices/{letter.id}"))
    change_member(actor=staff_actor(), member_id=ada.id, values={"email": "new@example.org"})
    db.session.commit()

    answer = post(staff, f"/staff/notices/deliveries/{deliveries(letter).id}/again", {})
    work()

    assert answer.status_code == 303
    assert reporting.recipients == ["old@example.org", "new@example.org"]
    found = deliveries(letter)
    assert (found.state, found.report_status, found.report_text, found.reported_at) == ("sent", None, None, None)
    assert reporting.senders[0] != reporting.senders[1]
    assert take(report(returned)) is Taken.STALE
    assert state_of(letter) == "sent"
    # What is written from now on goes there, too, though the member has not signed in since.
    db.session.rollback()
    write(ada)
    work()
    assert reporting.recipients[-1] == "new@example.org"


def test_cleared_mark_sends_the_returned_letter_again(association, reporting, take, staff):
    letter, returned = sent_with_return(reporting, a_recipient(email="ada@example.org"))
    take(report(returned))
    db.session.rollback()
    mark = db.session.scalars(select(AddressMark)).one()

    post(staff, f"/staff/notices/mail/addresses/{mark.id}/clear", {})
    work()

    assert state_of(letter) == "sent"
    assert len(reporting.messages) == 2


def test_sign_in_letter_is_not_sent_once_more_with_the_mark(association, reporting, take, staff):
    ada = a_recipient(email="ada@example.org")
    notice = write_notice(
        template="sign-in-link", to_member_id=ada.id, context={"minutes": 10},
        sensitive_text={"link": "http://a.localhost/sign-in/link/x", "code": "1"},
    )  # fmt: skip
    db.session.commit()
    work()
    take(report(reporting.senders[-1]))
    db.session.rollback()
    mark = db.session.scalars(select(AddressMark)).one()

    assert "Send again" not in text_of(staff.get(f"/staff/notices/{notice.id}"))
    post(staff, f"/staff/notices/mail/addresses/{mark.id}/clear", {})
    work()

    assert state_of(notice) == "bounced"
    assert len(reporting.messages) == 1


def test_old_report_is_stale(association, reporting, take):
    letter, returned = sent_with_return(reporting, a_recipient())
    long_ago = deliveries(letter).finished_at - timedelta(days=31)
    db.session.execute(update(Delivery).values(finished_at=long_ago))
    db.session.commit()

    assert take(report(returned)) is Taken.STALE
    assert state_of(letter) == "sent"


def test_arrived_and_absent_do_not_count(association, reporting, take):
    letter, returned = sent_with_return(reporting, a_recipient())

    assert take(report(returned, action="delivered", status="2.0.0")) is Taken.ARRIVED
    for raw in (absent(returned), report(returned, kind="disposition-notification")):
        with pytest.raises(AutomaticReplyError):
            take(raw)
    assert state_of(letter) == "sent"


def test_nothing_is_changed_by_an_address_that_we_did_not_make(
    app, association, other_association, in_association, reporting, take
):
    letter, returned = sent_with_return(reporting, a_recipient())
    token = returned[7:52]
    swapped = ("a" if token[30] != "a" else "b").join((token[:30], token[31:]))
    forged = [
        returned.replace(token, swapped), returned.replace(token, "a" * 45), f"{BASE}", f"x{returned}", f"{returned}.evil.example",
        returned.replace("bounce", "reply"), returned.replace(token, f"{token[:-1]}{'b' if token[-1] == 'a' else 'a'}"),
    ]  # fmt: skip

    assert [take(report(each)) for each in forged] == [Taken.UNKNOWN] * len(forged)
    # The signature holds for the letter's own association alone.
    settings, delivery_id = app.extensions["tandem.settings"], deliveries(letter).id
    misled = in_association(other_association, lambda: return_address(settings, delivery_id=delivery_id, attempt=1))
    assert take(report(misled)) is Taken.UNKNOWN
    assert state_of(letter) == "sent"


def test_the_mail_server_may_say_the_recipient_itself(association, reporting, take):
    letter, returned = sent_with_return(reporting, a_recipient())

    assert take(report("postmaster@mail.example.org"), recipient="bounce@mail.example.org") is Taken.UNKNOWN
    assert take(report("postmaster@mail.example.org"), recipient=returned) is Taken.NOTED
    assert state_of(letter) == "bounced"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 500,
        b"Subject: Hello\n\nA letter by a person.",
        b"Content-Type: multipart/report; report-type=delivery-status\n\nno parts",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n--x--\n",
        report("a@b").replace(b"Status: 5.1.1", b"Status: what"),
        report("a@b", action="pondered"),
        b"A" * (LARGEST + 1),
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (each, each) for each in range(3000)),
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\u00e9\n\n--\u00e9\n".encode(),
    ],
    ids=["empty", "bytes", "person", "no parts", "no fields", "status", "action", "large", "deep", "letters"],
)
def test_what_cannot_be_read_is_said_so(raw):
    with pytest.raises(NotAReportError):
        read_report(raw)


def test_gravest_of_several_recipients_counts_and_words_are_cleaned():
    raw = report("a@b", action="delayed", status="4.2.2", diagnostic="smtp; 452 4.2.2 full").replace(
        b"\n\n--9B095B5ADSN\nContent-Type: message/rfc822",
        b"\n\nFinal-Recipient: rfc822; private@elsewhere.example\nAction: failed\nStatus: 5.2.1 (disabled)\n"
        b"Diagnostic-Code: smtp; 550 5.2.1 \x07\xe2\x80\xae<private@elsewhere.example>\n  " + b"very " * 100 + b"long\n"
        b"\n--9B095B5ADSN\nContent-Type: message/rfc822",
    )

    found, _headers = read_report(raw)

    assert (found.became, found.status) == ("refused", "5.2.1")
    assert found.text.startswith("550 5.2.1")
    assert "private" not in found.text
    assert found.text.isprintable()
    assert len(found.text) == 300


def test_long_words_cost_nothing():
    found, _headers = read_report(report("a@b", diagnostic="smtp; " + "a" * 500_000))

    assert found.text == "a" * 299 + "…"


def test_younger_kind_of_report_is_read_too():
    found, _headers = read_report(report("a@b", kind="global-delivery-status"))

    assert (found.became, found.status) == ("refused", "5.1.1")


def run(app, raw, monkeypatch, *arguments, settings=None):
    """The command, as a mail server's pipe runs it: exit status and what it says."""
    monkeypatch.setattr(command, "load_settings", lambda: settings or app.extensions["tandem.settings"])
    db.session.rollback()
    result = Context().run(CliRunner().invoke, command.mail, ["bounced", *arguments], input=raw)
    return result.exit_code, result.stderr.strip()


def test_command_answers_as_mail_servers_understand(app, association, reporting, monkeypatch):
    letter, returned = sent_with_return(reporting, a_recipient())
    settings = app.extensions["tandem.settings"]
    away = replace(settings, database_url="postgresql://tandem_app:x@127.0.0.1:9/tandem")

    assert run(app, report(returned), monkeypatch, settings=replace(settings, bounce_address=None))[0] == 75
    assert run(app, report(returned), monkeypatch, settings=away)[0] == 75
    assert run(app, b"A" * (LARGEST + 2), monkeypatch)[0] == 65
    assert run(app, b"Subject: Hello\n\nHello", monkeypatch)[0] == 65
    assert run(app, report(BASE), monkeypatch)[0] == 67
    assert run(app, absent(returned), monkeypatch)[0] == 0
    assert state_of(letter) == "sent"
    assert run(app, report(returned), monkeypatch) == (0, "The letter shows what was reported.")
    assert run(app, report(returned), monkeypatch) == (0, "This was reported of the letter before. Nothing is changed.")
    assert state_of(letter) == "bounced"
