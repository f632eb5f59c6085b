"""What this reader chose, or the association chose for them: language and time zone."""

from __future__ import annotations

from flask import has_request_context

from tandem.web import cookies
from tandem.web.context import current_association, current_viewer


def chosen_language() -> str:
    """The page's language: the cookie's choice, else the account's, else the association's, else English."""
    association = current_association()
    wishes: list[str | None] = []
    if has_request_context():
        viewer = current_viewer()
        wishes = [cookies.read_cookie(cookies.LANGUAGE), viewer.language if viewer else None]
    for wish in (*wishes, association.language):
        if wish in association.languages:
            return str(wish).replace("-", "_")
    return "en"


def chosen_time_zone() -> str:
    """The zone in which times are shown: the association's."""
    return current_association().time_zone
