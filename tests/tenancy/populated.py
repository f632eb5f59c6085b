"""An association with one object of every kind that an address can name, for probing across associations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from tandem.applications.models import Application, ApplicationFile, ApplicationStatus, FileAbout, FileKind, Role
from tandem.behalf.models import Acting
from tandem.clocks import program_now, program_today
from tandem.directory.models import ImportMapping, ImportRun, MemberMerge, StaffNote
from tandem.extensions import db
from tandem.forms.models import FormRevision
from tandem.home.models import SavedView
from tandem.identity.models import SignInSession
from tandem.jobs.services import enqueue
from tandem.letters.models import GroupLetter
from tandem.matching.models import MatchRun, MentorAsk, Proposal, RunState
from tandem.mentorships.models import (
    CheckIn,
    Concern,
    Evaluation,
    FollowUp,
    Goal,
    Hours,
    JournalEntry,
    JournalVisibility,
    Meeting,
    MeetingPlan,
    Mentorship,
    Participant,
    PlanState,
    ReassignmentRequest,
)
from tandem.notices.models import AddressMark, Delivery, DeliveryState, MailHold, Notice
from tandem.notices.templates_registry import Topic
from tandem.notices.unsubscribing import Owner, unsubscribe_link
from tandem.privacy.models import CorrectionRequest, DataCopy
from tandem.programs.models import Committee, Program, ProgramRevision
from tests.app_fixtures import IsolatedClient
from tests.factories import (
    a_grant,
    a_member,
    a_membership,
    a_mentorship,
    a_pool_entry,
    a_position,
    an_account,
    an_application,
    an_employer,
    an_experience,
)
from tests.loop.stage import Stage
from tests.pages import signed_in_client

#: What stands in everything that someone of the association wrote or is called.
CANARY = "Canary{number}of{slug}"


@dataclass(frozen=True, slots=True)
class Populated:
    """The association, a browser of a member who is staff as well, and an id for each name that addresses use."""

    stage: Stage
    browser: IsolatedClient
    ids: dict[str, str]
    canary: str


def populate(stage: Stage) -> Populated:
    """Fill ``stage`` with one object of every kind. The member is the mentee of the mentorship and on the association's staff."""
    with stage.open() as scope:
        canary = CANARY.format(number=7, slug=scope.slug.replace("-", ""))
        here = scope.association_id  # Said in each query: the control runs without row security.
        program = db.session.scalars(
            select(Program).where(Program.association_id == here).order_by(Program.slug)
        ).first()
        assert program is not None
        revision = db.session.scalars(select(ProgramRevision).where(ProgramRevision.program_id == program.id)).first()
        forms = db.session.scalars(
            select(FormRevision).where(FormRevision.association_id == here).order_by(FormRevision.id)
        ).all()
        assert revision is not None
        mentee = a_member(given_name=canary, email=f"mentee@{scope.slug}.example")
        mentor = a_member(given_name=canary, email=f"mentor@{scope.slug}.example")
        applicant = a_member(given_name=canary)
        account = an_account(mentee)
        grant = a_grant(account, "association-staff")
        browser = signed_in_client(stage.app, scope, account)
        session = db.session.scalars(select(SignInSession).where(SignInSession.account_id == account.id)).one()
        by_key = {form.definition.get("id"): form for form in forms}
        entries = {
            role: a_pool_entry(
                an_application(person, program, revision, role=role, form_revision=_form(by_key, revision, role))
            )
            for role, person in ((Role.MENTEE, mentee), (Role.MENTOR, mentor))
        }
        waiting = an_application(
            mentee, program, revision, role=Role.MENTOR, status=ApplicationStatus.DRAFT,
            form_revision=_form(by_key, revision, Role.MENTOR),
        )  # fmt: skip
        sent = an_application(
            applicant,
            program,
            revision,
            status=ApplicationStatus.SUBMITTED,
            form_revision=_form(by_key, revision, Role.MENTEE),
        )
        employer = an_employer(name=f"{canary} District")
        parts = {
            "membership_id": a_membership(mentee).id,
            "position_id": a_position(mentee, employer=employer).id,
            "experience_id": an_experience(mentee, "payroll", 3).id,
            "employer_id": employer.id,
            "import_id": _saved(ImportRun(filename=f"{canary}.csv", created_by_name=canary, content=b"a,b\n1,2")),
            "mapping_id": _saved(ImportMapping(name=canary, headings_key="x", meaning={}, created_by_name=canary)),
            "correction_id": _saved(CorrectionRequest(member_id=mentee.id, about="other", wish=canary)),
            "copy_id": _saved(
                DataCopy(
                    member_id=mentee.id,
                    content=canary.encode(),
                    ready_at=program_now(),
                    expires_at=program_now() + timedelta(days=7),
                )
            ),
            "acting_id": _saved(
                Acting(
                    account_id=account.id,
                    member_id=mentor.id,
                    reason=canary,
                    until_at=program_now() + timedelta(days=7),
                )
            ),
            "behalf_application_id": an_application(
                mentor,
                program,
                revision,
                role=Role.MENTOR,
                status=ApplicationStatus.DRAFT,
                form_revision=_form(by_key, revision, Role.MENTOR),
            ).id,
            "behalf_entry_id": entries[Role.MENTOR].id,
            "note_id": _saved(StaffNote(member_id=mentee.id, account_id=account.id, author_name=canary, body=canary)),
            "file_id": _saved(_file(waiting, canary)),
            "sent_file_id": _saved(_file(sent, canary)),
            "other_id": applicant.id,
            "merge_id": _saved(MemberMerge(kept_id=mentee.id, gone_id=applicant.id, moved={}, merged_by_name=canary)),
            "view_id": _saved(SavedView(account_id=account.id, page="pools", name=canary, query="role=mentor")),
            "committee_id": db.session.scalars(select(Committee.id).where(Committee.association_id == here)).first(),
        }
        mentorship = a_mentorship(program, revision, entries[Role.MENTOR], entries[Role.MENTEE])
        ids = _objects(mentorship, entries, program, revision, account, canary)
        db.session.commit()
        ids |= parts | {
            "account_id": account.id,
            "grant_id": grant.id,
            "session_id": session.id,
            "application_id": waiting.id,
            "sent_application_id": sent.id,
            "member_id": mentee.id,
            "mentorship_id": mentorship.id,
            "slug": program.slug,
            "section_id": _form(by_key, revision, Role.MENTOR).definition["sections"][0]["id"],
            "rule_id": revision.resolved["roles"]["mentee"]["eligibility"]["all"][0]["id"],
        }
        return Populated(stage, browser, {name: str(value) for name, value in ids.items()}, canary)


def _file(application: Application, canary: str) -> ApplicationFile:
    content = canary.encode()
    return ApplicationFile(
        application_id=application.id, about=FileAbout.RULE, item="rule", name=f"{canary}.pdf", kind=FileKind.PDF,
        size=len(content), digest=sha256(content).hexdigest(), content=content,
    )  # fmt: skip


def _form(by_key: dict[Any, FormRevision], revision: ProgramRevision, role: Role) -> FormRevision:
    return by_key[revision.resolved["roles"][role.value]["form"]]


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row.id


def _objects(
    mentorship: Mentorship,
    entries: dict[Role, Any],
    program: Program,
    revision: ProgramRevision,
    account: Any,
    canary: str,
) -> dict[str, Any]:
    own = db.session.scalars(
        select(Participant).where(Participant.mentorship_id == mentorship.id, Participant.side == Role.MENTEE)
    ).one()
    run = _saved(
        MatchRun(
            program_id=program.id, program_revision_id=revision.id, state=RunState.PROPOSED, summary={}, unmatched=[]
        )
    )
    plan = _saved(
        MeetingPlan(mentorship_id=mentorship.id, proposed_by=own.id, times=["2030-01-07T16:00:00+00:00"], minutes=45, way="phone",
                    place=canary, state=PlanState.AGREED, starts_at=datetime(2030, 1, 7, 16, tzinfo=UTC))
    )  # fmt: skip
    notice = _saved(
        Notice(account_id=account.id, member_id=own.member_id, template="meeting-agreed", language="en", address="x@example.org",
               subject=canary, text_body=canary, html_body=f"<p>{canary}</p>", reason={"plan": str(plan)})
    )  # fmt: skip
    return {
        "run_id": run,
        "proposal_id": _saved(
            Proposal(match_run_id=run, mentee_entry_id=entries[Role.MENTEE].id, mentor_entry_id=entries[Role.MENTOR].id, points=1)
        ),
        "pool_entry_id": entries[Role.MENTEE].id,
        # Both sides are the one whose browser it is: so both the staff's address and the mentor's own lead somewhere.
        "ask_id": _saved(
            MentorAsk(program_id=program.id, mentee_entry_id=entries[Role.MENTEE].id, mentor_entry_id=entries[Role.MENTEE].id,
                      fit=1, scarcity=0, due_at=program_now() + timedelta(days=7))
        ),
        "meeting_id": _saved(
            Meeting(mentorship_id=mentorship.id, held_on=program_today(), minutes=60, way="phone", logged_by=own.id)
        ),
        "hours_id": _saved(
            Hours(mentorship_id=mentorship.id, participant_id=own.id, spent_on=program_today() - timedelta(days=1), minutes=30,
                  about=canary)
        ),
        "journal_entry_id": _saved(
            JournalEntry(mentorship_id=mentorship.id, participant_id=own.id, visibility=JournalVisibility.SELF, body=canary)
        ),
        "request_id": _saved(ReassignmentRequest(mentorship_id=mentorship.id, participant_id=own.id, reason=canary)),
        "plan_id": plan,
        "concern_id": _saved(Concern(mentorship_id=mentorship.id, participant_id=own.id, body=canary)),
        "check_in": _saved(CheckIn(mentorship_id=mentorship.id, participant_id=own.id)),
        "goal_id": _saved(Goal(mentorship_id=mentorship.id, participant_id=own.id, body=canary)),
        "follow_up_id": _saved(FollowUp(mentorship_id=mentorship.id, participant_id=own.id, body=canary)),
        "evaluation_id": _saved(
            Evaluation(mentorship_id=mentorship.id, participant_id=own.id, key="of-the-mentor", submission_id=entries[Role.MENTEE].application.submission_id)
        ),
        "notice_id": notice,
        "hold_id": _saved(MailHold(reason=canary, held_by_name=canary)),
        "mark_id": _saved(AddressMark(address_key="gone@example.org", answer="550 5.1.1", notice_id=notice)),
        "letter_id": _saved(
            GroupLetter(account_id=account.id, written_by_name=canary, page="members", query="", subject=canary, body=canary)
        ),
        "token": unsubscribe_link(Owner(own.member_id, None), Topic.NEWS).rpartition("/")[2],
        "delivery_id": _saved(Delivery(notice_id=notice, channel="email", state=DeliveryState.UNCERTAIN, message_id="<x@y>")),
        "job_id": enqueue(kind="notices.deliver", arguments={"delivery_ids": []}, requested_by=account.id).id,
    }  # fmt: skip
