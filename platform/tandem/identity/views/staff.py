"""Accounts for staff: who can sign in, with which roles, and signing someone out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import ConflictError, InvalidError
from tandem.access.roles import ROLE_WORDS, ScopeKind
from tandem.identity.lists import accounts_page, grants_of, scope_options
from tandem.identity.moments import said_day
from tandem.identity.queries import account_by_id
from tandem.identity.services.accounts import NAME_LENGTH, ensure_account
from tandem.identity.services.grants import end_grant as end_grant_service
from tandem.identity.services.grants import grant_role, sign_out_account
from tandem.identity.views.account import session_lines
from tandem.identity.views.forms import problems_of

blueprint = Blueprint("accounts", __name__, url_prefix="/staff/accounts", template_folder="../templates")

_EVERYWHERE = ScopeKind.ASSOCIATION.value


@blueprint.get("")
def index() -> ResponseReturnValue:
    """List accounts, 50 a page; search by the beginning of name or address, filter by role."""
    search = request.args.get("q", "").strip()[:100]
    role = request.args.get("role", "")
    role = role if role == "any" or role in ROLE_WORDS else ""
    page = accounts_page(search=search, role=role, after=_after())
    following = None
    if page.next_key is not None:
        key, identifier = page.next_key
        following = url_for("accounts.index", q=search or None, role=role or None, after=f"{identifier}:{key}")
    return render_template(
        "identity/accounts.html",
        page=page,
        search=search,
        role=role,
        roles=[{"value": "any", "label": _("With any role")}, *_role_options()],
        next_url=following,
        first_url=url_for("accounts.index", q=search or None, role=role or None) if _after() else None,
        say=said_day,
        crumbs=[(_("Accounts"), None)],
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Ask for name and address of someone without a member record."""
    return _new_page({})


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Make the account; one that is there already is shown instead."""
    try:
        account = ensure_account(
            actor=signed_in(), email=request.form.get("email", ""), name=request.form.get("name", "")
        )
    except InvalidError as error:
        return _new_page(error.problems), 422
    return redirect(url_for("accounts.show", account_id=account.id), 303)


@blueprint.get("/<uuid:account_id>")
def show(account_id: UUID) -> ResponseReturnValue:
    """Show one account: roles, where it is signed in, and a form to give a role."""
    return _page(account_id, {})


@blueprint.post("/<uuid:account_id>/roles")
def give_role(account_id: UUID) -> ResponseReturnValue:
    """Give a role in the chosen place."""
    role = request.form.get("role", "")
    try:
        scope = _scope(role, request.form.get("scope", ""))
        grant_role(actor=signed_in(), account_id=account_id, role=role, **scope)
    except InvalidError as error:
        return _page(account_id, error.problems), 422
    flash(_("The role holds from now on."), "success")
    return redirect(url_for("accounts.show", account_id=account_id), 303)


@blueprint.post("/<uuid:account_id>/roles/<uuid:grant_id>/end")
def end_role(account_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """Take a role back."""
    try:
        end_grant_service(actor=signed_in(), account_id=account_id, grant_id=grant_id)
    except ConflictError as error:
        return _page(account_id, {f"role-{grant_id}": str(error)}), 409
    flash(_("The role is taken back."), "success")
    return redirect(url_for("accounts.show", account_id=account_id), 303)


@blueprint.post("/<uuid:account_id>/sign-out")
def sign_out(account_id: UUID) -> ResponseReturnValue:
    """Sign the person out of all their browsers."""
    ended = sign_out_account(actor=signed_in(), account_id=account_id)
    flash(
        ngettext("One browser was signed out.", "%(num)d browsers were signed out.", ended)
        if ended
        else _("This account was signed in nowhere."),
        "success",
    )
    return redirect(url_for("accounts.show", account_id=account_id), 303)


def _page(account_id: UUID, problems: dict[str, str]) -> str:
    account = account_by_id(account_id)
    return render_template(
        "identity/account_for_staff.html",
        account=account,
        grants=grants_of([account_id]).get(account_id, []),
        sessions=session_lines(account_id, None),
        roles=_role_options(),
        places=_place_options(),
        role=request.form.get("role", ""),
        place=request.form.get("scope", ""),
        say=said_day,
        problems=problems,
        errors=problems_of(problems),
        crumbs=[(_("Accounts"), url_for("accounts.index")), (account.name, None)],
    )


def _new_page(problems: dict[str, str]) -> str:
    return render_template(
        "identity/new_account.html",
        name=request.form.get("name", "")[: NAME_LENGTH + 50],
        email=request.form.get("email", "")[:300],
        name_length=NAME_LENGTH,
        problems=problems,
        errors=problems_of(problems),
        crumbs=[(_("Accounts"), url_for("accounts.index")), (_("New account"), None)],
    )


def _role_options() -> list[dict[str, Any]]:
    return [{"value": role, "label": words.label, "hint": words.says} for role, words in ROLE_WORDS.items()]


def _place_options() -> list[dict[str, str]]:
    words = {
        ScopeKind.DEPARTMENT: _("Department: %(name)s"),
        ScopeKind.PROGRAM: _("Program: %(name)s"),
        ScopeKind.COMMITTEE: _("Committee: %(name)s"),
    }
    places = [
        {"value": f"{kind.value}:{identifier}", "label": words[kind] % {"name": name}}
        for kind, identifier, name in scope_options()
    ]
    return [{"value": _EVERYWHERE, "label": _("The whole association")}, *places]


def _scope(role: str, place: str) -> dict[str, UUID]:
    """The chosen place as the service takes it. Raises ``InvalidError`` at ``role`` and ``scope``, all at once."""
    problems = {} if role in ROLE_WORDS else {"role": _("Choose a role.")}
    kind, _colon, identifier = place.partition(":")
    try:
        scope = {} if place == _EVERYWHERE else {f"{ScopeKind(kind).value}_id": UUID(identifier)}
    except ValueError:
        problems["scope"] = _("Choose where the role holds.")
    if problems:
        raise InvalidError(problems)
    return scope


def _after() -> tuple[str, UUID] | None:
    identifier, colon, key = request.args.get("after", "").partition(":")
    try:
        return (key[:300], UUID(identifier)) if colon else None
    except ValueError:
        return None
