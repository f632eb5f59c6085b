"""Writing to many: a draft, a look at it, and the sending, once to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.audit.services import record
from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.ids import uuid7
from tandem.jobs.services import enqueue, report_progress
from tandem.letters.audience import Addressee, audience, fingerprint, kept_query
from tandem.letters.models import GroupLetter, LetterRecipient, LetterState
from tandem.notices.models import Notice
from tandem.notices.rendering import Rendered
from tandem.notices.services import in_batches, preview_notice, write_notice
from tandem.notices.sorting import PREVIEW
from tandem.notices.templates_registry import notice_template
from tandem.notices.wording import check_words
from tandem.tenancy.scope import current_association_id
from tandem.texts import required_text

TEMPLATE = "group-letter"

#: The longest subject and text.
SUBJECT_LENGTH, BODY_LENGTH = 150, 20_000

#: People to whom one job writes.
CHUNK = 100

#: Letters to groups are about no one page; and a list that is not of programs has no program.
WITHOUT_LINK = frozenset({"link"})
_PROGRAM_WORDS = frozenset({"program"})


def start_letter(*, actor: Actor, letter_id: UUID, page: str, query: str, subject: str, body: str) -> GroupLetter:
    """Keep a draft to the people of a list. ``letter_id`` comes with the form: sent twice, there is one.

    Raises ``InvalidError`` at ``subject``, ``body`` or ``people``, ``NotYoursError`` for a list that is not the actor's.
    """
    if actor.account_id is None:
        raise NotYoursError
    words = _checked(page, subject, body)
    people = audience(actor=actor, page=page, query=query)
    if not people:
        raise InvalidError({"people": _("Nobody is on this list. Narrow it less, then write.")})
    db.session.execute(
        insert(GroupLetter)
        .values(association_id=current_association_id(), id=letter_id, account_id=actor.account_id, page=page, query=query,
                written_by_name=actor.name, state=LetterState.DRAFT, created_at=program_now(), **words)
        .on_conflict_do_nothing(index_elements=["association_id", "id"])
    )  # fmt: skip
    return _own(actor, letter_id)


def change_letter(*, actor: Actor, letter_id: UUID, subject: str, body: str) -> GroupLetter:
    """Change the words of a draft. Raises ``InvalidError``, ``NotYoursError``, ``ConflictError`` once it is sent."""
    letter = _draft(actor, letter_id)
    words = _checked(letter.page, subject, body)
    letter.subject, letter.body = words["subject"], words["body"]
    db.session.flush()
    return letter


def discard_letter(*, actor: Actor, letter_id: UUID) -> None:
    """Throw a draft away. Raises ``NotYoursError``, ``ConflictError`` once it is sent."""
    db.session.delete(_draft(actor, letter_id))
    db.session.flush()


def send_letter(*, actor: Actor, letter_id: UUID, seen: str) -> GroupLetter:
    """Settle the recipients, and have jobs write to each of them once. Audited.

    ``seen`` is the fingerprint of the list that the actor looked at. Sent again it does nothing. Raises ``NotYoursError``;
    ``ConflictError`` where the list is another one by now.
    """
    letter = _own(actor, letter_id)
    if letter.state is not LetterState.DRAFT:
        return letter
    people = audience(actor=actor, page=letter.page, query=letter.query)
    if fingerprint(people) != seen:
        raise ConflictError(_("The list has changed since you looked at it. Look at who is on it now, then send."))
    letter.state, letter.sent_at = LetterState.SENDING, program_now()
    rows: list[dict[str, Any]] = [
        {"association_id": current_association_id(), "id": uuid7(), "letter_id": letter.id,
         "member_id": person.member.id, "program_id": person.program_id}
        for person in people
    ]  # fmt: skip
    db.session.execute(insert(LetterRecipient).values(rows))
    for start in range(0, len(rows), CHUNK):
        ids = [row["id"] for row in rows[start : start + CHUNK]]
        enqueue(
            kind="letters.write", arguments={"letter_id": letter.id, "recipient_ids": ids},
            dedupe_key=f"{letter.id}:{start}", requested_by=actor.account_id, total=len(ids),
        )  # fmt: skip
    record(
        actor=actor, action="letter.sent", object_kind="group_letter", object_id=letter.id,
        changes={"subject": [None, letter.subject], "people": [None, len(rows)]},
    )  # fmt: skip
    db.session.flush()
    return letter


def write_to(*, letter_id: UUID, recipient_ids: Sequence[UUID]) -> int:
    """Write a letter to some of its recipients, for the job; whoever has it is passed over. Returns how many were written."""
    letter = db.session.scalars(select(GroupLetter).where(GroupLetter.id == letter_id)).one()
    rows = db.session.execute(
        select(LetterRecipient, Member)
        .join(
            Member,
            (Member.association_id == LetterRecipient.association_id) & (Member.id == LetterRecipient.member_id),
        )
        .where(LetterRecipient.id.in_(list(recipient_ids)), LetterRecipient.handled_at.is_(None))
        .with_for_update(of=LetterRecipient)
    ).all()
    written = 0
    with in_batches():
        for number, (recipient, member) in enumerate(rows, start=1):
            notice = write_notice(
                template=TEMPLATE,
                to_member_id=member.id,
                context=variables_of(member),
                about=("group_letter", letter.id),
                program_id=recipient.program_id,
                dedupe_key=f"letter:{letter.id}:{member.id}",
                own_words=(letter.subject, letter.body),
            )
            recipient.notice_id = notice.id if notice else None
            recipient.handled_at = program_now()
            written += notice is not None
            report_progress(number, len(rows))
    db.session.flush()
    _finish(letter)
    return written


def letter_as(letter: GroupLetter, person: Addressee) -> Rendered | None:
    """The letter as one person on the list would get it; writes nothing."""
    return preview_notice(
        template=TEMPLATE, context=variables_of(person.member), to_member_id=person.member.id, about=None,
        program_id=person.program_id, own_words=(letter.subject, letter.body),
    )  # fmt: skip


def send_to_me(*, actor: Actor, letter: GroupLetter, person: Addressee) -> Notice | None:
    """Write the letter to the actor alone, with the words that ``person`` would read."""
    return write_notice(
        template=TEMPLATE, to_account_id=actor.account_id, context=variables_of(person.member),
        about=(PREVIEW, letter.id), program_id=person.program_id, own_words=(letter.subject, letter.body),
    )  # fmt: skip


def variables_of(member: Member) -> dict[str, str]:
    """What a letter may say of its recipient beside the common variables."""
    return {"first_name": member.given_name or member.family_name, "family_name": member.family_name}


def _checked(page: str, subject: str, body: str) -> dict[str, str]:
    kept_query(page, {})
    problems: dict[str, str] = {}
    words: dict[str, str] = {}
    for field, text, most, missing in (
        ("subject", subject, SUBJECT_LENGTH, _("Write what the letter is about.")),
        ("body", body.replace("\r\n", "\n"), BODY_LENGTH, _("Write the letter.")),
    ):
        try:
            words[field] = required_text(text, field=field, most=most, missing=missing)
        except InvalidError as error:
            problems |= error.problems
            continue
        found = check_words(
            notice_template(TEMPLATE),
            words[field] if field == "subject" else None,
            words[field] if field == "body" else None,
            without=WITHOUT_LINK | (_PROGRAM_WORDS if page == "members" else frozenset()),
        )
        if found:
            problems[field] = found[0]
    if problems:
        raise InvalidError(problems)
    return words


def _finish(letter: GroupLetter) -> None:
    # Of the last two jobs, the lock lets only one find that nobody is left.
    db.session.refresh(letter, with_for_update=True)
    waiting = select(LetterRecipient.id).where(
        LetterRecipient.letter_id == letter.id, LetterRecipient.handled_at.is_(None)
    )
    if db.session.scalar(waiting.limit(1)) is None:
        letter.state = LetterState.WRITTEN
        db.session.flush()


def _own(actor: Actor, letter_id: UUID) -> GroupLetter:
    letter = db.session.scalar(
        select(GroupLetter)
        .where(GroupLetter.id == letter_id, GroupLetter.account_id == actor.account_id)
        .with_for_update()
    )
    if letter is None:
        raise NotYoursError
    return letter


def _draft(actor: Actor, letter_id: UUID) -> GroupLetter:
    letter = _own(actor, letter_id)
    if letter.state is not LetterState.DRAFT:
        raise ConflictError(_("This letter has been sent. Its page says to whom."))
    return letter
