"""What row security costs PostgreSQL: the same statements under it, and without it with the association written into each."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from benchmarks.installation import Installation, installed
from benchmarks.measuring import Figure, Section, compared, processor_seconds
from benchmarks.population import add_members, register
from tandem.local import roles
from tandem.local.postgres import PostgresServer

#: Statements in one transaction, about as many as a page has.
STATEMENTS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """One statement. ``{own}`` stands for the condition that is needed without row security."""

    name: str
    statement: str
    promise: float = 1.25


_COLUMNS = "id, number, given_name, family_name, email, name_key, state, created_at"

CASES = (
    Case("list: a page by name", f"SELECT {_COLUMNS} FROM member WHERE {{own}} state = 'active' ORDER BY name_key, id LIMIT 51"),
    Case(
        "list: a later page",
        f"SELECT {_COLUMNS} FROM member WHERE {{own}} state = 'active' AND (name_key, id) > (%(key)s, %(id)s) "
        "ORDER BY name_key, id LIMIT 51",
    ),
    Case(
        "search: by the beginning of a name",
        f"SELECT {_COLUMNS} FROM member WHERE {{own}} name_key >= %(key)s AND name_key < %(key)s || '~' ORDER BY name_key, id LIMIT 51",
    ),
    Case("look-up: one row", f"SELECT {_COLUMNS} FROM member WHERE {{own}} id = %(id)s"),
    Case(
        "join: a page with memberships",
        "SELECT m.name_key, s.type, s.paid_through FROM member AS m JOIN membership AS s "
        "ON s.association_id = m.association_id AND s.member_id = m.id WHERE {own_m} m.state = 'active' "
        "ORDER BY m.name_key, m.id LIMIT 51",
    ),
    Case("aggregate: by type", "SELECT type, count(*), max(paid_through) FROM membership WHERE {own} true GROUP BY type"),
    Case("aggregate: a count", "SELECT count(*) FROM member WHERE {own} state = 'active'"),
    Case("update: one row", "UPDATE member SET phone = %(key)s WHERE {own} id = %(id)s"),
    Case("update: a set", "UPDATE membership SET organisational = false WHERE {own} type = 'student'"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """A connection with the number of its process, and how it asks."""

    connection: psycopg.Connection[Any]
    pid: int
    bound: bool


def run(server: PostgresServer, *, quick: bool) -> Section:
    """Measure each case by turns on both sides."""
    associations, members, rounds, transactions = (100, 500, 5, 10) if quick else (1000, 1000, 11, 30)
    figures: list[Figure] = []
    with installed(server, "bench_security") as installation:
        with installation.superuser() as connection:
            ids = register(connection, associations)
            add_members(connection, ids, members)
        people = _people(installation, ids)
        with _sides(installation) as sides:
            for case in CASES:
                bound, unbound = _measure(case, sides, people, rounds, transactions)
                figures.append(compared(case.name, "ms", unbound, bound, case.promise))
    return Section(
        "Row security's cost",
        f"{associations * members:,} members with as many memberships in {associations:,} associations. The same statements as the "
        "application's role under row security, and as a role that it does not bind with the association in each condition. "
        f"Milliseconds of PostgreSQL's processor per statement, {STATEMENTS} statements to a transaction; announcing the "
        f"association to each transaction is part of the cost. Medians of {rounds} rounds by turns.",
        "without", "with row security", figures,
    )  # fmt: skip


def _people(installation: Installation, ids: Sequence[UUID]) -> list[tuple[UUID, UUID, str]]:
    """Somebody in each of some associations: association, id, key."""
    chance = random.Random(7)
    with installation.superuser() as connection:
        return [
            connection.execute(
                "SELECT association_id, id, name_key FROM member WHERE association_id = %s ORDER BY name_key OFFSET %s LIMIT 1",
                [association_id, chance.randrange(100)],
            ).fetchone()  # type: ignore[misc]
            for association_id in chance.sample(list(ids), min(50, len(ids)))
        ]


@contextmanager
def _sides(installation: Installation) -> Iterator[tuple[Side, Side]]:
    name, password = "bench_unbound", secrets.token_urlsafe(16)
    with installation.superuser(autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS INHERIT PASSWORD {} IN ROLE tandem_app").format(
                sql.Identifier(name), sql.Literal(password)
            )
        )
        bound = installation.server.url(roles.APP, installation.database)
        unbound = f"postgresql://{name}:{password}@127.0.0.1:{installation.server.port}/{installation.database}"
        try:
            with psycopg.connect(bound, autocommit=True) as one, psycopg.connect(unbound, autocommit=True) as other:
                yield Side(one, one.info.backend_pid, bound=True), Side(other, other.info.backend_pid, bound=False)
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _measure(
    case: Case, sides: tuple[Side, Side], people: Sequence[tuple[UUID, UUID, str]], rounds: int, transactions: int
) -> tuple[list[float], list[float]]:
    """Milliseconds per statement of each round, with row security and without."""
    asks = [_asker(case, side) for side in sides]
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        # By turns, each going first in every other round; the first round only warms up.
        for place in (0, 1) if number % 2 else (1, 0):
            before = processor_seconds(sides[place].pid)
            for turn in range(transactions):
                asks[place](people[(number * transactions + turn) % len(people)])
            if number:
                spent = processor_seconds(sides[place].pid) - before
                found[place].append(spent / transactions / STATEMENTS * 1000)
    return found


def _asker(case: Case, side: Side) -> Callable[[tuple[UUID, UUID, str]], None]:
    own = "" if side.bound else "association_id = %(a)s AND"
    own_m = "" if side.bound else "m.association_id = %(a)s AND"
    statement = case.statement.format(own=own, own_m=own_m).encode()

    def ask(person: tuple[UUID, UUID, str]) -> None:
        values = {"a": person[0], "id": person[1], "key": person[2]}
        with side.connection.transaction(), side.connection.cursor() as cursor:
            if side.bound:
                cursor.execute("SELECT set_config('app.association_id', %s, true)", [str(person[0])])
            for _ in range(STATEMENTS):
                cursor.execute(statement, values)
                if cursor.description:
                    cursor.fetchall()

    return ask
