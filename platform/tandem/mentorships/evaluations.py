"""What people say once a mentorship has ended: offered to them, never asked for as a condition of anything (C18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, selectinload

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.audit.services import record
from tandem.clocks import program_now, program_today
from tandem.extensions import db
from tandem.forms.answers import FieldProblem, Shown
from tandem.forms.models import FormRevision, Submission, SubmissionState
from tandem.forms.queries import form_model, shown_submission
from tandem.forms.services import save_draft, submit_answers
from tandem.mentorships.models import Evaluation, Mentorship, MentorshipState, Participant
from tandem.mentorships.queries import people_in
from tandem.mentorships.services import lock_mentorship, partner_names
from tandem.mentorships.work import own_participant
from tandem.notices.queries import keys_used
from tandem.notices.services import write_notice
from tandem.tenancy.base import one_of
from tandem.tenancy.scope import current_association_id, current_scope
from tandem.wording import labels_for

#: Mentorships that ended longer ago are not looked at for letters; no evaluation stays open so long.
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Offer:
    """One evaluation that somebody may give. ``about`` is the partner it is about, ``given`` what was said already."""

    item: Mapping[str, Any]
    about: Participant | None
    given: Evaluation | None
    until: date

    @property
    def is_open(self) -> bool:
        """Whether it can be given and changed today."""
        return program_today() <= self.until


def offers_for(mentorship: Mentorship, me: Participant, people: Sequence[Participant]) -> list[Offer]:
    """What ``me`` may say, one offer for each partner or one for the program; none before the end. One statement."""
    return _offers(mentorship, me, people, _given(Evaluation.mentorship_id == mentorship.id))


def offers_after(
    member_id: UUID, mentorships: Sequence[Mentorship], people: Mapping[UUID, Sequence[Participant]]
) -> dict[UUID, list[Offer]]:
    """What somebody may say of each of these that ended lately, by its id; two statements, or none where nothing has ended."""
    since = program_now() - _LONGEST
    ids = [one.id for one in mentorships if one.ended_at is not None and one.ended_at > since]
    if not ids:
        return {}
    ended = db.session.scalars(
        select(Mentorship).where(one_of(Mentorship.id, ids)).options(joinedload(Mentorship.program_revision))
    ).all()
    given = _given(one_of(Evaluation.mentorship_id, ids))
    return {
        mentorship.id: _offers(mentorship, me, people[mentorship.id], given)
        for mentorship in ended
        for me in people[mentorship.id]
        if me.member_id == member_id and me.left_at is None
    }


def _given(condition: ColumnElement[bool]) -> dict[tuple[UUID, str, UUID | None], Evaluation]:
    rows = db.session.scalars(select(Evaluation).where(condition))
    return {(row.participant_id, row.key, row.about_id): row for row in rows}


def _offers(
    mentorship: Mentorship,
    me: Participant,
    people: Sequence[Participant],
    given: Mapping[tuple[UUID, str, UUID | None], Evaluation],
) -> list[Offer]:
    items = [item for item in _items(mentorship) if item["by"] == me.side.value]
    if mentorship.state is not MentorshipState.ENDED or mentorship.ended_at is None or not items:
        return []
    partners = [person for person in people if person.side is not me.side]
    ended_on = mentorship.ended_at.astimezone(current_scope().zone).date()
    return [
        Offer(
            item,
            about,
            given.get((me.id, item["id"], about.id if about else None)),
            ended_on + timedelta(days=item["open_days"]),
        )
        for item in items
        for about in (partners if item["about"] == "partner" else [None])
    ]


def offer_for(
    mentorship: Mentorship, me: Participant, people: Sequence[Participant], *, key: str, about_id: UUID | None
) -> Offer:
    """One of them. Raises ``NotYoursError`` for what is not offered to ``me``."""
    for offer in offers_for(mentorship, me, people):
        if (offer.item["id"], offer.about.id if offer.about else None) == (key, about_id):
            return offer
    raise NotYoursError


def form_of(item: Mapping[str, Any]) -> FormRevision:
    """The form that an item of ``mentorship.evaluations`` pinned. Raises ``NotYoursError`` if it is not there."""
    reference = item["form_revision"]["id"]
    revision = db.session.get(FormRevision, (current_association_id(), UUID(reference)))
    if revision is None:
        raise NotYoursError
    return revision


def give_evaluation(
    *, actor: Actor, mentorship: Mentorship, key: str, about_id: UUID | None, raw: Mapping[str, Any], version: int
) -> list[FieldProblem]:
    """Take an evaluation in, or what is changed in it; ``version`` is the one the page was drawn with, 0 for a new one.

    Returns what has to be mended; the caller then takes the transaction back. Raises ``NotYoursError`` for what is not
    offered, ``ConflictError`` after its last day or if it was changed elsewhere. The answers are in no audit entry.
    """
    me = own_participant(actor, mentorship)
    lock_mentorship(mentorship)
    offer = offer_for(mentorship, me, people_in([mentorship.id])[mentorship.id], key=key, about_id=about_id)
    if not offer.is_open:
        raise ConflictError(
            _("The last day for this has passed, so it can only be read. Write to staff to add something.")
        )
    is_new = offer.given is None
    if offer.given is None:
        submission = Submission(form_revision_id=form_of(offer.item).id, member_id=me.member_id, answers={})
        db.session.add(submission)
        db.session.flush()
        evaluation = Evaluation(
            mentorship_id=mentorship.id, participant_id=me.id, key=key, about_id=about_id, submission_id=submission.id
        )
        db.session.add(evaluation)
        version = submission.version
    else:
        evaluation, submission = offer.given, offer.given.submission
        submission.state = SubmissionState.DRAFT
        evaluation.changed_at = program_now()
    db.session.flush()
    for section in form_model(submission.form_revision).sections:
        save_draft(actor=actor, submission=submission, section=section.id, raw=raw, expected_version=version)
        version = submission.version
    problems = submit_answers(actor=actor, submission=submission)
    if not problems:
        record(
            actor=actor,
            action="evaluation.given" if is_new else "evaluation.changed",
            object_kind="mentorship",
            object_id=mentorship.id,
            program_id=mentorship.program_id,
            changes={"answers": "private"},
        )
    return problems


@dataclass(frozen=True, slots=True)
class Told:
    """What one partner said about somebody, as far as the two of them may read it."""

    name: str
    day: datetime
    answers: list[Shown]


def told_about(me: Participant) -> list[Told]:
    """What partners said about ``me``, without what is for staff alone."""
    told = []
    for evaluation in about_me(me):
        labels = labels_for(evaluation.submission.form_revision.definition)
        answers = [
            answer
            for section in shown_submission(evaluation.submission, labels)
            for answer in section.answers
            if answer.visibility in {"pair", "public"} and answer.lines
        ]
        if answers:
            told.append(Told(evaluation.participant.member.name, evaluation.created_at, answers))
    return told


def about_me(me: Participant) -> Sequence[Evaluation]:
    """What partners said about ``me``; the page shows the answers that the pair may read."""
    return db.session.scalars(
        select(Evaluation)
        .where(Evaluation.about_id == me.id)
        .options(
            joinedload(Evaluation.submission).joinedload(Submission.form_revision),
            joinedload(Evaluation.participant).joinedload(Participant.member),
        )
        .order_by(Evaluation.created_at)
    ).all()


def write_offers() -> int:
    """Tell people of mentorships that have ended what they may say, once, and remind once those who said nothing yet.

    For the daily job. A reminder stops when everything offered is given. Returns how many letters were written.
    """
    written = 0
    since = program_now() - _LONGEST
    ended = db.session.scalars(
        select(Mentorship)
        .where(Mentorship.state == MentorshipState.ENDED, Mentorship.ended_at > since)
        .options(selectinload(Mentorship.program_revision))
    ).all()
    offering = [mentorship for mentorship in ended if _items(mentorship)]
    people = people_in([mentorship.id for mentorship in offering])
    given = _given(one_of(Evaluation.mentorship_id, [mentorship.id for mentorship in offering]))
    wanted = {
        (mentorship.id, me.id): _letters(mentorship, me) for mentorship in offering for me in people[mentorship.id]
    }
    gone = keys_used([key for keys in wanted.values() for key in keys.values()])
    for mentorship in offering:
        for me in people[mentorship.id]:
            keys = {name: key for name, key in wanted[mentorship.id, me.id].items() if key not in gone}
            if keys and me.left_at is None:
                offers = _offers(mentorship, me, people[mentorship.id], given)
                written += _write_to(mentorship, me, people[mentorship.id], offers, keys)
    return written


def _letters(mentorship: Mentorship, me: Participant) -> dict[str, str]:
    """The letters that somebody may get about what they can say, with the key of each."""
    return {
        template: f"{template}:{mentorship.id}:{me.id}" for template in ("evaluation-offered", "evaluation-reminder")
    }


def _write_to(
    mentorship: Mentorship, me: Participant, people: Sequence[Participant], offers: Sequence[Offer],
    keys: Mapping[str, str],
) -> int:  # fmt: skip
    waiting = [offer for offer in offers if offer.given is None and offer.is_open]
    if not waiting:
        return 0
    context = {"partners": partner_names(people, me.member_id), "open_until": min(offer.until for offer in waiting)}
    due = [
        offer
        for offer in waiting
        if offer.item["remind_days"] is not None
        and program_today() >= offer.until - timedelta(days=offer.item["open_days"] - offer.item["remind_days"])
    ]
    # Who did not hear of it before its reminder is due hears of it first, and is reminded the next day.
    for template, wanted in (("evaluation-offered", True), ("evaluation-reminder", bool(due))):
        if (
            wanted
            and template in keys
            and write_notice(
                template=template,
                to_member_id=me.member_id,
                context=context,
                about=("mentorship", mentorship.id),
                path=f"/mentorships/{mentorship.id}#evaluations",
                dedupe_key=keys[template],
                reason={"participant": me.id},
            )
        ):
            return 1
    return 0


def _items(mentorship: Mentorship) -> Sequence[Mapping[str, Any]]:
    settings: Mapping[str, Any] = mentorship.program_revision.resolved.get("mentorship") or {}
    return settings.get("evaluations") or ()
