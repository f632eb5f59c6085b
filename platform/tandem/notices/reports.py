"""Reading what a mail server reports of a letter that it took (RFC 3464): that it came back, or that it is late.

Nothing of the letter itself, which such reports often carry along, is looked at or kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import collapse_rfc2231_value
from enum import StrEnum

#: Bytes; a letter of ours has a few thousand, and a report at most a whole one.
LARGEST = 512 * 1024

#: Characters of a server's words that are kept.
KEPT = 300

_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_ADDRESS = re.compile(r"[^\s@]+@\S+")
_KINDS = ("message/delivery-status", "message/global-delivery-status")
_AUTOMATIC_PRECEDENCE = frozenset({"auto_reply", "bulk", "junk", "list"})


class NotAReportError(ValueError):
    """Raised for what is no report of a mail server, or one that cannot be read. Its text says which."""


class AutomaticReplyError(NotAReportError):
    """Raised for what a machine answered that says nothing of delivery: an absence, a receipt of reading."""


class Became(StrEnum):
    """What a mail server says became of a letter: refused for good, given up after trying, late, arrived."""

    REFUSED = "refused"
    GIVEN_UP = "given-up"
    LATE = "late"
    ARRIVED = "arrived"


_GRAVEST_FIRST = (Became.REFUSED, Became.GIVEN_UP, Became.LATE, Became.ARRIVED)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one letter, the status (``5.1.1``), and the server's words without any address in them."""

    became: Became
    status: str
    text: str


def read_report(raw: bytes) -> tuple[Report, list[str]]:
    """What a report says, and the header lines that may name the address to which it was sent.

    Where it speaks of several recipients, the gravest counts. Raises ``NotAReportError``, and ``AutomaticReplyError``.
    """
    if len(raw) > LARGEST:
        raise NotAReportError(f"The message is larger than {LARGEST} bytes.")
    try:
        message = message_from_bytes(raw)
        return _report(message), recipients_of(message)
    except RecursionError as error:
        raise NotAReportError("The message has too many parts inside each other.") from error


def recipients_of(message: Message) -> list[str]:
    """The header lines in which mail servers name a message's recipient."""
    names = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To")
    return [str(value) for name in names for value in message.get_all(name, [])]


def _report(message: Message) -> Report:
    kind = message.get_content_type()
    named = collapse_rfc2231_value(message.get_param("report-type") or "").lower()
    if kind != "multipart/report" or named not in {"delivery-status", "global-delivery-status", ""}:
        if kind == "multipart/report" or _automatic(message):
            raise AutomaticReplyError("It is an automatic reply, not a report that a letter came back.")
        raise NotAReportError("It is not a mail server’s report (multipart/report; report-type=delivery-status).")
    parts = message.get_payload()
    found = [
        report
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, Message) and part.get_content_type() in _KINDS
        for block in _blocks(part)
        if (report := _of_recipient(block)) is not None
    ]
    if not found:
        raise NotAReportError("The report names no recipient with an action and a status.")
    return min(found, key=lambda report: _GRAVEST_FIRST.index(report.became))


def _automatic(message: Message) -> bool:
    answered = str(message.get("Auto-Submitted", "no")).strip().lower()
    return (
        not answered.startswith("no")
        or str(message.get("Precedence", "")).strip().lower() in _AUTOMATIC_PRECEDENCE
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    )


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields: one about the message, one for each recipient."""
    payload = part.get_payload()
    for block in payload if isinstance(payload, list) else []:
        if isinstance(block, Message):
            yield block
            # The younger kind is read as one message, whose text holds the groups that follow.
            rest = block.get_payload()
            if isinstance(rest, str):
                yield from (message_from_string(text) for text in re.split(r"\r?\n[ \t]*\r?\n", rest) if text.strip())


def _of_recipient(block: Message) -> Report | None:
    found = _STATUS.match(str(block.get("Status", "")))
    if found is None:
        return None
    status = found[1]
    action = str(block.get("Action", "")).strip().lower()
    if action.startswith("failed") or (not action and status[0] == "5"):
        became = Became.REFUSED if status[0] == "5" else Became.GIVEN_UP
    elif action.startswith("delayed") or (not action and status[0] == "4"):
        became = Became.LATE
    elif action.startswith(("delivered", "relayed", "expanded")):
        became = Became.ARRIVED
    else:
        return None
    return Report(became, status, _words(str(block.get("Diagnostic-Code", ""))))


def _words(diagnostic: str) -> str:
    # An address in it may be one to which the recipient has mail passed on, which is nobody else's business.
    plain = "".join(character if character.isprintable() else " " for character in diagnostic[: 4 * KEPT])
    told = _ADDRESS.sub("…", " ".join(plain.partition(";")[2].split() or plain.split()))
    return told if len(told) <= KEPT else f"{told[: KEPT - 1]}…"
