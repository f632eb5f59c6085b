"""What members do about their own data, and what staff answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.require import require_everywhere
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.jobs.services import enqueue
from tandem.notices.services import write_notice
from tandem.privacy.kept import ASKED_ABOUT
from tandem.privacy.models import CorrectionRequest, CorrectionState, DataCopy
from tandem.privacy.queries import WRITE, open_copy
from tandem.texts import required_text, too_long

#: The longest wish or answer, in characters.
MAX_TEXT = 2000

#: Corrections that one member can have waiting; more would be a conversation.
MOST_OPEN = 10

#: How long a copy can be downloaded.
HOLDS = timedelta(days=7)

COPY = "privacy.copy"


def ask_for_correction(*, actor: Actor, about: str, wish: str) -> CorrectionRequest:
    """Ask staff to correct something that is kept about the actor. Audited without its words.

    Raises ``InvalidError`` (``about``, ``wish``), ``ConflictError`` where ``MOST_OPEN`` wait already.
    """
    member_id = own_member_id(actor)
    problems: dict[str, str] = {}
    if about not in ASKED_ABOUT:
        problems["about"] = _("Choose what is not right.")
    try:
        wish = required_text(
            wish, field="wish", most=MAX_TEXT, missing=_("Write what is not right, and how it should read.")
        )
    except InvalidError as error:
        problems |= error.problems
    if problems:
        raise InvalidError(problems)
    # Locked, so that two windows together ask no more than one could.
    db.session.execute(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))
    waiting = db.session.scalars(
        select(CorrectionRequest.id).where(
            CorrectionRequest.member_id == member_id, CorrectionRequest.state == CorrectionState.OPEN
        )
    ).all()
    if len(waiting) >= MOST_OPEN:
        raise ConflictError(
            _("%(count)s of your corrections wait already. Wait for the answers, or take one back.", count=len(waiting))
        )
    request = CorrectionRequest(member_id=member_id, about=about, wish=wish)
    db.session.add(request)
    db.session.flush()
    record(
        actor=actor, action="correction.asked", object_kind="member", object_id=member_id,
        changes={"about": [None, about]},
    )  # fmt: skip
    return request


def take_back_correction(*, actor: Actor, request_id: UUID) -> CorrectionRequest:
    """Take a wish back before it is answered. Raises ``NotYoursError``, ``ConflictError``."""
    request = _locked(request_id)
    if actor.member_id is None or request.member_id != actor.member_id:
        raise NotYoursError
    if request.state is not CorrectionState.OPEN:
        raise ConflictError(_("Staff have answered this meanwhile. The answer stands on your page."))
    request.state = CorrectionState.WITHDRAWN
    db.session.flush()
    record(actor=actor, action="correction.taken-back", object_kind="member", object_id=request.member_id)
    return request


def answer_correction(*, actor: Actor, request_id: UUID, outcome: str, answer: str) -> CorrectionRequest:
    """Say that it is corrected, or why not; the member is told by letter. The record itself is changed on the person's page.

    Raises ``ForbiddenError``, ``NotYoursError``, ``InvalidError`` (``outcome``, ``answer``), ``ConflictError`` if answered.
    """
    require_everywhere(actor, WRITE)
    request = _locked(request_id)
    if request.state is not CorrectionState.OPEN:
        raise ConflictError(_("This has been answered or taken back already. Reload the page to see it."))
    problems: dict[str, str] = {}
    if outcome not in {CorrectionState.ACCEPTED, CorrectionState.DECLINED}:
        problems["outcome"] = _("Choose whether it is corrected.")
    answer = answer.strip()
    if outcome == CorrectionState.DECLINED and not answer:
        problems["answer"] = _("Write why it stays as it is: the member reads it.")
    elif len(answer) > MAX_TEXT:
        problems["answer"] = too_long(MAX_TEXT)
    if problems:
        raise InvalidError(problems)
    request.state = CorrectionState(outcome)
    request.answer = answer or None
    request.answered_by = actor.account_id
    request.answered_by_name = actor.name
    request.answered_at = program_now()
    db.session.flush()
    accepted = request.state is CorrectionState.ACCEPTED
    record(
        actor=actor, action="correction.accepted" if accepted else "correction.declined", object_kind="member",
        object_id=request.member_id, changes={"about": [request.about, request.about]},
    )  # fmt: skip
    write_notice(
        template="correction-accepted" if accepted else "correction-declined",
        to_member_id=request.member_id,
        context={"about": ASKED_ABOUT.get(request.about, request.about), "answer": request.answer or ""},
        dedupe_key=f"correction-answered:{request.id}",
    )
    return request


def ask_for_copy(*, actor: Actor) -> DataCopy:
    """Have a copy of everything made in the background; the one that is being made already, if there is one.

    Side effects: a job; earlier copies can no longer be downloaded. Audited.
    """
    member_id = own_member_id(actor)
    db.session.execute(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))
    waiting = open_copy(member_id)
    if waiting is not None and waiting.ready_at is None:
        return waiting
    forget_copies(member_id)
    copy = DataCopy(member_id=member_id)
    db.session.add(copy)
    db.session.flush()
    job = enqueue(kind=COPY, arguments={"copy_id": copy.id}, dedupe_key=str(copy.id), requested_by=actor.account_id)
    copy.job_id = job.id
    db.session.flush()
    record(actor=actor, action="copy.asked", object_kind="member", object_id=member_id)
    return copy


def forget_copies(member_id: UUID) -> None:
    """Drop the files of a member's copies; that they were asked for stays known."""
    db.session.execute(
        update(DataCopy).where(DataCopy.member_id == member_id, DataCopy.content.is_not(None)).values(content=None)
    )


def drop_expired_copies() -> None:
    """Drop the files of all copies whose time is over."""
    db.session.execute(
        update(DataCopy).where(DataCopy.expires_at < program_now(), DataCopy.content.is_not(None)).values(content=None)
    )


def own_member_id(actor: Actor) -> UUID:
    """The actor's member record. Raises ``NotYoursError`` where there is none."""
    if actor.member_id is None:
        raise NotYoursError
    return actor.member_id


def _locked(request_id: UUID) -> CorrectionRequest:
    request = db.session.scalar(
        select(CorrectionRequest)
        .where(CorrectionRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotYoursError
    return request
