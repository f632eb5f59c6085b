"""Suggestions for one mentee: the mentors who suit best, why others cannot be paired, who has been asked."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.current import signed_in
from tandem.access.errors import InvalidError, NotYoursError
from tandem.access.programs import may_in
from tandem.applications.models import Role
from tandem.matching.asking import acceptance_of, ask_by_id, choose_mentor, last_day, withdraw_ask
from tandem.matching.leftovers import rule_words
from tandem.matching.models import MentorAsk, PoolEntry, PoolState
from tandem.matching.queries import staff_entry
from tandem.matching.suggesting import Suggestions, asks_of, suggest
from tandem.matching.views.runs import shown_parts
from tandem.notices.telling import said_of_letters
from tandem.programs.queries import current_revision
from tandem.programs.queries import resolved as resolved_document
from tandem.web.formatting import say_list
from tandem.wording import in_words, labels_for_program

blueprint = Blueprint("staff_asking", __name__, template_folder="../templates", url_prefix="/staff/pools")


@blueprint.get("/<uuid:entry_id>/suggestions")
def show(entry_id: UUID) -> ResponseReturnValue:
    """The best mentors for one mentee."""
    return _page(_mentee(entry_id))


@blueprint.post("/<uuid:entry_id>/suggestions")
def choose(entry_id: UUID) -> ResponseReturnValue:
    """Choose one: asks the mentor, or begins the mentorship."""
    entry = _mentee(entry_id)
    mentor = request.form.get("mentor", type=UUID)
    if mentor is None:
        return _page(entry, {"mentor": _("Choose somebody.")}), 422
    try:
        made = choose_mentor(actor=signed_in(), mentee=entry, mentor_entry_id=mentor)
    except InvalidError as error:
        return _page(entry, error.problems), 422
    if isinstance(made, MentorAsk):
        flash(
            said_of_letters(
                _(
                    "%(name)s has been asked. You hear of the answer here and by mail.",
                    name=made.mentor_entry.member.name,
                ),
                _("The question is on the page of %(name)s.", name=made.mentor_entry.member.name),
            ),
            "success",
        )
        return redirect(url_for(".show", entry_id=entry.id), 303)
    flash(
        said_of_letters(_("The mentorship has begun. Each side gets a letter."), _("The mentorship has begun.")),
        "success",
    )
    return redirect(url_for("staff_mentorships.show", mentorship_id=made.id), 303)


@blueprint.post("/<uuid:entry_id>/suggestions/<uuid:ask_id>/withdraw")
def withdraw(entry_id: UUID, ask_id: UUID) -> ResponseReturnValue:
    """Take back what a mentor was asked."""
    entry, ask = _mentee(entry_id), ask_by_id(ask_id)
    if ask is None or ask.mentee_entry_id != entry.id:
        raise NotYoursError
    withdraw_ask(actor=signed_in(), ask=ask)
    flash(_("The ask is taken back. You can choose somebody else."), "success")
    return redirect(url_for(".show", entry_id=entry.id), 303)


def _mentee(entry_id: UUID) -> PoolEntry:
    entry = staff_entry(actor=signed_in(), entry_id=entry_id)
    if entry.role is not Role.MENTEE or not may_in(signed_in(), "matching.run", entry.application.program):
        raise NotYoursError
    return entry


def _page(entry: PoolEntry, problems: dict[str, str] | None = None) -> str:
    program, problems = entry.application.program, problems or {}
    resolved = resolved_document(current_revision(program).id)
    matching = resolved.get("matching", {})
    labels = labels_for_program(resolved)
    found = suggest(entry, program) if entry.state is PoolState.OPEN else None
    asks = asks_of(entry.id)
    criteria = {item["id"]: item for item in matching.get("criteria", ())}
    constraints = {item["id"]: item for item in matching.get("constraints", ())}
    return render_template(
        "matching/suggestions.html",
        entry=entry, program=program, resolved=resolved, found=found, asks=asks, last_day=last_day,
        waiting=next((ask for ask in asks if ask.state.value == "asked"), None), acceptance=acceptance_of(matching),
        parts=[shown_parts(one.parts, one.reasons, criteria, labels) for one in found.best] if found else [],
        why=[
            " ".join(
                [in_words(rule, labels) for rule in one.rules]
                + ([_("Kept apart: %(rule)s.", rule=rule_words(one.apart, constraints, labels))] if one.apart else [])
                + ([_("No place left.")] if one.full else [])
            )
            for one in found.excluded
        ] if found else [],
        not_shown=_not_shown(found) if found else "",
        problems=problems, errors=[{"href": "#best", "text": text} for text in problems.values()],
    )  # fmt: skip


def _not_shown(found: Suggestions) -> str:
    """How many are not suggested, and how many of them for which reason; empty if all are."""
    hidden = found.not_shown
    reasons = [
        (hidden.rules, _("%(num)s whom a rule keeps away", num=hidden.rules)),
        (hidden.full, _("%(num)s without a free place", num=hidden.full)),
        (hidden.apart, _("%(num)s kept apart from them", num=hidden.apart)),
        (hidden.resting, _("%(num)s at rest", num=hidden.resting)),
        (hidden.asked, _("%(num)s asked already, without a yes", num=hidden.asked)),
        (hidden.fit, _("%(num)s who fit less well", num=hidden.fit)),
    ]
    said = [words for number, words in reasons if number]
    if not said:
        return ""
    shown = len(found.best)
    return _("%(shown)s of %(all)s are suggested. Not suggested: %(why)s.",
             shown=shown, all=shown + hidden.total, why=say_list(said))  # fmt: skip
