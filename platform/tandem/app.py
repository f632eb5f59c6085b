"""Making the application: one flat, ordered list of steps that refuses to end half done."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from tandem.database import verify_role
from tandem.edge.errors import init_errors
from tandem.edge.guard import check_declared, init_guard
from tandem.edge.requests import init_requests
from tandem.extensions import db
from tandem.plugin_api.registry import Registry, load_registry
from tandem.settings import Settings, load_settings
from tandem.tenancy.edge import announce_scope

#: The largest upload (a CSV of 100,000 members), in bytes.
MAX_UPLOAD = 32 * 1024 * 1024

#: Every module with a ``blueprint``, in the order in which their routes are registered.
BLUEPRINTS = (
    "tandem.edge.views",
    "tandem.mentorships.views.staff",
    "tandem.mentorships.views.member",
    "tandem.mentorships.views.evaluations",
    "tandem.mentorships.views.messages",
    "tandem.mentorships.views.goals",
    "tandem.mentorships.views.planning",
    "tandem.mentorships.views.confidence",
    "tandem.mentorships.views.staff_concerns",
    "tandem.mentorships.views.staff_evaluations",
    "tandem.matching.views.runs",
    "tandem.matching.views.workbench",
    "tandem.matching.views.decided",
    "tandem.matching.views.pools",
    "tandem.matching.views.suggestions",
    "tandem.matching.views.asked",
    "tandem.applications.views.staff",
    "tandem.applications.views.committee",
    "tandem.applications.views.member",
    "tandem.applications.views.files",
    "tandem.programs.views.staff",
    "tandem.programs.views.public",
    "tandem.directory.views.members",
    "tandem.directory.views.parts",
    "tandem.directory.views.imports",
    "tandem.directory.views.notes",
    "tandem.directory.views.merging",
    "tandem.behalf.views.desk",
    "tandem.privacy.views.member",
    "tandem.privacy.views.retention",
    "tandem.privacy.views.staff",
    "tandem.home.views",
    "tandem.home.saved_views",
    "tandem.operator.views",
    "tandem.identity.views.sign_in",
    "tandem.identity.views.account",
    "tandem.identity.views.staff",
    "tandem.notices.views",
    "tandem.notices.choice_views",
    "tandem.notices.mail_views",
    "tandem.notices.mailbox_views",
    "tandem.letters.views.templates",
    "tandem.letters.views.groups",
    "tandem.jobs.views",
    "tandem.audit.views",
)

#: Modules that listen to what other capabilities tell; importing them is what makes them hear it.
LISTENERS = ("tandem.identity.listeners", "tandem.mentorships.listeners")


def create_app(settings: Settings | None = None, *, registry: Registry | None = None) -> Flask:
    """Make the web application.

    Raises ``UnsafeDatabaseError`` if the database role could pass by row security, ``UndeclaredEndpointError`` for a route
    without access, and the settings' own errors. The order of the steps matters where a comment says so.
    """
    settings = settings or load_settings()
    app = Flask("tandem", root_path=None, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 8, "max_overflow": 4, "pool_pre_ping": True},
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        TESTING=settings.environment == "test",
    )
    app.extensions["tandem.settings"] = settings
    app.extensions["tandem.registry"] = registry or load_registry()
    db.init_app(app)
    with app.app_context():
        announce_scope(db.engine)
    init_requests(app, settings)  # before the session is read: it opens the association
    _init_identity(app)  # before the guard: it finds out who is there
    init_guard(app)
    init_errors(app)
    _init_web(app)
    _init_shell(app)  # after the web package: it fills its hooks
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    for name in LISTENERS:
        import_module(name)
    check_declared(app)
    with app.app_context(), db.engine.connect() as connection:
        verify_role(connection)
    return app


def _init_identity(app: Flask) -> None:
    from tandem.identity.requests import init_identity
    from tandem.operator.requests import init_operator

    init_identity(app)
    init_operator(app)


def _init_web(app: Flask) -> None:
    from tandem.web import init_web

    init_web(app)


def _init_shell(app: Flask) -> None:
    from tandem.edge.shell import init_shell

    init_shell(app)
