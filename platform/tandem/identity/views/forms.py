"""What the pages of this capability share: reading forms, naming mistakes, handing out sessions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from flask import Response, redirect, request

from tandem.identity.keys import well_formed
from tandem.identity.requests import BROWSER, give_session, signed_in_account
from tandem.identity.services.sign_in import SignedInResult
from tandem.web import delete_cookie, read_cookie, safe_target

#: The longest page address that is kept to come back to.
NEXT_LENGTH = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def problems_of(problems: Mapping[str, str]) -> list[dict[str, str]]:
    """A form's mistakes for ``ui.error_summary``: fields' ids are their names."""
    return [{"href": f"#{field}", "text": text} for field, text in problems.items()]


def next_path(value: str | None) -> str:
    """A page of this host to go to afterwards; the home page for anything else."""
    if value is None or len(value) > NEXT_LENGTH:
        return "/"
    return safe_target(value, "/")


def asked_next() -> str:
    """Where this request wants to go after signing in, from its form or its address."""
    return next_path(request.form.get("next", request.args.get("next")))


def user_agent() -> str | None:
    """What the browser calls itself, short enough to keep."""
    return _CONTROL.sub("", request.user_agent.string)[:300] or None


def browser_secret() -> str | None:
    """The value by which a browser is known that asked for a link."""
    return well_formed(read_cookie(BROWSER))


def session_to_replace() -> UUID | None:
    """The session that this browser has now."""
    account = signed_in_account()
    return account.session_id if account is not None else None


def signed_in(result: SignedInResult) -> Response:
    """The answer to a sign-in: the new session, and on to where the person wanted to go."""
    response: Response = redirect(result.next_path, 303)  # type: ignore[assignment]
    give_session(response, result.session_secret)
    delete_cookie(response, BROWSER)
    return response
