"""A real SMTP server that keeps what it is given and can be told to misbehave."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tandem.local import processes


@dataclass
class MailServer:
    """What arrived, in order; ``answers`` maps a recipient to what the server says to it, ``drop`` hangs up after the content."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    drop: Callable[[str], bool] = lambda _address: False
    before_keeping: Callable[[], None] = lambda: None

    def to(self, address: str) -> list[EmailMessage]:
        """The messages to one address, in the order in which they arrived."""
        return [message for message in self.messages if message["To"].addresses[0].addr_spec == address]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and signature
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to a recipient."""
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message."""
        self.before_keeping()
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from or "")
        if self.drop(envelope.rcpt_tos[0]):
            server.transport.abort()
        return "250 Kept"


@contextmanager
def serving() -> Iterator[MailServer]:
    """The server, for as long as the body runs."""
    handler = MailServer(processes.free_port())
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


def words_of(message: EmailMessage) -> str:
    """What a message says, as plain text with single spaces."""
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())
