"""Files of applications: adding evidence to a requirement, and opening what was added."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError
from tandem.applications.files import file_of, mime_type
from tandem.applications.models import ApplicationFile
from tandem.applications.queries import own_application, packet
from tandem.applications.services import EDITABLE, add_evidence
from tandem.applications.views.filling import check_page, file_changed, files_sent, own_place
from tandem.applications.views.member import sent_already
from tandem.edge.requests import keep_changes

blueprint = Blueprint("application_files", __name__, template_folder="../templates")


@blueprint.get("/applications/<uuid:application_id>/files/<uuid:file_id>")
def own(application_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """One of the applicant's own files."""
    application = own_application(actor=signed_in(), application_id=application_id)
    return _download(file_of(application, file_id))


@blueprint.get("/staff/applications/<uuid:application_id>/files/<uuid:file_id>")
def staff(application_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A file for those who may read the application."""
    found = packet(actor=signed_in(), application_id=application_id)
    return _download(file_of(found.application, file_id))


@blueprint.post("/applications/<uuid:application_id>/evidence/<rule_id>")
def evidence(application_id: UUID, rule_id: str) -> ResponseReturnValue:
    """Add files that show a requirement to be met, take one away, or put it back."""
    actor = signed_in()
    application = own_application(actor=actor, application_id=application_id)
    if application.status not in EDITABLE:
        return sent_already(application)
    try:
        if not file_changed(actor, application):
            add_evidence(actor=actor, application=application, rule_id=rule_id, sent=files_sent().get("file", []))
    except InvalidError as error:
        keep_changes()  # What could be kept is kept.
        said = {rule_id: " ".join(error.problems.values())}
        return check_page(own_place(application), application, [], "", evidence_problems=said), 422
    return redirect(url_for("applications.check", application_id=application.id, _anchor=f"verdict-{rule_id}"), 303)


def _download(found: ApplicationFile) -> Response:
    """A file to keep, never one to be shown inside a page."""
    response = Response(found.content, mimetype=mime_type(found.kind))
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
