"""The application's role reaches no row of another association, whatever it says in SQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import psycopg
import pytest

from tandem.ids import uuid7
from tests.tenancy.probes import KINDS, Guard, Prober, aims
from tests.tenancy.rows import Filled, association_tables, fill

ASSOCIATIONS = 20
ROWS = 3


@pytest.fixture(scope="module")
def own_database(new_database):
    """A database in which every table has rows of every association and nothing else."""
    return new_database()


@pytest.fixture(scope="module")
def associations(own_database) -> list[Filled]:
    with psycopg.connect(own_database.superuser_url) as connection:
        filled = fill(connection, associations=ASSOCIATIONS, rows=ROWS)
        # Without statistics there would be none that could be read.
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")
    return filled


@pytest.fixture(scope="module")
def bypassing_url(cluster, own_database) -> Iterator[str]:
    """A role with the application's grants that row security does not bind."""
    name, password = f"test_role_{os.getpid()}_{secrets.token_hex(3)}", secrets.token_hex(16)
    with cluster.admin() as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN INHERIT BYPASSRLS PASSWORD '{password}' IN ROLE tandem_app")
        yield own_database.app_url.replace("tandem_app", name).replace(cluster.passwords["tandem_app"], password)
        admin.execute(f"DROP ROLE {name}")


@pytest.mark.proof
def test_no_probe_finds_a_row_of_another_association(own_database, associations, proof_count, counted):
    count = proof_count(3_000, 100_000)

    with Prober(own_database.app_url) as prober:
        for name, aim in aims(associations, count):
            prober.probe(name, aim)

    counted(f"{prober.tried.total():,} probes over {len(associations)} associations, {prober.found.total()} leaks")
    assert prober.examples == []
    assert prober.found == {}
    assert prober.tried.total() >= count
    assert set(prober.tried) == set(KINDS)


@pytest.mark.proof
def test_without_row_security_the_same_probes_find_most(bypassing_url, associations, proof_count, counted):
    """The control: what finds nothing above is able to find."""
    with Prober(bypassing_url) as prober:
        for name, aim in aims(associations, proof_count(3_000, 100_000)):
            prober.probe(name, aim)

    share = prober.found.total() / prober.tried.total()
    counted(
        f"control: {prober.tried.total():,} probes without row security, {prober.found.total():,} leaks ({share:.0%})"
    )
    by_kind = {name: prober.found[name] / prober.tried[name] for name in KINDS}
    guarded = {name for name, kind in KINDS.items() if kind.guard is Guard.ROWS}
    assert share >= 0.5
    assert {name for name, found in by_kind.items() if found} == guarded
    # History cannot be changed by anyone, and a reference or a key that is taken may stand in the way first.
    assert {name: found for name, found in by_kind.items() if name in guarded and found < 0.8} == {}


def test_every_table_has_rows_of_every_association(own_database, associations):
    with psycopg.connect(own_database.superuser_url) as connection:
        counts = {
            table.name: dict(
                connection.execute(f"SELECT association_id, count(*) FROM {table.name} GROUP BY 1").fetchall()
            )
            for table in association_tables()
        }

    assert counts == {table.name: {one.id: ROWS for one in associations} for table in association_tables()}


def test_a_new_connection_is_refused_until_an_association_is_open(own_database, associations):
    """Where nobody has ever set the scope, the very name of the setting is unknown."""
    states = {}
    with psycopg.connect(own_database.app_url, autocommit=True) as connection:
        for table in association_tables():
            for verb in (
                f"SELECT FROM {table.name}",
                f"SELECT FROM {table.name} WHERE association_id = '{associations[0].id}'",
                f"SELECT count(*) FROM {table.name}",
                f"INSERT INTO {table.name} (association_id, id) VALUES ('{associations[0].id}', '{uuid7()}')",
            ):
                with pytest.raises(psycopg.Error) as refused:
                    connection.execute(verb.encode())
                states[table.name, verb.split(" ", 1)[0]] = refused.value.sqlstate

    assert set(states.values()) == {"42704"}
    assert len(states) == 2 * len(association_tables())


def test_a_key_on_the_id_alone_would_let_a_row_point_across(own_database, associations):
    """The control of the composite keys: foreign-key checks pass by row security, so a plain key finds the other's row."""
    here, there = associations[:2]
    target = there.rows["member"][0]["id"]
    with psycopg.connect(own_database.superuser_url) as connection:
        connection.execute(
            """
            ALTER TABLE member ADD UNIQUE (id);
            CREATE TABLE loose (association_id uuid NOT NULL, id uuid NOT NULL, member_id uuid REFERENCES member (id));
            ALTER TABLE loose ENABLE ROW LEVEL SECURITY;
            CREATE POLICY association ON loose USING (association_id = (SELECT current_setting('app.association_id')::uuid));
            GRANT ALL ON loose TO tandem_app;
            SET LOCAL ROLE tandem_app
            """
        )
        connection.execute("SELECT set_config('app.association_id', %s, true)", [str(here.id)])
        visible = connection.execute("SELECT count(*) FROM member WHERE id = %s", [target]).fetchone()
        connection.execute("INSERT INTO loose VALUES (%s, %s, %s)", [here.id, uuid7(), target])
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        points = connection.execute("SELECT member_id FROM loose").fetchall()
        connection.rollback()

    assert visible == (0,)
    assert points == [(target,)]
