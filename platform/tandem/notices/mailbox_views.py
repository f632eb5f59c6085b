"""The page of the development mailbox, on the bare host; in production and in tests it is not there."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.notices.mail_page import html_page
from tandem.notices.mailbox import SHOWN, find_mail, list_mails
from tandem.settings import Settings

blueprint = Blueprint("mailbox", __name__, template_folder="templates", url_prefix="/mailbox")


#: The last page that can be asked for; no mailbox has as many.
LAST_PAGE = 100_000


def _folder() -> Path | None:
    settings: Settings = current_app.extensions["tandem.settings"]
    if not settings.is_development:
        abort(404)
    return settings.mailbox_dir


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All mails, newest first."""
    search = request.args.get("q", "").strip()[:100]
    page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    mails, total = list_mails(_folder(), search=search, page=page)
    return render_template("mailbox/index.html", mails=mails, total=total, page=page, each=SHOWN, search=search)


@blueprint.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """One mail's text."""
    return render_template("mailbox/show.html", mail=find_mail(_folder(), name))


@blueprint.get("/<name>/mail")
def mail(name: str) -> Response:
    """One mail as a mail program shows it."""
    found = find_mail(_folder(), name)
    if not found.html:
        abort(404)
    return html_page(found.html)


@blueprint.get("/<name>/files/<int:number>")
def file(name: str, number: int) -> Response:
    """A file that came with it."""
    files = find_mail(_folder(), name).files
    if not 1 <= number <= len(files):
        abort(404)
    return send_file(
        BytesIO(files[number - 1].content), "application/octet-stream", as_attachment=True,
        download_name=files[number - 1].name or _("file"),
    )  # fmt: skip
