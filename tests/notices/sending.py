"""What the tests of going and not going mail share."""

from __future__ import annotations

from contextvars import Context
from datetime import timedelta

from sqlalchemy import select

from tandem.clocks import program_now
from tandem.extensions import db
from tandem.jobs.clock import advance
from tandem.jobs.models import Job
from tandem.jobs.runner import run_pending
from tandem.notices.models import Delivery, Notice
from tandem.notices.services import write_notice
from tandem.tenancy.edge import open_association
from tests.factories import a_member, an_account


def a_recipient(name="Ada", *, email=None):
    """A member with an account."""
    member = a_member(given_name=name, email=email)
    an_account(member)
    db.session.commit()
    return member


def write(member, template="meeting-soon", **more):
    """A letter that people can do without, unless another template is named."""
    context = {"meeting-soon": {"when": "Thursday, 16:00"}, "message-received": {"person": "Bo Sample"}}
    notice = write_notice(
        **({"template": template, "to_member_id": member.id, "context": context.get(template, {})} | more)
    )
    db.session.commit()
    return notice


def work():
    """Do what is to be done now."""
    db.session.rollback()
    return run_pending()


def state_of(notice):
    """How the delivery of a notice stands."""
    db.session.rollback()
    found = select(Delivery).where(Delivery.notice_id == notice.id).execution_options(populate_existing=True)
    row = db.session.scalars(found).one()
    return row.state.value


def deliveries(notice):
    """The delivery of a notice."""
    db.session.rollback()
    return db.session.scalars(
        select(Delivery).where(Delivery.notice_id == notice.id).execution_options(populate_existing=True)
    ).one()


def next_morning(app, association, *, days=1):
    """Let the clock go on past the hour of the daily letters, as the clock's command does: with nothing open around it."""
    db.session.rollback()

    def inside():
        with app.app_context():
            with open_association(association.association_id):
                until = program_now() + timedelta(days=days)
            advance(association.association_id, until=until)

    Context().run(inside)


def digests_to(member):
    """The daily letters that somebody got, oldest first."""
    db.session.rollback()
    return db.session.scalars(
        select(Notice).where(Notice.member_id == member.id, Notice.template == "digest").order_by(Notice.created_at)
    ).all()


def nothing_waits():
    """Whether every job is done."""
    return db.session.scalars(select(Job).where(Job.finished_at.is_(None))).all() == []


__all__ = ["a_recipient", "deliveries", "digests_to", "next_morning", "nothing_waits", "state_of", "work", "write"]
