"""Staff's pages about mail as such: holding it, and addresses that refuse it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tandem.access.current import signed_in
from tandem.access.errors import ConflictError, InvalidError
from tandem.notices.holding import HOLD, held_kinds, hold_mail, holds, open_hold, release_mail
from tandem.notices.marking import clear_mark, marks_page
from tandem.notices.templates_registry import TEMPLATES

blueprint = Blueprint("staff_mail", __name__, template_folder="templates", url_prefix="/staff/notices/mail")


@blueprint.app_template_global()
def mail_sections(current: str) -> list[dict[str, object]]:
    """The pages about mail that are open to whoever is signed in, for the row of links above them."""
    actor = signed_in()
    offered = [
        ("notices.read", "notices", _("What was written"), "notices.staff_index"),
        ("letters.write", "groups", _("Letters to groups"), "group_letters.index"),
        ("notices.read", "templates", _("Every letter there is"), "letter_templates.index"),
        ("notices.read", "addresses", _("Addresses"), "staff_mail.addresses"),
        ("notices.read", "hold", _("Hold all mail"), "staff_mail.index"),
    ]
    return [
        {"label": label, "url": url_for(endpoint), "current": name == current}
        for permission, name, label, endpoint in offered
        if actor.may(permission)
    ]


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Whether mail goes; what waits; what was held before."""
    return _page({})


def _page(problems: dict[str, str]) -> str:
    lines = holds()
    on = [line for line in lines if line.hold.released_at is None]
    return render_template(
        "notices/hold.html", on=on, own=any(not line.hold.by_operator for line in on),
        past=[line for line in lines if line not in on],
        kinds={line.hold.id: held_kinds(line.hold) for line in on}, templates=TEMPLATES, problems=problems, typed=request.form,
        may_hold=signed_in().may_everywhere(HOLD),
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip


@blueprint.post("/hold")
def hold() -> ResponseReturnValue:
    """Hold all mail."""
    try:
        hold_mail(actor=signed_in(), reason=request.form.get("reason", ""))
    except InvalidError as error:
        return _page(error.problems), 422
    flash(_("All mail is held. Sign-in mail still goes."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<uuid:hold_id>/release")
def release(hold_id: UUID) -> ResponseReturnValue:
    """Let mail go again."""
    dropping = request.form.get("do") == "drop"
    count = release_mail(actor=signed_in(), hold_id=hold_id, dropping=dropping)
    if open_hold() is not None:
        said = _("Your hold is off. The platform’s operator still holds mail, so nothing goes yet.")
    elif not count:
        said = _("Mail goes again. None was waiting.")
    elif dropping:
        said = ngettext(
            "Mail goes again. %(num)d mail that waited is not sent.",
            "Mail goes again. %(num)d mails that waited are not sent.",
            count,
        )
    else:
        said = ngettext(
            "Mail goes again. %(num)d mail that waited is on its way; a reminder of what is done is left out.",
            "Mail goes again. %(num)d mails that waited are on their way; reminders of what is done are left out.",
            count,
        )
    flash(said, "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/addresses")
def addresses() -> ResponseReturnValue:
    """Addresses that a mail server refused."""
    page = marks_page(actor=signed_in(), after=request.args.get("after"))
    return render_template("notices/addresses.html", page=page)


@blueprint.post("/addresses/<uuid:mark_id>/clear")
def clear(mark_id: UUID) -> ResponseReturnValue:
    """Take the mark off an address and send what waits for it."""
    try:
        mark, count = clear_mark(actor=signed_in(), mark_id=mark_id)
    except ConflictError as error:
        raise ConflictError(_("The mark is off already. Reload the list to see where it stands.")) from error
    flash(
        ngettext(
            "The mark on %(address)s is off; %(num)d mail is sent again.",
            "The mark on %(address)s is off; %(num)d mails are sent again.",
            count,
            address=mark.address_key,
        ),
        "success",
    )
    return redirect(url_for(".addresses"), 303)
