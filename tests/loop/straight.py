"""The first steps of ``tests.loop.walk`` through the services: for tests of what comes after, to which the pages before are nothing.

Each name does what its namesake there does and leaves the same behind, in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.applications.models import Application, Outcome, Role
from tandem.applications.review import decide
from tandem.applications.services import save_section, send_application, start_application
from tandem.clocks import system_now
from tandem.extensions import db
from tandem.forms.queries import form_model
from tandem.identity.keys import hash_secret
from tandem.identity.queries import signed_in_by
from tandem.tenancy.edge import open_association, scope_for_host
from tests.loop.stage import Stage
from tests.loop.walk import PROGRAM, Person, Section, matched, offers, wants
from tests.pages import SESSION_COOKIE


@contextmanager
def _acting(person: Person) -> Iterator[Actor]:
    """The association of a person's browser, open, and the actor that its session gives; commits at the end."""
    browser = person.browser
    with browser.application.app_context():
        found = scope_for_host(browser.hostname)
        assert found
        db.session.rollback()
        with open_association(found[0].association_id):
            cookie = browser.get_cookie(SESSION_COOKIE, domain=browser.hostname)
            assert cookie
            who = signed_in_by(hash_secret(cookie.value), system_now())
            assert who
            yield who.actor
            db.session.commit()


def apply(person: Person, role: str, sections: Sequence[Section], *, program: str = PROGRAM) -> UUID:
    """Begin, fill and send an application; returns its id."""

    def run() -> UUID:
        with _acting(person) as actor:
            application = start_application(actor=actor, program_slug=program, role=Role(role))
            submission = application.submission
            for part, answers in zip(form_model(submission.form_revision).sections, sections, strict=False):
                raw = {name: value if isinstance(value, list) else [str(value)] for name, value in answers.items()}
                problems = save_section(
                    actor=actor, application=application, section=part.id, raw=raw,
                    expected_version=submission.version,
                )  # fmt: skip
                assert problems == []
            assert send_application(actor=actor, application=application) == []
            return application.id

    # Whatever association a test has open is put aside, as it is for a request.
    return Context().run(run)


def approve(helper: Person, *application_ids: UUID) -> None:
    """Approve applications."""

    def run() -> None:
        with _acting(helper) as actor:
            for application_id in application_ids:
                application = db.session.scalars(select(Application).where(Application.id == application_id)).one()
                decide(actor=actor, application=application, outcome=Outcome.APPROVED)

    Context().run(run)


def a_pair(stage: Stage, helper: Person, mentee: Person, mentor: Person, *, discipline: str = "payroll") -> str:
    """Bring two people all the way to a mentorship; returns its address."""
    approve(
        helper,
        apply(mentee, "mentee", wants(discipline)),
        apply(mentor, "mentor", offers({discipline: 9})),
    )
    return matched(stage, helper, mentee)
