"""The development mail server: takes every message and keeps it as a file that the mailbox page shows."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_LARGEST_MESSAGE = 20 * 1024 * 1024


class FileHandler:
    """Writes each message that a client sends to ``folder``, one ``.eml`` file for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Keep the message before it is acknowledged; the name is aiosmtpd's."""
        content = envelope.content or b""
        write_message(
            self._folder,
            content if isinstance(content, bytes) else content.encode(),
            sender=envelope.mail_from or "",
            recipients=[str(each) for each in envelope.rcpt_tos],
        )
        return "250 Message kept"


def write_message(folder: Path, content: bytes, *, sender: str, recipients: list[str]) -> Path:
    """Write one message to ``folder`` in one step; names sort by the time of arrival.

    The envelope stands before the message's own headers, as ``X-Envelope-From`` and one ``X-Envelope-To`` a recipient.
    """
    folder.mkdir(parents=True, exist_ok=True)
    head = "".join(f"{name}: {value}\r\n" for name, value in _envelope_headers(sender, recipients))
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:12]}.eml"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(head.encode() + content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def _envelope_headers(sender: str, recipients: list[str]) -> list[tuple[str, str]]:
    return [("X-Envelope-From", sender), *(("X-Envelope-To", each) for each in recipients)]


def serve(host: str, port: int, folder: Path) -> Controller:
    """Start taking mail on ``host``:``port`` into ``folder``; ``stop()`` on the answer ends it."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = Controller(
        FileHandler(folder),
        hostname=host,
        port=port,
        data_size_limit=_LARGEST_MESSAGE,
        server_hostname="localhost",  # Else each connection asks the resolver for this machine's name.
    )
    try:
        controller.start()
    except BaseException:
        # Its thread is over, but the loop made for it would stay open.
        controller.loop.close()
        raise
    return controller


def run(host: str, port: int, folder: Path) -> None:
    """Take mail until SIGTERM or Ctrl-C."""
    finished = threading.Event()

    def finish(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's signature
        finished.set()

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, finish)
    controller = serve(host, port, folder)
    try:
        click.echo(f"Taking mail on {host}:{port}, kept in {folder}")
        finished.wait()
    finally:
        controller.stop()
