"""The platform's operator holds the mail of one association, or of all, and lets it go."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tandem.audit.models import AuditEntry
from tandem.extensions import db
from tandem.notices.models import MailHold
from tests.factories import a_grant, an_account
from tests.notices.sending import a_recipient, state_of, work, write
from tests.pages import post, signed_in_client, text_of


@pytest.fixture
def staff(app, association):
    account = an_account(name="Sam Staff")
    a_grant(account, "association-staff")
    return signed_in_client(app, association, account)


def release(console, association):
    answer = post(console, f"/operator/associations/{association.slug}/release-mail", {"mail_reason": "It is mended."})
    assert answer.status_code == 303
    db.session.rollback()


def holds():
    db.session.rollback()
    return [
        (row.by_operator, row.released_at is None)
        for row in db.session.scalars(select(MailHold).order_by(MailHold.by_operator))
    ]


def test_held_mail_waits_until_the_operator_lets_it_go(
    association, other_association, in_association, mail, console, held_by_operator, staff
):
    ada = a_recipient()
    before = write(ada)
    held_by_operator(association)
    during = write(ada, "dues-resumed")
    work()

    assert [state_of(letter) for letter in (before, during)] == ["held", "held"]
    assert in_association(other_association, holds) == []
    listed = text_of(console.get(f"/operator/?q={association.slug}"))
    assert "Mail held" in listed
    home = text_of(staff.get("/staff/"))
    assert "The platform’s operator holds all mail. The mail server is mended." in home

    release(console, association)
    work()

    assert [state_of(letter) for letter in (before, during)] == ["sent", "sent"]
    assert "The mail server is mended." not in text_of(staff.get("/staff/"))
    assert "Mail held" not in text_of(console.get(f"/operator/?q={association.slug}"))
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.object_kind == "mail_hold").order_by(AuditEntry.id)
    )
    assert [(entry.action, entry.actor_name, entry.reason) for entry in entries] == [
        ("mail.held", "Otto Operator", "The mail server is mended."),
        ("mail.released", "Otto Operator", "It is mended."),
    ]


def test_staff_cannot_end_the_operators_hold(association, mail, held_by_operator, staff):
    held_by_operator(association)
    row = db.session.scalars(select(MailHold)).one()

    page = text_of(staff.get("/staff/notices/mail"))
    answer = post(staff, f"/staff/notices/mail/{row.id}/release", {})

    assert "Otto Operator, for the platform" in page
    assert "Drop what waits" not in page
    assert answer.status_code == 403
    assert holds() == [(True, True)]


@pytest.mark.parametrize("operator_first", [True, False])
def test_mail_goes_when_neither_holds_it(association, mail, console, held_by_operator, staff, operator_first):
    def staff_hold():
        assert post(staff, "/staff/notices/mail/hold", {"reason": "An import."}).status_code == 303

    def staff_release():
        db.session.rollback()
        row = db.session.scalars(select(MailHold).where(MailHold.by_operator.is_(False))).one()
        return text_of(post(staff, f"/staff/notices/mail/{row.id}/release", {}, follow_redirects=True))

    letter = write(a_recipient())
    for begin in [lambda: held_by_operator(association), staff_hold][:: 1 if operator_first else -1]:
        begin()
    work()
    assert state_of(letter) == "held"
    if operator_first:
        release(console, association)
    else:
        assert "The platform’s operator still holds mail" in staff_release()
    work()
    assert state_of(letter) == "held"
    if operator_first:
        staff_release()
    else:
        release(console, association)
    work()

    assert state_of(letter) == "sent"
    assert len(mail.messages) == 1


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("mail/hold", "reason"),
        ("mail/release", "release_reason"),
        ("hold-mail", "mail_reason"),
        ("release-mail", "mail_reason"),
    ],
)
def test_without_a_reason_nothing_happens(association, console, path, field):
    where = f"/operator/{path}" if "/" in path else f"/operator/associations/{association.slug}/{path}"
    for reason in ("", "  ", "x" * 301):
        answer = post(console, where, {field: reason})

        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.get_data(as_text=True)
    assert holds() == []
