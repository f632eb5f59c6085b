"""Putting an association back to how it stood: what took a second to set up serves every test of a module, changed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from tests.loop.stage import Stage
from tests.servers import Database

PutBack = Callable[[], None]

_TABLES = """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'association_id' ORDER BY 1"""


@pytest.fixture(scope="session")
def keep(database: Database) -> Iterator[Callable[[Stage], PutBack]]:
    """``put_back = keep(stage)``: from then on ``put_back()`` makes every row of the stage's association what it was.

    Files and what the process remembers stay as they are. Give such a stage out through a fixture that puts it back at its end.
    """
    # The superuser is not held by row security, and as a replica sets off no triggers and checks no references.
    with psycopg.connect(
        database.superuser_url, options="-c session_replication_role=replica -c lock_timeout=10s"
    ) as held:
        tables = [(name, sql.Identifier("association_id")) for (name,) in held.execute(_TABLES)]
        tables.append(("association", sql.Identifier("id")))
        held.commit()

        def keep(stage: Stage) -> PutBack:
            ours = sql.Literal(stage.scope.association_id)
            rows: dict[str, bytes] = {}
            for name, key in tables:
                query = sql.SQL("COPY (SELECT * FROM {} WHERE {} = {}) TO STDOUT").format(
                    sql.Identifier(name), key, ours
                )
                with held.cursor().copy(query) as out:
                    rows[name] = b"".join(bytes(piece) for piece in out)
            held.commit()
            emptying = sql.SQL(";").join(
                sql.SQL("DELETE FROM {} WHERE {} = {}").format(sql.Identifier(name), key, ours) for name, key in tables
            )

            def put_back() -> None:
                held.execute(emptying)
                for name, kept in rows.items():
                    if kept:
                        with held.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as into:
                            into.write(kept)
                held.commit()

            return put_back

        yield keep
