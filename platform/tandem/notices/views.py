"""Pages of notices: one's own, and all of them for staff."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import ConflictError, NotYoursError
from tandem.notices import person as person  # noqa: PLC0414 - importing it adds its section to people's pages
from tandem.notices import queries
from tandem.notices.enclosures import Enclosure, enclosures_of
from tandem.notices.mail_page import html_page
from tandem.notices.models import DeliveryState, Notice
from tandem.notices.services import mark_read, send_again
from tandem.notices.templates_registry import TEMPLATES
from tandem.notices.words import STATE_BADGES, STATE_WORDS, detail_words, own_words

blueprint = Blueprint("notices", __name__, template_folder="templates")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "delivery_words": STATE_WORDS, "delivery_badges": STATE_BADGES, "delivery_detail": detail_words,
        "own_delivery": own_words, "delivery_state_words": {state.value: words for state, words in STATE_WORDS.items()},
    }  # fmt: skip


@blueprint.get("/notices")
def index() -> ResponseReturnValue:
    """Everything that was written to me."""
    page = queries.own_notices(actor=signed_in(), after=request.args.get("after"))
    return render_template("notices/index.html", page=page)


@blueprint.get("/notices/<uuid:notice_id>")
def show(notice_id: UUID) -> ResponseReturnValue:
    """One notice as it was sent."""
    notice = queries.own_notice(actor=signed_in(), notice_id=notice_id)
    mark_read(notice=notice)
    return render_template(
        "notices/show.html", notice=notice, delivery=next(iter(queries.deliveries_of(notice_id)), None),
        files=_files(notice),
    )  # fmt: skip


@blueprint.get("/notices/<uuid:notice_id>/files/<int:number>")
def file(notice_id: UUID, number: int) -> Response:
    """A file that goes with my notice, as things stand now."""
    notice = queries.own_notice(actor=signed_in(), notice_id=notice_id)
    with force_locale(notice.language):
        files = _files(notice)
    if not 1 <= number <= len(files):
        raise NotYoursError
    found = files[number - 1]
    return Response(
        found.content,
        content_type=f"text/{found.subtype}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
    )


@blueprint.get("/notices/<uuid:notice_id>/mail")
def mail(notice_id: UUID) -> Response:
    """My notice as a mail program shows it."""
    return html_page(queries.own_notice(actor=signed_in(), notice_id=notice_id).html_body)


@blueprint.get("/staff/notices")
def staff_index() -> ResponseReturnValue:
    """Every notice, with what became of it."""
    actor = signed_in()
    filters = {name: request.args.get(name, "").strip()[:100] for name in ("q", "state", "template")}
    page = queries.staff_notices(
        actor=actor, search=filters["q"], state=filters["state"], template=filters["template"],
        after=request.args.get("after"),
    )  # fmt: skip
    return render_template(
        "notices/staff_index.html", page=page, filters=filters, templates=TEMPLATES, states=DeliveryState,
        counts=queries.delivery_counts(actor=actor),
    )  # fmt: skip


@blueprint.get("/staff/notices/<uuid:notice_id>")
def staff_show(notice_id: UUID) -> ResponseReturnValue:
    """One notice, word for word, and every attempt to deliver it."""
    notice = queries.staff_notice(actor=signed_in(), notice_id=notice_id)
    return render_template(
        "notices/staff_show.html", notice=notice, deliveries=queries.deliveries_of(notice_id),
        template=TEMPLATES.get(notice.template), files=_files(notice), may_correct=signed_in().may("members.write"),
    )  # fmt: skip


@blueprint.get("/staff/notices/<uuid:notice_id>/mail")
def staff_mail(notice_id: UUID) -> Response:
    """Somebody's notice as a mail program shows it."""
    return html_page(queries.staff_notice(actor=signed_in(), notice_id=notice_id).html_body)


@blueprint.post("/staff/notices/deliveries/<uuid:delivery_id>/again")
def again(delivery_id: UUID) -> ResponseReturnValue:
    """Send a doubtful or failed notice once more."""
    try:
        delivery = send_again(actor=signed_in(), delivery_id=delivery_id)
    except ConflictError as error:
        raise ConflictError(_again_refused(str(error))) from error
    flash(_("The notice is sent again."), "success")
    return redirect(url_for("notices.staff_show", notice_id=delivery.notice_id), 303)


def _files(notice: Notice) -> Sequence[Enclosure]:
    return enclosures_of(notice.template, notice.reason, notice.member_id)


def _again_refused(why: str) -> str:
    if why == "secret":
        return _(
            "A sign-in link is not kept, so it cannot be sent again. The person can ask for a new one on the sign-in page."
        )
    if why == DeliveryState.SENT.value:
        return _("This notice has been delivered meanwhile. Reload its page to see when.")
    return _("This notice is on its way already. Reload its page to see where it stands.")
