"""What reviewers and staff do with an application: note, step aside, waive, accept evidence, decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, ForbiddenError, InvalidError, NotYoursError, StaleError
from tandem.access.programs import may_in, require_in
from tandem.applications.checks import keep_verdicts, open_rules
from tandem.applications.models import (
    Application,
    ApplicationStatus,
    Decision,
    Outcome,
    Recusal,
    Review,
    VerdictRow,
    Waiver,
    WaiverKind,
)
from tandem.applications.queries import verdicts_of
from tandem.applications.room import ANSWER_DAYS, room_of, standing_of
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import MemberState
from tandem.eligibility.services import rule_is_waivable
from tandem.extensions import db
from tandem.matching.pool import enter_pool
from tandem.notices.rendering import Rendered
from tandem.notices.services import preview_notice, write_notice
from tandem.plugin_api.types import Truth
from tandem.programs.models import Program
from tandem.texts import required_text, too_long

#: The longest text that a reviewer may write.
MAX_TEXT = 4000


def add_note(*, actor: Actor, application: Application, note: str) -> Review:
    """Add a note that the committee and staff can read; the applicant cannot."""
    require_in(actor, "applications.read", application.program)
    text = required_text(note, field="note", most=MAX_TEXT, missing=_("Write the note, or leave the page without it."))
    review = Review(application_id=application.id, account_id=_account(actor), note=text)
    db.session.add(review)
    db.session.flush()
    record(
        actor=actor,
        action="application.noted",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
    )
    return review


def check_again(*, actor: Actor, application: Application) -> None:
    """Check the rules of a waiting application anew: what they rest on, dues for one, changes from day to day.

    Raises as ``lock_for_review``.
    """
    lock_for_review(actor, application)
    keep_verdicts(application)


def step_aside(*, actor: Actor, application: Application, reason: str) -> None:
    """Recuse oneself from one application. Doing it twice changes nothing."""
    require_in(actor, "applications.read", application.program)
    text = required_text(
        reason,
        field="reason",
        most=MAX_TEXT,
        missing=_("Say in a few words why you step aside, for example “we work for one employer”."),
    )
    account_id = _account(actor)
    already = db.session.scalar(
        select(Recusal).where(Recusal.application_id == application.id, Recusal.account_id == account_id)
    )
    if already is None:
        db.session.add(Recusal(application_id=application.id, account_id=account_id, reason=text))
        db.session.flush()
        record(
            actor=actor,
            action="application.recused",
            object_kind="application",
            object_id=application.id,
            program_id=application.program_id,
            visibility="committee",
            reason=text,
        )


def step_back(*, actor: Actor, application: Application) -> None:
    """Take one's recusal back, as long as nothing is decided. Raises ``ConflictError``; without a recusal nothing changes."""
    require_in(actor, "applications.read", application.program)
    if application.status is not ApplicationStatus.SUBMITTED:
        raise ConflictError(_("This application no longer waits for a decision. Nothing was changed."))
    gone = db.session.scalars(
        delete(Recusal)
        .where(Recusal.application_id == application.id, Recusal.account_id == _account(actor))
        .returning(Recusal.id)
    ).all()
    if gone:
        record(
            actor=actor,
            action="application.recusal-taken-back",
            object_kind="application",
            object_id=application.id,
            program_id=application.program_id,
            visibility="committee",
        )


def set_rule_aside(*, actor: Actor, application: Application, rule_id: str, reason: str) -> Waiver | None:
    """Waive a rule that is not met, or accept evidence for one that is unknown; with a reason, kept on record.

    Evidence can be accepted for every rule, also for one that nobody may waive: it says that the rule holds. A rule that is met by now needs neither: ``None``. Raises
    ``InvalidError`` for a missing reason, ``ForbiddenError`` for a rule that nobody may set aside.
    """
    lock_for_review(actor, application)
    keep_verdicts(application)
    row = db.session.scalar(
        select(VerdictRow).where(VerdictRow.application_id == application.id, VerdictRow.rule_id == rule_id)
    )
    if row is None:
        raise NotYoursError
    if row.truth == Truth.MET.value:
        return None
    kind = WaiverKind.WAIVED if row.truth == Truth.NOT_MET.value else WaiverKind.ACCEPTED
    role = application.program_revision.resolved["roles"][application.role.value]
    if kind is WaiverKind.WAIVED and not rule_is_waivable(role, rule_id):
        raise ForbiddenError(_("The association does not let anyone set this requirement aside."))
    text = required_text(
        reason, field=f"reason-{rule_id}", most=MAX_TEXT, missing=_("Give the reason: it is kept with the application.")
    )
    waiver = db.session.scalar(select(Waiver).where(Waiver.application_id == application.id, Waiver.rule_id == rule_id))
    if waiver is None:
        waiver = Waiver(
            application_id=application.id, rule_id=rule_id, kind=kind, reason=text, account_id=_account(actor)
        )
        db.session.add(waiver)
    else:
        waiver.kind, waiver.reason, waiver.account_id, waiver.created_at = kind, text, _account(actor), program_now()
    db.session.flush()
    record(
        actor=actor,
        action=f"rule.{kind.value}",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
        changes={"rule": [None, rule_id]},
        reason=text,
    )
    return waiver


def take_back_waiver(*, actor: Actor, application: Application, rule_id: str) -> None:
    """Undo ``set_rule_aside`` while the application is undecided."""
    lock_for_review(actor, application)
    waiver = db.session.scalar(select(Waiver).where(Waiver.application_id == application.id, Waiver.rule_id == rule_id))
    if waiver is None:
        return
    db.session.delete(waiver)
    db.session.flush()
    record(
        actor=actor,
        action="rule.waiver-taken-back",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
        changes={"rule": [rule_id, None]},
    )


def decide(
    *,
    actor: Actor,
    application: Application,
    outcome: Outcome,
    reason: str = "",
    next_steps: str = "",
    by_vote: bool = False,
) -> Decision:
    """Approve, decline (reason and next steps needed) or return for more information (question needed).

    An approval checks the rules again and is refused while one is open; it puts the person into the pool. The applicant is
    told by e-mail in the same transaction. ``by_vote`` says that the committee's votes have decided it. Raises
    ``InvalidError``, ``ForbiddenError``, ``ConflictError`` if somebody decided first.
    """
    lock_for_review(actor, application)
    if not by_vote:
        refuse_unless_deciding(actor, application, outcome)
    reason, next_steps = check_outcome(application, outcome, reason, next_steps)
    now = program_now()
    sent_at = application.status_since
    application.status = ApplicationStatus(outcome.value)
    application.status_since = now
    if outcome is Outcome.RETURNED:
        application.question = reason
        review = application.program_revision.resolved.get("review") or {}
        application.answer_by = now + timedelta(days=review.get("answer_days", ANSWER_DAYS))
    else:
        application.decided_at = now
    application.decide_by = None
    decision = Decision(
        application_id=application.id,
        account_id=_account(actor),
        sent_at=sent_at,
        outcome=outcome,
        reason=reason or None,
        next_steps=next_steps or None,
    )
    db.session.add(decision)
    db.session.flush()
    if outcome is Outcome.APPROVED:
        enter_pool(actor=actor, application=application)
    record(
        actor=actor,
        action=f"application.{outcome.value}",
        object_kind="application",
        object_id=application.id,
        program_id=application.program_id,
        visibility="committee",
        changes={"status": [ApplicationStatus.SUBMITTED.value, outcome.value]},
        reason=reason or None,
    )
    _tell_applicant(application, decision)
    return decision


def check_outcome(application: Application, outcome: Outcome, reason: str, next_steps: str) -> tuple[str, str]:
    """The texts of a decision, trimmed. Checks the rules again for an approval.

    Raises ``InvalidError`` for a text that is missing or too long, and for an approval while a requirement is open.
    """
    keep_verdicts(application)
    texts = _decision_texts(outcome, reason, next_steps)
    if outcome is Outcome.APPROVED:
        _refuse_open_rules(application)
    return texts


def refuse_unless_deciding(actor: Actor, application: Application, outcome: Outcome) -> None:
    """Refuse a decision that is not ``actor``'s to take alone. Raises ``ForbiddenError``."""
    standing = standing_of(actor, application, room_of(application))
    if not (standing.asks if outcome is Outcome.RETURNED else standing.decides):
        raise ForbiddenError(
            _("In this program the committee decides by vote. Cast your vote; the decision falls with the last one.")
        )


def letter_of(application: Application, outcome: Outcome, reason: str, next_steps: str) -> Rendered | None:
    """The letter that a decision would send now, word for word; ``None`` where the association sends none."""
    return preview_notice(
        template=f"application-{outcome.value}",
        to_member_id=application.member_id,
        context=_letter_context(application, outcome, reason, next_steps, program_now()),
        about=("application", application.id),
    )


def _tell_applicant(application: Application, decision: Decision) -> None:
    write_notice(
        template=f"application-{decision.outcome.value}",
        to_member_id=application.member_id,
        context=_letter_context(
            application, decision.outcome, decision.reason or "", decision.next_steps or "", application.status_since
        ),
        about=("application", application.id),
        dedupe_key=f"decision:{decision.id}",
    )


def _letter_context(
    application: Application, outcome: Outcome, reason: str, next_steps: str, at: datetime
) -> dict[str, Any]:
    review = application.program_revision.resolved.get("review") or {}
    days = timedelta(days=review.get("answer_days", ANSWER_DAYS))
    return {
        "reason": reason,
        "next_steps": next_steps,
        "answer_by": at + days if outcome is Outcome.RETURNED else None,
    }


def may_decide(actor: Actor, program: Program, resolved: Mapping[str, Any]) -> bool:
    """Whether ``actor`` takes part in deciding in ``program``: its committee does, and staff where ``review.staff_decide`` lets them."""
    if not may_in(actor, "applications.decide", program):
        return False
    if (resolved.get("review") or {}).get("staff_decide", True):
        return True
    return any(grant.committee_id is not None and grant.committee_id == program.committee_id for grant in actor.grants)


def lock_for_review(actor: Actor, application: Application) -> None:
    """Lock a waiting application for somebody who takes part in deciding on it.

    Raises ``NotYoursError``, ``ForbiddenError`` (staff where reviewers decide, one's own, stepped aside) and ``ConflictError``
    once it no longer waits.
    """
    if not may_in(actor, "applications.decide", application.program):
        raise NotYoursError
    if not may_decide(actor, application.program, application.program_revision.resolved):
        raise ForbiddenError(_("You can read this application. In this program the reviewers decide."))
    if actor.member_id is not None and actor.member_id == application.member_id:
        raise ForbiddenError(_("You cannot decide on your own application. A colleague will."))
    db.session.refresh(
        application,
        with_for_update={"of": Application},
        attribute_names=["status", "status_since", "decided_at", "question"],
    )
    if application.changing:
        raise StaleError(
            _(
                "%(name)s took this application back to change it. Nothing was changed; it comes back when it is sent again.",
                name=application.member.name,
            )
        )
    if application.status is not ApplicationStatus.SUBMITTED:
        last = db.session.scalar(
            select(Decision).where(Decision.application_id == application.id).order_by(Decision.created_at.desc())
        )
        who = last.account.name if last is not None else ""
        # In one's own second window nobody was faster.
        theirs = last is not None and last.account_id != actor.account_id
        raise (StaleError if theirs else ConflictError)(
            _(
                "%(name)s has decided on this application already. Nothing was changed. Reload the page to see it.",
                name=who,
            )
            if who and application.status is not ApplicationStatus.WITHDRAWN
            else _("This application no longer waits for a decision. Nothing was changed.")
        )
    recused = db.session.scalar(
        select(Recusal.id).where(Recusal.application_id == application.id, Recusal.account_id == actor.account_id)
    )
    if recused is not None:
        raise ForbiddenError(_("You stepped aside from this application. A colleague will decide."))
    if application.member.state is not MemberState.ACTIVE:
        raise ConflictError(_("This person is no longer in the directory. Withdraw the application, or restore them."))


def _decision_texts(outcome: Outcome, reason: str, next_steps: str) -> tuple[str, str]:
    if outcome is Outcome.DECLINED:
        problems = {}
        if not reason.strip():
            problems["reason"] = _("Say why: the applicant reads it in the letter.")
        if not next_steps.strip():
            problems["next_steps"] = _("Say what can be done next; if there is nothing, say that.")
        if problems:
            raise InvalidError(problems)
    if outcome is Outcome.RETURNED:
        reason = required_text(
            reason,
            field="reason",
            most=MAX_TEXT,
            missing=_("Say what is missing: the applicant reads it in the letter."),
        )
    if len(reason) > MAX_TEXT or len(next_steps) > MAX_TEXT:
        field = "reason" if len(reason) > MAX_TEXT else "next_steps"
        raise InvalidError({field: too_long(MAX_TEXT)})
    return "\n".join(reason.strip().splitlines()), "\n".join(next_steps.strip().splitlines())


def _refuse_open_rules(application: Application) -> None:
    waivers = {
        waiver.rule_id: waiver
        for waiver in db.session.scalars(select(Waiver).where(Waiver.application_id == application.id))
    }
    still_open = open_rules(list(verdicts_of(application.id)), waivers)
    if still_open:
        raise InvalidError(
            {
                "outcome": _(
                    "A requirement is still open. Waive it or accept evidence with a reason, or ask for what is missing."
                )
            }
        )


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise RuntimeError("Reviewing is a person's work: the program itself cannot do it.")
    return actor.account_id


__all__ = [
    "add_note", "check_again", "check_outcome", "decide", "letter_of", "lock_for_review", "may_decide", "refuse_unless_deciding",
    "set_rule_aside", "step_aside", "step_back", "take_back_waiver",
]  # fmt: skip
