"""Delivering notices by e-mail, at most once each."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from datetime import time
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from flask_babel import force_locale
from flask_babel import lazy_gettext as _
from sqlalchemy import Row, null, select, update

from tandem.clocks import program_now
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.jobs.registry import JobContext, job_handler
from tandem.jobs.services import report_progress
from tandem.notices.digests import write_digests
from tandem.notices.email import Fate, Handover, MailServerError, build_message, hand_over, mail_server
from tandem.notices.enclosures import enclosures_of
from tandem.notices.holding import held_back
from tandem.notices.marking import mark_address
from tandem.notices.markup import wrapped
from tandem.notices.models import Delivery, DeliveryState, MailHold, Notice
from tandem.notices.rendering import CHOICES_PATH, link_to
from tandem.notices.return_path import return_address
from tandem.notices.sorting import owner_of_row, sort_out
from tandem.notices.templates_registry import TEMPLATES
from tandem.notices.unsubscribing import unsubscribe_link
from tandem.notices.wording import sender
from tandem.settings import Settings
from tandem.tenancy.scope import current_scope

#: Attempts at a batch: with the growing pauses between them they reach over three hours.
MAX_ATTEMPTS = 12

_FINAL = {Fate.SENT: DeliveryState.SENT, Fate.REFUSED: DeliveryState.FAILED, Fate.UNCERTAIN: DeliveryState.UNCERTAIN}


class DeliveryDelayed(Exception):
    """Raised to have the job tried again: some messages were put off, or the mail server is away."""


def _page(arguments: Mapping[str, Any]) -> str:
    # One letter has a page; a batch of them is found in the list.
    identifiers = arguments.get("delivery_ids", [])
    if len(identifiers) == 1:
        notice_id = db.session.scalar(select(Delivery.notice_id).where(Delivery.id == UUID(identifiers[0])))
        if notice_id is not None:
            return url_for("notices.staff_show", notice_id=notice_id)
    return url_for("notices.staff_index")


@job_handler("notices.deliver", title=_("Send e-mail"), max_attempts=MAX_ATTEMPTS, page=_page)
def deliver(arguments: Mapping[str, Any], context: JobContext) -> None:
    """Send the deliveries of one batch.

    What is held, no longer due, unwanted or for the daily letter is sorted out first. Each of the others goes ``pending`` →
    ``sending`` (committed) → SMTP → ``sent``. One found in ``sending`` belongs to a worker that died
    in between: nobody knows whether it went out, so it becomes ``uncertain`` and is left to a person. All of this is written in
    transactions of its own, one per message, so that whatever becomes of the job no message goes out twice.
    """
    identifiers = [UUID(each) for each in arguments["delivery_ids"]]
    _doubt_abandoned(identifiers)
    _hold_back(identifiers)
    waiting = _to_send(identifiers)
    last = context.attempt >= MAX_ATTEMPTS
    put_off = False
    done = len(identifiers) - len(waiting)
    try:
        if waiting:
            settings: Settings = current_app.extensions["tandem.settings"]
            with mail_server(settings) as server:
                for row in waiting:
                    put_off |= _send(server, settings, row, last=last)
                    done += 1
                    report_progress(done, len(identifiers))
    except MailServerError as error:
        if not last:
            raise DeliveryDelayed from error
        _give_up(identifiers)
    if put_off:
        raise DeliveryDelayed


@job_handler("notices.digest", title=_("Write the daily letters"), daily_at=time(7, 30))
def write_daily_letters(_arguments: Mapping[str, Any], _context: JobContext) -> None:
    """One letter to everybody for whom something waits; after the reminders of the morning, so that they are in it."""
    write_digests()


def _doubt_abandoned(identifiers: list[UUID]) -> None:
    _write(
        update(Delivery)
        .where(Delivery.id.in_(identifiers), Delivery.state == DeliveryState.SENDING)
        .values(state=DeliveryState.UNCERTAIN, detail="abandoned", unredacted=null(), finished_at=program_now())
    )


def _give_up(identifiers: list[UUID]) -> None:
    _write(
        update(Delivery)
        .where(Delivery.id.in_(identifiers), Delivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.FAILED, detail="unreachable", unredacted=null(), finished_at=program_now())
    )


def _hold_back(identifiers: list[UUID]) -> None:
    # The lock makes us wait for whoever lets the mail go at this moment, so that nothing is held after the release.
    with db.engine.begin() as connection:
        hold_id = connection.execute(
            select(MailHold.id)
            .where(MailHold.released_at.is_(None))
            .order_by(MailHold.by_operator.desc())
            .with_for_update(read=True)
        ).scalar()
        if hold_id is not None:
            connection.execute(held_back(hold_id).where(Delivery.id.in_(identifiers)))


def _to_send(identifiers: list[UUID]) -> list[Row[Any]]:
    waiting = _waiting(identifiers)
    others = sort_out(waiting)
    for identifier, (state, detail) in others.items():
        values: dict[str, Any] = {"state": state, "detail": detail}
        if state is not DeliveryState.DIGEST:
            values |= {"finished_at": program_now(), "unredacted": null()}
        _write(
            update(Delivery).where(Delivery.id == identifier, Delivery.state == DeliveryState.PENDING).values(values)
        )
    return [row for row in waiting if row.id not in others]


def _waiting(identifiers: list[UUID]) -> list[Row[Any]]:
    return list(
        db.session.execute(
            select(
                Delivery.id, Delivery.message_id, Delivery.unredacted, Notice.address, Notice.subject, Notice.text_body,
                Notice.html_body, Notice.template, Notice.reason, Notice.language, Notice.about_kind, Notice.account_id, Notice.member_id,
                Notice.id.label("notice_id"), Account.name, Member.given_name, Member.family_name,
            )
            .join(Notice, (Notice.association_id == Delivery.association_id) & (Notice.id == Delivery.notice_id))
            .outerjoin(Account, (Account.association_id == Notice.association_id) & (Account.id == Notice.account_id))
            .outerjoin(Member, (Member.association_id == Notice.association_id) & (Member.id == Notice.member_id))
            .where(Delivery.id.in_(identifiers), Delivery.state == DeliveryState.PENDING)
            .order_by(Delivery.created_at, Delivery.id)
        )
    )  # fmt: skip


def _send(server: smtplib.SMTP, settings: Settings, row: Row[Any], *, last: bool) -> bool:
    """Send one message; returns whether it has to be tried again."""
    attempt = _begin(row.id)
    if attempt is None:
        return False  # Somebody else has it.
    try:
        message = _message(settings, row)
    except ValueError:
        _end(row.id, attempt, DeliveryState.FAILED, "address")
        return False
    try:
        return_to = return_address(settings, delivery_id=row.id, attempt=attempt)
        result = hand_over(server, message, return_to=return_to)
    except MailServerError:
        # The connection broke before the content was on its way, so this one waits as if nothing had happened.
        _end(row.id, attempt, DeliveryState.PENDING, None)
        raise
    if result.fate is Fate.LATER and last:
        result = Handover(Fate.REFUSED, result.detail)
    if result.address_refused:
        mark_address(row.address, answer=result.detail or "", notice_id=row.notice_id)
    _end(row.id, attempt, _FINAL.get(result.fate, DeliveryState.PENDING), result.detail)
    return result.fate is Fate.LATER


def _message(settings: Settings, row: Row[Any]) -> EmailMessage:
    scope = current_scope()
    from_name, reply_to = sender()
    full: Mapping[str, str] = row.unredacted or {}
    text, html, unsubscribe = full.get("text", row.text_body), full.get("html", row.html_body), ""
    kind = TEMPLATES.get(row.template)
    if kind is not None and not kind.essential:
        # What is kept leads to the page for those who have signed in; only the mail itself carries the signed address.
        unsubscribe = unsubscribe_link(owner_of_row(row), kind.topic if kind.paced else None)
        page = link_to(CHOICES_PATH)
        text, html = text.replace(page, unsubscribe), html.replace(f'"{page}"', f'"{unsubscribe}"')
    with force_locale(row.language):
        enclosures = enclosures_of(row.template, row.reason, row.member_id)
    return build_message(
        message_id=row.message_id,
        sender_name=from_name or scope.name,
        sender_address=f"{scope.slug}@{settings.mail_from_domain}",
        reply_to=reply_to,
        recipient_name=row.name or f"{row.given_name or ''} {row.family_name or ''}".strip(),
        recipient_address=row.address,
        subject=full.get("subject", row.subject),
        text=wrapped(text),
        html=html,
        unsubscribe=unsubscribe,
        enclosures=enclosures,
    )


def _begin(delivery_id: UUID) -> int | None:
    found = _write(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.SENDING, attempts=Delivery.attempts + 1)
        .returning(Delivery.attempts)
    )
    return found[0].attempts if found else None


def _end(delivery_id: UUID, attempt: int, state: DeliveryState, detail: str | None) -> None:
    values: dict[str, Any] = {"state": state, "detail": detail}
    if state is not DeliveryState.PENDING:
        values |= {"finished_at": program_now(), "unredacted": null()}
    # Where another worker doubted this very attempt meanwhile, we are the one who knows.
    _write(
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.attempts == attempt,
            Delivery.state.in_([DeliveryState.SENDING, DeliveryState.UNCERTAIN]),
        )
        .values(values)
        .returning(Delivery.id)
    )


def _write(statement: Any) -> list[Any]:
    with db.engine.begin() as connection:
        result = connection.execute(statement)
        return list(result) if result.returns_rows else []
