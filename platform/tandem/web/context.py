"""What every template may rely on, and where it comes from.

Names in every template (members', visitors', staff's and error pages alike):

``association``   ``AssociationView``: ``name``, ``short_name``, ``slug``, ``languages``, ``mark``, ``brand_url``, ``footer``;
                  on the finder's and the operator's hosts a neutral one with ``slug == ""``
``viewer``        ``Viewer`` of whoever is signed in (``name``, ``first_name``, ``initials``, ``tone_id``, ``is_staff``), or ``None``
``nav_for(s)``    the ``NavItem``s of a shell: ``"public"``, ``"member"``, ``"staff"``, ``"operator"``;
                  a view may pass its own list as ``nav``
``nav_current(items)``  the one of them the current page belongs to, or ``None``
``links``         ``PageLinks``: addresses of sign-in, account, notices, search, help; an empty one hides its control
``theme``         ``"light"``, ``"dark"`` or ``""`` (follows the device)
``lang``          the language of the page, for example ``"fr"``; ``text_direction`` is ``"ltr"`` or ``"rtl"``
``today``         the program date in the association's time zone (``date``)
``here``          path and query of this page, for forms that come back to it

A view may pass: ``errors`` (list of ``{"href": "#id", "text": …}``: the title gets its "Error:" and ``error_summary`` shows
them), ``crumbs`` (list of ``(label, url or None)``), ``nav``, ``search_value``, ``refresh_seconds`` (reloads a waiting page
where scripts are off).

The values come from ``WebHooks``, which the application fills; a hook left alone gives a neutral answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from flask import Flask, current_app, has_request_context, request
from flask_babel import get_locale

from tandem.clocks import program_today
from tandem.ids import uuid7
from tandem.tenancy.scope import scope_or_none
from tandem.web import cookies
from tandem.web.branding import brand_digest, brand_mark
from tandem.web.languages import available_languages, language_names

_T = TypeVar("_T")
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of a navigation. ``count`` shows how many wait there, said as ``count_words`` ("12 waiting").

    ``alone`` is for a home page, which is current only on itself; ``also`` are the beginnings of further pages that belong to the entry.
    """

    label: str
    url: str
    icon: str = ""
    count: int = 0
    count_words: str = ""
    at_end: bool = False
    alone: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssociationView:
    """An association as pages show it. ``brand`` is its brand configuration, empty for the platform's own look.

    ``moved_to`` is its program clock's day where that was moved from the real one, for a demonstration.
    """

    name: str
    slug: str = ""
    short_name: str = ""
    languages: tuple[str, ...] = ("en",)
    language: str = "en"
    time_zone: str = "UTC"
    brand: Mapping[str, Any] = field(default_factory=dict, hash=False)
    footer: tuple[tuple[str, str], ...] = ()
    moved_to: date | None = None

    @property
    def brand_url(self) -> str | None:
        """The address of the association's stylesheet, ``None`` where the platform's own look holds."""
        return f"/brand/{brand_digest(self.brand)}.css" if self.brand else None

    @property
    def mark(self) -> str:
        """The drawn sign beside the name."""
        return brand_mark(self.brand)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is signed in, as pages show them. ``tone_id`` gives the avatar its tone, ``language`` and ``theme`` their choice.

    ``mail_held`` says why the association's mail is held, and is empty while mail goes; ``mail_page`` is where to see what waits.
    """

    name: str
    tone_id: str = ""
    roles: tuple[str, ...] = ()
    is_staff: bool = False
    language: str | None = None
    theme: str | None = None
    unread: int = 0
    mail_held: str = ""
    mail_held_by_operator: bool = False
    mail_page: str = ""

    @property
    def initials(self) -> str:
        """First letters of the first and the last name."""
        return initials(self.name)

    @property
    def first_name(self) -> str:
        """What a rail and a greeting call them."""
        return self.name.split()[0] if self.name.split() else self.name


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Addresses that the shells link to. An empty one leaves its control out."""

    home: str = "/"
    staff_home: str = "/staff"
    sign_in: str = ""
    sign_out: str = ""
    account: str = ""
    notices: str = ""
    search: str = ""
    help: str = ""


def _platform() -> AssociationView:
    return AssociationView(name=current_app.config.get("WEB_PLATFORM_NAME", "Tandem"), languages=available_languages())


def _association() -> AssociationView:
    scope = scope_or_none()
    if scope is None:
        return _platform()
    return AssociationView(
        name=scope.name,
        slug=scope.slug,
        short_name=scope.slug.upper(),
        languages=available_languages(),
        language=scope.language,
        time_zone=scope.time_zone,
    )


def _today() -> date:
    return program_today() if scope_or_none() else datetime.now(UTC).date()


@dataclass(slots=True)
class WebHooks:
    """Where the shells get their values. The application replaces what it has; each is called at most once a request.

    ``signed_in_key`` gives a value that changes with the sign-in (the id of the session row, say): CSRF tokens are bound to it.
    ``save_choice`` is told of a signed-in person's choice: ("theme" or "language", value).
    """

    association: Callable[[], AssociationView] = _association
    viewer: Callable[[], Viewer | None] = lambda: None
    nav: Callable[[str], Sequence[NavItem]] = lambda _shell: ()
    links: Callable[[], PageLinks] = PageLinks
    today: Callable[[], date] = _today
    signed_in_key: Callable[[], str | None] = lambda: None
    save_choice: Callable[[str, str], None] = lambda _what, _value: None


def hooks() -> WebHooks:
    """The hooks of the running application."""
    found: WebHooks = current_app.extensions["tandem.web"]
    return found


def _once(name: str, make: Callable[[], _T]) -> _T:
    """The value of one request, made at most once; without a request, made anew."""
    if not has_request_context():
        return make()
    # Kept with the request rather than in g, which nested application contexts share.
    kept: dict[str, Any] = request.environ.setdefault("tandem.web", {})
    if name not in kept:
        kept[name] = make()
    value: _T = kept[name]
    return value


def current_association() -> AssociationView:
    """The association of this request, or the platform's own neutral look."""
    return _once("association", lambda: hooks().association())


def current_viewer() -> Viewer | None:
    """Whoever is signed in, or ``None``."""
    return _once("viewer", lambda: hooks().viewer())


def current_today() -> date:
    """The program date in the association's time zone."""
    return _once("today", lambda: hooks().today())


def current_theme() -> str:
    """The chosen theme, ``""`` where the device decides: the cookie first, then the account's choice."""
    chosen = cookies.read_cookie(cookies.THEME) if has_request_context() else None
    if chosen is None and (viewer := current_viewer()) is not None:
        chosen = viewer.theme
    return chosen if chosen in THEMES else ""


def nav_current(items: Iterable[NavItem]) -> NavItem | None:
    """The entry whose address is the longest beginning of this page's path; a home page only for itself."""
    here = request.path.rstrip("/") or "/"
    fitting = [
        (len(url), item)
        for item in items
        for url in (item.url, *item.also)
        if (here == url.rstrip("/") if item.alone else _leads_to(url, here))
    ]
    return max(fitting, key=lambda one: one[0], default=(0, None))[1]


def _leads_to(url: str, here: str) -> bool:
    url = url.partition("?")[0].rstrip("/") or "/"
    return here == url or (url != "/" and here.startswith(f"{url}/"))


def initials(name: str) -> str:
    """First letters of the first and the last name, for an avatar."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def tone(key: object) -> int:
    """One of six avatar tones, 1–6, always the same for the same id."""
    return int(hashlib.sha256(str(key).encode()).hexdigest()[:8], 16) % 6 + 1


def init_context(app: Flask, web_hooks: WebHooks) -> None:
    """Give the templates of ``app`` their names."""
    app.extensions["tandem.web"] = web_hooks
    app.context_processor(_names)
    app.add_template_filter(initials)
    app.add_template_filter(tone)
    app.add_template_global(nav_current)
    app.add_template_global(uuid7)


def _names() -> dict[str, Any]:
    locale = get_locale()
    return {
        "association": current_association(),
        "viewer": current_viewer(),
        "nav_for": lambda shell: _once(f"nav_{shell}", lambda: tuple(hooks().nav(shell))),
        "links": _once("links", lambda: hooks().links()),
        "theme": current_theme(),
        "lang": str(locale).replace("_", "-") if locale else "en",
        "text_direction": locale.text_direction if locale else "ltr",
        "today": current_today(),
        "here": request.full_path.rstrip("?") if has_request_context() else "/",
        "language_names": language_names(current_association().languages),
    }
