"""Staff's letters to the people of a list: writing, looking, sending, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import ConflictError, InvalidError, NotYoursError
from tandem.ids import uuid7
from tandem.letters.audience import LISTS, Addressee, audience, filters_of, fingerprint, kept_query
from tandem.letters.models import GroupLetter, LetterState
from tandem.letters.queries import (
    SHOWN,
    WRITE,
    expected,
    letter_for,
    letters_page,
    recipients_page,
    state_counts,
)
from tandem.letters.services import (
    BODY_LENGTH,
    SUBJECT_LENGTH,
    TEMPLATE,
    WITHOUT_LINK,
    change_letter,
    discard_letter,
    letter_as,
    send_letter,
    send_to_me,
    start_letter,
)
from tandem.notices.mail_page import frames_mail, html_page
from tandem.notices.models import DeliveryState
from tandem.notices.telling import said_of_letters
from tandem.notices.templates_registry import COMMON, notice_template
from tandem.notices.wording import allowed_variables

blueprint = Blueprint("group_letters", __name__, template_folder="../templates", url_prefix="/staff/notices/letters")

#: Where each list stands.
_ENDPOINTS = {"members": "members.index", "pools": "staff_pools.index", "mentorships": "staff_mentorships.index"}


@blueprint.app_template_global()
def may_write_letters() -> bool:
    """Whether whoever is signed in may write to the people of a list."""
    return signed_in().may(WRITE)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Letters that were written to groups, newest first."""
    page = letters_page(actor=signed_in(), after=request.args.get("after"))
    return render_template("letters/index.html", page=page, list_words=_list_words())


@blueprint.get("/new")
def compose() -> ResponseReturnValue:
    """Write to the people of a list, with the filters that stand in the address."""
    page = request.args.get("page", "")
    return _form(page, kept_query(page, request.args), {}, letter_id=uuid7())


@blueprint.post("/new")
def start() -> ResponseReturnValue:
    """Keep the draft."""
    page, letter_id = request.form.get("page", ""), request.form.get("letter", type=UUID)
    if letter_id is None:
        abort(400)
    asked = filters_of(request.form.get("query", "")) | {
        key: request.form[key] for key in ("side",) if request.form.get(key)
    }
    query = kept_query(page, asked)
    try:
        letter = start_letter(
            actor=signed_in(), letter_id=letter_id, page=page, query=query, subject=request.form.get("subject", ""),
            body=request.form.get("body", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _form(page, query, error.problems, letter_id=letter_id), 422
    return redirect(url_for(".show", letter_id=letter.id), 303)


def _form(
    page: str, query: str, problems: Mapping[str, str], *, letter_id: UUID, letter: GroupLetter | None = None
) -> str:
    people = audience(actor=signed_in(), page=page, query=query)
    kind = notice_template(TEMPLATE)
    without = set(WITHOUT_LINK) | ({"program"} if page == "members" else set())
    return render_template(
        "letters/compose.html", page_name=page, query=query, people=people, letter_id=letter_id, letter=letter,
        back=_address(page, query), list_words=_list_words(), asked=filters_of(query), typed=request.form,
        variables={**{name: kind.variables.get(name) for name in kind.variables}, **_common(without)},
        known=sorted(allowed_variables(kind) - without), problems=problems, lengths=(SUBJECT_LENGTH, BODY_LENGTH),
        errors=[{"href": f"#{field}", "text": text} for field, text in problems.items()],
    )  # fmt: skip


def _common(without: set[str]) -> dict[str, object]:
    return {name: words for name, words in COMMON.items() if name not in without}


@blueprint.get("/<uuid:letter_id>")
def show(letter_id: UUID) -> ResponseReturnValue:
    """A draft with its people and as one of them would read it; a sent letter with what became of each."""
    letter = letter_for(actor=signed_in(), letter_id=letter_id)
    return _draft_page(letter) if letter.state is LetterState.DRAFT else _log_page(letter)


def _draft_page(letter: GroupLetter, *, problem: str = "") -> Response:
    people = _people(letter)
    person = _chosen(people)
    number = max(1, request.args.get("number", 1, type=int))
    rendered = letter_as(letter, person) if person else None
    return frames_mail(
        render_template(
            "letters/draft.html", letter=letter, people=people, person=person, rendered=rendered,
            expected=expected(people), seen=fingerprint(people), problem=problem, number=number, size=SHOWN,
            shown=people[(number - 1) * SHOWN : number * SHOWN], list_words=_list_words(),
            back=_address(letter.page, letter.query),
        )
    )  # fmt: skip


def _log_page(letter: GroupLetter) -> str:
    state, number = request.args.get("state", ""), max(1, request.args.get("number", 1, type=int))
    lines, total = recipients_page(letter, state=state, number=number)
    return render_template(
        "letters/log.html", letter=letter, lines=lines, total=total, number=number, size=SHOWN, state=state,
        counts=state_counts(letter), reads_all=signed_in().may_everywhere("notices.read"), states=DeliveryState, list_words=_list_words(),
        refresh_seconds=5 if letter.state is LetterState.SENDING else None,
    )  # fmt: skip


@blueprint.get("/<uuid:letter_id>/edit")
def edit(letter_id: UUID) -> ResponseReturnValue:
    """Change the words of a draft."""
    letter = _own_draft(letter_id)
    return _form(letter.page, letter.query, {}, letter_id=letter.id, letter=letter)


@blueprint.post("/<uuid:letter_id>/edit")
def save(letter_id: UUID) -> ResponseReturnValue:
    """Keep the changed words."""
    letter = _own_draft(letter_id)
    try:
        change_letter(
            actor=signed_in(), letter_id=letter_id, subject=request.form.get("subject", ""),
            body=request.form.get("body", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _form(letter.page, letter.query, error.problems, letter_id=letter.id, letter=letter), 422
    return redirect(url_for(".show", letter_id=letter_id), 303)


@blueprint.get("/<uuid:letter_id>/mail")
def mail(letter_id: UUID) -> ResponseReturnValue:
    """The draft as a mail program of one of its people shows it."""
    letter = _own_draft(letter_id)
    person = _chosen(_people(letter))
    rendered = letter_as(letter, person) if person else None
    if rendered is None:
        raise NotYoursError
    return html_page(rendered.html, framed=True)


@blueprint.post("/<uuid:letter_id>/to-me")
def to_me(letter_id: UUID) -> ResponseReturnValue:
    """Send the draft to myself alone."""
    letter = _own_draft(letter_id)
    person = _chosen(_people(letter))
    if person is not None:
        send_to_me(actor=signed_in(), letter=letter, person=person)
        flash(
            said_of_letters(
                _("The letter is on its way to you, and to nobody else."),
                _("The letter is written to you, and to nobody else."),
            ),
            "success",
        )
    member = person.member.id if person else None
    return redirect(url_for(".show", letter_id=letter_id, member=member), 303)


@blueprint.post("/<uuid:letter_id>/send")
def send(letter_id: UUID) -> ResponseReturnValue:
    """Send the letter to everybody on the list that was looked at."""
    actor = signed_in()
    before = letter_for(actor=actor, letter_id=letter_id)
    was_draft = before.state is LetterState.DRAFT
    try:
        letter = send_letter(actor=actor, letter_id=letter_id, seen=request.form.get("seen", ""))
    except ConflictError as error:
        response = _draft_page(before, problem=str(error))
        response.status_code = 409
        return response
    if was_draft:
        flash(
            said_of_letters(
                _("The letter is on its way. Below you see who has it."),
                _("The letter is written. Below you see to whom."),
            ),
            "success",
        )
    else:
        flash(_("The letter was sent already; nobody gets it twice."), "info")
    return redirect(url_for(".show", letter_id=letter.id), 303)


@blueprint.post("/<uuid:letter_id>/discard")
def discard(letter_id: UUID) -> ResponseReturnValue:
    """Throw a draft away."""
    discard_letter(actor=signed_in(), letter_id=letter_id)
    flash(_("The draft is thrown away. Nobody got it."), "success")
    return redirect(url_for(".index"), 303)


def _own_draft(letter_id: UUID) -> GroupLetter:
    letter = letter_for(actor=signed_in(), letter_id=letter_id)
    if letter.account_id != signed_in().account_id:
        raise NotYoursError
    if letter.state is not LetterState.DRAFT:
        raise ConflictError(_("This letter has been sent. Its page says to whom."))
    return letter


def _people(letter: GroupLetter) -> Sequence[Addressee]:
    return audience(actor=signed_in(), page=letter.page, query=letter.query)


def _chosen(people: Sequence[Addressee]) -> Addressee | None:
    wanted = request.values.get("member", type=UUID)
    return next((person for person in people if person.member.id == wanted), people[0] if people else None)


def _address(page: str, query: str) -> str:
    asked = {key: value for key, value in filters_of(query).items() if key != "side"}
    return url_for(_ENDPOINTS[page], **asked)  # type: ignore[arg-type]


def _list_words() -> dict[str, str]:
    words = {"members": _("Members"), "pools": _("Pools"), "mentorships": _("Mentorships")}
    return {name: words[name] for name in LISTS}
