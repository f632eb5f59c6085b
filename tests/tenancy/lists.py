"""Every list and search of the product, as the pages ask for them, with the index that each must find its rows by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tandem.access.actor import Actor, Grant
from tandem.applications import changing, files, minutes
from tandem.applications import queries as applications
from tandem.applications.models import Application, ApplicationStatus
from tandem.audit import queries as audit
from tandem.audit.models import AuditEntry
from tandem.directory import merging
from tandem.directory import notes as staff_notes
from tandem.directory import queries as directory
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.home import health, saved, search
from tandem.home import queries as home
from tandem.identity import lists as accounts
from tandem.identity.models import Account
from tandem.jobs import queries as jobs
from tandem.letters import audience
from tandem.letters import queries as letters
from tandem.matching import queries as matching
from tandem.matching import resting, suggesting
from tandem.matching.models import MatchRun
from tandem.mentorships import concerns
from tandem.mentorships import evaluation_lists as evaluations
from tandem.mentorships import queries as mentorships
from tandem.mentorships.models import MentorshipState, Participant
from tandem.notices import holding, marking
from tandem.notices import queries as notices
from tandem.privacy import queries as privacy
from tandem.privacy.models import CorrectionState
from tandem.programs.models import Program

STAFF = Actor(account_id=None, member_id=None, name="Staff", grants=(Grant("association-staff"),))


@dataclass(frozen=True, slots=True)
class Stand:
    """What the lists are asked with, out of the open association."""

    program: Program
    run: MatchRun
    member: Member
    thing: AuditEntry
    application_id: UUID
    of_program: Actor
    as_member: Actor

    @property
    def name(self) -> str:
        """The beginning of a family name that somebody has."""
        return self.member.family_name[:6]


def stand() -> Stand:
    """Take them from what there is; the member is one with a mentorship."""
    program = db.session.scalars(select(Program).order_by(Program.id).limit(1)).one()
    run = db.session.scalars(select(MatchRun).where(MatchRun.program_id == program.id)).one()
    member = db.session.scalars(
        select(Member).where(Member.id == select(Participant.member_id).limit(1).scalar_subquery())
    ).one()
    account = db.session.scalars(select(Account).where(Account.member_id == member.id)).one()
    return Stand(
        program,
        run,
        member,
        db.session.scalars(select(AuditEntry).limit(1)).one(),
        db.session.scalars(select(Application.id).order_by(Application.id).limit(1)).one(),
        Actor(
            account_id=None, member_id=None, name="Staff", grants=(Grant("department-staff", program_id=program.id),)
        ),
        Actor(account_id=account.id, member_id=member.id, name=member.name),
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """One way to ask. ``by``: columns that an index must be entered by. ``touches``: rows that one page may read of a table."""

    ask: Callable[[Stand], Any]
    by: Sequence[str] = ()
    touches: tuple[str, int] | None = None


_Said = evaluations.EvaluationFilters
_Members, _Apps, _Pool, _Pairs = directory.Filters, applications.Filters, matching.PoolFilters, mentorships.Filters


def _members(**asked: Any) -> Callable[[Stand], Any]:
    return lambda _at: directory.members_page(actor=STAFF, **asked)


def _applications(**filters: Any) -> Callable[[Stand], Any]:
    return lambda _at: applications.applications_page(actor=STAFF, filters=_Apps(**filters))


LISTS: dict[str, Listing] = {
    "members": Listing(_members(), by=["association_id"]),
    "members, next page": Listing(
        lambda at: directory.members_page(actor=STAFF, after=at.member.id), by=["name_key"], touches=("member", 500)
    ),
    "members by a word": Listing(lambda at: directory.members_page(actor=STAFF, search=at.name), by=["association_id"]),
    "members by family and given name": Listing(
        lambda at: directory.members_page(actor=STAFF, search=f"{at.member.family_name}, {at.member.given_name[0]}"), by=["name_key"],
        touches=("member", 50),
    ),
    "members by number": Listing(_members(search="M00033"), by=["number"], touches=("member", 60)),
    "members by address": Listing(_members(search="person33@"), by=["email_key"], touches=("member", 20)),
    "members of a type": Listing(_members(filters=_Members(type="retiree"))),
    "members whose dues lapsed": Listing(_members(filters=_Members(dues=directory.Dues.LAPSED))),
    "removed members": Listing(_members(filters=_Members(removed=True))),
    "members of a program": Listing(lambda at: directory.members_page(actor=at.of_program), by=["program_id"]),
    "accounts": Listing(lambda _at: accounts.accounts_page(), by=["association_id"], touches=("account", 51)),
    "accounts by name": Listing(lambda at: accounts.accounts_page(search=at.name), by=["name_key"], touches=("account", 51)),
    "accounts by address": Listing(
        lambda _at: accounts.accounts_page(search="person33"), by=["email_key"], touches=("account", 51)
    ),
    "accounts with a role": Listing(lambda _at: accounts.accounts_page(role="any")),
    "applications that wait": Listing(_applications(), by=["status"]),
    "applications, all": Listing(_applications(status=None)),
    "applications that were declined": Listing(_applications(status=ApplicationStatus.DECLINED), by=["status"]),
    "applications by name": Listing(
        lambda at: applications.applications_page(actor=STAFF, filters=_Apps(search=at.name, status=None)),
        by=["name_key", "member_id"], touches=("application", 51),
    ),
    "applications by number": Listing(
        _applications(search="M000333", status=None), by=["number", "member_id"], touches=("application", 5)
    ),
    "applications of a program": Listing(
        lambda at: applications.applications_page(actor=STAFF, filters=_Apps(program_id=at.program.id)),
        by=["program_id", "status"], touches=("application", 80),
    ),
    "applications of one's program": Listing(
        lambda at: applications.applications_page(actor=at.of_program, filters=_Apps()), by=["program_id", "status"],
        touches=("application", 80),
    ),
    "applications for a reviewer": Listing(_applications(queue="mine"), by=["status"]),
    "applications that are late": Listing(_applications(queue="overdue"), by=["status"]),
    "applications given to nobody": Listing(_applications(queue="unassigned"), by=["status"]),
    "queues of applications": Listing(lambda _at: applications.queue_counts(STAFF), by=["status"]),
    "minutes": Listing(
        lambda _at: minutes.minutes(actor=STAFF, since=date(2026, 1, 1), until=date(2026, 1, 31))
    ),
    "committees": Listing(lambda _at: minutes.committees_of(STAFF)),
    "search by a word": Listing(lambda at: search.search(actor=STAFF, words=at.name), by=["member_id"]),
    "search by number": Listing(
        lambda _at: search.search(actor=STAFF, words="M00033"), by=["number", "member_id"], touches=("member", 60)
    ),
    "search by address": Listing(
        lambda _at: search.search(actor=STAFF, words="person33@"), by=["email_key"], touches=("member", 20)
    ),
    "search as a program's staff": Listing(
        lambda at: search.search(actor=at.of_program, words=at.member.family_name), by=["member_id"]
    ),
    "notes about a member": Listing(
        lambda at: staff_notes.notes_of(actor=STAFF, member_id=at.member.id), by=["member_id"]
    ),
    "members who may be twins": Listing(lambda _at: merging.twins()),
    "members made one": Listing(lambda _at: merging.merges()),
    "saved views": Listing(lambda at: saved.views_of(actor=at.as_member, page="pools"), by=["account_id"]),
    "pool": Listing(lambda _at: matching.pool_page(actor=STAFF, filters=_Pool()), by=["association_id"]),
    "pool by name": Listing(
        lambda at: matching.pool_page(actor=STAFF, filters=_Pool(search=at.name)), by=["name_key", "member_id"],
        touches=("pool_entry", 51),
    ),
    "pool of a program": Listing(
        lambda at: matching.pool_page(actor=STAFF, filters=_Pool(program_id=at.program.id)), by=["program_id"]
    ),
    "pool of a discipline": Listing(
        lambda _at: matching.pool_page(actor=STAFF, filters=_Pool(discipline="payroll"))
    ),
    "pool of a region": Listing(lambda _at: matching.pool_page(actor=STAFF, filters=_Pool(region="region-1")), by=["member_id"]),
    "pool, long waiting": Listing(lambda _at: matching.pool_page(actor=STAFF, filters=_Pool(waited=90))),
    "pools": Listing(lambda _at: matching.pools_of(STAFF)),
    "pairs of a run": Listing(lambda at: matching.proposals_of(at.run), by=["match_run_id"]),
    "pairs by name": Listing(lambda at: matching.proposals_of(at.run, search=at.name), by=["match_run_id", "name_key"]),
    "asks for a mentee": Listing(lambda at: suggesting.asks_of(at.run.id), by=["mentee_entry_id"]),
    "asks of a mentor": Listing(lambda at: home.open_asks(at.member.id)),
    "mentors of a pool": Listing(lambda at: matching.mentors_in_pool(at.run, search=at.name), by=["program_id", "name_key"]),
    "mentorships": Listing(lambda _at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs()), by=["association_id"]),
    "mentorships that ended": Listing(
        lambda _at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs(state=MentorshipState.ENDED))
    ),
    "mentorships by name": Listing(
        lambda at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs(search=at.name)), by=["name_key", "member_id"]
    ),
    "mentorships with a request": Listing(
        lambda _at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs(asked=True))
    ),
    "mentorships that are silent": Listing(
        lambda _at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs(queue="silent"))
    ),
    "mentorships at rest for dues": Listing(
        lambda _at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs(queue="dues"))
    ),
    "how long people wait": Listing(lambda _at: health.waits(STAFF)),
    "places by discipline": Listing(lambda _at: health.disciplines(STAFF)),
    "concerns": Listing(lambda _at: concerns.concerns_page(actor=STAFF), by=["association_id"]),
    "concerns that wait": Listing(lambda _at: concerns.concerns_page(actor=STAFF, waiting=True)),
    "mentorships asked whether in touch": Listing(
        lambda _at: mentorships.mentorships_page(actor=STAFF, filters=_Pairs(silent=True))
    ),
    "evaluations": Listing(
        lambda _at: evaluations.evaluations_page(actor=STAFF, filters=_Said()), by=["association_id"]
    ),
    "evaluations by name": Listing(
        lambda at: evaluations.evaluations_page(actor=STAFF, filters=_Said(search=at.name)), by=["name_key", "email_key"]
    ),
    "evaluations of a program": Listing(
        lambda at: evaluations.evaluations_page(actor=STAFF, filters=_Said(program_id=at.program.id))
    ),
    "notices": Listing(
        lambda _at: notices.staff_notices(actor=STAFF), by=["association_id", "notice_id"], touches=("notice", 51)
    ),
    "notices by name": Listing(
        lambda at: notices.staff_notices(actor=STAFF, search=at.name), by=["name_key", "email_key", "account_id", "member_id"],
        touches=("notice", 51),
    ),
    "notices that failed": Listing(lambda _at: notices.staff_notices(actor=STAFF, state="failed"), by=["state"]),
    "notices of a member": Listing(
        lambda at: notices.staff_notices(actor=STAFF, member_id=at.member.id), by=["member_id"], touches=("notice", 5)
    ),
    "notices that somebody should look at": Listing(
        lambda _at: notices.staff_notices(actor=STAFF, state="doubtful"), by=["state"]
    ),
    "addresses that refuse mail": Listing(lambda _at: marking.marks_page(actor=STAFF)),
    "holds of mail": Listing(lambda _at: holding.holds()),
    "letters to groups": Listing(lambda _at: letters.letters_page(actor=STAFF)),
    "people of a list, to write to": Listing(
        lambda _at: audience.audience(actor=STAFF, page="members", query="q=san"), by=["association_id"]
    ),
    "people of the pool, to write to": Listing(
        lambda _at: audience.audience(actor=STAFF, page="pools", query="role=mentor"), by=["association_id"]
    ),
    "people of mentorships, to write to": Listing(
        lambda _at: audience.audience(actor=STAFF, page="mentorships", query="side=mentor"), by=["association_id"]
    ),
    "notices, counted": Listing(lambda _at: notices.delivery_counts(actor=STAFF)),
    "one's own notices": Listing(
        lambda at: notices.own_notices(actor=at.as_member), by=["account_id", "member_id"], touches=("notice", 5)
    ),
    "one's unread notices": Listing(lambda at: notices.unread_count(at.as_member), by=["account_id"], touches=("notice", 5)),
    "corrections": Listing(lambda _at: privacy.corrections_page(actor=STAFF, state=None), by=["association_id"]),
    "corrections that wait": Listing(
        lambda _at: privacy.corrections_page(actor=STAFF, state=CorrectionState.OPEN), by=["state"]
    ),
    "corrections, counted": Listing(lambda _at: privacy.corrections_waiting()),
    "a member's corrections": Listing(
        lambda at: privacy.corrections_of(at.member.id), by=["member_id"]
    ),
    "a member's newest copy": Listing(lambda at: privacy.open_copy(at.member.id), by=["member_id"], touches=("data_copy", 5)),
    "history": Listing(lambda _at: audit.audit_page(actor=STAFF), by=["association_id"], touches=("audit_entry", 51)),
    "history by name": Listing(
        lambda at: audit.audit_page(actor=STAFF, search=at.name), by=["name_key", "email_key", "account_id", "object_id"],
        touches=("audit_entry", 51),
    ),
    "history by id": Listing(
        lambda at: audit.audit_page(actor=STAFF, search=str(at.thing.object_id)), by=["object_id"], touches=("audit_entry", 5)
    ),
    "history of one thing": Listing(
        lambda at: audit.entries_about(object_kind=at.thing.object_kind, object_id=at.thing.object_id), by=["object_id"],
        touches=("audit_entry", 5),
    ),
    "history of one's program": Listing(lambda at: audit.audit_page(actor=at.of_program)),
    "history's words": Listing(lambda _at: audit.kinds_and_actions(actor=STAFF)),
    "jobs": Listing(lambda _at: jobs.jobs_page(actor=STAFF), by=["association_id"]),
    "jobs that are dead": Listing(lambda _at: jobs.jobs_page(actor=STAFF, state="dead"), by=["association_id"]),
    "jobs, counted": Listing(lambda _at: jobs.job_counts(actor=STAFF)),
    "staff's home": Listing(lambda _at: home.staff_queues(STAFF)),
    "a member's applications": Listing(
        lambda at: applications.applications_of(at.member.id), by=["member_id"], touches=("application", 5)
    ),
    "a member's mentorships": Listing(
        lambda at: mentorships.mentorships_of(at.member.id), by=["member_id"], touches=("participant", 10)
    ),
    "a member's pools": Listing(lambda at: home.own_entries(at.member.id), by=["member_id"], touches=("pool_entry", 5)),
    "pools that a member left": Listing(
        lambda at: resting.mentors_who_left(at.member.id), by=["member_id"], touches=("pool_entry", 10)
    ),
    "files of an application": Listing(lambda at: files.files_of(at.application_id), by=["application_id"]),
    "sendings of an application": Listing(lambda at: changing.sendings_of(at.application_id), by=["application_id"]),
}  # fmt: skip
