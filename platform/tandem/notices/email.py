"""Handing one notice to a mail server over SMTP, and saying honestly what became of it."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from enum import StrEnum

from tandem.clocks import as_program_time, system_now
from tandem.notices.enclosures import Enclosure
from tandem.settings import Settings
from tandem.tenancy.scope import scope_or_none

#: Seconds to wait for the mail server's answer to any one command.
TIMEOUT = 30

#: The port on which TLS begins at once.
TLS_PORT = 465

#: Which of the commands before the content names the recipient.
_RCPT = 1

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Whole(UnstructuredHeader):
    """A header whose value stays whole: an address in it would otherwise be encoded where it is longer than a line."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


def _policy() -> Policy[EmailMessage]:
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", _Whole)  # type: ignore[arg-type]
    return SMTP.clone(header_factory=headers)


SMTP_POLICY = _policy()


class MailServerError(ConnectionError):
    """Raised where no message has been begun: the server cannot be reached or will not talk to us. Try again later."""


class Fate(StrEnum):
    """What became of one message."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Handover:
    """The fate of a message, and the server's words about it (no address, no content).

    ``address_refused``: the server will not take mail for this recipient, now or later.
    """

    fate: Fate
    detail: str | None = None
    address_refused: bool = False


def build_message(
    *, message_id: str, sender_name: str, sender_address: str, reply_to: str | None, recipient_name: str, recipient_address: str,
    subject: str, text: str, html: str, unsubscribe: str = "", enclosures: Sequence[Enclosure] = (),
) -> EmailMessage:  # fmt: skip
    """The mail of a notice: plain text with an HTML alternative, and its files. ``unsubscribe`` is the address that takes one click
    (RFC 8058).

    Raises ``ValueError`` for an address or header that mail cannot carry; a line break in any of them is one.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = _address(sender_name, sender_address)
    message["To"] = _address(recipient_name, recipient_address)
    if reply_to:
        message["Reply-To"] = _address("", reply_to)
    message["Subject"] = subject
    message["Date"] = format_datetime(_now())
    message["Message-ID"] = message_id
    # Keeps holiday replies and mailing-list robots from answering a machine.
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in enclosures:
        message.add_attachment(
            file.content, maintype="text", subtype=file.subtype, filename=file.name,
            params={"charset": "utf-8", **file.parameters},
        )  # fmt: skip
    return message


def _now() -> datetime:
    """Now as the open association's pages say it: in its time zone, and with its program clock where a demonstration moved that."""
    scope = scope_or_none()
    return as_program_time(system_now()).astimezone(scope.zone if scope is not None else UTC)


def _address(name: str, address: str) -> Address:
    local, _at, domain = address.rpartition("@")
    if not local or not domain or any(character.isspace() or ord(character) < 32 for character in address):
        raise ValueError("not an e-mail address")
    try:
        domain = domain.encode("ascii").decode()
    except UnicodeEncodeError:
        domain = domain.encode("idna").decode()
    return Address(" ".join(name.split()), addr_spec=f"{local}@{domain}")


@contextmanager
def mail_server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection to the configured mail server, signed in where the settings say so. Raises ``MailServerError``."""
    try:
        server = _connect(settings)
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerError(f"The mail server cannot be used: {type(error).__name__}.") from error
    try:
        yield server
    finally:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _connect(settings: Settings) -> smtplib.SMTP:
    # Our own name is given: left to itself, the library asks the resolver for it, which can take seconds.
    where = (settings.smtp_host, settings.smtp_port, settings.mail_from_domain)
    encrypted = settings.smtp_port == TLS_PORT
    server: smtplib.SMTP
    if encrypted:
        server = smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(*where, timeout=TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            encrypted = True
        if settings.smtp_username:
            _insist_on_tls(encrypted=encrypted)
            server.login(settings.smtp_username, settings.smtp_password or "")
    except BaseException:
        server.close()
        raise
    return server


def _insist_on_tls(*, encrypted: bool) -> None:
    if not encrypted:
        raise smtplib.SMTPException("The password is not sent over a connection without TLS.")


def hand_over(server: smtplib.SMTP, message: EmailMessage, *, return_to: str | None = None) -> Handover:
    """Give ``message`` to the server. ``return_to`` is where it is to be reported if it comes back; else that is its sender.

    Until its content is on the way nothing can have been delivered; from then on a broken connection leaves it ``uncertain``.
    Raises ``MailServerError`` when the connection broke before that.
    """
    content = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message.as_bytes()))
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    try:
        begun = _begin(server, message, return_to)
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerError(f"The mail server went away: {type(error).__name__}.") from error
    if begun is not None:
        return begun
    try:
        server.send(content + b".\r\n")
        code, answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        return Handover(Fate.UNCERTAIN, type(error).__name__)
    return _judge(code, answer) if code != 250 else Handover(Fate.SENT)


def _begin(server: smtplib.SMTP, message: EmailMessage, return_to: str | None) -> Handover | None:
    sender, recipient = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    server.ehlo_or_helo_if_needed()
    options = []
    if not recipient.isascii():
        if not server.has_extn("smtputf8"):
            return Handover(Fate.REFUSED, "the mail server cannot send to an address with such letters")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        server.command_encoding = "utf-8"
    steps: tuple[tuple[Callable[[], tuple[int, bytes]], frozenset[int]], ...] = (
        (lambda: server.mail(return_to or sender, options), frozenset({250})),
        (lambda: server.rcpt(recipient), frozenset({250, 251})),
        (lambda: server.docmd("DATA"), frozenset({354})),
    )
    for number, (step, expected) in enumerate(steps):
        code, answer = step()
        if code not in expected:
            server.rset()
            judged = _judge(code, answer)
            refused = (
                number == _RCPT
                and judged.fate is Fate.REFUSED
                and about_the_address((judged.detail or "").partition(" ")[2])
            )
            return replace(judged, address_refused=refused)
    return None


def about_the_address(status: str) -> bool:
    """Whether a refusal with ``status`` (``5.1.1``; empty where none was given) is because of the recipient’s address."""
    # X.7.* says that we are not let through, X.4.* that the way is barred, X.6.* and 5.2.3 speak of what is in the letter and
    # 5.1.7 and 5.1.8 of its sender: nothing that is wrong with the address.
    return not status.startswith(("5.3.", "5.4.", "5.6.", "5.7.")) and status not in {"5.1.7", "5.1.8", "5.2.3"}


def _judge(code: int, answer: bytes) -> Handover:
    # Servers like to repeat the address in their answer; only the codes are kept.
    status = re.match(rb"\s*([245]\.\d{1,3}\.\d{1,3})", answer)
    detail = f"{code} {status[1].decode()}" if status else str(code)
    return Handover(Fate.LATER if 400 <= code < 500 else Fate.REFUSED, detail)
