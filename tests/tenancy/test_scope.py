"""The open association: told to PostgreSQL in each transaction, gone with it, and each thread's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError, StatementError

from tandem.directory.models import Member
from tandem.extensions import db
from tandem.tenancy.edge import UnknownAssociationError, enter_scope, open_association
from tandem.tenancy.scope import NoAssociationError, current_scope, reset_scope, scope_or_none
from tests.factories import a_member, an_association

_SETTING = text("SELECT current_setting('app.association_id', true)")


def test_scope_is_told_at_the_start_of_each_transaction(association):
    seen = []
    for end in (db.session.commit, db.session.rollback, db.session.remove):
        seen.append(db.session.scalar(_SETTING))
        end()
    seen.append(db.session.scalar(_SETTING))

    assert seen == [str(association.association_id)] * 4


def test_nothing_of_it_is_left_on_the_connection(app):
    with app.app_context():
        scope = an_association()
        db.session.remove()
        # An empty pool hands the same connection out again.
        db.engine.dispose()
        with open_association(scope.association_id):
            process = db.session.scalar(text("SELECT pg_backend_pid()"))
            db.session.commit()

        assert scope_or_none() is None
        assert db.session.scalar(text("SELECT pg_backend_pid()")) == process
        assert db.session.scalar(_SETTING) in {None, ""}
        with pytest.raises(StatementError, match=r"app\.association_id|invalid input syntax for type uuid"):
            db.session.execute(select(Member))
        db.session.remove()


def test_without_an_association_nothing_is_read_or_written(app):
    with app.app_context():
        with pytest.raises(NoAssociationError):
            current_scope()
        with pytest.raises(StatementError):
            db.session.execute(select(Member))
        db.session.rollback()
        with pytest.raises((StatementError, NoAssociationError)):
            a_member()
        db.session.remove()


def test_row_of_another_association_is_not_written(association, other_association):
    db.session.add(
        Member(association_id=other_association.association_id, number="1", given_name="A", family_name="B",
               email="a@example.org", email_key="a@example.org", name_key="b a")
    )  # fmt: skip

    with pytest.raises(ProgrammingError, match="row-level security"):
        db.session.flush()
    db.session.rollback()


def test_second_association_is_not_opened_inside(association, other_association):
    with (
        pytest.raises(RuntimeError, match="Another association is open"),
        open_association(other_association.association_id),
    ):
        pass

    with open_association(association.slug) as same:
        assert same is association


def test_unknown_association_is_refused(app):
    with (
        app.app_context(),
        pytest.raises(UnknownAssociationError, match="nobody"),
        open_association("nobody"),
    ):
        pass


def test_scope_entered_in_a_transaction_is_told_at_once(app):
    with app.app_context():
        scope = an_association()
        before = db.session.scalar(_SETTING)
        token = enter_scope(scope)
        after = db.session.scalar(_SETTING)
        db.session.remove()
        reset_scope(token)

    assert before in {None, ""}
    assert after == str(scope.association_id)


def test_threads_have_associations_of_their_own(app):
    with app.app_context():
        scopes = [an_association() for _ in range(4)]
    together = Barrier(len(scopes))

    def work(association_id: UUID) -> set[str]:
        together.wait()
        seen = set()
        for _ in range(25):
            with app.app_context(), open_association(association_id):
                seen.add(db.session.scalar(_SETTING))
                db.session.commit()
                seen.add(db.session.scalar(_SETTING))
        return seen

    with ThreadPoolExecutor(len(scopes)) as pool:
        seen = list(pool.map(lambda scope: Context().run(work, scope.association_id), scopes))

    assert seen == [{str(scope.association_id)} for scope in scopes]
