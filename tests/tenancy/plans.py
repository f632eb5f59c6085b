"""What PostgreSQL does for a statement: the plan it carried out, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text

from tandem.extensions import db
from tests.tenancy.rows import association_tables

#: From this many rows on, over all associations, a table may only be entered by an index.
BIG = 1_000

_BY_INDEX = {"Index Scan", "Index Only Scan", "Bitmap Index Scan"}


@dataclass(frozen=True, slots=True)
class Scan:
    """One place in a plan that reads a table or an index. ``touched`` counts rows of one go, also those that were then put aside."""

    kind: str
    table: str
    condition: str
    touched: float
    loops: int


def statements_of(ask: Callable[[], Any]) -> list[tuple[str, Any]]:
    """Carry out ``ask`` and return its statements with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "set_config" not in statement:
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return seen


def scans_of(ask: Callable[[], Any]) -> list[Scan]:
    """The scans of every statement of ``ask``, as they are carried out in the open association by the session's role."""
    owners = {
        row.index: row.table
        for row in db.session.execute(
            text("SELECT indexrelid::regclass::text AS index, indrelid::regclass::text AS table FROM pg_index")
        )
    }
    scans: list[Scan] = []
    for statement, parameters in statements_of(ask):
        cursor = db.session.connection().connection.cursor()
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {statement}", parameters)
        row = cursor.fetchone()
        assert row is not None
        scans += [_scan(node, owners) for node in _nodes(row[0][0]["Plan"]) if _reads(node)]
    return scans


def faults(scans: list[Scan], sizes: Mapping[str, int], own: Mapping[str, int]) -> list[str]:
    """What is wrong: big tables read without an index, indexes not entered by the association, others' rows read.

    ``sizes`` are the rows of each table over all associations, ``own`` those of the open one.
    """
    tables = {table.name for table in association_tables()}
    found = []
    for scan in scans:
        if scan.table not in tables:
            continue
        if scan.kind in _BY_INDEX and "association_id =" not in scan.condition:
            found.append(f"{scan.kind} of {scan.table} not by the association: {scan.condition or 'no condition'}")
        if scan.kind == "Seq Scan" and sizes[scan.table] >= BIG:
            found.append(f"{scan.table} is read from end to end")
        if scan.kind in _BY_INDEX and scan.touched > own[scan.table]:
            found.append(f"{scan.touched:.0f} rows of {scan.table} are read, of which {own[scan.table]} are one's own")
    return found


def touched(scans: list[Scan]) -> Counter[str]:
    """Rows read of each table, in the statement's scan that reads most."""
    most: Counter[str] = Counter()
    for scan in scans:
        most[scan.table] = max(most[scan.table], round(scan.touched * scan.loops))
    return most


def _reads(node: Mapping[str, Any]) -> bool:
    return "Relation Name" in node or "Index Name" in node


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _scan(node: Mapping[str, Any], owners: Mapping[str, str]) -> Scan:
    table = node.get("Relation Name") or owners[node["Index Name"]]
    aside = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return Scan(node["Node Type"], table, node.get("Index Cond", ""), node["Actual Rows"] + aside, node["Actual Loops"])
