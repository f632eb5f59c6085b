"""The look: static files, base templates, macros, security headers, CSRF, languages, formats and error pages."""

from __future__ import annotations

from flask import Flask

from tandem.web import cookies
from tandem.web.assets import asset_url, init_assets
from tandem.web.charts import init_charts
from tandem.web.choices import chosen_language, chosen_time_zone
from tandem.web.context import AssociationView, NavItem, PageLinks, Viewer, WebHooks, init_context
from tandem.web.cookies import cookie_name, delete_cookie, init_cookies, read_cookie, set_cookie
from tandem.web.csrf import csrf, init_csrf, rotate_token
from tandem.web.error_pages import init_error_pages
from tandem.web.formatting import init_formatting
from tandem.web.headers import init_headers
from tandem.web.icons import init_icons
from tandem.web.languages import init_babel
from tandem.web.links import init_links
from tandem.web.redirects import safe_target
from tandem.web.views import blueprint

__all__ = [
    "AssociationView",
    "NavItem",
    "PageLinks",
    "Viewer",
    "WebHooks",
    "asset_url",
    "cookie_name",
    "cookies",
    "csrf",
    "delete_cookie",
    "init_web",
    "read_cookie",
    "rotate_token",
    "safe_target",
    "set_cookie",
]


def init_web(app: Flask, hooks: WebHooks | None = None) -> WebHooks:
    """Wire all of this package onto ``app``; returns the hooks, which may also be filled afterwards.

    The app has ``static_folder=None`` and a ``SECRET_KEY``. Its environment is read from ``tandem.settings`` among its
    extensions, else from ``TANDEM_ENV`` in its config (production, where neither says).
    """
    hooks = hooks or WebHooks()
    settings = app.extensions.get("tandem.settings")
    environment = settings.environment if settings is not None else app.config.get("TANDEM_ENV", "production")
    app.config["TANDEM_ENV"] = environment
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    init_cookies(app)  # names the session cookie, so before anything reads the session
    init_babel(app, locale=chosen_language, time_zone=chosen_time_zone)
    init_context(app, hooks)
    init_formatting(app)
    init_links(app)
    init_charts(app)
    init_assets(app, reload=environment == "development")
    init_icons(app)  # reads the sprite from the assets
    init_csrf(app)
    init_headers(app)
    init_error_pages(app)
    app.register_blueprint(blueprint)
    return hooks
