"""Which mail people want: at once, once a day, not at all; the mail's own address for that; the daily letter."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tandem.audit.models import AuditEntry
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.notices.models import MailChoice, Pace
from tandem.notices.templates_registry import TEMPLATES, Topic
from tandem.notices.unsubscribing import Owner, read_token, unsubscribe_link
from tandem.tenancy.edge import open_association
from tests.app_fixtures import client_at
from tests.factories import a_grant, an_account
from tests.mail_server import words_of
from tests.notices.sending import a_recipient, digests_to, next_morning, state_of, work, write
from tests.pages import post, signed_in_client, text_of


def browser_of(app, association, member):
    account = db.session.scalars(select(Account).where(Account.member_id == member.id)).one()
    return signed_in_client(app, association, account)


def choose(app, association, member, **paces):
    answer = post(browser_of(app, association, member), "/account/letters", paces)
    assert answer.status_code == 303


def link_in(message):
    return re.fullmatch(r"<https?://[^/]+(/unsubscribe/[A-Za-z0-9_-]+)>", message["List-Unsubscribe"])[1]


def test_what_people_chose_holds_for_what_is_not_essential(app, association, mail):
    ada, bo, cy = a_recipient("Ada"), a_recipient("Bo"), a_recipient("Cy")
    choose(app, association, bo, reminders="daily")
    choose(app, association, cy, reminders="never")
    letters = {person: [write(person), write(person, "dues-resumed")] for person in (ada, bo, cy)}

    work()

    assert [[state_of(one) for one in letters[person]] for person in (ada, bo, cy)] == [
        ["sent", "sent"],
        ["digest", "sent"],
        ["unwanted", "sent"],
    ]
    assert sorted(message["To"].addresses[0].addr_spec for message in mail.messages) == sorted(
        [ada.email, ada.email, bo.email, cy.email]
    )


def test_choice_counts_until_the_mail_goes(app, association, mail):
    ada = a_recipient()
    letter = write(ada)
    choose(app, association, ada, reminders="never")

    work()

    assert state_of(letter) == "unwanted"
    assert mail.messages == []
    assert "you meet on Thursday" in text_of(browser_of(app, association, ada).get("/notices"))


def test_page_says_what_always_comes_and_keeps_what_is_chosen(app, association):
    ada = a_recipient()
    browser = browser_of(app, association, ada)

    page = text_of(browser.get("/account/letters"))
    post(browser, "/account/letters", {"reminders": "daily", "news": "never"})

    assert "What always comes" in page
    assert "Answers to your applications" in page
    assert "What waits for you as staff" not in page
    html = browser.get("/account/letters").get_data(as_text=True)
    assert re.search(r'name="reminders"[^>]*value="daily"[^>]*checked', html)
    assert re.search(r'name="partner"[^>]*value="at-once"[^>]*checked', html)
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.chosen")).one()
    assert entry.changes == {"reminders": ["at-once", "daily"], "news": ["at-once", "never"]}


def test_staff_choose_about_what_waits_for_them(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")

    browser = signed_in_client(app, association, account)

    assert "What waits for you as staff or reviewer" in text_of(browser.get("/account/letters"))
    assert post(browser, "/account/letters", {"work": "daily"}).status_code == 303
    db.session.rollback()
    assert [(row.account_id, row.member_id, row.pace) for row in db.session.scalars(select(MailChoice))] == [
        (account.id, None, Pace.DAILY)
    ]


@pytest.mark.parametrize("sent", [{"reminders": "hourly"}, {"reminders": ""}, {"reminders": "\x01"}])
def test_wrong_choice_changes_nothing(app, association, sent):
    ada = a_recipient()

    answer = post(browser_of(app, association, ada), "/account/letters", sent)

    assert answer.status_code == 400
    db.session.rollback()
    assert db.session.scalars(select(MailChoice)).all() == []


def test_mail_program_stops_it_with_one_click(app, association, mail):
    ada = a_recipient()
    write(ada)
    work()
    [message] = mail.messages
    address = link_in(message)
    stranger = client_at(app, association.hostname)

    before = stranger.get(address)
    db.session.rollback()
    kept = db.session.scalars(select(MailChoice)).all()
    answer = stranger.post(address, data={"List-Unsubscribe": "One-Click"})
    later = write(ada, "meeting-after", context={"when": "Thursday"})
    other = write(ada, "message-received")
    work()

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in message.get_body(("plain",)).get_content()
    assert address in message.get_body(("html",)).get_content()
    assert (before.status_code, kept) == (200, [])
    assert answer.status_code == 204
    assert [state_of(later), state_of(other)] == ["unwanted", "sent"]


def test_essential_mail_has_no_such_address(association, mail):
    write(a_recipient(), "dues-resumed")
    work()

    [message] = mail.messages
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None
    assert "You always get such mail" in words_of(message)


def test_person_takes_the_choice_back_on_its_page(app, association):
    ada = a_recipient()
    address = unsubscribe_link(Owner(ada.id, None), Topic.REMINDERS).partition(association.hostname)[2]
    address = "/" + address.partition("/")[2]
    stranger = client_at(app, association.hostname)

    page = post(stranger, address, {"pace": "never"})
    assert "does not come by mail any more" in text_of(page)
    assert 'value="at-once"' in page.get_data(as_text=True)
    undone = post(stranger, address, {"pace": "at-once"})

    assert "at once from now on" in text_of(undone)
    db.session.rollback()
    assert [row.pace for row in db.session.scalars(select(MailChoice))] == [Pace.AT_ONCE]


def test_address_of_another_association_or_a_changed_one_opens_nothing(app, association, other_association):
    ada = a_recipient()
    token = unsubscribe_link(Owner(ada.id, None), Topic.REMINDERS).rpartition("/")[2]
    here, there = client_at(app, association.hostname), client_at(app, other_association.hostname)

    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # Every other last letter, among them those that differ only in bits which no byte of the token needs.
    wrong = [token[:-1] + letter for letter in letters if letter != token[-1]]
    wrong += [("A" if token[0] != "A" else "B") + token[1:], "x" * 46, "%00", token[:20]]

    assert here.get(f"/unsubscribe/{token}").status_code == 200
    assert there.get(f"/unsubscribe/{token}").status_code == 404
    assert there.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert {here.post(f"/unsubscribe/{one}", data={"pace": "never"}).status_code for one in wrong} <= {400, 404}
    assert here.post(f"/unsubscribe/{token}", data={"pace": "hourly"}).status_code == 400
    db.session.rollback()
    assert db.session.scalars(select(MailChoice)).all() == []


def test_every_chosen_topic_can_be_stopped_and_no_other(association):
    owner = Owner(a_recipient().id, None)
    for topic in (Topic.PARTNER, Topic.REMINDERS, Topic.NEWS, Topic.WORK):
        assert read_token(unsubscribe_link(owner, topic).rpartition("/")[2]) == (owner, (topic,))
    with pytest.raises(ValueError, match="not in"):
        unsubscribe_link(owner, Topic.APPLICATION)


def test_daily_letter_gathers_what_waits_once(app, association, mail):
    ada = a_recipient()
    choose(app, association, ada, reminders="daily", partner="daily")
    letters = [write(ada), write(ada, "message-received"), write(ada, "meeting-after", context={"when": "Monday"})]
    work()
    assert mail.messages == []

    next_morning(app, association)
    next_morning(app, association)

    [message] = mail.messages
    said = words_of(message)
    assert "3 things of the last day" in message["Subject"]
    assert said.index("From your mentorship") < said.index("Bo Sample has written to you") < said.index("Reminders")
    with open_association(association.association_id):
        assert [state_of(letter) for letter in letters] == ["digested"] * 3
        assert len(digests_to(ada)) == 1
    assert link_in(message)


def test_no_daily_letter_where_nothing_is_left_to_say(app, association, mail, monkeypatch):
    ada = a_recipient()
    choose(app, association, ada, reminders="daily")
    write(ada, reason={"plan": str(ada.id), "sequence": 0, "template": "meeting-soon"})
    letter = write(ada)
    work()
    choose(app, association, ada, reminders="never")

    next_morning(app, association)

    with open_association(association.association_id):
        assert state_of(letter) == "unwanted"
        assert digests_to(ada) == []
    assert mail.messages == []


def test_another_days_letter_brings_what_came_since(app, association, mail):
    ada, other = a_recipient("Ada"), a_recipient("Bo")
    choose(app, association, ada, partner="daily")
    write(ada, "message-received")
    work()
    next_morning(app, association)
    with open_association(association.association_id):
        write(ada, "message-received", dedupe_key="second")
        write(other, "message-received")
        work()
    next_morning(app, association)

    assert len(mail.to(ada.email)) == 2
    assert ["1 thing" in message["Subject"] for message in mail.to(ada.email)] == [True, True]
    assert len(mail.to(other.email)) == 1


def test_every_kind_says_whether_one_can_do_without_it():
    essential = {kind.id for kind in TEMPLATES.values() if kind.essential}

    assert {"sign-in-link", "application-declined", "match-published-mentee", "meeting-cancelled"} <= essential
    assert essential & {"meeting-soon", "message-received", "group-letter", "digest", "reviewer-waiting"} == set()
