"""The development mailbox: the mails that this machine's mail server has kept as files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from tandem.access.errors import NotYoursError

#: What the mail server calls its files. Anything else is not looked at.
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}-[0-9a-f]{12}\.eml")

#: A first line longer than this was broken because it was long.
BROKEN_AT = 55

#: What begins a line of its own.
_OWN_LINE = re.compile(r"https?://|\s*- |\s*\d+[.)] ")

#: Mails on one page of the list.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One kept mail; ``at`` as in ``Listed``. ``text`` and ``html`` are empty where it has no such part."""

    name: str
    at: datetime
    to: str
    sender: str
    subject: str
    message_id: str
    text: str
    html: str
    files: tuple[Kept, ...] = ()

    @property
    def paragraphs(self) -> list[list[str]]:
        """The text's paragraphs, each with its lines; lines that were only broken to be short are put together again."""
        return [_unbroken(part.split("\n")) for part in self.text.replace("\r\n", "\n").strip().split("\n\n")]


def _unbroken(lines: list[str]) -> list[str]:
    whole: list[str] = []
    for line in lines:
        if whole and len(lines[0]) > BROKEN_AT and not whole[-1].endswith(":") and not _OWN_LINE.match(line):
            whole[-1] += f" {line.strip()}"
        else:
            whole.append(line)
    return whole


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail as the list shows it. ``at`` is what the clock of its association said, whatever its zone, and stands in UTC here."""

    name: str
    at: datetime
    to: str
    subject: str


def list_mails(folder: Path | None, *, search: str = "", page: int = 1) -> tuple[Sequence[Listed], int]:
    """One page of the mails, newest first, those to an address that contains ``search``; and how many there are in all."""
    paths = sorted(folder.glob("*.eml"), reverse=True) if folder is not None and folder.is_dir() else []
    known = [path for path in paths if _NAME.fullmatch(path.name)]
    first = (page - 1) * SHOWN
    if not search:
        return [_listed(path) for path in known[first : first + SHOWN]], len(known)
    found = [mail for mail in map(_listed, known) if search.casefold() in mail.to.casefold()]
    return found[first : first + SHOWN], len(found)


@lru_cache(maxsize=10_000)
def _listed(path: Path) -> Listed:
    # A kept mail never changes, so its head is read once.
    with path.open("rb") as stream:
        head = BytesHeaderParser(policy=default).parse(stream)
    return Listed(path.name, _written(path, head), _recipient(head), str(head.get("Subject", "")))


def find_mail(folder: Path | None, name: str) -> Mail:
    """The mail kept under ``name``. Raises ``NotYoursError``."""
    if folder is None or _NAME.fullmatch(name) is None or not (folder / name).is_file():
        raise NotYoursError
    return _read(folder / name)


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=default)
    if not isinstance(message, EmailMessage):
        raise TypeError("The default policy makes e-mail messages.")
    return Mail(
        name=path.name,
        at=_written(path, message),
        to=_recipient(message),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        message_id=str(message.get("Message-ID", "")).strip(),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        files=tuple(
            Kept(part.get_filename() or "", content)
            for part in message.iter_attachments()
            if isinstance(content := part.get_payload(decode=True), bytes)
        ),
    )


def _written(path: Path, head: Message) -> datetime:
    try:
        return parsedate_to_datetime(str(head.get("Date", ""))).replace(tzinfo=UTC)
    except ValueError:
        return _arrived(path)  # A mail from elsewhere may say no day.


def _arrived(path: Path) -> datetime:
    return datetime.strptime(path.name[:22], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)


def _recipient(head: Message) -> str:
    return ", ".join(str(each) for each in head.get_all("X-Envelope-To", [])) or str(head.get("To", ""))


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return ""  # A mail from elsewhere may name an encoding that there is not.
