"""Staff's lists as files to download, as CSV or for Excel. Each download is written to the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response, request

from tandem.access.actor import Actor
from tandem.audit.services import record
from tandem.clocks import program_today
from tandem.directory.spreadsheets import csv_bytes, xlsx_bytes
from tandem.tenancy.scope import current_association_id

#: The most rows that one file holds; more than any list of an association has.
MOST_ROWS = 100_000

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def list_file(*, actor: Actor, name: str, rows: Iterable[Sequence[object]]) -> Response:
    """A list as the file that the address asks for (``as=xlsx``, else CSV). ``rows`` begin with the head; audited with their number."""
    cells = list(rows)
    record(
        actor=actor, action="list.exported", object_kind="association", object_id=current_association_id(),
        changes={"name": [None, name], "rows": [None, len(cells) - 1]},
    )  # fmt: skip
    kind = "xlsx" if request.args.get("as") == "xlsx" else "csv"
    return file_response(cells, f"{name}-{program_today().isoformat()}", kind)


def file_response(rows: Sequence[Sequence[object]], stem: str, kind: str) -> Response:
    """Rows as a file of ``kind``, ``csv`` or ``xlsx``."""
    response = Response(
        xlsx_bytes(rows) if kind == "xlsx" else csv_bytes(rows), mimetype=_XLSX if kind == "xlsx" else "text/csv"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.{kind}"'
    return response
