"""Lists and searches find an association's rows by an index, as the application's role, under row security."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from benchmarks.population import add_people, copy_configuration, register
from flask import Flask
from sqlalchemy import func, select, text

from tandem.app import create_app
from tandem.directory.models import Member
from tandem.extensions import db
from tandem.tenancy.edge import open_association
from tests.app_fixtures import settings_for
from tests.loop.stage import set_stage
from tests.tenancy.lists import LISTS, Stand, stand
from tests.tenancy.plans import faults, scans_of, touched
from tests.tenancy.rows import association_tables

ASSOCIATIONS, MEMBERS = 20, 400


@dataclass(frozen=True, slots=True)
class Crowd:
    """Twenty associations with their people, and how many rows there are: of all, and of the one that asks."""

    app: Flask
    association_id: UUID
    sizes: dict[str, int]
    own: dict[str, int]
    superuser_url: str


@pytest.fixture(scope="module")
def crowd(new_database, tmp_path_factory) -> Iterator[Crowd]:
    database, folder = new_database(), tmp_path_factory.mktemp("crowd")
    app = create_app(settings_for(database.app_url, folder))
    source = set_stage(app, "casbo", folder).scope.association_id
    with psycopg.connect(database.superuser_url) as connection:
        associations = register(connection, ASSOCIATIONS)
        copy_configuration(connection, source, associations)
        add_people(connection, associations, MEMBERS, programs=3)
        sizes, own = (
            {
                table.name: connection.execute(f"SELECT count(*) FROM {table.name} {where}").fetchone()[0]
                for table in association_tables()
            }
            for where in ("", f"WHERE association_id = '{associations[7]}'")
        )
    yield Crowd(app, associations[7], sizes, own, database.superuser_url)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def at(crowd) -> Iterator[Stand]:
    with crowd.app.app_context(), open_association(crowd.association_id):
        yield stand()


@pytest.mark.parametrize("name", LISTS)
def test_list_is_found_by_an_index(crowd, at, name):
    listing = LISTS[name]

    scans = scans_of(lambda: listing.ask(at))

    conditions = " ".join(scan.condition for scan in scans)
    assert scans
    assert faults(scans, crowd.sizes, crowd.own) == []
    assert [column for column in listing.by if column not in conditions] == []
    if listing.touches is not None:
        table, most = listing.touches
        assert 0 < touched(scans)[table] <= most


def test_there_are_enough_rows_to_tell(crowd, counted):
    big = {"account", "application", "audit_entry", "delivery", "job", "member", "membership", "mentorship", "notice",
           "participant", "pool_entry", "position", "proposal"}  # fmt: skip

    counted(f"{len(LISTS)} lists and searches asked among {sum(crowd.sizes.values()):,} rows")
    assert {table: crowd.sizes[table] for table in big if crowd.sizes[table] < 1_000} == {}
    assert {table for table in big if crowd.own[table] * 15 > crowd.sizes[table]} == set()


def test_a_list_without_an_index_is_found(crowd, at):
    """The controls: what the planner does where no index leads to the rows, or a comparison leaks."""
    plain = scans_of(lambda: db.session.scalars(select(Member).where(func.lower(Member.name_key).like("san%"))).all())
    assert "name_key" not in " ".join(scan.condition for scan in plain)

    db.session.execute(text("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off"))
    db.session.execute(text("SET LOCAL enable_indexonlyscan = off"))
    assert (
        faults(scans_of(lambda: LISTS["members"].ask(at)), crowd.sizes, crowd.own)[0]
        == "member is read from end to end"
    )


def test_a_list_that_reads_everybodys_rows_is_found(crowd, tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.app.verify_role", lambda _connection: None)
    unbound = create_app(settings_for(crowd.superuser_url, tmp_path))

    def ask() -> list[str]:
        with unbound.app_context(), open_association(crowd.association_id):
            scans = scans_of(lambda: db.session.scalars(select(Member).order_by(Member.id).limit(50)).all())
        with unbound.app_context():
            db.engine.dispose()
        return faults(scans, crowd.sizes, crowd.own)

    assert Context().run(ask) == ["member is read from end to end"]
