"""Writing, removing and bringing back staff's notes about a member."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.directory.notes import add_note, remove_note
from tandem.directory.views.members import person_page

blueprint = Blueprint("member_notes", __name__, template_folder="../templates", url_prefix="/staff/members")


@blueprint.post("/<uuid:member_id>/notes")
def add(member_id: UUID) -> ResponseReturnValue:
    """Add a note."""
    try:
        add_note(actor=signed_in(), member_id=member_id, body=request.form.get("note", ""))
    except InvalidError as error:
        return person_page(member_id, problems=error.problems), 422
    return redirect(url_for("members.show", member_id=member_id, _anchor="notes"), 303)


@blueprint.post("/<uuid:member_id>/notes/<uuid:note_id>")
def change(member_id: UUID, note_id: UUID) -> ResponseReturnValue:
    """Remove a note, or bring it back."""
    do = request.form.get("do", "")
    if do not in {"remove", "restore"}:
        abort(400)
    remove_note(actor=signed_in(), member_id=member_id, note_id=note_id, back=do == "restore")
    if do == "remove":
        flash(_("The note is removed. Its author and the day stay in the history."), "success")
    return redirect(
        url_for("members.show", member_id=member_id, removed=note_id if do == "remove" else None, _anchor="notes"), 303
    )
