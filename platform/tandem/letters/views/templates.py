"""Every letter that the program sends, and each as a real person would get it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import NotYoursError
from tandem.access.programs import programs_for
from tandem.directory.models import Member, MemberState
from tandem.directory.queries import members_found
from tandem.letters.samples import READ, Sample, sample_for, sample_letter, send_sample
from tandem.letters.services import TEMPLATE
from tandem.letters.showing import member_to_show
from tandem.notices.mail_page import frames_mail, html_page
from tandem.notices.rendering import Rendered
from tandem.notices.telling import said_of_letters
from tandem.notices.templates_registry import TEMPLATES, TOPICS, NoticeTemplate
from tandem.notices.wording import shared_wordings, wording_of
from tandem.web.context import current_association
from tandem.web.languages import language_names

blueprint = Blueprint("letter_templates", __name__, template_folder="../templates", url_prefix="/staff/notices/every")

#: People whom a search offers.
_FOUND = 8


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every letter by topic: when it is sent, to whom, and whether one can do without it."""
    kinds = [kind for kind in TEMPLATES.values() if kind.id != TEMPLATE]
    return render_template(
        "letters/every.html",
        topics=[(topic, words, [kind for kind in kinds if kind.topic is topic]) for topic, words in TOPICS.items()],
        own=shared_wordings(),
        member=request.args.get("member", type=UUID),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shown:
    kind: NoticeTemplate
    sample: Sample
    rendered: Rendered | None
    language: str | None


def _shown(template_id: str) -> _Shown:
    kind = _kind(template_id)
    actor = signed_in()
    member = member_to_show(actor=actor, member_id=request.values.get("member", type=UUID))
    if member is None:
        raise NotYoursError
    sample = sample_for(kind, actor=actor, member=member, program_id=request.values.get("program", type=UUID))
    wanted = request.values.get("language", "")
    language = wanted if wanted in current_association().languages else None
    return _Shown(kind, sample, sample_letter(kind, sample, actor=actor, language=language), language)


def _kind(template_id: str) -> NoticeTemplate:
    kind = TEMPLATES.get(template_id)
    if kind is None or kind.id == TEMPLATE:
        raise NotYoursError
    return kind


@blueprint.get("/<template_id>")
def show(template_id: str) -> ResponseReturnValue:
    """One letter as a real person would get it, as HTML and as plain text."""
    kind, actor, words = _kind(template_id), signed_in(), request.args.get("q", "").strip()[:100]
    found: list[Member] = [
        member
        for member in members_found(actor=actor, permission=READ, search=words, size=_FOUND)
        if member.state is MemberState.ACTIVE
    ]
    if member_to_show(actor=actor, member_id=request.args.get("member", type=UUID)) is None:
        return render_template("letters/nobody.html", kind=kind, words=words, found=found)
    shown = _shown(template_id)
    kept = {
        "member": shown.sample.member.id, "program": shown.sample.program.id if shown.sample.program else None,
        "language": shown.language,
    }  # fmt: skip
    wording = wording_of(kind.id, shown.sample.program.id if shown.sample.program else None)
    return frames_mail(
        render_template(
            "letters/template.html", kind=kind, shown=shown, words=words, found=found, kept=kept, wording=wording,
            topic=TOPICS[kind.topic], programs=programs_for(actor, READ),
            languages=language_names(current_association().languages),
        )
    )  # fmt: skip


@blueprint.get("/<template_id>/mail")
def mail(template_id: str) -> ResponseReturnValue:
    """The letter as a mail program shows it."""
    rendered = _shown(template_id).rendered
    if rendered is None:
        raise NotYoursError
    return html_page(rendered.html, framed=True)


@blueprint.post("/<template_id>/to-me")
def to_me(template_id: str) -> ResponseReturnValue:
    """Send the letter to myself alone."""
    shown = _shown(template_id)
    if send_sample(shown.kind, shown.sample, actor=signed_in()):
        flash(
            said_of_letters(
                _("The letter is on its way to you, and to nobody else."),
                _("The letter is written to you, and to nobody else."),
            ),
            "success",
        )
    else:
        flash(_("The configuration says not to send this letter, so you do not get it either."), "warning")
    program = shown.sample.program.id if shown.sample.program else None
    return redirect(url_for(".show", template_id=template_id, member=shown.sample.member.id, program=program), 303)
