"""What the shells of all pages show of this request: the association's look, who is signed in, where they can go.

The web package knows components, not associations or people; this is where the application hands them over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Flask, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy import select

from tandem.access.actor import Actor
from tandem.access.current import current_actor
from tandem.access.table import HostKind
from tandem.applications.queries import mine_count
from tandem.clocks import as_program_time, program_today
from tandem.extensions import db
from tandem.identity.requests import signed_in_account
from tandem.identity.services.accounts import change_own_choice
from tandem.mentorships.concerns import READ as READ_CONCERNS
from tandem.mentorships.concerns import waiting_count
from tandem.notices.queries import unread_and_held
from tandem.programs.queries import association_document, role_word
from tandem.tenancy.scope import scope_or_none
from tandem.web.context import AssociationView, NavItem, PageLinks, Viewer, WebHooks
from tandem.web.languages import available_languages
from tandem.web.markdown import init_markdown

#: From how far on a moved calendar is spoken of.
_NOTICEABLE = timedelta(days=1)

_CONTACT = lazy_gettext("Contact staff")


def init_shell(app: Flask) -> None:
    """Fill the web package's hooks; must run after it."""
    hooks: WebHooks = app.extensions["tandem.web"]
    hooks.association = _association
    hooks.nav = _nav
    hooks.viewer = _viewer
    hooks.links = _links
    hooks.signed_in_key = _signed_in_key
    hooks.save_choice = _save_choice
    app.add_template_global(role_word)
    app.add_template_filter(capitalize_first)
    app.add_template_filter(as_program_time)
    init_markdown(app)


def capitalize_first(text: str) -> str:
    """The text with its first letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def _association() -> AssociationView:
    scope = scope_or_none()
    if scope is None:
        return AssociationView(name="Tandem", languages=available_languages())
    document = association_document()
    contact = document["contact"]
    # Lazy: the language of the page is chosen with the help of this very view.
    footer: tuple[tuple[Any, str], ...] = ((_CONTACT, f"mailto:{contact['email']}"),) if contact.get("email") else ()
    return AssociationView(
        name=scope.name,
        slug=scope.slug,
        short_name=document.get("short_name") or scope.name,
        languages=tuple(document["languages"]),
        language=scope.language,
        time_zone=scope.time_zone,
        brand={key: value for key, value in document["brand"].items() if key != "note"},
        footer=footer,
        moved_to=program_today() if scope.clock_offset >= _NOTICEABLE else None,
    )


def _nav(shell: str) -> Sequence[NavItem]:
    actor = current_actor()
    if g.get("operator") is not None:
        return (
            NavItem(_("Associations"), "/operator/", "building"),
            NavItem(_("Mail"), "/operator/mail", "mail"),
        )
    if g.get("host_kind") is not HostKind.ASSOCIATION:
        return ()
    if shell == "staff" and actor is not None:
        return _staff_nav(actor)
    items = [NavItem(_("Programs"), "/programs")]
    if actor is not None and actor.member_id is not None:
        items.insert(0, NavItem(_("Home"), "/home"))
    return items


def _staff_nav(actor: Actor) -> Sequence[NavItem]:
    waiting = _waiting(actor)
    offered = [
        ("staff.home", NavItem(_("Home"), "/staff/", "home", alone=True)),
        (
            "applications.read",
            NavItem(_("Applications"), "/staff/applications/", "inbox", *waiting["applications.decide"]),
        ),
        ("pools.manage", NavItem(_("Pools"), "/staff/pools/", "users-group")),
        ("matching.run", NavItem(_("Matching"), "/staff/matching/", "arrows-join")),
        ("mentorships.read", NavItem(_("Mentorships"), "/staff/mentorships/", "users")),
        ("evaluations.read", NavItem(_("Evaluations"), "/staff/evaluations/", "star")),
        ("concerns.read", NavItem(_("Concerns"), "/staff/concerns/", "shield-lock", *waiting[READ_CONCERNS])),
        ("members.read", NavItem(_("Members"), "/staff/members", "address-book")),
        (
            "programs.read",
            NavItem(_("Programs"), "/staff/programs/", "adjustments-horizontal", also=("/staff/retention/",)),
        ),
        ("notices.read", NavItem(_("Notices"), "/staff/notices", "mail")),
        ("accounts.manage", NavItem(_("Accounts"), "/staff/accounts", "key")),
        ("jobs.read", NavItem(_("Jobs"), "/staff/jobs", "server")),
        ("audit.read", NavItem(_("Audit"), "/staff/audit", "history")),
    ]
    items = [item for permission, item in offered if actor.may(permission)]
    if actor.member_id is not None:
        items.append(NavItem(_("My pages"), "/home", "user", at_end=True))
    return items


def _waiting(actor: Actor) -> dict[str, tuple[int, str]]:
    """Permission → how many wait for whoever has it, and that in words; in one statement."""
    counted = {"applications.decide": mine_count, READ_CONCERNS: waiting_count}
    asked = {permission: count(actor) for permission, count in counted.items() if actor.may(permission)}
    row = db.session.execute(select(*asked.values())).one() if asked else ()
    counts = dict.fromkeys(counted, 0) | dict(zip(asked, row, strict=True))
    return {
        permission: (count, ngettext("%(num)d waiting", "%(num)d waiting", count))
        for permission, count in counts.items()
    }


def _viewer() -> Viewer | None:
    operator = g.get("operator")
    if operator is not None:
        return Viewer(name=operator.name, tone_id=str(operator.id))
    account = signed_in_account()
    if account is None:
        return None
    actor = account.actor
    unread, held, by_operator = unread_and_held(actor)
    return Viewer(
        name=account.name,
        # The colour that the pages give this member, so that one person has one.
        tone_id=str(actor.member_id or account.id),
        is_staff=actor.is_staff,
        language=account.language,
        theme=account.theme,
        unread=unread,
        mail_held=held,
        mail_held_by_operator=by_operator,
        mail_page=url_for("staff_mail.index") if held and actor.may("notices.read") else "",
    )


def _links() -> PageLinks:
    kind = g.get("host_kind")
    if kind is HostKind.OPERATOR:
        return PageLinks(home="/operator/", staff_home="/operator/", sign_in="", sign_out=url_for("operator.sign_out"))
    if kind is HostKind.ASSOCIATION:
        account = signed_in_account()
        return PageLinks(
            staff_home="/staff/",
            sign_in=url_for("sign_in.page"),
            sign_out=url_for("sign_in.sign_out"),
            account=url_for("account.page"),
            notices=url_for("notices.index"),
            search=url_for("home.search_page") if account is not None and account.actor.is_staff else "",
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
