"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.errors import InvalidError
from tandem.edge.requests import keep_changes
from tandem.identity.errors import LinkSpentError, OtherBrowserError, WrongCodeError
from tandem.identity.keys import new_secret, well_formed
from tandem.identity.requests import BROWSER, signed_in_account, take_session
from tandem.identity.services import sign_in as service
from tandem.identity.services.passwords import LONGEST, sign_in_with_password
from tandem.identity.services.sessions import end_sessions
from tandem.identity.views.forms import (
    asked_next,
    browser_secret,
    problems_of,
    session_to_replace,
    signed_in,
    user_agent,
)
from tandem.web import set_cookie

blueprint = Blueprint("sign_in", __name__, template_folder="../templates")

_MINUTES = int(service.LINK_HOLDS.total_seconds() // 60)


@blueprint.get("/sign-in")
def page() -> ResponseReturnValue:
    """Ask for the e-mail address. Whoever is signed in goes on to where they wanted."""
    if signed_in_account() is not None:
        return redirect(asked_next(), 303)
    return render_template("identity/sign_in.html", email="", next=asked_next(), minutes=_MINUTES)


@blueprint.post("/sign-in")
def ask() -> ResponseReturnValue:
    """Have a link sent. The answer is the same whether or not the address is somebody's."""
    email = request.form.get("email", "")
    browser = browser_secret() or new_secret()
    try:
        service.request_link(address=email, browser=browser, network=request.remote_addr, next_path=asked_next())
    except InvalidError as error:
        return render_template(
            "identity/sign_in.html", email=email[:300], next=asked_next(), minutes=_MINUTES,
            problems=error.problems, errors=problems_of(error.problems),
        ), 422  # fmt: skip
    response: Response = redirect(url_for("sign_in.code_page"), 303)  # type: ignore[assignment]
    set_cookie(response, BROWSER, browser, max_age=service.LINK_HOLDS * 2)
    return response


@blueprint.get("/sign-in/code")
def code_page() -> ResponseReturnValue:
    """Say that a message is on its way, and take its code."""
    if signed_in_account() is not None:
        return redirect("/", 303)
    return render_template("identity/code.html", minutes=_MINUTES, waiting=browser_secret() is not None)


@blueprint.post("/sign-in/code")
def code() -> ResponseReturnValue:
    """Sign in with the code of a message that this browser asked for."""
    try:
        result = service.use_code(
            browser=browser_secret(), code=request.form.get("code", ""), network=request.remote_addr,
            user_agent=user_agent(), replaces=session_to_replace(),
        )  # fmt: skip
    except LinkSpentError:
        return _spent()
    except WrongCodeError as error:
        if error.left == 0:
            keep_changes()
            return _spent()
        problems = {"code": _wrong_code(error)}
        return render_template(
            "identity/code.html", minutes=_MINUTES, waiting=True, problems=problems, errors=problems_of(problems)
        ), 422
    return signed_in(result)


@blueprint.get("/sign-in/link/<secret>")
def link_page(secret: str) -> ResponseReturnValue:
    """Show the button: mail programs open links by themselves, so opening it uses nothing up."""
    if well_formed(secret) is None:
        return _spent()
    try:
        service.look_at_link(secret=secret, browser=browser_secret())
    except LinkSpentError:
        return redirect("/", 303) if signed_in_account() is not None else _spent()
    except OtherBrowserError:
        return render_template("identity/link.html", other_browser=True)
    return render_template("identity/link.html", other_browser=False)


@blueprint.post("/sign-in/link/<secret>")
def link(secret: str) -> ResponseReturnValue:
    """Sign in with the link, once; in another browser than the one that asked, with the code from the message."""
    if well_formed(secret) is None:
        return _spent()
    typed = request.form.get("code", "")
    try:
        result = service.use_link(
            secret=secret, browser=browser_secret(), code=typed, network=request.remote_addr, user_agent=user_agent(),
            replaces=session_to_replace(),
        )  # fmt: skip
    except LinkSpentError:
        # The second half of a double click: the first one signed this browser in.
        return redirect("/", 303) if signed_in_account() is not None else _spent()
    except OtherBrowserError:
        problems = {"code": _("Type the code from the message.")}
    except WrongCodeError as error:
        if error.left == 0:
            keep_changes()
            return _spent()
        problems = {"code": _wrong_code(error)}
    else:
        return signed_in(result)
    return render_template(
        "identity/link.html", other_browser=True, problems=problems, errors=problems_of(problems)
    ), 422


@blueprint.get("/sign-in/password")
def password_page() -> ResponseReturnValue:
    """Ask for e-mail address and password."""
    if signed_in_account() is not None:
        return redirect(asked_next(), 303)
    return render_template("identity/password_sign_in.html", email="", next=asked_next(), longest=LONGEST)


@blueprint.post("/sign-in/password")
def password() -> ResponseReturnValue:
    """Sign in with a password. A wrong address and a wrong password are answered alike."""
    email = request.form.get("email", "")
    problems: dict[str, str]
    try:
        result = sign_in_with_password(
            address=email, password=request.form.get("password", ""), network=request.remote_addr, next_path=asked_next(),
            user_agent=user_agent(), replaces=session_to_replace(),
        )  # fmt: skip
    except InvalidError as error:
        problems = error.problems
    else:
        if result is not None:
            return signed_in(result)
        problems = {"password": _("Address and password don’t belong together. Try again, or have a link sent to you.")}
    return render_template(
        "identity/password_sign_in.html", email=email[:300], next=asked_next(), longest=LONGEST,
        problems=problems, errors=problems_of(problems),
    ), 422  # fmt: skip


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session, if it has one."""
    who = signed_in_account()
    if who is not None:
        end_sessions(account_id=who.id, session_id=who.session_id)
    response: Response = redirect("/", 303)  # type: ignore[assignment]
    take_session(response)
    return response


def _wrong_code(error: WrongCodeError) -> str:
    # What was counted has to stay counted, although the answer is an error.
    keep_changes()
    return str(
        ngettext(
            "This is not the code in the message. You can try once more.",
            "This is not the code in the message. You can try %(num)d more times.",
            error.left,
        )
    )


def _spent() -> ResponseReturnValue:
    return render_template("identity/link_spent.html", minutes=_MINUTES), 410
