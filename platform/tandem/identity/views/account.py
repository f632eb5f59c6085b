"""One's own account: name, address, language, theme, password, and the browsers one is signed in on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.clocks import system_now
from tandem.identity.browsers import describe_browser
from tandem.identity.models import SignInSession
from tandem.identity.moments import said_day, said_moment
from tandem.identity.queries import SignedIn, sessions_of
from tandem.identity.requests import signed_in_account, take_session
from tandem.identity.services.accounts import NAME_LENGTH, change_own_name, change_own_settings, own_account
from tandem.identity.services.passwords import LONGEST, SHORTEST, change_own_password, needs_current
from tandem.identity.services.sessions import end_sessions, owner_ends_session
from tandem.identity.views.forms import problems_of
from tandem.web import cookies
from tandem.web.context import THEMES, current_association
from tandem.web.languages import language_names

blueprint = Blueprint("account", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One browser that someone is signed in on, as it is listed."""

    id: UUID
    browser: str
    since: str
    seen: str
    is_this: bool


def session_lines(account_id: UUID, this: UUID | None) -> list[SessionLine]:
    """Someone's browsers for a list, the last used first. Times are kept on the system clock and said in the program's."""
    return [_line(row, this) for row in sessions_of(account_id, system_now())]


def _line(row: SignInSession, this: UUID | None) -> SessionLine:
    return SessionLine(
        row.id,
        describe_browser(row.user_agent),
        said_moment(row.created_at),
        said_moment(row.last_seen_at),
        row.id == this,
    )


def _who() -> SignedIn:
    who = signed_in_account()
    if who is None:
        raise RuntimeError("The guard lets only signed-in people here.")
    return who


@blueprint.get("/account")
def page() -> ResponseReturnValue:
    """Show one's own account."""
    return _page({})


@blueprint.post("/account")
def save() -> ResponseReturnValue:
    """Keep name, language and theme."""
    language = request.form.get("language", "")
    theme = request.form.get("theme", "")
    if language not in {"", *current_association().languages} or theme not in {"", *THEMES}:
        abort(422)
    actor = signed_in()
    try:
        if "name" in request.form:
            change_own_name(actor=actor, name=request.form["name"])
    except InvalidError as error:
        return _page(error.problems), 422
    change_own_settings(actor=actor, language=language or None, theme=theme or None)
    flash(_("Your settings are kept."), "success")
    response: Response = redirect(url_for("account.page"), 303)  # type: ignore[assignment]
    # What this browser chose by itself before would otherwise win over the account's choice.
    cookies.delete_cookie(response, cookies.LANGUAGE)
    cookies.delete_cookie(response, cookies.THEME)
    return response


def _page(problems: dict[str, str]) -> str:
    who = _who()
    account = own_account(who.actor)
    association = current_association()
    return render_template(
        "identity/account.html",
        account=account,
        name=request.form.get("name", account.name),
        name_length=NAME_LENGTH,
        sessions=session_lines(who.id, who.session_id),
        languages=[{"value": code, "label": name} for code, name in language_names(association.languages)],
        themes=[
            {"value": "", "label": _("As my device")},
            {"value": "light", "label": _("Light")},
            {"value": "dark", "label": _("Dark")},
        ],
        password_set=account.password_set_at and said_day(account.password_set_at),
        problems=problems,
        errors=problems_of(problems),
    )


@blueprint.post("/account/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> ResponseReturnValue:
    """Sign out one of one's own browsers."""
    who = _who()
    if session_id == who.session_id:
        return _signed_out()
    if not owner_ends_session(actor=who.actor, session_id=session_id):
        abort(404)
    flash(_("That browser is signed out."), "success")
    return redirect(url_for("account.page"), 303)


@blueprint.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out all of one's browsers, this one too."""
    end_sessions(account_id=_who().id)
    response: Response = redirect(url_for("sign_in.page"), 303)  # type: ignore[assignment]
    take_session(response)
    return response


def _signed_out() -> Response:
    who = _who()
    end_sessions(account_id=who.id, session_id=who.session_id)
    response: Response = redirect("/", 303)  # type: ignore[assignment]
    take_session(response)
    return response


@blueprint.get("/account/password")
def password_page() -> ResponseReturnValue:
    """Ask for a new password."""
    return _password_page({})


@blueprint.post("/account/password")
def set_password() -> ResponseReturnValue:
    """Set a new password and sign out one's other browsers."""
    who = _who()
    others = len(sessions_of(who.id, system_now())) - 1
    try:
        change_own_password(
            who=who,
            current=request.form.get("current", ""),
            new=request.form.get("new", ""),
            again=request.form.get("again", ""),
        )
    except InvalidError as error:
        return _password_page(error.problems), 422
    said = _("Your new password holds from now on.")
    if others > 0:
        said += " " + ngettext("Another browser was signed out.", "%(num)d other browsers were signed out.", others)
    flash(said, "success")
    return redirect(url_for("account.page"), 303)


def _password_page(problems: dict[str, str]) -> str:
    who = _who()
    return render_template(
        "identity/password.html",
        needs_current=needs_current(who),
        has_password=who.has_password,
        email=who.email,
        shortest=SHORTEST,
        longest=LONGEST,
        problems=problems,
        errors=problems_of(problems),
    )
