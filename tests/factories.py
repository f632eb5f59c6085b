"""One factory per thing that tests need. Each makes real rows in the open association and returns the model.

Every factory takes what matters to the test by keyword and fills the rest with plain, unique values.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tandem.access.actor import Actor, Grant
from tandem.applications.models import Application, ApplicationStatus, Role
from tandem.clocks import program_now, program_today
from tandem.directory.models import Department, Employer, Experience, Member, Membership, Position, VocabularyTerm
from tandem.extensions import db
from tandem.forms.models import AnswerFact, Form, FormRevision, Submission, SubmissionState
from tandem.identity.models import Account, RoleGrant
from tandem.matching.models import PoolEntry
from tandem.mentorships.models import Mentorship, Participant
from tandem.programs.models import Committee, CommitteeMember, Program, ProgramRevision, ProgramState
from tandem.tenancy.models import Association, Host
from tandem.tenancy.scope import Scope
from tandem.tenancy.services import create_association

_numbers = itertools.count(1)


def a_number() -> int:
    """A number not used before in this process."""
    return next(_numbers)


def an_association(*, slug: str | None = None, language: str = "en", time_zone: str = "UTC") -> Scope:
    """A registered association with its host, committed; returns its scope (not opened)."""
    slug = slug or f"association-{a_number()}"
    hostname = f"{slug}.localhost"
    identifier = create_association(
        slug=slug, name=f"{slug.title()} Association", language=language, time_zone=time_zone, hostname=hostname
    )
    db.session.commit()
    return Scope(identifier, slug, f"{slug.title()} Association", hostname, language, time_zone, timedelta(0))


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def a_department(*, slug: str | None = None, name: str | None = None) -> Department:
    """A department."""
    slug = slug or f"department-{a_number()}"
    return _saved(Department(slug=slug, name=name or slug.title()))


def a_term(vocabulary: str, key: str, *, label: str | None = None, valid_from: date | None = None,
           valid_to: date | None = None, position: int = 0) -> VocabularyTerm:  # fmt: skip
    """A vocabulary term."""
    return _saved(
        VocabularyTerm(vocabulary=vocabulary, key=key, label=label or key.replace("-", " ").capitalize(),
                       valid_from=valid_from, valid_to=valid_to, position=position)
    )  # fmt: skip


def a_member(*, given_name: str = "Alex", family_name: str | None = None, email: str | None = None,
             number: str | None = None, language: str | None = None) -> Member:  # fmt: skip
    """A member of the directory, without memberships."""
    n = a_number()
    family_name = family_name or f"Sample{n}"
    email = email or f"member{n}@example.org"
    return _saved(
        Member(number=number or f"M{n:06d}", given_name=given_name, family_name=family_name, email=email,
               email_key=email.casefold(), name_key=f"{family_name} {given_name}".casefold(), language=language)
    )  # fmt: skip


def a_membership(member: Member, *, type: str = "career-builder", level: str | None = None,
                 valid_from: date | None = None, valid_to: date | None = None, paid_through: date | None = None,
                 organisational: bool = False) -> Membership:  # fmt: skip
    """A membership: since four years ago and paid for another half year, unless said otherwise."""
    today = program_today()
    return _saved(
        Membership(member_id=member.id, type=type, level=level, valid_from=valid_from or today - timedelta(days=4 * 365),
                   valid_to=valid_to, paid_through=paid_through or today + timedelta(days=180),
                   organisational=organisational)
    )  # fmt: skip


def an_employer(*, name: str | None = None, region: str | None = None) -> Employer:
    """An employer."""
    name = name or f"Sample Creek District {a_number()}"
    return _saved(Employer(name=name, name_key=name.casefold(), region=region))


def a_position(member: Member, *, employer: Employer | None = None, title: str | None = None,
               title_text: str | None = "Analyst", valid_from: date | None = None,
               valid_to: date | None = None) -> Position:  # fmt: skip
    """A post, current unless ``valid_to`` says otherwise."""
    employer = employer or an_employer()
    return _saved(
        Position(member_id=member.id, employer_id=employer.id, title=title, title_text=title_text,
                 valid_from=valid_from or program_today() - timedelta(days=800), valid_to=valid_to)
    )  # fmt: skip


def an_experience(member: Member, discipline: str, years: float) -> Experience:
    """Years within one discipline."""
    return _saved(Experience(member_id=member.id, discipline=discipline, years=Decimal(str(years))))


def an_account(member: Member | None = None, *, name: str | None = None, email: str | None = None) -> Account:
    """An account, of ``member`` if given."""
    n = a_number()
    name = name or (member.name if member else f"Account {n}")
    email = email or (member.email if member else f"account{n}@example.org")
    return _saved(Account(member_id=member.id if member else None, name=name, email=email, email_key=email.casefold()))


def a_grant(account: Account, role: str, *, department_id: UUID | None = None, program_id: UUID | None = None,
            committee_id: UUID | None = None) -> RoleGrant:  # fmt: skip
    """A role on an account."""
    return _saved(
        RoleGrant(account_id=account.id, role=role, department_id=department_id, program_id=program_id,
                  committee_id=committee_id)
    )  # fmt: skip


def an_actor(account: Account, *grants: Grant) -> Actor:
    """The actor that the guard would make of ``account`` with ``grants``."""
    return Actor(account_id=account.id, member_id=account.member_id, name=account.name, grants=grants)


def staff_actor() -> Actor:
    """Someone on the association's staff, with account and grant."""
    account = an_account(name=f"Staff {a_number()}")
    a_grant(account, "association-staff")
    return an_actor(account, Grant("association-staff"))


def a_committee(*accounts: Account, department_id: UUID | None = None) -> Committee:
    """A committee with ``accounts`` on it, each with the reviewer's role."""
    n = a_number()
    committee = _saved(Committee(key=f"committee-{n}", name=f"Committee {n}", department_id=department_id))
    for account in accounts:
        _saved(CommitteeMember(committee_id=committee.id, account_id=account.id))
        a_grant(account, "reviewer", committee_id=committee.id)
    return committee


def a_program(*, slug: str | None = None, department_id: UUID | None = None, committee_id: UUID | None = None,
              resolved: dict[str, Any] | None = None) -> Program:  # fmt: skip
    """An open program with one revision whose resolved document is ``resolved``."""
    slug = slug or f"program-{a_number()}"
    program = _saved(
        Program(slug=slug, name=slug.title(), department_id=department_id, committee_id=committee_id,
                state=ProgramState.OPEN, current_number=1)
    )  # fmt: skip
    _saved(ProgramRevision(program_id=program.id, number=1, document=resolved or {}, resolved=resolved or {}))
    return program


def a_form_revision(definition: dict[str, Any] | None = None) -> FormRevision:
    """A form with one revision."""
    form = _saved(Form(key=f"form-{a_number()}", current_number=1))
    return _saved(FormRevision(form_id=form.id, number=1, definition=definition or {"sections": []}))


def an_application(member: Member, program: Program, revision: ProgramRevision, *, role: Role = Role.MENTEE,
                   status: ApplicationStatus = ApplicationStatus.APPROVED, answers: dict[str, list[str]] | None = None,
                   form_revision: FormRevision | None = None) -> Application:  # fmt: skip
    """An application with a submission whose choices are ``answers`` (question id to chosen keys)."""
    form_revision = form_revision or a_form_revision()
    submission = _saved(
        Submission(form_revision_id=form_revision.id, member_id=member.id, state=SubmissionState.SUBMITTED,
                   answers=dict(answers or {}), submitted_at=program_now())
    )  # fmt: skip
    for field, values in (answers or {}).items():
        for position, value in enumerate(values):
            _saved(
                AnswerFact(submission_id=submission.id, member_id=member.id, field=field, position=position,
                           key=value, text_value=value)
            )  # fmt: skip
    return _saved(
        Application(member_id=member.id, program_id=program.id, role=role, program_revision_id=revision.id,
                    submission_id=submission.id, status=status, submitted_at=program_now())
    )  # fmt: skip


def a_pool_entry(application: Application, *, places: int = 1) -> PoolEntry:
    """An open pool entry for an approved application."""
    return _saved(
        PoolEntry(application_id=application.id, member_id=application.member_id, program_id=application.program_id,
                  cohort_id=application.cohort_id, role=application.role, places=places)
    )  # fmt: skip


def a_mentorship(program: Program, revision: ProgramRevision, mentor: PoolEntry, *mentees: PoolEntry) -> Mentorship:
    """An active mentorship between ``mentor`` and ``mentees``."""
    mentorship = _saved(Mentorship(program_id=program.id, program_revision_id=revision.id))
    for entry in (mentor, *mentees):
        _saved(
            Participant(mentorship_id=mentorship.id, member_id=entry.member_id, pool_entry_id=entry.id, side=entry.role)
        )
    return mentorship


def a_moment(days: int = 0) -> datetime:
    """A moment ``days`` from now."""
    return datetime.now(UTC) + timedelta(days=days)


__all__ = [name for name in dir() if name.startswith(("a_", "an_", "staff_"))] + ["Association", "Host"]
