"""Around every request to the console: which operator is signed in."""

from __future__ import annotations

from flask import Flask, Response, g

from tandem.access.table import HostKind
from tandem.clocks import system_now
from tandem.identity.keys import hash_secret, well_formed
from tandem.operator.queries import SignedInOperator, operator_by_session
from tandem.operator.services import HOLDS
from tandem.web import cookies

#: The console's session cookie, without its prefix. Its host is its own, so the name may be the associations'.
SESSION = "tandem"


def init_operator(app: Flask) -> None:
    """Set ``g.operator`` (``SignedInOperator``) on the operator's host, ``None`` for nobody."""

    @app.before_request
    def _who() -> None:
        g.operator = None
        if g.host_kind is HostKind.OPERATOR:
            secret = well_formed(cookies.read_cookie(SESSION))
            if secret is not None:
                g.operator = operator_by_session(hash_secret(secret), system_now())


def signed_in_operator() -> SignedInOperator:
    """The operator behind the running request; the guard has turned everyone else away."""
    found: SignedInOperator | None = g.get("operator")
    if found is None:
        raise RuntimeError("This view is the operator’s, but the access table lets others through.")
    return found


def give_session(response: Response, secret: str) -> None:
    """Hand the browser its session; it ends with the browser, at the latest when the row does."""
    cookies.set_cookie(response, SESSION, secret, max_age=HOLDS)


def take_session(response: Response) -> None:
    """Have the browser forget its session."""
    cookies.delete_cookie(response, SESSION)
