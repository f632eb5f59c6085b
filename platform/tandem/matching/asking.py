"""Choosing a mentor for one mentee: at once, or by asking the mentor, who says yes within a deadline.

``matching.acceptance`` of the program decides. A no, and silence, come back to staff; with ``then: next`` the best of the
others is asked instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from tandem.access.actor import SYSTEM, Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Application, Role
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.directory.models import MemberState
from tandem.eligibility.serialise import message_from_json
from tandem.extensions import db
from tandem.identity.queries import staff_accounts_for
from tandem.jobs.services import cancel_schedule, schedule
from tandem.matching.computing import kept_apart
from tandem.matching.models import REASSIGNED, AskState, MentorAsk, PoolEntry, PoolState
from tandem.matching.pool import (
    checked_until,
    lock_members,
    mark_matched,
    pause_entry,
    places_of,
    promised_places,
)
from tandem.matching.suggesting import Suggested, open_ask, suggest, why_not
from tandem.mentorships.models import Mentorship
from tandem.mentorships.queries import last_mentorship_of_entry
from tandem.mentorships.services import begin_mentorship, have_dues_checked
from tandem.notices.services import write_notice
from tandem.programs.models import Program
from tandem.programs.queries import current_revision
from tandem.programs.queries import resolved as resolved_document
from tandem.programs.schemas.base import days
from tandem.tenancy.scope import current_scope
from tandem.texts import too_long
from tandem.web.formatting import say_day
from tandem.wording import in_words, labels_for_program

#: The longest answer that is kept, in characters.
MAX_ANSWER = 500

#: The job that ends an ask whose deadline has passed.
LAPSES = "matching.ask-lapses"


def acceptance_of(matching: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """How mentors accept, or ``None`` where staff's choice begins the mentorship."""
    settings: Mapping[str, Any] | None = matching.get("acceptance")
    return settings


def choose_mentor(*, actor: Actor, mentee: PoolEntry, mentor_entry_id: UUID) -> MentorAsk | Mentorship:
    """Ask a mentor to take this mentee, or begin the mentorship where the program does not have mentors accept.

    Everything is counted and asked again under a lock on both members: what has changed since the list was made is found here.
    Raises ``NotYoursError``; ``InvalidError`` at ``mentor`` with the sentence of every rule that the pair would break (C2);
    ``ConflictError`` where either is no longer free, or somebody is asked already.
    """
    program = _program(mentee.program_id)
    if not may_in(actor, "matching.run", program) or mentee.role is not Role.MENTEE:
        raise NotYoursError
    mentor = _entry(mentor_entry_id)
    if (mentor.program_id, mentor.cohort_id, mentor.role) != (mentee.program_id, mentee.cohort_id, Role.MENTOR):
        raise NotYoursError
    _lock(mentee, mentor)
    resolved = resolved_document(current_revision(program).id)
    matching = resolved.get("matching", {})
    asked = open_ask(mentee.id)
    if asked is not None:
        raise ConflictError(
            _("%(name)s has been asked already and has until %(day)s to answer. Reload the page to see it.",
              name=asked.mentor_entry.member.name, day=_day(asked))
        )  # fmt: skip
    _refuse_if_gone(mentee, mentor, promised=promised_places(mentor))
    _refuse_if_forbidden(mentee, mentor, resolved)
    if acceptance_of(matching) is None:
        return _begin(actor, mentee, mentor)
    found = next((one for one in suggest(mentee, program).best if one.entry.id == mentor.id), None)
    return _ask(actor, mentee, mentor, acceptance_of(matching) or {}, found)


def answer_ask(
    *, actor: Actor, ask: MentorAsk, accept: bool, answer: str = "", rest: bool = False, until: date | None = None
) -> Mentorship | None:
    """The mentor's yes or no. A yes begins the mentorship; a no goes to staff with what the mentor wrote.

    With ``rest`` the mentor rests after a no, until ``until`` or until they come back; whatever else they are asked is then answered
    with no as well. Raises ``NotYoursError`` for anybody but the mentor, ``InvalidError`` for an answer that is too long or a day that
    is not to come, and ``ConflictError`` once it is answered, late, or the mentee is no longer free.
    """
    mentee, mentor = _entry(ask.mentee_entry_id), _entry(ask.mentor_entry_id)
    if actor.member_id is None or actor.member_id != mentor.member_id:
        raise NotYoursError
    others = _others_of(ask) if rest and not accept else []
    # All at once and in one order, so that two mentors who answer at the same moment cannot wait for each other.
    lock_members([mentor.member_id, mentee.member_id, *(other.mentee_entry.member_id for other in others)])
    _lock(mentee, mentor)
    _refuse_if_closed(ask)
    answer = answer.strip()
    if len(answer) > MAX_ANSWER:
        raise InvalidError({"answer": too_long(MAX_ANSWER)})
    if accept:
        _refuse_if_gone(mentee, mentor, promised=0)
        _refuse_if_forbidden(mentee, mentor, resolved_document(current_revision(_program(ask.program_id)).id))
        _close(actor, ask, AskState.ACCEPTED)
        return _begin(actor, mentee, mentor)
    if rest:
        checked_until(until)
    ask.answer = answer or None
    declined = [ask]
    _close(actor, ask, AskState.DECLINED)
    for other in others:
        db.session.refresh(other, with_for_update={"of": MentorAsk})
        if other.state is AskState.ASKED:
            _close(actor, other, AskState.DECLINED)
            declined.append(other)
    if rest:
        pause_entry(actor=actor, entry=mentor, reason=_("at their own wish"), until=until)
    for one in declined:
        _go_on(one, _entry(one.mentee_entry_id))
    return None


def _others_of(ask: MentorAsk) -> Sequence[MentorAsk]:
    """What else the same mentor is asked at present."""
    return db.session.scalars(
        select(MentorAsk)
        .where(
            MentorAsk.mentor_entry_id == ask.mentor_entry_id, MentorAsk.state == AskState.ASKED, MentorAsk.id != ask.id
        )
        .options(joinedload(MentorAsk.mentee_entry))
        .order_by(MentorAsk.id)
    ).all()


def withdraw_ask(*, actor: Actor, ask: MentorAsk) -> None:
    """Take an ask back before it is answered; the mentor's page says so. Raises ``NotYoursError`` or ``ConflictError``."""
    if not may_in(actor, "matching.run", _program(ask.program_id)):
        raise NotYoursError
    _lock(_entry(ask.mentee_entry_id), _entry(ask.mentor_entry_id))
    _refuse_if_closed(ask, late=True)
    _close(actor, ask, AskState.WITHDRAWN)


def lapse_ask(*, ask: MentorAsk) -> None:
    """End an ask that nobody answered in time, and ask the next mentor or tell staff. Does nothing before its time."""
    mentee = _entry(ask.mentee_entry_id)
    _lock(mentee, _entry(ask.mentor_entry_id))
    db.session.refresh(ask, with_for_update={"of": MentorAsk})
    if ask.state is AskState.ASKED and ask.due_at <= program_now():
        _close(SYSTEM, ask, AskState.LAPSED)
        _go_on(ask, mentee)


def own_ask(*, actor: Actor, ask_id: UUID) -> MentorAsk:
    """An ask that was put to the actor as a mentor. Raises ``NotYoursError``."""
    ask = ask_by_id(ask_id)
    if ask is None or actor.member_id is None or ask.mentor_entry.member_id != actor.member_id:
        raise NotYoursError
    return ask


def ask_by_id(ask_id: UUID) -> MentorAsk | None:
    """An ask with both people and the program."""
    return db.session.scalar(
        select(MentorAsk)
        .where(MentorAsk.id == ask_id)
        .options(
            joinedload(MentorAsk.mentor_entry).joinedload(PoolEntry.member),
            joinedload(MentorAsk.mentee_entry).joinedload(PoolEntry.member),
            joinedload(MentorAsk.program),
        )
    )


def _ask(
    actor: Actor, mentee: PoolEntry, mentor: PoolEntry, acceptance: Mapping[str, Any], found: Suggested | None
) -> MentorAsk:
    ask = MentorAsk(
        program_id=mentee.program_id,
        mentee_entry_id=mentee.id,
        mentor_entry_id=mentor.id,
        fit=found.fit if found else 0,
        scarcity=found.scarcity if found else 0,
        reasons=found.reasons if found else [],
        then_next=acceptance["then"] == "next",
        asked_by=actor.account_id,
        due_at=program_now() + timedelta(days=days(acceptance["within"])),
    )
    try:
        with db.session.begin_nested():
            db.session.add(ask)
    except IntegrityError as error:
        raise ConflictError(_("Somebody has been asked already. Reload the page to see whom.")) from error
    schedule(kind=LAPSES, due_at=ask.due_at, dedupe_key=str(ask.id), arguments={"ask_id": str(ask.id)})
    labels = labels_for_program(resolved_document(current_revision(_program(mentee.program_id)).id))
    write_notice(
        template="mentor-asked",
        to_member_id=mentor.member_id,
        context={
            "person": mentee.member.name,
            "reasons": [in_words(message_from_json(item["message"]), labels) for item in ask.reasons],
            "answer_by": last_day(ask),
        },
        program_id=mentee.program_id,
        about=("mentor_ask", ask.id),
        dedupe_key=f"mentor-asked:{ask.id}",
        reason={"ask": ask.id},
    )
    _record(actor, ask, "mentor.asked")
    return ask


def _begin(actor: Actor, mentee: PoolEntry, mentor: PoolEntry) -> Mentorship:
    mentorship = begin_mentorship(
        actor=actor,
        mentor=mentor,
        mentees=[mentee],
        match_run_id=None,
        replaces_id=last_mentorship_of_entry(mentee.id),
    )
    mark_matched([mentee, mentor])
    have_dues_checked(member_ids=[mentee.member_id, mentor.member_id])
    return mentorship


def _go_on(ask: MentorAsk, mentee: PoolEntry) -> None:
    """After a no or silence: the next mentor if the program wants that, else staff."""
    program = _program(ask.program_id)
    resolved = resolved_document(current_revision(program).id)
    acceptance = acceptance_of(resolved.get("matching", {}))
    if ask.then_next and acceptance is not None and mentee.state is PoolState.OPEN:
        best = suggest(mentee, program).best
        if best:
            _ask(SYSTEM, mentee, best[0].entry, acceptance, best[0])
            return
    mentor = _entry(ask.mentor_entry_id)
    for account in staff_accounts_for(program, "matching.run"):
        write_notice(
            template="mentor-said-no" if ask.state is AskState.DECLINED else "mentor-did-not-answer",
            to_account_id=account.id,
            context={"person": mentee.member.name, "mentor": mentor.member.name, "answer": ask.answer or ""},
            path=f"/staff/pools/{mentee.id}/suggestions",
            program_id=ask.program_id,
            about=("mentor_ask", ask.id),
            dedupe_key=f"mentor-ask-closed:{ask.id}:{account.id}",
        )


def _refuse_if_gone(mentee: PoolEntry, mentor: PoolEntry, *, promised: int) -> None:
    for entry in (mentee, mentor):
        if entry.state is not PoolState.OPEN or entry.member.state is not MemberState.ACTIVE:
            raise ConflictError(_("%(name)s is no longer waiting in the pool.", name=entry.member.name))
    for entry, taken in ((mentee, 0), (mentor, promised)):
        if places_of(entry).free - taken < 1:
            raise ConflictError(_("%(name)s has no place left.", name=entry.member.name))


def _refuse_if_forbidden(mentee: PoolEntry, mentor: PoolEntry, resolved: Mapping[str, Any]) -> None:
    if mentee.member_id == mentor.member_id:
        raise InvalidError({"mentor": _("Nobody can be paired with themselves. Choose someone else.")})
    apart = kept_apart([mentee], [mentor]).get((mentee.id, mentor.id))
    if apart is not None:
        raise InvalidError(
            {
                "mentor": _("These two were reassigned from each other and are not matched again.")
                if apart == REASSIGNED
                else _("Staff keep these two apart. Choose someone else.")
            }
        )
    rules = why_not(mentee, mentor, resolved.get("matching", {}))
    if rules:
        labels = labels_for_program(resolved)
        raise InvalidError({"mentor": " ".join(in_words(rule, labels) for rule in rules)})


def _refuse_if_closed(ask: MentorAsk, *, late: bool = False) -> None:
    db.session.refresh(ask, with_for_update={"of": MentorAsk})
    if ask.state is AskState.ACCEPTED or ask.state is AskState.DECLINED:
        raise ConflictError(_("This has been answered already. Nothing was changed."))
    if ask.state is not AskState.ASKED:
        raise ConflictError(_("Staff no longer wait for this answer. Nothing was changed."))
    if not late and ask.due_at <= program_now():
        raise ConflictError(_("The time to answer ended on %(day)s. Staff look for somebody else now.", day=_day(ask)))


def _close(actor: Actor, ask: MentorAsk, state: AskState) -> None:
    ask.state = state
    ask.answered_at = program_now()
    db.session.flush()
    cancel_schedule(kind=LAPSES, dedupe_key=str(ask.id))
    _record(actor, ask, f"mentor.{state.value}")


def _record(actor: Actor, ask: MentorAsk, action: str) -> None:
    record(
        actor=actor,
        action=action,
        object_kind="mentor_ask",
        object_id=ask.id,
        program_id=ask.program_id,
        visibility="staff",
    )


def last_day(ask: MentorAsk) -> date:
    """The day on which the time to answer ends, in the association's time zone."""
    return ask.due_at.astimezone(current_scope().zone).date()


def _day(ask: MentorAsk) -> str:
    return say_day(last_day(ask), program_today(), counted=False)


def _lock(mentee: PoolEntry, mentor: PoolEntry) -> None:
    lock_members([mentee.member_id, mentor.member_id])
    for entry in (mentee, mentor):
        db.session.refresh(entry, attribute_names=["state", "places"])
        db.session.refresh(entry.member, attribute_names=["state"])


def _entry(identifier: UUID) -> PoolEntry:
    entry = db.session.scalar(
        select(PoolEntry)
        .where(PoolEntry.id == identifier)
        .options(
            joinedload(PoolEntry.member),
            joinedload(PoolEntry.application).options(
                joinedload(Application.program_revision), joinedload(Application.program)
            ),
        )
    )
    if entry is None:
        raise NotYoursError
    return entry


def _program(program_id: UUID) -> Program:
    return db.session.scalars(select(Program).where(Program.id == program_id)).one()
