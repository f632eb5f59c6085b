"""Moving the play along: the clock of one association, and what its people do, all through the services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications.changing import take_back_to_change
from tandem.applications.committee import cast_vote
from tandem.applications.models import Application, ApplicationStatus, Outcome, Role, VerdictRow, VoteChoice
from tandem.applications.queries import own_application
from tandem.applications.review import decide
from tandem.applications.room import room_of
from tandem.applications.services import save_section, send_application, start_application
from tandem.clocks import system_now
from tandem.directory.models import Department, Member
from tandem.extensions import db
from tandem.forms.queries import form_model
from tandem.identity.models import Account, RoleGrant
from tandem.identity.services.accounts import account_for_member, ensure_account
from tandem.identity.services.passwords import set_password
from tandem.jobs.runner import run_pending
from tandem.jobs.services import ensure_daily, fire_due
from tandem.matching.models import MatchRun
from tandem.matching.publishing import publish_run
from tandem.matching.runs import confirm_all, start_run
from tandem.mentorships.models import Mentorship
from tandem.notices.services import in_batches
from tandem.programs.models import Committee, CommitteeMember, Program
from tandem.tenancy.edge import open_association
from tandem.tenancy.scope import current_association_id
from tandem.tenancy.services import set_clock_offset

#: The password of everybody who is listed as ready to sign in. Long enough for the rule, and nobody's secret.
PASSWORD = "season-of-mentors"  # noqa: S105 - the demonstration's own, printed at its start


class Stage:
    """One association during the play."""

    def __init__(self, association_id: UUID, zone: str) -> None:
        self.association_id = association_id
        self.zone = ZoneInfo(zone)

    def begin(self, day: date) -> None:
        """Set the clock to the morning of ``day``, before anything has happened."""
        self._set(day)
        with open_association(self.association_id):
            ensure_daily()
            db.session.commit()

    def go_to(self, day: date, *, stride: int = 1) -> None:
        """Go on to ``day``, ``stride`` days at a time: what fell due since the last stop is done there, all of it at once.

        ``jobs.clock.advance`` would stop at every hour at which something is due. A season has no use for that, and it takes
        four times as long.
        """
        while self._today < day:
            self._set(min(day, self._today + timedelta(days=stride)))
            with open_association(self.association_id):
                fire_due()
                db.session.commit()
                run_pending()

    @contextmanager
    def open(self) -> Iterator[None]:
        """The association, open; what the body does is committed at its end, and the jobs it asked for are done."""
        with open_association(self.association_id):
            with in_batches():
                yield
            db.session.commit()
            run_pending()

    def _set(self, day: date) -> None:
        with open_association(self.association_id):
            set_clock_offset(association_id=self.association_id, offset=self._moment(day) - system_now())
            db.session.commit()
        self._today = day

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(9, 30), tzinfo=self.zone)


def actor_of(account: Account) -> Actor:
    """The actor that the guard would make of an account."""
    grants = db.session.scalars(
        select(RoleGrant).where(RoleGrant.account_id == account.id, RoleGrant.ended_at.is_(None))
    )
    return Actor(
        account.id, account.member_id, account.name,
        tuple(Grant(one.role, one.department_id, one.program_id, one.committee_id) for one in grants),
    )  # fmt: skip


def member_actor(member_id: UUID) -> Actor:
    """A member acting for themselves; makes their account if they have none."""
    member = db.session.get_one(Member, (current_association_id(), member_id))
    return actor_of(account_for_member(member=member))


def staff_account(
    *, system: Actor, email: str, name: str, role: str, department: str | None = None, committee: str | None = None
) -> Account:
    """An account with one role, ready to sign in with the demonstration's password."""
    account = ensure_account(actor=system, email=email, name=name)
    department_id = (
        db.session.scalar(select(Department.id).where(Department.slug == department)) if department else None
    )
    committee_id = db.session.scalar(select(Committee.id).where(Committee.key == committee)) if committee else None
    db.session.add(RoleGrant(account_id=account.id, role=role, department_id=department_id, committee_id=committee_id))
    if committee_id is not None:
        db.session.add(CommitteeMember(committee_id=committee_id, account_id=account.id))
    db.session.flush()
    set_password(actor=system, account_id=account.id, password=PASSWORD)
    return account


def ready_member(*, system: Actor, member_id: UUID) -> Account:
    """A member who can sign in with the demonstration's password."""
    member = db.session.get_one(Member, (current_association_id(), member_id))
    account = account_for_member(member=member)
    set_password(actor=system, account_id=account.id, password=PASSWORD)
    return account


def apply(
    *,
    member_id: UUID,
    program: str,
    role: Role,
    answers: Mapping[str, Sequence[str]],
    files: Mapping[str, Sequence[tuple[str, bytes]]] = MappingProxyType({}),
    send: bool = True,
) -> UUID:
    """Begin an application, fill it in section by section, with files (name, bytes) for its questions, and send it; returns its id."""
    actor = member_actor(member_id)
    started = start_application(actor=actor, program_slug=program, role=role)
    application = own_application(actor=actor, application_id=started.id)
    for section in form_model(application.submission.form_revision).sections:
        save_section(
            actor=actor, application=application, section=section.id, raw=answers,
            expected_version=application.submission.version, files=files,
        )  # fmt: skip
    if send:
        problems = send_application(actor=actor, application=application)
        if problems:
            raise RuntimeError(f"The demonstration's answers do not fit its form: {problems}")
    return application.id


def change_answers(
    *, member_id: UUID, application_id: UUID, section: str, answers: Mapping[str, Sequence[str]]
) -> None:
    """Take a sent application back, answer one section otherwise, and send it again."""
    actor = member_actor(member_id)
    application = own_application(actor=actor, application_id=application_id)
    take_back_to_change(actor=actor, application=application)
    save_section(
        actor=actor, application=application, section=section, raw=answers,
        expected_version=application.submission.version,
    )  # fmt: skip
    send_application(actor=actor, application=application)


def one_page_pdf(*lines: str) -> bytes:
    """A page of plain text as a PDF; letters outside of Latin-1 are left out."""
    text = "".join(f"({line.translate(_ESCAPED)}) Tj T* " for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td 18 TL {text}ET".encode("latin-1", "ignore")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    made, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return made + b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table, len(made),
    )  # fmt: skip


_ESCAPED = {ord(sign): f"\\{sign}" for sign in "()\\"}


def approve_waiting(*, reviewers: Sequence[Actor], program_id: UUID | None = None) -> int:
    """Approve what waits for ``reviewers`` and meets every rule; the rest goes on waiting. Returns how many.

    Where the committee votes, they vote in their order until the decision falls; else the first of them decides.
    """
    waiting = select(Application).where(Application.status == ApplicationStatus.SUBMITTED)
    if program_id is not None:
        waiting = waiting.where(Application.program_id == program_id)
    unmet = select(VerdictRow.application_id).where(VerdictRow.truth != "met")
    count = 0
    for application in db.session.scalars(
        waiting.where(Application.id.not_in(unmet)).order_by(Application.status_since, Application.id)
    ).all():
        count += 1
        review = application.program_revision.resolved.get("review") or {}
        if review.get("quorum", 1) == 1 and not review.get("rubric"):
            decide(actor=reviewers[0], application=application, outcome=Outcome.APPROVED)
            continue
        for reviewer in reviewers:
            if application.status is ApplicationStatus.SUBMITTED:
                vote_for(reviewer=reviewer, application=application)
    return count


def vote_for(*, reviewer: Actor, application: Application, note: str = "") -> None:
    """Have a reviewer vote for an application, with all but the highest points of its rubric."""
    room = room_of(application)
    cast_vote(
        actor=reviewer, application=application, choice=VoteChoice.APPROVE, note=note,
        scores={item["id"]: str(item["scale"] - place % 2) for place, item in enumerate(room.rubric)},
        expected=room.with_vote(reviewer.account_id, VoteChoice.APPROVE).outcome,
    )  # fmt: skip


def match(*, stage: Stage, staff_id: UUID, program: str, cohort_id: UUID | None, publish: bool = True) -> list[UUID]:
    """Run a match, confirm and publish it; returns the new mentorships' ids."""
    with stage.open():
        staff = actor_of(db.session.get_one(Account, (current_association_id(), staff_id)))
        found = db.session.scalars(select(Program).where(Program.slug == program)).one()
        run_id = start_run(actor=staff, program=found, cohort_id=cohort_id).id
    made: list[UUID] = []
    with stage.open():
        staff = actor_of(db.session.get_one(Account, (current_association_id(), staff_id)))
        run = db.session.get_one(MatchRun, (current_association_id(), run_id))
        if publish and confirm_all(actor=staff, run=run):
            made = [mentorship.id for mentorship in publish_run(actor=staff, run=run)]
    return made


def mentorship(identifier: UUID) -> Mentorship:
    """A mentorship by id."""
    return db.session.get_one(Mentorship, (current_association_id(), identifier))
