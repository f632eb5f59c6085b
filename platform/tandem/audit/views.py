"""The audit trail's page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.audit import queries
from tandem.audit.models import AuditEntry
from tandem.audit.services import PRIVATE
from tandem.audit.words import action_words, field_words, kind_words, object_url, value_words, visibility_words
from tandem.clocks import program_today

blueprint = Blueprint("audit", __name__, template_folder="templates")

#: Rows of one export, newest first.
EXPORT = 20_000


@blueprint.get("/staff/audit")
def index() -> ResponseReturnValue:
    """Who changed what and when."""
    actor = signed_in()
    filters = _filters()
    kinds, actions = queries.kinds_and_actions(actor=actor)
    page = queries.audit_page(
        actor=actor, search=filters["q"], object_kind=filters["object"], action=filters["action"],
        after=request.args.get("after"),
    )  # fmt: skip
    return render_template(
        "audit/index.html", page=page, filters=filters, kinds=kinds, actions=actions, private=PRIVATE,
        action_words=action_words, kind_words=kind_words, visibility_words=visibility_words, object_url=object_url,
        field_words=field_words, value_words=value_words,
    )  # fmt: skip


@blueprint.get("/staff/audit.csv")
def export() -> Response:
    """The same list as a table for a spreadsheet."""
    filters = _filters()
    page = queries.audit_page(
        actor=signed_in(), search=filters["q"], object_kind=filters["object"], action=filters["action"], size=EXPORT
    )
    response = Response("".join(_lines(page.rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{program_today().isoformat()}.csv"'
    return response


def _filters() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:100] for name in ("q", "object", "action")}


def _lines(rows: Iterable[AuditEntry]) -> Iterator[str]:
    yield _line([
        _("When"), _("Who"), _("What"), _("About"), _("Its id"), _("Who may read it"), _("Field"), _("Before"), _("After"),
        _("Reason"),
    ])  # fmt: skip
    for row in rows:
        head = [
            row.happened_at.isoformat(), row.actor_name or _("by itself"), action_words(row.action),
            kind_words(row.object_kind), str(row.object_id), visibility_words(row),
        ]  # fmt: skip
        for field, pair in row.changes.items() or [("", ["", ""])]:
            before, after = (PRIVATE, PRIVATE) if pair == PRIVATE else pair
            yield _line([*head, field_words(field), value_words(field, before), value_words(field, after), row.reason])


def _line(cells: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(cell: object) -> str:
    # A spreadsheet takes a cell that begins so for a formula.
    said = "" if cell is None else str(cell)
    return f"'{said}" if said.startswith(("=", "+", "-", "@", "\t", "\r")) else said
