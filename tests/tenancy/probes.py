"""Attempts in plain SQL to reach another association's rows, by everything that the application's role can say.

Each kind is a few statements with names in braces: ``{t}`` the table, ``{a}`` one's own association and ``{own}`` a row of it,
``{b}`` another one and ``{other}`` a row of that. They run one after another in a transaction with the scope of ``{a}``. What the last one
gives, and everything said on the way, is judged.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader
from sqlalchemy import Enum as EnumType
from sqlalchemy import Table, Text

from tests.tenancy.rows import MARKER, Filled, Row, association_tables, plain, references, row_of


class Guard(StrEnum):
    """What stands in the way. The control takes row security off, so it is to find what this one guards."""

    ROWS = "row security"
    KEYS = "composite keys"
    ROLES = "roles and grants"


@dataclass(slots=True)
class Heard:
    """What a probe heard: the last statement's rows, what was said on the way, the error that ended it."""

    rows: Sequence[Any] = ()
    count: int = 0
    error: str | None = None
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Aim:
    """One table, someone inside ``own`` and a row of ``other``."""

    table: Table
    own: Filled
    other: Filled
    number: int

    @property
    def row(self) -> Row:
        """The other association's row."""
        return self.other.rows[self.table.name][self.number]

    def names(self) -> Names:
        """What the statements' braces stand for."""
        return Names(self)


class Names(dict[str, str]):
    """The words in braces of one aim, each made when a statement first asks for it."""

    def __init__(self, aim: Aim) -> None:
        super().__init__()
        self._aim = aim
        refers = references(aim.table)
        self._refers = refers[aim.number % len(refers)] if refers else ("", "")

    def __missing__(self, name: str) -> str:
        made: str = getattr(self, f"_{name}")()
        self[name] = made
        return made

    def _t(self) -> str:
        return self._aim.table.name

    def _a(self) -> str:
        return str(self._aim.own.id)

    def _b(self) -> str:
        return str(self._aim.other.id)

    def _key(self) -> str:
        return ", ".join(column.name for column in self._aim.table.primary_key)

    def _own(self) -> str:
        return str(self._aim.own.rows[self["t"]][self._aim.number]["id"])

    def _other(self) -> str:
        return str(self._aim.row["id"])

    def _others(self) -> str:
        return ", ".join(f"'{row['id']}'" for row in self._aim.other.rows[self["t"]])

    def _text(self) -> str:
        return _text_column(self._aim.table)

    def _columns(self) -> str:
        return ", ".join(column.name for column in self._aim.table.columns)

    def _there(self) -> str:
        return _values(self._aim.row)

    def _more_there(self) -> str:
        return _values(row_of(self._aim.table, self._aim.other, self._aim.number, shift=True))

    def _mine_to_theirs(self) -> str:
        mine = row_of(self._aim.table, self._aim.own, self._aim.number, shift=True)
        return _values(mine | {self["reference"]: self._foreign()})

    def _reference(self) -> str:
        return self._refers[0]

    def _foreign(self) -> str:
        return str(self._aim.other.rows[self._refers[1]][self._aim.number]["id"])


def _text_column(table: Table) -> str:
    for column in table.columns:
        if isinstance(column.type, Text) and not isinstance(column.type, EnumType):
            return str(column.name)
    return "id"


def _values(row: Row) -> str:
    return ", ".join(sql.Literal(plain(value)).as_string() for value in row.values())


Finds = Callable[[Heard, Aim], bool]


def theirs(heard: Heard, aim: Aim) -> bool:
    """A row of the other association, or of any third one: its marker or its id in a row, a message or a file."""
    text = "\n".join((*heard.said, *map(str, heard.rows)))
    return str(aim.other.id) in text or bool(set(MARKER.findall(text)) - {aim.own.marker})


def some(heard: Heard, _aim: Aim) -> bool:
    """A number that is not 0, or a yes."""
    return any(value for row in heard.rows for value in row)


def touched(heard: Heard, _aim: Aim) -> bool:
    """Rows that were changed, or would have been but for a reference or a key that is taken."""
    return heard.count > 0 or heard.error in {"23503", "23505", "23514"}


def let_through(heard: Heard, _aim: Aim) -> bool:
    """Not refused for whose row it is, nor because row security is there at all."""
    return heard.error not in {"42501", "0A000"}


def done(heard: Heard, _aim: Aim) -> bool:
    """No error at all."""
    return heard.error is None


def divided(heard: Heard, _aim: Aim) -> bool:
    """The error that only a visible row makes."""
    return heard.error == "22012"


def planned(heard: Heard, _aim: Aim) -> bool:
    """Rows in the execution that the plan tells of."""
    return any(json.loads(row[0])[0]["Plan"]["Actual Rows"] > 0 for row in heard.rows)


def answered(heard: Heard, _aim: Aim) -> bool:
    """Anything but an error where nothing may be asked."""
    return heard.error is None


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to try. ``needs_reference``: only for tables that refer to others."""

    statements: tuple[str, ...]
    finds: Finds = theirs
    guard: Guard = Guard.ROWS
    needs_reference: bool = False


def _one(statement: str, finds: Finds = theirs, guard: Guard = Guard.ROWS) -> Kind:
    return Kind((statement,), finds, guard)


_SCOPE_B = "SELECT set_config('app.association_id', '{b}', true)"

KINDS: dict[str, Kind] = {
    # Reading.
    "by id": _one("SELECT * FROM {t} WHERE id = '{other}'"),
    "by key": _one("SELECT * FROM {t} WHERE association_id = '{b}' AND id = '{other}'"),
    "by a list of ids": _one("SELECT * FROM {t} WHERE id IN ({others})"),
    "all": _one("SELECT * FROM {t}"),
    "all, or true": _one("SELECT * FROM {t} WHERE association_id = '{a}' OR true"),
    "table": _one("TABLE ONLY {t}"),
    "sample": _one("SELECT * FROM {t} TABLESAMPLE SYSTEM (100)"),
    "by place": _one(
        "SELECT * FROM {t} WHERE ctid = ANY (ARRAY(SELECT format('(%s,%s)', page, item)::tid "
        "FROM generate_series(0, 9) AS page, generate_series(1, 60) AS item))"
    ),
    "whole rows": _one("SELECT t::text FROM {t} AS t"),
    "as json": _one("SELECT json_agg(to_jsonb(t)) FROM {t} AS t WHERE association_id <> '{a}'"),
    "count": _one("SELECT count(*) FROM {t} WHERE association_id = '{b}'", some),
    "aggregate": _one("SELECT association_id, count(*), max({text}::text) FROM {t} GROUP BY 1"),
    "window": _one("SELECT first_value(association_id) OVER (ORDER BY association_id = '{b}' DESC) FROM {t}"),
    "distinct": _one("SELECT DISTINCT association_id FROM {t}"),
    "exists": _one("SELECT EXISTS (SELECT FROM {t} WHERE id = '{other}')", some),
    "scalar sub-select": _one("SELECT (SELECT count(*) FROM {t} WHERE association_id = '{b}')", some),
    "sub-select in a condition": _one(
        "SELECT id FROM association WHERE id <> '{a}' AND id IN (SELECT association_id FROM {t})"
    ),
    "join from the platform": _one(
        "SELECT t.* FROM association AS p JOIN {t} AS t ON t.association_id = p.id WHERE p.id = '{b}'"
    ),
    "outer join": _one("SELECT t.* FROM (VALUES ('{other}'::uuid)) AS v(id) LEFT JOIN {t} AS t ON t.id = v.id"),
    "join with itself": _one("SELECT y.* FROM {t} AS x JOIN {t} AS y ON y.association_id <> x.association_id"),
    "lateral": _one(
        "SELECT t.* FROM association AS p, LATERAL (SELECT * FROM {t} WHERE association_id = p.id) AS t"
    ),
    "with": _one("WITH every AS MATERIALIZED (SELECT * FROM {t}) SELECT * FROM every WHERE association_id = '{b}'"),
    "union": _one("SELECT id, slug FROM association WHERE false UNION ALL SELECT id, association_id::text FROM {t}"),
    "except": _one("SELECT association_id, id FROM {t} EXCEPT SELECT association_id, id FROM {t} WHERE association_id = '{a}'"),
    "locking": _one("SELECT * FROM {t} WHERE id = '{other}' FOR NO KEY UPDATE"),
    "cursor": Kind(("DECLARE probe CURSOR FOR SELECT * FROM {t}", "FETCH ALL FROM probe")),
    "temporary table": Kind(("CREATE TEMPORARY TABLE taken ON COMMIT DROP AS SELECT * FROM {t}", "SELECT * FROM taken")),
    "temporary view": Kind(("CREATE TEMPORARY VIEW seen AS SELECT * FROM {t}", "SELECT * FROM seen")),
    "function": Kind(
        ("CREATE FUNCTION pg_temp.every() RETURNS SETOF {t} LANGUAGE sql AS 'SELECT * FROM public.{t}'",
         "SELECT * FROM pg_temp.every()")
    ),
    "function as its definer": Kind(
        (("CREATE FUNCTION pg_temp.every() RETURNS SETOF {t} LANGUAGE plpgsql SECURITY DEFINER "
         "AS 'BEGIN RETURN QUERY SELECT * FROM public.{t}; END'"), "SELECT * FROM pg_temp.every()")
    ),
    "function that peeps": Kind(
        (("CREATE FUNCTION pg_temp.peep({t}) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 "
         "AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"), "SELECT count(*) FROM {t} AS t WHERE pg_temp.peep(t)")
    ),
    "function that runs a text": _one(
        "SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', association_id::text || '' '' || t::text) FROM {t} AS t')"
    ),
    "block": _one("DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM {t} LOOP RAISE NOTICE '%', r; END LOOP; END $$"),
    "division by zero": _one("SELECT 1 FROM {t} WHERE 1 / (CASE WHEN id = '{other}' THEN 0 ELSE 1 END) = 1", divided),
    "failing cast": _one("SELECT ({text}::text || 'x')::int FROM {t} WHERE association_id <> '{a}'"),
    "copy": _one("COPY {t} TO STDOUT"),
    "copy of a query": _one("COPY (SELECT * FROM {t} WHERE association_id = '{b}') TO STDOUT"),
    "explain": _one(
        "EXPLAIN (ANALYZE, TIMING off, FORMAT json) SELECT * FROM {t} WHERE association_id = '{b}' AND id = '{other}'", planned
    ),
    "statistics": _one("SELECT * FROM pg_stats WHERE tablename = '{t}'"),
    "row security off": Kind(("SET LOCAL row_security = off", "SELECT * FROM {t}")),
    # Prepared statements and what is left from earlier transactions.
    "prepared": Kind(("PREPARE probe(uuid) AS SELECT * FROM {t} WHERE id = $1", "EXECUTE probe('{other}')")),
    "prepared and planned for the other": Kind(
        ("SET LOCAL plan_cache_mode = force_generic_plan", _SCOPE_B, "PREPARE probe AS SELECT * FROM {t}", "EXECUTE probe",
         "COMMIT", "BEGIN", "SELECT set_config('app.association_id', '{a}', true)", "EXECUTE probe")
    ),
    "after the other's commit": Kind((_SCOPE_B, "SELECT * FROM {t}", "COMMIT", "BEGIN", "SELECT * FROM {t}"), answered),
    "after the other's rollback": Kind((_SCOPE_B, "SELECT * FROM {t}", "ROLLBACK", "BEGIN", "SELECT * FROM {t}"), answered),
    "after the other's savepoint": Kind(("SAVEPOINT s", _SCOPE_B, "ROLLBACK TO SAVEPOINT s", "SELECT * FROM {t}")),
    "in the next transaction": Kind(("COMMIT", "BEGIN", "SELECT * FROM {t}"), answered),
    "with an empty scope": Kind(("SELECT set_config('app.association_id', '', true)", "SELECT * FROM {t}"), answered),
    "with a scope that is none": Kind(("SELECT set_config('app.association_id', 'x', true)", "SELECT * FROM {t}"), answered),
    "with the scope reset": Kind(("RESET app.association_id", "SELECT * FROM {t}"), answered),
    # Writing.
    "insert": _one("INSERT INTO {t} ({columns}) VALUES ({more_there}) RETURNING *", let_through),
    "insert without a scope": Kind(("COMMIT", "BEGIN", "INSERT INTO {t} ({columns}) VALUES ({more_there})"), touched),
    "insert of what is there": _one("INSERT INTO {t} ({columns}) VALUES ({there})", let_through),
    "insert or nothing": _one("INSERT INTO {t} ({columns}) VALUES ({there}) ON CONFLICT DO NOTHING", let_through),
    "insert or update": _one(
        "INSERT INTO {t} ({columns}) VALUES ({there}) ON CONFLICT ({key}) DO UPDATE SET id = excluded.id RETURNING *", let_through
    ),
    "insert of a query": _one("INSERT INTO {t} SELECT * FROM {t} WHERE association_id = '{b}'", touched),
    "update by id": _one("UPDATE {t} SET id = id WHERE id = '{other}'", touched),
    "update of all": _one("UPDATE {t} SET id = id WHERE association_id <> '{a}'", touched),
    "update from the platform": _one(
        "UPDATE {t} AS t SET id = t.id FROM association AS p WHERE p.id = t.association_id AND p.id = '{b}'", touched
    ),
    "giving away": _one("UPDATE {t} SET association_id = '{b}' WHERE id = '{own}'", let_through),
    "delete by id": _one("DELETE FROM {t} WHERE id = '{other}'", touched),
    "delete of all": _one("DELETE FROM {t} WHERE association_id <> '{a}'", touched),
    "delete and show": _one("WITH gone AS (DELETE FROM {t} WHERE id = '{other}' RETURNING *) SELECT * FROM gone"),
    "merge": _one(
        "MERGE INTO {t} AS t USING (VALUES ('{other}'::uuid)) AS v(id) ON t.id = v.id WHEN MATCHED THEN DELETE", touched
    ),
    "copy in": _one("COPY {t} ({columns}) FROM STDIN", let_through),
    # What keys refuse, with row security or without.
    "a reference into the other": Kind(
        ("INSERT INTO {t} ({columns}) VALUES ({mine_to_theirs})",), done, Guard.KEYS, needs_reference=True
    ),
    "turning a reference": Kind(
        ("UPDATE {t} SET {reference} = '{foreign}' WHERE id = '{own}'",), done, Guard.KEYS, needs_reference=True
    ),
    # What the role may not do.
    "becoming the owner": Kind(("SET LOCAL ROLE tandem_owner", "SELECT * FROM {t}"), done, Guard.ROLES),
    "switching it off": Kind(("ALTER TABLE {t} DISABLE ROW LEVEL SECURITY", "SELECT * FROM {t}"), done, Guard.ROLES),
    "a policy more": Kind(("CREATE POLICY more ON {t} USING (true)", "SELECT * FROM {t}"), done, Guard.ROLES),
    "a policy less": Kind(("DROP POLICY association ON {t}", "SELECT * FROM {t}"), done, Guard.ROLES),
    "truncate": _one("TRUNCATE {t} CASCADE", done, Guard.ROLES),
    "a trigger": _one(
        "CREATE TRIGGER more BEFORE UPDATE ON {t} EXECUTE FUNCTION suppress_redundant_updates_trigger()", done, Guard.ROLES
    ),
    "a child": _one("CREATE TABLE pg_temp.child () INHERITS ({t})", done, Guard.ROLES),
}  # fmt: skip


def aims(associations: Sequence[Filled], count: int) -> Iterator[tuple[str, Aim]]:
    """``count`` probes: every kind on every table, over and over, each time between other associations."""
    chance = random.Random(20260302)
    tables = association_tables()
    made = 0
    while made < count:
        for table in tables:
            for name, kind in KINDS.items():
                if kind.needs_reference and not references(table):
                    continue
                own, other = chance.sample(associations, 2)
                yield name, Aim(table, own, other, chance.randrange(len(own.rows[table.name])))
                made += 1


class Prober:
    """A connection that tries. It is the application's, or for the control one that row security does not bind."""

    def __init__(self, url: str) -> None:
        # Statements are prepared where a probe says so and nowhere else.
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=None)
        for kind in ("uuid", "json", "jsonb"):
            self.connection.adapters.register_loader(kind, TextLoader)
        self.connection.add_notice_handler(lambda notice: self._said.append(str(notice.message_primary)))
        self._said: list[str] = []
        self.tried: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        #: The probes that found something, as far as one cares to read.
        self.examples: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def probe(self, name: str, aim: Aim) -> Heard:
        """Try once, in a transaction that is taken back, and count it."""
        kind = KINDS[name]
        heard = self._hear([statement.format_map(aim.names()) for statement in kind.statements], aim)
        self.tried[name] += 1
        if kind.finds(heard, aim):
            self.found[name] += 1
            if len(self.examples) < 20:
                self.examples.append(f"{name} on {aim.table.name}: {heard.error or heard.rows!r:.300}")
        return heard

    def _hear(self, statements: list[str], aim: Aim) -> Heard:
        heard = Heard()
        self._said = heard.said
        with self.connection.cursor() as cursor:
            cursor.execute(f"BEGIN; SELECT set_config('app.association_id', '{aim.own.id}', true)")
            try:
                for statement in statements:
                    heard.rows, heard.count = self._run(cursor, statement, aim)
            except psycopg.Error as error:
                heard.error, heard.rows, heard.count = error.sqlstate or "?", (), 0
                heard.said += [str(error.diag.message_primary), str(error.diag.message_detail)]
            cursor.execute("ROLLBACK; DEALLOCATE ALL")
        return heard

    @staticmethod
    def _run(cursor: psycopg.Cursor[Any], statement: str, aim: Aim) -> tuple[Sequence[Any], int]:
        if statement.startswith("COPY") and statement.endswith("STDIN"):
            with cursor.copy(statement.encode()) as copy:
                copy.write_row(
                    [plain(value) for value in row_of(aim.table, aim.other, aim.number, shift=True).values()]
                )
            return (), cursor.rowcount
        if statement.startswith("COPY"):
            with cursor.copy(statement.encode()) as copy:
                return [(b"".join(copy).decode(),)], 0
        cursor.execute(statement.encode())
        return cursor.fetchall() if cursor.description else (), cursor.rowcount
