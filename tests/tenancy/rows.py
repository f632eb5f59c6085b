"""Rows for every table of the database, made from the models: whatever table is added has data that could leak."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Integer, Interval, LargeBinary, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from tandem.ids import uuid7
from tandem.models import Base
from tandem.tenancy.base import tenant_tables

#: Platform tables whose rows belong to an association too.
SHARED = ("job", "schedule")

#: What a marker looks like.
MARKER = re.compile("canary[0-9a-f]{8}")

#: References of which a check allows one alone; the other has a value.
_EMPTY = {("mail_choice", "account_id")}

_DAY = date(2026, 3, 2)
_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

Row = dict[str, Any]


@dataclass(slots=True)
class Filled:
    """An association with rows in every table. ``marker`` stands in every text, document and file of it and nowhere else."""

    id: UUID
    slug: str
    marker: str
    rows: dict[str, list[Row]] = field(default_factory=dict)


def association_tables() -> list[Table]:
    """Every table with an association's rows, those that others refer to first."""
    names = {*tenant_tables(), *SHARED}
    return [table for table in Base.metadata.sorted_tables if table.name in names]


def fill(connection: psycopg.Connection[Any], *, associations: int, rows: int) -> list[Filled]:
    """Make ``associations`` with ``rows`` rows in every table, as a superuser. Row n refers to rows n, so that keys differ."""
    filled = []
    for _ in range(associations):
        token = secrets.token_hex(4)
        filled.append(Filled(uuid7(), f"filled-{token}", f"canary{token}"))
    with connection.cursor() as cursor:
        for one in filled:
            cursor.execute(
                "INSERT INTO association (id, slug, name, language, time_zone, state, clock_offset, created_at) "
                "VALUES (%s, %s, %s, 'en', 'UTC', 'active', interval '0', %s)",
                [one.id, one.slug, one.slug, _MOMENT],
            )
        for table in association_tables():
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
            )
            with cursor.copy(statement) as copy:
                for one in filled:
                    one.rows[table.name] = [row_of(table, one, number) for number in range(rows)]
                    for row in one.rows[table.name]:
                        copy.write_row([plain(value) for value in row.values()])
    connection.commit()
    return filled


def row_of(table: Table, association: Filled, number: int, *, shift: bool = False) -> Row:
    """A row that refers to the rows ``number`` of the tables before it.

    With ``shift`` each of its references leads to another number, so that it is a row more and not one that is there already.
    """
    row: Row = {}
    for place, column in enumerate(table.columns):
        target = _target(column)
        if column.name == "association_id":
            row[column.name] = association.id
        elif target is None:
            row[column.name] = _value(column, association, number, fresh=shift)
        elif target == table.name or (table.name, column.name) in _EMPTY:
            row[column.name] = None
        else:
            others = association.rows[target]
            row[column.name] = others[(number + place * shift) % len(others)]["id"]
    return row


def references(table: Table) -> list[tuple[str, str]]:
    """The columns of ``table`` that refer to another row of the association, with the table it is in."""
    found = ((column.name, _target(column)) for column in table.columns if column.name != "association_id")
    return [(name, target) for name, target in found if target is not None and (table.name, name) not in _EMPTY]


def plain(value: Any) -> Any:
    """``value`` as psycopg sends it."""
    return Jsonb(value) if isinstance(value, dict | list) else value


def _target(column: Column[Any]) -> str | None:
    for key in column.foreign_keys:
        if key.column.table.name != "association":
            return key.column.table.name
    return None


def _value(column: Column[Any], association: Filled, number: int, *, fresh: bool) -> Any:
    word = f"{association.marker} {column.name} {secrets.token_hex(4) if fresh else number}"
    # An enumeration is a text as well, so it comes first.
    makers: dict[tuple[type, ...], Callable[[Any], Any]] = {
        (Enum,): lambda kind: kind.enums[0],
        (Uuid,): lambda _kind: uuid7(),
        (Boolean,): lambda _kind: False,
        (Integer, Numeric): lambda _kind: number % 40 + (2 if fresh else 1),
        (Date,): lambda _kind: _DAY,
        (DateTime,): lambda _kind: _MOMENT,
        (Interval,): lambda _kind: timedelta(0),
        (JSONB,): lambda _kind: {"word": word},
        (LargeBinary,): lambda _kind: word.encode(),
        (Text,): lambda _kind: word,
    }
    for kinds, make in makers.items():
        if isinstance(column.type, kinds):
            return make(column.type)
    raise TypeError(f"{column} is of a kind that no value is known for: {column.type!r}")
