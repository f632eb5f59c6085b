"""The platform's operator holds the mail of all associations at once, and lets it go.

In a database of its own: elsewhere every other test's association would be held, too.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from tandem.app import create_app
from tandem.extensions import db
from tandem.notices.models import MailHold
from tandem.tenancy.models import Association
from tests.app_fixtures import IsolatedClient, settings_for
from tests.notices.sending import a_recipient, state_of, work, write
from tests.pages import post, text_of


@pytest.fixture(scope="module")
def app(new_database, tmp_path_factory):
    application = create_app(settings_for(new_database().app_url, tmp_path_factory.mktemp("all")))
    application.test_client_class = IsolatedClient
    yield application
    with application.app_context():
        db.engine.dispose()


def holds():
    db.session.rollback()
    return [(row.reason, row.by_operator, row.released_at is None) for row in db.session.scalars(select(MailHold))]


def held():
    """How many associations are held, and how many are not."""
    db.session.rollback()
    marks = db.session.scalars(select(Association.mail_held_at)).all()
    return sum(mark is not None for mark in marks), sum(mark is None for mark in marks)


def test_all_associations_are_held_and_let_go_at_once(
    association, other_association, in_association, mail, console, held_by_operator
):
    held_by_operator(association, "This one before.")
    letter = write(a_recipient())
    elsewhere = in_association(other_association, lambda: SimpleNamespace(id=write(a_recipient("Bo")).id))

    assert held() == (1, 1)
    shown = text_of(console.get("/operator/mail"))
    answer = text_of(post(console, "/operator/mail/hold", {"reason": "We move house."}, follow_redirects=True))
    work()
    in_association(other_association, work)

    assert "Mail held 1 association" in shown
    assert "Mail of 1 association is held now." in answer
    assert (state_of(letter), in_association(other_association, lambda: state_of(elsewhere))) == ("held", "held")
    assert held() == (2, 0)
    assert "Hold all mail" not in text_of(console.get("/operator/mail"))
    assert holds() == [("This one before.", True, True)]
    assert in_association(other_association, holds) == [("We move house.", True, True)]

    assert post(console, "/operator/mail/release", {"release_reason": "We are there."}).status_code == 303
    work()
    in_association(other_association, work)

    assert (state_of(letter), in_association(other_association, lambda: state_of(elsewhere))) == ("sent", "sent")
    assert held() == (0, 2)
