"""What the shells of all pages show of this request: who is signed in, and the links of the host."""

from __future__ import annotations

from flask import Flask, g, url_for

from tandem.access.roles import ROLE_WORDS
from tandem.access.table import HostKind
from tandem.identity.requests import signed_in_account
from tandem.identity.services.accounts import change_own_choice
from tandem.web.context import PageLinks, Viewer, WebHooks


def init_shell(app: Flask) -> None:
    """Fill the web package's hooks; must run after it."""
    hooks: WebHooks = app.extensions["tandem.web"]
    hooks.viewer = _viewer
    hooks.links = _links
    hooks.signed_in_key = _signed_in_key
    hooks.save_choice = _save_choice


def _viewer() -> Viewer | None:
    operator = g.get("operator")
    if operator is not None:
        return Viewer(name=operator.name, tone_id=str(operator.id))
    account = signed_in_account()
    if account is None:
        return None
    actor = account.actor
    return Viewer(
        name=account.name,
        tone_id=str(account.id),
        roles=tuple(str(ROLE_WORDS[grant.role].label) for grant in actor.grants if grant.role in ROLE_WORDS),
        is_staff=actor.is_staff,
        language=account.language,
        theme=account.theme,
    )


def _links() -> PageLinks:
    kind = g.get("host_kind")
    if kind is HostKind.OPERATOR:
        return PageLinks(home="/operator/", staff_home="/operator/", sign_in="", sign_out=url_for("operator.sign_out"))
    if kind is HostKind.ASSOCIATION:
        return PageLinks(
            staff_home="/staff/",
            sign_in=url_for("sign_in.page"),
            sign_out=url_for("sign_in.sign_out"),
            account=url_for("account.page"),
        )
    return PageLinks()


def _signed_in_key() -> str | None:
    operator = g.get("operator")
    if operator is not None:
        return f"operator {operator.session_id}"
    account = signed_in_account()
    return str(account.session_id) if account is not None else None


def _save_choice(what: str, value: str) -> None:
    account = signed_in_account()
    if account is not None:
        change_own_choice(actor=account.actor, what=what, value=value or None)
