"""Verbs on notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, null, select
from sqlalchemy.dialects.postgresql import insert

from tandem.access.actor import Actor
from tandem.access.errors import ConflictError, NotYoursError
from tandem.audit.services import changes_between, record
from tandem.clocks import program_now
from tandem.directory.models import Member, MemberState
from tandem.extensions import db
from tandem.identity.models import Account, AccountState
from tandem.ids import uuid7
from tandem.jobs.services import enqueue, plain
from tandem.notices.models import Delivery, DeliveryState, Notice
from tandem.notices.queries import may_read_notice, program_of
from tandem.notices.rendering import Rendered, render
from tandem.notices.templates_registry import NoticeTemplate, notice_template
from tandem.notices.wording import wording_of
from tandem.settings import Settings
from tandem.tenancy.scope import current_association_id, current_scope

#: Messages that one job hands over: a worker's start costs more than a message.
BATCH = 50

EMAIL = "email"

#: What a delivery that did not arrive takes on to be sent once more.
AS_IF_NEW: Mapping[str, Any] = MappingProxyType(
    {
        "state": DeliveryState.PENDING, "detail": None, "finished_at": None,
        "report_status": None, "report_text": None, "reported_at": None,
    }
)  # fmt: skip

_batch: ContextVar[list[UUID] | None] = ContextVar("tandem_notice_batch", default=None)


def write_notice(
    *,
    template: str,
    context: Mapping[str, Any],
    to_account_id: UUID | None = None,
    to_member_id: UUID | None = None,
    about: tuple[str, UUID] | None = None,
    dedupe_key: str | None = None,
    program_id: UUID | None = None,
    path: str | None = None,
    sensitive_text: Mapping[str, str] | None = None,
    reason: Mapping[str, Any] | None = None,
    own_words: tuple[str, str] | None = None,
) -> Notice | None:
    """Write a notice to one person and ask for its delivery, in the caller's transaction; the mail goes after its commit.

    It is rendered here and now, in the recipient's language and the association's look and words (its program's, where that
    has its own). ``context`` gives the variables that ``templates_registry`` lists for ``template``: texts, numbers, dates
    (written out in the recipient's language), lazy strings (translated into it), lists of texts; empty ones count as left out.
    ``about`` names what it concerns; from an application or a mentorship follow the program and the page the notice links to,
    unless ``program_id`` or ``path`` (a path on the association's own host) say otherwise. ``sensitive_text`` gives the
    template's secret variables (a sign-in link's ``link`` and ``code``): they reach the mail and nothing else. ``reason`` holds
    the ids by which ``reasons`` finds out, when the mail goes, whether it is still wanted. ``own_words`` (subject and body, CommonMark
    with variables) take the place of the template's.

    Returns ``None``, and writes nothing, where ``dedupe_key`` has been used before, the account is closed, the member removed,
    or the configuration says not to send it. Raises ``UnknownTemplateError``, ``NoticeContextError``, and ``ValueError``
    without exactly one recipient.
    """
    found = _recipient(to_account_id, to_member_id)
    if found is None:
        return None
    account, member, _name, address = found
    program_id = program_id or program_of(about)
    kind = notice_template(template)
    rendered = _rendered(
        kind, context, found, program_id=program_id, path=path or kind.page.format(id=about[1] if about else ""),
        secrets=sensitive_text or {}, own_words=own_words,
    )  # fmt: skip
    if rendered is None:
        return None
    notice = _insert(
        {
            "account_id": account.id if account else None,
            "member_id": member.id if member else None,
            "program_id": program_id,
            "template": template,
            "language": rendered.language,
            "address": address,
            "subject": rendered.subject,
            "text_body": rendered.text,
            "html_body": rendered.html,
            "about_kind": about[0] if about else None,
            "about_id": about[1] if about else None,
            "dedupe_key": dedupe_key,
            "reason": plain(reason) if reason else None,
        }
    )
    if notice is not None:
        _deliver_later(notice, rendered)
    return notice


def preview_notice(
    *, template: str, context: Mapping[str, Any], about: tuple[str, UUID] | None, to_member_id: UUID | None = None,
    to_account_id: UUID | None = None, program_id: UUID | None = None, language: str | None = None, secrets: Mapping[str, str] | None = None,
    own_words: tuple[str, str] | None = None, unsent: bool = False,
) -> Rendered | None:  # fmt: skip
    """The notice that ``write_notice`` would write now, word for word; writes nothing.

    ``language`` takes the place of the recipient's own. ``unsent`` shows it even where the configuration says not to send it.

    Returns ``None`` where none would be written: the member is removed, the account closed, the configuration says not to send it.
    """
    found = _recipient(to_account_id, to_member_id)
    if found is None:
        return None
    kind = notice_template(template)
    return _rendered(
        kind, context, found, program_id=program_id or program_of(about),
        path=kind.page.format(id=about[1] if about else ""), secrets=secrets or {}, own_words=own_words,
        language=language, unsent=unsent,
    )  # fmt: skip


def _rendered(
    kind: NoticeTemplate,
    context: Mapping[str, Any],
    recipient: tuple[Account | None, Member | None, str, str],
    *,
    program_id: UUID | None,
    path: str,
    secrets: Mapping[str, str],
    own_words: tuple[str, str] | None = None,
    language: str | None = None,
    unsent: bool = False,
) -> Rendered | None:
    account, member, name, _address = recipient
    words = wording_of(kind.id, program_id)
    if not (words.send or kind.always or unsent):
        return None
    if own_words is not None:
        words = replace(words, subject=own_words[0], body=own_words[1])
    return render(
        kind,
        context,
        secrets=secrets,
        path=path,
        language=language or (account and account.language) or (member and member.language) or current_scope().language,
        recipient=name,
        words=words,
    )


def _recipient(
    account_id: UUID | None, member_id: UUID | None
) -> tuple[Account | None, Member | None, str, str] | None:
    """The account and the member, as far as there are both, with name and address."""
    if (account_id is None) == (member_id is None):
        raise ValueError("A notice goes to one account or one member.")
    account: Account | None
    member: Member | None = None
    if account_id is not None:
        account = db.session.execute(select(Account).where(Account.id == account_id)).scalar_one()
        member_id = account.member_id
    else:
        account = db.session.execute(select(Account).where(Account.member_id == member_id)).scalar_one_or_none()
    if member_id is not None:
        member = db.session.execute(select(Member).where(Member.id == member_id)).scalar_one()
    if account is not None and account.state is AccountState.CLOSED:
        return None
    if member is not None and member.state is MemberState.REMOVED:
        return None
    # The directory is right about its members: their accounts follow it only when they sign in the next time.
    if member is not None:
        return account, member, member.name, member.email
    return (account, None, account.name, account.email) if account is not None else None


def _insert(values: dict[str, Any]) -> Notice | None:
    statement = insert(Notice).values(association_id=current_association_id(), **values)
    if values["dedupe_key"] is not None:
        statement = statement.on_conflict_do_nothing(index_elements=["association_id", "dedupe_key"])
    return db.session.execute(statement.returning(Notice)).scalar_one_or_none()


def _deliver_later(notice: Notice, rendered: Rendered) -> None:
    settings: Settings = current_app.extensions["tandem.settings"]
    identifier = uuid7()
    delivery = Delivery(
        id=identifier,
        notice_id=notice.id,
        channel=EMAIL,
        message_id=f"<{identifier}@{settings.mail_from_domain}>",
        unredacted=rendered.unredacted or null(),
    )
    db.session.add(delivery)
    db.session.flush()
    waiting = _batch.get()
    if waiting is None:
        deliver_soon([identifier], key=f"{identifier}:0")
    else:
        waiting.append(identifier)


def deliver_soon(delivery_ids: Sequence[UUID], *, key: str) -> None:
    """Ask for jobs that hand these deliveries over, fifty each. ``key`` names the occasion: asked for twice, they are there once."""
    for start in range(0, len(delivery_ids), BATCH):
        batch = list(delivery_ids[start : start + BATCH])
        enqueue(
            kind="notices.deliver", arguments={"delivery_ids": batch}, dedupe_key=key if start == 0 else f"{key}:{start}",
            queue="mail", total=len(batch),
        )  # fmt: skip


@contextmanager
def in_batches() -> Iterator[None]:
    """Gather the deliveries of all notices written in the body into jobs of fifty: for anything that writes many."""
    if _batch.get() is not None:
        yield
        return
    waiting: list[UUID] = []
    token = _batch.set(waiting)
    try:
        yield
        if waiting:
            deliver_soon(waiting, key=f"{waiting[0]}:0")
    finally:
        _batch.reset(token)


def mark_read(*, notice: Notice) -> None:
    """Note that the recipient has opened ``notice``; the first time counts."""
    if notice.read_at is None:
        notice.read_at = program_now()
        db.session.flush()


def readdress(delivery_ids: Sequence[UUID]) -> None:
    """Have letters that are sent once more go where their recipients get mail by now: an address may have been corrected."""
    rows = db.session.execute(
        select(Notice, func.coalesce(Member.email, Account.email))
        .join(Delivery, (Delivery.association_id == Notice.association_id) & (Delivery.notice_id == Notice.id))
        .outerjoin(Account, (Account.association_id == Notice.association_id) & (Account.id == Notice.account_id))
        .outerjoin(Member, (Member.association_id == Notice.association_id) & (Member.id == Notice.member_id))
        .where(Delivery.id.in_(list(delivery_ids)))
    )
    for notice, address in rows:
        if address and address != notice.address:
            notice.address = address
    db.session.flush()


def send_again(*, actor: Actor, delivery_id: UUID) -> Delivery:
    """Deliver a doubtful or failed notice once more, because a person decided so. Audited.

    Raises ``NotYoursError``; ``ConflictError`` if it waits, is under way or was sent, or if its secret is forgotten.
    """
    delivery = db.session.execute(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    ).scalar_one_or_none()
    if delivery is None or not may_read_notice(actor, delivery.notice):
        raise NotYoursError
    if delivery.state not in {DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.BOUNCED}:
        raise ConflictError(delivery.state.value)
    if notice_template(delivery.notice.template).secret:
        raise ConflictError("secret")
    before, address = delivery.state.value, delivery.notice.address
    for name, value in AS_IF_NEW.items():
        setattr(delivery, name, value)
    readdress([delivery.id])
    deliver_soon([delivery.id], key=f"{delivery.id}:{delivery.attempts}:{program_now().isoformat()}")
    record(
        actor=actor, action="notice.sent-again", object_kind="notice", object_id=delivery.notice_id,
        program_id=delivery.notice.program_id,
        changes=changes_between(
            {"state": before, "email": address},
            {"state": DeliveryState.PENDING.value, "email": delivery.notice.address},
        ),
    )  # fmt: skip
    db.session.flush()
    return delivery
