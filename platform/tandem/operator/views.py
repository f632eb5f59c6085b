"""Pages of the console."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from tandem.access.errors import InvalidError
from tandem.identity.moments import said_moment
from tandem.jobs.registry import job_kinds
from tandem.operator.queries import PAGE, AssociationLine, association_line, association_lines, kinds_of, mail_holds
from tandem.operator.requests import give_session, signed_in_operator, take_session
from tandem.operator.services import hold_mail as hold_mail_service
from tandem.operator.services import release_mail as release_mail_service
from tandem.operator.services import set_state
from tandem.operator.services import sign_in as sign_in_service
from tandem.operator.services import sign_out as sign_out_service
from tandem.settings import Settings
from tandem.tenancy.models import AssociationState
from tandem.web.redirects import safe_target

blueprint = Blueprint("operator", __name__, url_prefix="/operator", template_folder="templates")

REASON_LENGTH = 500
#: It stands above every page of the staff, so it is short.
HOLD_LENGTH = 300


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask for address and password."""
    if g.get("operator") is not None:
        return redirect(_next(), 303)
    return render_template("operator/sign_in.html", email="", next=_next())


@blueprint.post("/sign-in")
def ask() -> ResponseReturnValue:
    """Sign in. A wrong address and a wrong password are answered alike."""
    email = request.form.get("email", "")
    try:
        secret = sign_in_service(address=email, password=request.form.get("password", ""), network=request.remote_addr)
    except InvalidError as error:
        secret, problems = None, error.problems
    else:
        problems = {"password": _("Address and password don’t belong together.")}
    if secret is None:
        return render_template(
            "operator/sign_in.html", email=email[:300], next=_next(), problems=problems,
            errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
        ), 422  # fmt: skip
    if g.get("operator") is not None:
        sign_out_service(session_id=signed_in_operator().session_id)
    response: Response = redirect(_next(), 303)  # type: ignore[assignment]
    give_session(response, secret)
    return response


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session, if it has one."""
    if g.get("operator") is not None:
        sign_out_service(session_id=signed_in_operator().session_id)
    response: Response = redirect(url_for("operator.sign_in"), 303)  # type: ignore[assignment]
    take_session(response)
    return response


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """List associations: which answer, and how their work is doing."""
    search = request.args.get("q", "").strip()[:100]
    state = request.args.get("state", "")
    state = state if state in set(AssociationState) else ""
    page = _page_number()
    lines, count = association_lines(search=search, state=state, page=page)
    last = max(1, -(-count // PAGE))
    return render_template(
        "operator/index.html",
        lines=lines,
        count=count,
        first=(page - 1) * PAGE + 1,
        search=search,
        state=state,
        states=[
            {"value": AssociationState.ACTIVE.value, "label": pgettext("host", "Answers")},
            {"value": AssociationState.SUSPENDED.value, "label": _("Suspended")},
        ],
        previous_url=_page_url(search, state, page - 1) if page > 1 else None,
        next_url=_page_url(search, state, page + 1) if page < last else None,
        say=said_moment,
        crumbs=[(_("Associations"), None)],
    )


@blueprint.get("/associations/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show one association: its host, its jobs by kind and state, and the switch, which asks for a reason."""
    return _page(_line(slug), {})


@blueprint.post("/associations/<slug>/suspend")
def suspend(slug: str) -> ResponseReturnValue:
    """Have its host rest."""
    return _set(slug, suspended=True)


@blueprint.post("/associations/<slug>/answer-again")
def answer_again(slug: str) -> ResponseReturnValue:
    """Let its host answer again."""
    return _set(slug, suspended=False)


@blueprint.get("/mail")
def mail() -> ResponseReturnValue:
    """Whose mail is held by the operator, and the switches for all associations."""
    return _mail_page({})


@blueprint.post("/mail/hold")
def hold_mail() -> ResponseReturnValue:
    """Hold the mail of every association."""
    _held, free = mail_holds()
    reason, problems = _reason(_("Say why. The staff of every association read it on every page."), most=HOLD_LENGTH)
    if problems:
        return _mail_page(problems), 422
    count = hold_mail_service(operator=signed_in_operator(), association_ids=free, reason=reason)
    flash(
        ngettext("Mail of %(num)d association is held now.", "Mail of %(num)d associations is held now.", count),
        "success",
    )
    return redirect(url_for("operator.mail"), 303)


@blueprint.post("/mail/release")
def release_mail() -> ResponseReturnValue:
    """Let the mail of every association go."""
    held, _free = mail_holds()
    missing = _("Say why. The associations read it in their audit trails.")
    reason, problems = _reason(missing, "release_reason", HOLD_LENGTH)
    if problems:
        return _mail_page(problems), 422
    waited = release_mail_service(operator=signed_in_operator(), association_ids=held, reason=reason)
    flash(_released(waited), "success")
    return redirect(url_for("operator.mail"), 303)


@blueprint.post("/associations/<slug>/hold-mail")
def hold_mail_of(slug: str) -> ResponseReturnValue:
    """Hold the mail of one association."""
    line = _line(slug)
    reason, problems = _reason(_("Say why. The association’s staff read it on every page."), "mail_reason", HOLD_LENGTH)
    if problems:
        return _page(line, problems), 422
    hold_mail_service(operator=signed_in_operator(), association_ids=[line.id], reason=reason)
    flash(_("Mail of %(name)s is held. Its staff read why.", name=line.name), "success")
    return redirect(url_for("operator.show", slug=line.slug), 303)


@blueprint.post("/associations/<slug>/release-mail")
def release_mail_of(slug: str) -> ResponseReturnValue:
    """Let the mail of one association go."""
    line = _line(slug)
    reason, problems = _reason(_("Say why. The association reads it in its audit trail."), "mail_reason", HOLD_LENGTH)
    if problems:
        return _page(line, problems), 422
    waited = release_mail_service(operator=signed_in_operator(), association_ids=[line.id], reason=reason)
    flash(_released(waited), "success")
    return redirect(url_for("operator.show", slug=line.slug), 303)


def _mail_page(problems: dict[str, str]) -> str:
    held, free = mail_holds()
    return render_template(
        "operator/mail.html", held=len(held), free=len(free), reason=request.form.get("reason", ""), problems=problems,
        release_reason=request.form.get("release_reason", ""), reason_length=HOLD_LENGTH,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
        crumbs=[(_("Mail"), None)],
    )  # fmt: skip


def _reason(missing: str, field: str = "reason", most: int = REASON_LENGTH) -> tuple[str, dict[str, str]]:
    reason = " ".join(request.form.get(field, "").split())
    if not reason:
        return reason, {field: missing}
    if len(reason) > most:
        return reason, {field: _("Use at most %(most)s characters.", most=most)}
    return reason, {}


def _released(waited: int) -> str:
    if not waited:
        return _("Mail goes again. None was waiting.")
    return ngettext(
        "Mail goes again. %(num)d mail waited; it goes unless it is not needed any more, or the association’s own staff hold it.",
        "Mail goes again. %(num)d mails waited; they go unless they are not needed any more, or the association’s own staff hold them.",
        waited,
    )


def _set(slug: str, *, suspended: bool) -> ResponseReturnValue:
    line = _line(slug)
    reason, problems = _reason(_("Say why. The association reads it in its audit trail."))
    if suspended and request.form.get("slug", "").strip() != line.slug:
        problems["slug"] = _("Type the short name “%(slug)s” to confirm.", slug=line.slug)
    if problems:
        return _page(line, problems), 422
    if line.suspended != suspended:
        set_state(operator=signed_in_operator(), association_id=line.id, suspended=suspended, reason=reason)
    flash(
        _("%(name)s is suspended: its host shows a page that says so.", name=line.name)
        if suspended
        else _("%(name)s answers again.", name=line.name),
        "success",
    )
    return redirect(url_for("operator.show", slug=line.slug), 303)


def _page(line: AssociationLine, problems: dict[str, str]) -> str:
    settings: Settings = current_app.extensions["tandem.settings"]
    return render_template(
        "operator/show.html",
        line=line,
        url=settings.url_for_host(line.hostname) if line.hostname else None,
        kinds=kinds_of(line.id),
        kind_titles={name: kind.title for name, kind in job_kinds().items()},
        state_words=_state_words(),
        reason=request.form.get("reason", ""),
        slug=request.form.get("slug", ""),
        reason_length=REASON_LENGTH,
        mail_reason=request.form.get("mail_reason", ""),
        hold_length=HOLD_LENGTH,
        say=said_moment,
        problems=problems,
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
        crumbs=[(_("Associations"), url_for("operator.index")), (line.name, None)],
    )


def _line(slug: str) -> AssociationLine:
    line = association_line(slug)
    if line is None:
        abort(404)
    return line


def _state_words() -> dict[str, str]:
    return {
        "queued": _("Waiting"),
        "running": _("Running"),
        "done": _("Done"),
        "dead": _("Gave up"),
        "cancelled": _("Canceled"),
    }


def _next() -> str:
    target = safe_target(request.form.get("next", request.args.get("next")), "/operator/")
    return target if len(target) <= REASON_LENGTH else "/operator/"


def _page_number() -> int:
    value = request.args.get("page", "1")
    return min(max(int(value), 1), 100_000) if value.isascii() and value.isdigit() and len(value) < 7 else 1


def _page_url(search: str, state: str, page: int) -> str:
    return url_for("operator.index", q=search or None, state=state or None, page=page if page > 1 else None)
