"""What an applicant does: begin an application, save it section by section, send it, take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.applications.changing import is_as_sent, keep_sending, leave_as_sent, lock_application
from tandem.applications.checks import keep_verdicts
from tandem.applications.errors import CannotApplyError
from tandem.applications.files import (
    add_files,
    evidence_limits,
    file_of,
    file_questions,
    forget_all,
    forget_removed,
    limits_of,
    put_back,
    take_away,
    write_into_answers,
)
from tandem.applications.intake import Intake, intake_on
from tandem.applications.models import Application, ApplicationStatus, FileAbout, Role
from tandem.applications.queries import IN_HAND, application_in_hand, cohorts_of, reviewer_accounts
from tandem.applications.room import ANSWER_DAYS
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.directory.models import Member, MemberState
from tandem.eligibility.services import CheckedRule, requirements_of
from tandem.extensions import db
from tandem.forms.models import FormRevision, Submission, SubmissionState
from tandem.forms.queries import form_model
from tandem.forms.services import FieldProblem, save_draft, submit_answers
from tandem.matching.models import PoolEntry, PoolState
from tandem.notices.services import write_notice
from tandem.plugin_api.types import say
from tandem.programs.models import Program, ProgramState
from tandem.programs.queries import current_revision, form_for, program_by_slug, role_word
from tandem.web.formatting import say_day

#: The statuses in which the applicant may change the answers.
EDITABLE = (ApplicationStatus.DRAFT, ApplicationStatus.RETURNED)


def intake_of(program: Program, resolved: Mapping[str, object]) -> Intake:
    """Whether ``program`` takes applications today, and into which cohort."""
    return intake_on(resolved, cohorts_of(program.id), program_today())


def start_application(*, actor: Actor, program_slug: str, role: Role) -> Application:
    """Begin an application, or find the one already in hand.

    Pins the program's newest revision and its form, and begins with what was written in an application that came to nothing. Raises ``NotYoursError`` for an unknown program or role and
    ``CannotApplyError`` where the program is closed or the member already waits in its pool.
    """
    program = visible_program(program_slug)
    revision = current_revision(program)
    if role.value not in revision.resolved["roles"]:
        raise NotYoursError
    member = _active_member(actor)
    # Two windows that begin at the same moment: the second waits here, and finds what the first has begun.
    db.session.execute(select(Member.id).where(Member.id == member.id).with_for_update(key_share=True))
    intake = intake_of(program, revision.resolved)
    cohort_id = intake.cohort.id if intake.cohort else None
    in_hand = application_in_hand(member.id, program.id, role)
    if in_hand is not None:
        return in_hand
    _refuse_closed(program, intake)
    _refuse_waiting(member, program, role, revision.resolved)
    form_revision = form_for(revision.resolved, role.value)
    submission = Submission(
        form_revision_id=form_revision.id, member_id=member.id,
        answers=answers_again(member_id=member.id, program_id=program.id, role=role, form_revision=form_revision),
    )  # fmt: skip
    db.session.add(submission)
    db.session.flush()
    application = Application(
        member_id=member.id,
        program_id=program.id,
        cohort_id=cohort_id,
        role=role,
        program_revision_id=revision.id,
        submission_id=submission.id,
    )
    db.session.add(application)
    db.session.flush()
    record(
        actor=actor,
        action="application.started",
        object_kind="application",
        object_id=application.id,
        program_id=program.id,
        visibility="committee",
    )
    return application


def answers_again(
    *, member_id: UUID, program_id: UUID, role: Role, form_revision: FormRevision
) -> dict[str, list[str]]:
    """What a new application begins with: what was written in the last one, if that was withdrawn or not approved.

    Promises are made anew, files were deleted or belong to what was decided, and a question that is now of another kind is asked
    afresh. Nothing after an application that was approved: that one has done its work.
    """
    last = db.session.scalar(
        select(Application)
        .where(Application.member_id == member_id, Application.program_id == program_id, Application.role == role)
        .options(joinedload(Application.submission).joinedload(Submission.form_revision))
        .order_by(Application.created_at.desc(), Application.id.desc())
        .limit(1)
    )
    if last is None or last.status not in (ApplicationStatus.WITHDRAWN, ApplicationStatus.DECLINED):
        return {}
    before = {asked.id: asked.type.name for asked in form_model(last.submission.form_revision).questions()}
    again = {
        asked.id
        for asked in form_model(form_revision).questions()
        if before.get(asked.id) == asked.type.name and not asked.type.takes_files and asked.widget != "attestation"
    }
    return {name: values for name, values in last.submission.answers.items() if name.partition(".")[0] in again}


def visible_program(slug: str) -> Program:
    """The program of that slug, unless it is still being set up. Raises ``NotYoursError``."""
    program = program_by_slug(slug)
    if program is None or program.state is ProgramState.DRAFT:
        raise NotYoursError
    return program


def save_section(
    *,
    actor: Actor,
    application: Application,
    section: str,
    raw: Mapping[str, Sequence[str]],
    expected_version: int,
    files: Mapping[str, Sequence[tuple[str, bytes]]] = MappingProxyType({}),
    partial: bool = False,
) -> list[FieldProblem]:
    """Keep what was typed in one section, complete or not, and say what still has to be mended.

    ``files`` are those sent for the section's questions, name and bytes; each that can be kept is kept, whatever else is wrong, also
    where the text conflicts. With ``partial`` questions still empty are left alone: somebody is about to fill them in. Raises ``ConflictError`` once the application is no longer the applicant's to change, or was saved
    elsewhere meanwhile.
    """
    _lock(application)
    _refuse_unless_editable(application)
    refused = _keep_files(actor, application, section, files)
    problems = save_draft(
        actor=actor, submission=application.submission, section=section, raw=raw, expected_version=expected_version,
        partial=partial,
    )  # fmt: skip
    told = {problem.question for problem in refused}
    return refused + [problem for problem in problems if problem.question not in told]


def _keep_files(
    actor: Actor, application: Application, section: str, files: Mapping[str, Sequence[tuple[str, bytes]]]
) -> list[FieldProblem]:
    problems = []
    for asked in file_questions(form_model(application.submission.form_revision)):
        if asked.section != section or not files.get(asked.id):
            continue
        wrong = add_files(
            actor=actor, application=application, about=FileAbout.QUESTION, item=asked.id,
            limits=limits_of(asked.settings), sent=files[asked.id],
        )  # fmt: skip
        if wrong:
            problems.append(FieldProblem(asked.id, asked.id, say("field.files.refused", "%(problem)s", problem=wrong)))
    write_into_answers(application)
    return problems


def add_evidence(*, actor: Actor, application: Application, rule_id: str, sent: Sequence[tuple[str, bytes]]) -> None:
    """Keep files that show a requirement to be met.

    Raises ``NotYoursError`` for a rule that is not asked or where the program takes no files, ``InvalidError`` at
    ``evidence-<rule>`` (files that are in order are kept beside one that is not), ``ConflictError`` once it is sent.
    """
    _lock(application)
    _refuse_unless_editable(application)
    limits = evidence_limits(application)
    role = application.program_revision.resolved["roles"][application.role.value]
    if limits is None or rule_id not in {requirement.id for requirement in requirements_of(role)}:
        raise NotYoursError
    field = f"evidence-{rule_id}"
    if not sent:
        raise InvalidError({field: _("Choose a file first.")})
    wrong = add_files(
        actor=actor, application=application, about=FileAbout.RULE, item=rule_id, limits=limits, sent=sent
    )
    if wrong:
        raise InvalidError({field: wrong})


def remove_file(*, actor: Actor, application: Application, file_id: UUID) -> None:
    """Take a file off an application that is not sent. Raises ``NotYoursError`` and ``ConflictError``."""
    _lock(application)
    _refuse_unless_editable(application)
    take_away(actor=actor, application=application, file_id=file_id)
    write_into_answers(application)


def restore_file(*, actor: Actor, application: Application, file_id: UUID) -> None:
    """Put a file back that was taken off. Raises ``NotYoursError``, ``ConflictError``, and ``InvalidError`` where there is no room."""
    _lock(application)
    _refuse_unless_editable(application)
    limits = evidence_limits(application)
    found = file_of(application, file_id, also_removed=True)
    if found.about is FileAbout.QUESTION:
        asked = {one.id: one for one in file_questions(form_model(application.submission.form_revision))}.get(
            found.item
        )
        limits = limits_of(asked.settings) if asked is not None else None
    put_back(actor=actor, application=application, file_id=file_id, limits=limits)
    write_into_answers(application)


def send_application(*, actor: Actor, application: Application) -> list[FieldProblem]:
    """Send the application, or answer a question and send it back.

    Returns what has to be mended; if anything, nothing is changed. Sending writes the answers' facts, checks the rules,
    tells the applicant and the reviewers.
    """
    _lock(application)
    _refuse_unless_editable(application)
    member = _active_member(actor)
    if application.status is ApplicationStatus.DRAFT:
        _refuse_closed(application.program, intake_of(application.program, application.program_revision.resolved))
    changing = application.changing
    if changing and is_as_sent(application):
        leave_as_sent(actor=actor, application=application)
        return []
    problems = submit_answers(actor=actor, submission=application.submission)
    if problems:
        return problems
    again = application.status is ApplicationStatus.RETURNED
    forget_removed(application)
    now = program_now()
    application.status = ApplicationStatus.SUBMITTED
    application.status_since = now
    application.submitted_at = application.submitted_at or now
    application.question = None
    application.answer_by = None
    review = application.program_revision.resolved.get("review") or {}
    application.decide_by = now + timedelta(days=review.get("answer_days", ANSWER_DAYS))
    application.nudged_at = None
    db.session.flush()
    keep_sending(application)
    keep_verdicts(application)
    record(
        actor=actor,
        action="application.changed" if changing else "application.answered" if again else "application.sent",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
    )
    context = {
        "applicant": member.name,
        "role": role_word(application.program_revision.resolved, application.role.value),
    }
    write_notice(
        template="application-received",
        to_member_id=member.id,
        context=context,
        about=("application", application.id),
        dedupe_key=f"application-received:{application.id}:{now.isoformat()}",
    )
    if not changing or review.get("tell_changes", False):
        _tell_reviewers(application, "application-changed" if changing else "reviewer-waiting", context)
    return []


def _tell_reviewers(application: Application, template: str, context: Mapping[str, Any]) -> None:
    for account in reviewer_accounts(application.program):
        if account.member_id != application.member_id:
            write_notice(
                template=template,
                to_account_id=account.id,
                context=context,
                about=("application", application.id),
                dedupe_key=f"{template}:{application.id}:{account.id}:{application.status_since.isoformat()}",
                reason={"applications": [application.id], "account": account.id},
            )


def withdraw_application(*, actor: Actor, application: Application, tell: bool = True) -> None:
    """Take an application back before it is decided; its files are deleted. A draft is withdrawn too, so that a new one can be begun.

    Side effects: an audit entry; a letter to the applicant where the application had been sent, unless ``tell`` is off because
    another letter says it.
    """
    _lock(application)
    if application.status not in IN_HAND:
        raise ConflictError(_("This application has been decided. To leave the program, use its page on your home."))
    application.status = ApplicationStatus.WITHDRAWN
    application.status_since = program_now()
    forget_all(application)
    db.session.flush()
    record(
        actor=actor,
        action="application.withdrawn",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
    )
    if tell and application.submitted_at is not None:
        write_notice(
            template="application-withdrawn",
            to_member_id=application.member_id,
            context={
                "applicant": application.member.name,
                "role": role_word(application.program_revision.resolved, application.role.value),
            },
            about=("application", application.id),
            dedupe_key=f"application-withdrawn:{application.id}",
        )


def requirements_now(*, application: Application) -> list[CheckedRule]:
    """What the rules say of the application as it stands, for the applicant's own eyes; writes nothing."""
    from tandem.applications.checks import check_now

    return check_now(application)


def _lock(application: Application) -> None:
    lock_application(application)
    if application.submission.state is SubmissionState.SUBMITTED and application.status is ApplicationStatus.RETURNED:
        application.submission.state = SubmissionState.DRAFT


def _refuse_unless_editable(application: Application) -> None:
    if application.status not in EDITABLE:
        raise ConflictError(
            _("This application has been sent and can no longer be changed. If something is wrong, write to staff.")
        )


def _active_member(actor: Actor) -> Member:
    member = db.session.scalar(select(Member).where(Member.id == actor.member_id)) if actor.member_id else None
    if member is None or member.state is not MemberState.ACTIVE:
        raise CannotApplyError(
            _("Your account is not linked to a member record, so you cannot apply. Write to staff to have it linked.")
        )
    return member


def _refuse_closed(program: Program, intake: Intake) -> None:
    if program.state is ProgramState.CLOSED:
        raise CannotApplyError(_("%(program)s takes no applications at present.", program=program.name))
    if not intake.open:
        if intake.opens_on:
            raise CannotApplyError(
                _("Applications open on %(day)s. Come back then.", day=say_day(intake.opens_on, counted=False))
            )
        raise CannotApplyError(_("Applications are closed, and the next dates are not yet known."))


def _refuse_waiting(member: Member, program: Program, role: Role, resolved: Mapping[str, Any]) -> None:
    states = set(
        db.session.scalars(
            select(PoolEntry.state).where(
                PoolEntry.member_id == member.id, PoolEntry.program_id == program.id, PoolEntry.role == role
            )
        )
    )
    if PoolState.MATCHED in states and not (resolved.get("mentorship") or {}).get("apply_again", True):
        raise CannotApplyError(_("You have been matched in this program, and it takes each person once."))
    if states & {PoolState.OPEN, PoolState.PAUSED}:
        raise CannotApplyError(
            _("You are in this program's pool already. You can apply again once you are matched.")
            if role is Role.MENTEE and resolved["roles"]["mentee"].get("on_file") != "until-asked"
            else _(
                "Your application as %(role)s is on file already. You need not apply again.",
                role=role_word(resolved, role.value),
            )
        )


def application_ids_of(member_id: UUID) -> Sequence[UUID]:
    """The ids of a member's applications in hand."""
    return db.session.scalars(
        select(Application.id).where(Application.member_id == member_id, Application.status.in_(IN_HAND))
    ).all()
