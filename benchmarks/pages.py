"""What a page costs, on a platform with one association and on one with a thousand: it may not grow."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.installation import MODEL, Installation, installed
from benchmarks.measuring import Figure, Section, Spent, compared, measured
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
    """Measure both pages on two databases by turns: one with the association alone, one with all the others beside it."""
    associations, batches = (100, 8) if quick else (1000, 25)
    with installed(server, "bench_alone") as alone, installed(server, "bench_among") as among:
        with alone.superuser() as connection:
            add_people(connection, [alone.model], MEMBERS)
        with among.superuser() as connection:
            add_people(connection, [among.model], MEMBERS)
            others = register(connection, associations - 1)
            copy_configuration(connection, among.model, others)
            add_people(connection, others, OTHERS)
        for installation in (alone, among):
            # As the server's own housekeeping leaves it: it would otherwise begin in the middle of the measurement.
            with installation.superuser(autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        one, other = _measure((alone, among), batches)
    return Section(
        f"A page among {associations:,} associations",
        f"One association with {MEMBERS} members is looked at, alone on the platform and among {associations - 1:,} others with {OTHERS} "
        "members each and everything that follows from them. Per request: milliseconds of the processor in the application (the "
        "test client's included) and in PostgreSQL, medians over batches that took turns, and SQL statements. PostgreSQL keeps a "
        "plan for a statement it has seen five times, or makes a new one for each call where it expects that to pay: among many "
        "it makes the member list's new, which takes the millisecond more. With plan_cache_mode = force_generic_plan the two are "
        "alike.",
        "1 association", f"{associations:,} associations",
        [figure for name in _PAGES for figure in _figures(name, one[name], other[name])],
    )  # fmt: skip


def _figures(name: str, alone: Sequence[Spent], among: Sequence[Spent]) -> list[Figure]:
    figures = []
    for kind, where, promise in (
        ("processor", "both", 1.1),
        ("app", "application", None),
        ("server", "PostgreSQL", None),
    ):
        ones, others = ([getattr(spent, kind) * 1000 for spent in series] for series in (alone, among))
        figures.append(compared(f"{name}: {where}", "ms", ones, others, promise))
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


def _measure(installations: Sequence[Installation], batches: int) -> list[dict[str, list[Spent]]]:
    each, base = 20, f"https://{MODEL}.localhost"
    found: list[dict[str, list[Spent]]] = [{name: [] for name in _PAGES} for _ in installations]
    sides = [(_browsers(installation), installation, found[at]) for at, installation in enumerate(installations)]
    for browsers, _, _ in sides:
        for path in _PAGES.values():
            for _ in range(each):
                response = browsers[path].get(path, base_url=base)
                if response.status_code != 200:
                    raise RuntimeError(f"{path} answers {response.status_code}")
    backends = [installation.backends() for installation in installations]
    for number in range(batches):
        for name, path in _PAGES.items():
            # Whoever goes second finds the processor's caches warm, so they change places.
            for at in (0, 1) if number % 2 else (1, 0):
                browsers, installation, results = sides[at]
                with measured(backends[at], installation.engine) as spent:
                    for _ in range(each):
                        browsers[path].get(path, base_url=base)
                results[name].append(
                    Spent(spent.app / each, spent.server / each, spent.passed / each, round(spent.statements / each))
                )
    return found
