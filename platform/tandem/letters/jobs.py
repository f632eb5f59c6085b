"""Writing a letter to the people of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _

from tandem.jobs.registry import JobContext, job_handler
from tandem.letters.services import write_to


def _page(arguments: Mapping[str, Any]) -> str:
    return url_for("group_letters.show", letter_id=UUID(arguments["letter_id"]))


@job_handler("letters.write", title=_("Write a letter to a group"), page=_page)
def write_letter(arguments: Mapping[str, Any], _context: JobContext) -> None:
    """Write to one part of the recipients."""
    write_to(
        letter_id=UUID(arguments["letter_id"]),
        recipient_ids=[UUID(identifier) for identifier in arguments["recipient_ids"]],
    )
