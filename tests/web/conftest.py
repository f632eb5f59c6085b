"""A small application that has nothing but the look, so that these tests need no database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import pytest
from flask import Flask, Response, abort, flash, render_template_string, request

from tandem.web import AssociationView, NavItem, PageLinks, Viewer, WebHooks, csrf, init_web

GREEN = {"mark": "lines", "font": "serif", "light": {"brand": "#0f5848"}, "dark": {"brand": "#79cdb6"}}
VIOLET = {"mark": "book", "light": {"brand": "#5140a8", "banner": "#43348f"}, "dark": {"brand": "#b8abff"}}
BRANDS = {"green": GREEN, "violet": VIOLET, "plain": {}}


class Look:
    """What the hooks answer; a test changes it."""

    def __init__(self) -> None:
        self.viewer: Viewer | None = None
        self.signed_in_key: str | None = None
        self.saved: list[tuple[str, str]] = []
        self.language = "en"
        self.languages: tuple[str, ...] = ("en", "fr")

    def association(self) -> AssociationView:
        name = request.host.split(".")[0]
        return AssociationView(
            name=f"Association {name}",
            slug=name,
            languages=self.languages,
            language=self.language,
            time_zone="Europe/Paris",
            brand=BRANDS.get(name, {}),
        )


_LOOK = Look()


@pytest.fixture
def look() -> Look:
    """The answers of all apps of this process, as new."""
    vars(_LOOK).update(vars(Look()))
    return _LOOK


@cache
def _made(environment: str, config: tuple[tuple[str, Any], ...]) -> Flask:
    # Compiling the templates takes a second, so equal apps are one app.
    app = Flask("tandem", static_folder=None)
    app.config.update(SECRET_KEY="k" * 32, TANDEM_ENV=environment, **dict(config))
    hooks = WebHooks(
        association=_LOOK.association,
        viewer=lambda: _LOOK.viewer,
        nav=lambda shell: [NavItem("Home", "/"), NavItem("People", f"/{shell}/people", "users", 3, "3 waiting")],
        links=lambda: PageLinks(sign_in="/sign-in", search="/search"),
        today=lambda: date(2027, 2, 9),
        signed_in_key=lambda: _LOOK.signed_in_key,
        save_choice=lambda what, value: _LOOK.saved.append((what, value)),
    )
    init_web(app, hooks)
    _add_routes(app)
    return app


@pytest.fixture
def make_app(look: Look) -> Callable[..., Flask]:
    def make(environment: str = "test", **config: Any) -> Flask:
        return _made(environment, tuple(sorted(config.items())))

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> Any:
    return app.test_client()


def _add_routes(app: Flask) -> None:
    @app.get("/fail/<int:status>")
    def fail(status: int) -> None:
        abort(status)

    @app.get("/refuse/<int:status>")
    def refuse(status: int) -> None:
        abort(status, "Only the chair may waive this rule.")

    app.add_url_rule("/named/<name>", "named", lambda name: name)
    app.add_url_rule("/named/<name>/close", "close", lambda name: name, methods=["POST"])

    @app.post("/form/decision/<int:status>")
    def decision(status: int) -> None:
        abort(status)

    @app.get("/boom")
    def boom() -> None:
        raise ValueError("secret detail")

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str:
        if request.method == "POST":
            return "taken"
        return render_template_string(
            '{% extends "member.html" %}{% block title %}Form{% endblock %}'
            '{% block content %}<form method="post">{{ ui.csrf_field() }}</form>{% endblock %}',
            errors=[{"href": "#x", "text": "Wrong"}] if "wrong" in request.args else [],
        )

    @app.get("/flash")
    def flashing() -> str:
        flash("Saved.", "success")
        return render_template_string('{% extends "plain.html" %}')

    @app.post("/hook")
    @csrf.exempt
    def hook() -> str:
        return "taken"

    @app.get("/own-cache")
    def own_cache() -> Response:
        response = Response("x")
        response.headers["Cache-Control"] = "public, max-age=60"
        return response

    @app.get("/staff-page")
    def staff_page() -> str:
        return render_template_string('{% extends "staff.html" %}', crumbs=[("Members", "/members"), ("Ada", None)])
