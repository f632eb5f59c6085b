"""Choosing which mail one gets: signed in, or by the address that stands in the mail itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tandem.access.actor import SYSTEM
from tandem.access.current import signed_in
from tandem.access.errors import NotYoursError
from tandem.notices.choosing import choices_of, choose, owner_of
from tandem.notices.models import Pace
from tandem.notices.templates_registry import CHOSEN, TOPICS, Topic
from tandem.notices.unsubscribing import Owner, read_token
from tandem.web.csrf import csrf

blueprint = Blueprint("mail_choices", __name__, template_folder="templates")


def _paces() -> list[dict[str, str]]:
    return [
        {"value": Pace.AT_ONCE.value, "label": _("At once")},
        {"value": Pace.DAILY.value, "label": _("Once a day, all in one mail")},
        {"value": Pace.NEVER.value, "label": _("Not by mail")},
    ]


@blueprint.get("/account/letters")
def page() -> ResponseReturnValue:
    """What I chose, topic by topic, and what always comes."""
    actor = signed_in()
    offered = [topic for topic in CHOSEN if topic is not Topic.WORK or actor.is_staff]
    return render_template(
        "notices/choices.html", topics=TOPICS, offered=offered, chosen=choices_of(owner_of(actor)), paces=_paces(),
        always=[words for words in TOPICS.values() if words.essential],
    )  # fmt: skip


@blueprint.post("/account/letters")
def save() -> ResponseReturnValue:
    """Keep what I chose."""
    actor = signed_in()
    paces = {topic: _pace(request.form[topic.value]) for topic in CHOSEN if topic.value in request.form}
    choose(actor=actor, owner=owner_of(actor), paces=paces)
    flash(_("Your choice is kept. It holds for mail from now on."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.get("/unsubscribe/<token>")
def unsubscribe_page(token: str) -> ResponseReturnValue:
    """Ask what somebody wants who followed the address in a mail. Changes nothing: mail scanners follow it too."""
    owner, topics = _opened(token)
    return _answer(owner, topics, token)


@blueprint.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Change the choice for the topics of the address; by one click, to nothing by mail."""
    owner, topics = _opened(token)
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    pace = Pace.NEVER if one_click else _pace(request.form.get("pace", ""))
    before = choose(actor=SYSTEM, owner=owner, paces=dict.fromkeys(topics, pace))
    if one_click:
        return "", 204
    return _answer(owner, topics, token, done=pace, before=before)


# A mail program sends this without our form (RFC 8058); the signed address is what it may do, and nothing else.
csrf.exempt(unsubscribe)


def _answer(
    owner: Owner,
    topics: tuple[Topic, ...],
    token: str,
    *,
    done: Pace | None = None,
    before: Mapping[Topic, Pace] | None = None,
) -> str:
    chosen = choices_of(owner)
    return render_template(
        "notices/unsubscribe.html", token=token, topics=[TOPICS[topic] for topic in topics], paces=_paces(), done=done,
        chosen=chosen[topics[0]], before=(before or {}).get(topics[0]),
    )  # fmt: skip


def _opened(token: str) -> tuple[Owner, tuple[Topic, ...]]:
    found = read_token(token)
    if found is None:
        raise NotYoursError
    return found


def _pace(value: str) -> Pace:
    try:
        return Pace(value)
    except ValueError:
        abort(400)
