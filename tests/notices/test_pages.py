"""Pages of notices: one's own, everybody's for staff, the development mailbox."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from uuid import uuid4

import pytest
from sqlalchemy import select

from tandem.extensions import db
from tandem.local.mailbox import write_message
from tandem.notices.mail_page import html_page
from tandem.notices.models import Delivery, DeliveryState
from tandem.notices.services import write_notice
from tandem.notices.words import STATE_WORDS
from tests.app_fixtures import client_at
from tests.factories import a_department, a_grant, a_program, an_account
from tests.pages import post, signed_in_client, text_of


def a_notice(account, **changes):
    notice = write_notice(**({"template": "dues-resumed", "to_account_id": account.id, "context": {}} | changes))
    db.session.commit()
    return notice


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


def doubt(notice):
    row = db.session.execute(select(Delivery).where(Delivery.notice_id == notice.id)).scalar_one()
    row.state = DeliveryState.UNCERTAIN
    db.session.commit()
    return row


def test_members_read_their_own_notices_as_sent(app, association):
    mine, other = an_account(name="Ada Sample"), an_account(name="Bo Sample")
    notice, foreign = a_notice(mine), a_notice(other)
    client = signed_in_client(app, association, mine)

    listed, shown = client.get("/notices"), client.get(f"/notices/{notice.id}")

    assert text_of(listed).count("your mentorship goes on") == 1
    assert "New" in text_of(listed)
    assert "Hello Ada Sample," in text_of(shown)
    assert f'<a href="http://{association.hostname}/mentorships/' in shown.get_data(as_text=True)
    assert "New" not in text_of(client.get("/notices"))
    for path in (f"/notices/{foreign.id}", f"/notices/{foreign.id}/mail"):
        missing = client.get(path.replace(str(foreign.id), str(uuid4())))
        assert client.get(path).status_code == missing.status_code == 404


def test_empty_list_says_so(app, association):
    client = signed_in_client(app, association, an_account())

    assert "Nothing has been written to you yet." in text_of(client.get("/notices"))


SAID = {
    "pending": "On its way to ada@example.org",
    "sending": "On its way to ada@example.org",
    "sent": "Sent to ada@example.org",
    "uncertain": "Sent to ada@example.org; nobody knows whether it arrived",
    "failed": "It could not be mailed to ada@example.org",
    "held": "Not mailed yet: all mail is held for now",
    "digest": "Not mailed yet: it comes in your next daily mail",
    "digested": "Sent in your daily mail to ada@example.org",
    "unwanted": "Not mailed, as you chose",
    "dropped": "Not mailed: it was no longer needed",
    "delayed": "Sent to ada@example.org",
    "bounced": "Sent to ada@example.org, and came back",
}


@pytest.mark.parametrize("state", DeliveryState)
def test_ones_own_letter_says_what_became_of_its_mail(app, association, staff, state):
    mine = an_account(email="ada@example.org")
    notice = a_notice(mine)
    row = db.session.execute(select(Delivery).where(Delivery.notice_id == notice.id)).scalar_one()
    row.state = state
    db.session.commit()
    client = signed_in_client(app, association, mine)

    listed, shown = text_of(client.get("/notices")), text_of(client.get(f"/notices/{notice.id}"))

    said = SAID[state.value]
    assert said in shown
    assert ("Sent to" in shown) == said.startswith("Sent to")
    assert (said in listed) == (state is not DeliveryState.SENT)
    for page in ("/staff/notices", f"/staff/notices/{notice.id}"):
        assert str(STATE_WORDS[state]) in text_of(staff.get(page)), page


def test_a_letter_to_a_marked_address_says_that_it_refuses_mail(app, association):
    mine = an_account(email="ada@example.org")
    notice = a_notice(mine)
    row = db.session.execute(select(Delivery).where(Delivery.notice_id == notice.id)).scalar_one()
    row.state, row.detail = DeliveryState.FAILED, "marked"
    db.session.commit()

    shown = text_of(signed_in_client(app, association, mine).get(f"/notices/{notice.id}"))

    assert "Not mailed: ada@example.org refused mail before" in shown


def test_mail_is_shown_in_a_sandbox_with_its_own_styles_alone(app, association):
    mine = an_account()
    notice = a_notice(mine)

    response = signed_in_client(app, association, mine).get(f"/notices/{notice.id}/mail")

    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert policy.count("'sha256-") == len(set(_styles(response.get_data(as_text=True))))
    assert "script" not in policy


def _styles(html):
    return re.findall(r'style="([^"]*)"', html)


def test_staff_search_by_name_address_and_state(app, association, staff):
    first = a_notice(an_account(name="Zoë Núñez", email="zoe@example.org"))
    a_notice(an_account(name="Bo Sample", email="bo@example.org"))
    doubt(first)

    for query in ("q=nunez", "q=zo%C3%AB%20N%C3%BA%C3%B1ez", "q=ZOE@example", "state=uncertain"):
        said = text_of(staff.get(f"/staff/notices?{query}"))
        assert "zoe@example.org" in said, query
        assert "bo@example.org" not in said, query
    assert "No notice fits this search." in text_of(staff.get("/staff/notices?q=nobody"))
    assert "bo@example.org" in text_of(staff.get("/staff/notices?state=nonsense"))


def test_staff_list_goes_on_by_pages(app, association, staff):
    account = an_account(email="many@example.org")
    for _ in range(51):
        write_notice(template="dues-resumed", to_account_id=account.id, context={})
    db.session.commit()

    first = staff.get("/staff/notices?q=many").get_data(as_text=True)
    following = first.split('href="/staff/notices?after=')[1].split('"')[0].replace("&amp;", "&")
    second = staff.get(f"/staff/notices?after={following}").get_data(as_text=True)

    assert (first.count("many@example.org"), second.count("many@example.org")) == (50, 1)
    assert staff.get("/staff/notices?after=nonsense").status_code == 404


def test_list_costs_the_same_with_one_and_with_many_rows(app, association, staff, statements):
    a_notice(an_account())
    staff.get("/staff/notices")
    statements()
    staff.get("/staff/notices")
    one = statements()

    for _ in range(30):
        a_notice(an_account())
    statements()
    staff.get("/staff/notices")

    assert statements() == one


def test_staff_see_the_doubtful_ones_and_send_again(app, association, staff):
    notice = a_notice(an_account())
    row = doubt(notice)

    assert "Doubtful deliveries wait for you." in text_of(staff.get("/staff/notices"))
    shown = text_of(staff.get(f"/staff/notices/{notice.id}"))
    assert "nobody knows whether it arrived" in shown
    response = post(staff, f"/staff/notices/deliveries/{row.id}/again", follow_redirects=True)
    assert "The notice is sent again." in text_of(response)
    assert "Waits to be sent" in text_of(response)
    assert post(staff, f"/staff/notices/deliveries/{row.id}/again").status_code == 409
    assert post(staff, f"/staff/notices/deliveries/{uuid4()}/again").status_code == 404


def test_department_staff_see_their_programs_notices_alone(app, association):
    one, two = a_department(), a_department()
    own = a_notice(an_account(email="own@example.org"), program_id=a_program(department_id=one.id).id)
    others = a_notice(an_account(email="others@example.org"), program_id=a_program(department_id=two.id).id)
    nobodys = a_notice(an_account(email="nobody@example.org"))
    account = an_account()
    a_grant(account, "department-staff", department_id=one.id)
    client = signed_in_client(app, association, account)

    listed = text_of(client.get("/staff/notices"))

    assert "own@example.org" in listed
    assert "others@example.org" not in listed
    assert "nobody@example.org" not in listed
    assert client.get(f"/staff/notices/{own.id}").status_code == 200
    missing = client.get(f"/staff/notices/{uuid4()}")
    for foreign in (others, nobodys):
        assert client.get(f"/staff/notices/{foreign.id}").status_code == missing.status_code == 404


def test_other_associations_notice_is_answered_like_a_missing_one(
    app, association, staff, other_association, in_association
):
    foreign = in_association(other_association, lambda: a_notice(an_account()).id)

    for path in ("/staff/notices/{}", "/staff/notices/{}/mail", "/notices/{}", "/notices/{}/mail"):
        answers = [staff.get(path.format(identifier)) for identifier in (foreign, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_members_are_turned_away_from_staff_pages(app, association):
    client = signed_in_client(app, association, an_account())

    assert client.get("/staff/notices").status_code == 403


@pytest.fixture
def finder(app, tmp_path, monkeypatch):
    settings = replace(app.extensions["tandem.settings"], environment="development", mailbox_dir=tmp_path)
    monkeypatch.setitem(app.extensions, "tandem.settings", settings)
    return client_at(app, "localhost")


MAIL = (
    b"From: A <a@mail.example.org>\r\nTo: Ada <ada@example.org>\r\nSubject: Your link\r\nMessage-ID: <1@mail.example.org>\r\n"
    b'Content-Type: multipart/alternative; boundary="x"\r\nMIME-Version: 1.0\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n'
    b"Sign in:\r\nhttp://a.localhost/sign-in/link/abc\r\n--x\r\nContent-Type: text/html\r\n\r\n"
    b'<p style="color: red">Hi<script>alert(1)</script></p>\r\n--x--\r\n'
)


def test_mailbox_shows_what_was_sent(finder, tmp_path):
    path = write_message(tmp_path, MAIL, sender="a@mail.example.org", recipients=["ada@example.org"])
    write_message(tmp_path, MAIL, sender="a@mail.example.org", recipients=["bo@example.org"])

    listed, shown = finder.get("/mailbox?q=ADA@"), finder.get(f"/mailbox/{path.name}")

    assert "ada@example.org" in text_of(listed)
    assert "bo@example.org" not in text_of(listed)
    assert '<a href="http://a.localhost/sign-in/link/abc"' in shown.get_data(as_text=True)
    html = finder.get(f"/mailbox/{path.name}/mail")
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "script-src" not in html.headers["Content-Security-Policy"]
    assert "With it came" not in text_of(shown)


@pytest.mark.parametrize(
    ("date", "said"),
    [
        (b"Date: Tue, 02 Mar 2027 16:05:00 -0800\r\n", "March 2, 2027, 4:05 PM"),
        (b"Date: Wed, 03 Mar 2027 01:05:00 +0100\r\n", "March 3, 2027, 1:05 AM"),
        (b"Date: soon\r\n", "today"),
        (b"", "today"),
    ],
)
def test_mailbox_says_when_as_the_association_does(finder, tmp_path, date, said):
    path = write_message(tmp_path, date + MAIL, sender="a@mail.example.org", recipients=["ada@example.org"])

    assert said in text_of(finder.get(f"/mailbox/{path.name}"))
    assert said.replace("March", "Mar") in text_of(finder.get("/mailbox"))


def test_mailbox_gives_the_files_that_came_with_a_mail(finder, tmp_path):
    mail = EmailMessage()
    mail.set_content("See the file.")
    mail.add_attachment("BEGIN:VCALENDAR\r\n", subtype="calendar", filename="meeting.ics")
    path = write_message(tmp_path, mail.as_bytes(), sender="a@mail.example.org", recipients=["ada@example.org"])

    shown = finder.get(f"/mailbox/{path.name}")
    file = finder.get(f"/mailbox/{path.name}/files/1")

    assert "With it came: meeting.ics" in text_of(shown)
    assert f'href="/mailbox/{path.name}/files/1"' in shown.get_data(as_text=True)
    assert (file.status_code, file.mimetype) == (200, "application/octet-stream")
    assert file.get_data(as_text=True).splitlines() == ["BEGIN:VCALENDAR"]
    for number in ("0", "2", "x"):
        assert finder.get(f"/mailbox/{path.name}/files/{number}").status_code == 404


def test_mailbox_pages_through_all_mails(finder, tmp_path):
    for number in range(52):
        write_message(tmp_path, MAIL, sender="a@mail.example.org", recipients=[f"n{number}@example.org"])

    first, second = (text_of(finder.get(f"/mailbox?page={page}")) for page in (1, 2))

    assert "1 to 50 of 52" in first
    assert "51 to 52 of 52" in second
    assert {f"n{n}@" in second for n in (0, 1)} == {True}
    assert "n0@" not in first
    assert "n0@" in text_of(finder.get("/mailbox?q=n0@"))
    for odd in ("0", "-1", "abc", "9" * 30):
        assert finder.get("/mailbox", query_string={"page": odd}).status_code == 200


def test_mailbox_says_when_it_is_empty(finder):
    assert "No mail has been sent yet." in text_of(finder.get("/mailbox"))


@pytest.mark.parametrize("name", ["x.eml", "..%2f..%2fetc%2fpasswd", "20260101T000000.000000-0123456789ab.eml"])
def test_mailbox_has_no_other_file(finder, name):
    assert finder.get(f"/mailbox/{name}").status_code == 404
    assert finder.get(f"/mailbox/{name}/mail").status_code == 404


def test_mailbox_reads_a_mail_that_is_none(finder, tmp_path):
    path = write_message(tmp_path, b"\xff\xfe nothing like a mail", sender="", recipients=[])

    assert finder.get("/mailbox").status_code == 200
    assert finder.get(f"/mailbox/{path.name}").status_code == 200


@pytest.mark.parametrize("environment", ["production", "test"])
def test_mailbox_is_not_there_outside_development(app, finder, monkeypatch, environment):
    settings = replace(app.extensions["tandem.settings"], environment=environment)
    monkeypatch.setitem(app.extensions, "tandem.settings", settings)

    assert finder.get("/mailbox").status_code == 404


def test_mailbox_is_not_on_an_associations_host(app, finder, association):
    assert client_at(app, association.hostname).get("/mailbox").status_code == 404


def test_a_bare_mail_page_brings_its_icon_along():
    bare, framed = html_page("<html><head></head></html>"), html_page("<html><head></head></html>", framed=True)

    assert '<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,' in bare.get_data(as_text=True)
    assert framed.get_data(as_text=True) == "<html><head></head></html>"
