"""Pages for two records of one person."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import NotYoursError
from tandem.directory import merging, queries
from tandem.directory.views.members import person_crumbs

#: Records that a search for the other one shows.
_FOUND = 20

blueprint = Blueprint("member_merging", __name__, template_folder="../templates", url_prefix="/staff/members")


@blueprint.get("/duplicates")
def index() -> ResponseReturnValue:
    """Records that may be of one person, and those that were made one."""
    return render_template(
        "directory/duplicates.html", twins=merging.twins(), merges=merging.merges(), shown=merging.SHOWN,
        crumbs=[(_("Members"), url_for("members.index")), (_("Duplicates"), None)],
    )  # fmt: skip


@blueprint.get("/<uuid:member_id>/merge")
def other(member_id: UUID) -> ResponseReturnValue:
    """Look for the other record of a person."""
    member = queries.member_for(actor=signed_in(), member_id=member_id)
    search = request.args.get("q", "").replace("\0", "").strip()[:100]
    return render_template(
        "directory/same_person.html", member=member, search=search, most=_FOUND,
        found=queries.others_found(actor=signed_in(), member_id=member_id, search=search, size=_FOUND),
        crumbs=person_crumbs(member, _("Same person as …")),
    )  # fmt: skip


@blueprint.get("/<uuid:member_id>/merge/<uuid:other_id>")
def show(member_id: UUID, other_id: UUID) -> ResponseReturnValue:
    """Both records side by side, and what a merge would move."""
    return _page(member_id, other_id)


@blueprint.post("/<uuid:member_id>/merge/<uuid:other_id>")
def merge(member_id: UUID, other_id: UUID) -> ResponseReturnValue:
    """Make the two records one."""
    kept = request.form.get("kept", "")
    ids = {str(member_id): other_id, str(other_id): member_id}
    _both(member_id, other_id)
    if kept not in ids:
        return _page(member_id, other_id, {"kept": _("Choose the record to keep.")}), 422
    done = merging.merge_members(actor=signed_in(), kept_id=UUID(kept), gone_id=ids[kept])
    flash(_("The two records are one. Under Members, Duplicates you can part them again."), "success")
    return redirect(url_for("members.show", member_id=done.kept_id), 303)


@blueprint.post("/merges/<uuid:merge_id>/undo")
def undo(merge_id: UUID) -> ResponseReturnValue:
    """Part two records again."""
    done = merging.undo_merge(actor=signed_in(), merge_id=merge_id)
    flash(_("They are two records again."), "success")
    return redirect(url_for("members.show", member_id=done.gone_id), 303)


def _both(member_id: UUID, other_id: UUID) -> None:
    if member_id == other_id:
        raise NotYoursError
    for identifier in (member_id, other_id):
        queries.member_for(actor=signed_in(), member_id=identifier)


def _page(member_id: UUID, other_id: UUID, problems: dict[str, str] | None = None) -> str:
    problems = problems or {}
    _both(member_id, other_id)
    records = [queries.member_record(actor=signed_in(), member_id=each) for each in (member_id, other_id)]
    first = records[0].member
    return render_template(
        "directory/merge.html", records=records, held=merging.held_by([member_id, other_id]), problems=problems,
        both=merging.in_both(member_id, other_id), title_of=queries.title_of,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
        crumbs=[
            (_("Members"), url_for("members.index")), (_("Duplicates"), url_for(".index")), (first.name, None),
        ],
    )  # fmt: skip
