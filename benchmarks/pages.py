"""What a page costs, on a platform with one association and on one with a thousand: it may not grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.installation import MODEL, Installation, installed
from benchmarks.measuring import Figure, Section, Spent, measured
from benchmarks.population import add_people, copy_configuration, register
from tandem.extensions import db
from tandem.identity.models import Account
from tandem.identity.services.sessions import start_session
from tandem.local.postgres import PostgresServer
from tandem.mentorships.models import Participant
from tandem.tenancy.edge import open_association

#: Members of the association that is looked at, and of each other one.
MEMBERS, OTHERS = 300, 100

_COOKIE = "__Host-tandem"
_PAGES = {"a member's home": "/home", "the list of members, 50 rows": "/staff/members"}


def run(server: PostgresServer, *, quick: bool) -> Section:
    """Measure both pages, add the other associations, and measure again."""
    associations, batches = (100, 8) if quick else (1000, 15)
    with installed(server, "bench_pages") as installation:
        with installation.superuser() as connection:
            add_people(connection, [installation.model], MEMBERS)
        browsers = _browsers(installation)
        alone = _measure(installation, browsers, batches)
        with installation.superuser() as connection:
            others = register(connection, associations - 1)
            copy_configuration(connection, installation.model, others)
            add_people(connection, others, OTHERS)
        among = _measure(installation, browsers, batches)
    return Section(
        f"A page among {associations:,} associations",
        f"One association with {MEMBERS} members is looked at, alone on the platform and among {associations - 1:,} others with {OTHERS} "
        "members each and everything that follows from them. Per request: milliseconds of the processor in the application (the "
        "test client's included) and in PostgreSQL, medians over batches, and SQL statements.",
        "1 association", f"{associations:,} associations",
        [figure for name in _PAGES for figure in _figures(name, alone[name], among[name])],
    )  # fmt: skip


def _figures(name: str, alone: Sequence[Spent], among: Sequence[Spent]) -> list[Figure]:
    figures = []
    for kind, unit, promise in (("app", "ms", 1.1), ("server", "ms", 1.25)):
        one, other = (median(getattr(spent, kind) for spent in series) * 1000 for series in (alone, among))
        where = {"app": "application", "server": "PostgreSQL"}[kind]
        figures.append(Figure(f"{name}: {where}", unit, one, other, other / one, promise))
    one, other = (median(spent.statements for spent in series) for series in (alone, among))
    figures.append(Figure(f"{name}: statements", "", one, other, other / one, 1.0))
    return figures


def _browsers(installation: Installation) -> dict[str, FlaskClient]:
    with installation.app.app_context(), open_association(MODEL) as scope:
        member_id = db.session.scalars(select(Participant.member_id).order_by(Participant.id).limit(1)).one()
        accounts = {
            "/home": db.session.scalars(select(Account).where(Account.member_id == member_id)).one(),
            "/staff/members": db.session.scalars(
                select(Account).where(Account.email_key == "staff1@example.org")
            ).one(),
        }
        browsers = {}
        for path, account in accounts.items():
            browsers[path] = installation.app.test_client()
            secret = start_session(account_id=account.id, method="link", user_agent="benchmark")
            browsers[path].set_cookie(_COOKIE, secret, domain=scope.hostname, secure=True)
            browsers[path].environ_base["HTTP_HOST"] = scope.hostname
        db.session.commit()
    return browsers


def _measure(installation: Installation, browsers: Mapping[str, FlaskClient], batches: int) -> dict[str, list[Spent]]:
    found: dict[str, list[Spent]] = {name: [] for name in _PAGES}
    base = f"https://{MODEL}.localhost"
    each = 20
    for path in _PAGES.values():
        for _ in range(each):
            response = browsers[path].get(path, base_url=base)
            if response.status_code != 200:
                raise RuntimeError(f"{path} answers {response.status_code}")
    backends = installation.backends()
    for _ in range(batches):
        for name, path in _PAGES.items():
            with measured(backends, installation.engine) as spent:
                for _ in range(each):
                    browsers[path].get(path, base_url=base)
            found[name].append(
                Spent(spent.app / each, spent.server / each, spent.passed / each, round(spent.statements / each))
            )
    return found
