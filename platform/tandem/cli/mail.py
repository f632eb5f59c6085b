"""``tandem mail``: what a mail server brings to us."""

from __future__ import annotations

import logging
import os
import sys
from types import MappingProxyType

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from tandem.app import create_app
from tandem.extensions import db
from tandem.notices.bouncing import Taken, take_report
from tandem.notices.reports import LARGEST, AutomaticReplyError, NotAReportError
from tandem.settings import load_settings

#: What is said, and how the command ends: 0 where nothing is left to do for the mail server.
_ANSWERS = MappingProxyType(
    {
        Taken.NOTED: (os.EX_OK, "The letter shows what was reported."),
        Taken.REPEATED: (os.EX_OK, "This was reported of the letter before. Nothing is changed."),
        Taken.STALE: (os.EX_OK, "The letter was sent again since, or too long ago. Nothing is changed."),
        Taken.ARRIVED: (os.EX_OK, "The letter arrived. Nothing is changed."),
        Taken.UNKNOWN: (os.EX_NOUSER, "The address it was sent to names no letter of ours. Nothing is changed."),
    }
)

_log = logging.getLogger(__name__)


@click.group()
def mail() -> None:
    """Take what a mail server brings."""


@mail.command()
@click.option("--recipient", help="The address it was sent to, where the mail server gives it; else its headers say.")
def bounced(recipient: str | None) -> None:
    """Read a report that a letter came back from the standard input, and note it at the letter.

    For a mail server’s pipe: 0 means taken (or nothing to do), 75 that it is to be tried again later, and 65, 67 that it is not
    for us. What is not for us changes nothing.
    """
    status, said = _answer(recipient)
    _log.info("%s", said)
    click.echo(said, err=True)
    sys.exit(status)


def _answer(recipient: str | None) -> tuple[int, str]:
    settings = load_settings()
    if settings.bounce_address is None:
        # Tried again, nothing is lost until somebody sets it.
        return os.EX_TEMPFAIL, "TANDEM_BOUNCE_ADDRESS is not set, so no letter asked for reports."
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        with create_app(settings).app_context():
            try:
                return _ANSWERS[take_report(settings, raw, recipient=recipient)]
            finally:
                db.session.remove()
                db.engine.dispose()
    except AutomaticReplyError as error:
        return os.EX_OK, f"{error} Nothing is changed."
    except NotAReportError as error:
        return os.EX_DATAERR, f"{error} Nothing is changed."
    except (OperationalError, DBAPIError) as error:
        reason = str(error.orig).strip().splitlines()[:1]
        return os.EX_TEMPFAIL, f"The database does not answer, try again later: {''.join(reason)}"
    except Exception:  # noqa: BLE001 - whatever it is, the report waits with the mail server while it is mended
        _log.exception("A report could not be taken")
        return os.EX_TEMPFAIL, "The report could not be taken; try again later."
