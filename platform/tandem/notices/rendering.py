"""From a template and its variables to the subject, the plain text and the HTML of one notice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import css_inline
from babel.lists import format_list
from flask import Flask, current_app, render_template
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from jinja2 import Environment
from markupsafe import Markup

from tandem.notices.errors import NoticeContextError
from tandem.notices.markup import Source, lines_kept, linked, quote, to_html, to_line, to_text
from tandem.notices.templates_registry import TOPICS, NoticeTemplate
from tandem.notices.wording import Wording, fill
from tandem.programs.queries import role_word
from tandem.settings import Settings
from tandem.tenancy.scope import current_scope
from tandem.web.branding import mail_colours
from tandem.web.context import current_association
from tandem.web.formatting import say_full_day

#: The longest subject; what is longer is cut at a word.
SUBJECT_LENGTH = 160

#: Where people choose which mail they want. In the mail itself, a signed address takes its place: see ``unsubscribing``.
CHOICES_PATH = "/account/letters"

_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One notice in its language. ``unredacted`` has subject, text and HTML with their secrets, where there are any."""

    language: str
    subject: str
    text: str
    html: str
    unredacted: dict[str, str] | None


def link_to(path: str) -> str:
    """The absolute address of ``path`` on the open association's canonical host."""
    settings: Settings = current_app.extensions["tandem.settings"]
    return settings.url_for_host(current_scope().hostname, path)


def render(
    template: NoticeTemplate,
    context: Mapping[str, Any],
    *,
    secrets: Mapping[str, str],
    path: str,
    language: str,
    recipient: str,
    words: Wording,
) -> Rendered:
    """Render a notice whose link leads to ``path``. Raises ``NoticeContextError`` for variables missing or unknown."""
    _check(template, context, secrets)
    with force_locale(language):
        variables = {
            "recipient": quote(recipient),
            "association": quote(current_scope().name),
            "contact": quote(words.contact),
            "program": quote(words.program),
            "link": link_to(path),
            "mentee_word": quote(role_word(words.resolved, "mentee")),
            "mentor_word": quote(role_word(words.resolved, "mentor")),
        }
        variables |= {name: said for name, value in context.items() if (said := _said(value))}
        # What is kept has the plain page in place of a secret address, and says so in place of a code.
        shown = {
            name: link_to(template.page) if _is_address(value) else quote(_("[only in the mail]"))
            for name, value in secrets.items()
        }
        subject, text, html = _forms(template, variables | shown, words)
        unredacted = None
        if secrets:
            full = _forms(template, variables | _plain_secrets(secrets), words)
            unredacted = dict(zip(("subject", "text", "html"), full, strict=True))
    return Rendered(language, subject, text, html, unredacted)


def _forms(template: NoticeTemplate, variables: Mapping[str, str], words: Wording) -> tuple[str, str, str]:
    subject, body = _blocks(f"notices/{template.id}.txt", variables, ("subject", "body"))
    if words.subject:
        subject = fill(words.subject, variables)
    if words.body:
        body = linked(fill(words.body, variables))
    greeting, closing = _blocks("notices/_letter.txt", variables, ("greeting", "closing"))
    if words.signature:
        closing = lines_kept(words.signature)
    source = f"{greeting.strip()}\n\n{body.strip()}\n\n{closing.strip()}"
    line = _cut(to_line(subject))
    html = render_template(
        "notices/_letter.html",
        subject=line,
        preview=_cut(to_line(body.strip().split("\n\n")[0])),
        letter=Markup(to_html(source)),  # noqa: S704 - made by our own renderer and cleaned
        colours=mail_colours(current_association().brand),
        **_foot(template),
    )
    text = render_template("notices/_plain.txt", subject=line, letter=to_text(source), **_foot(template))
    return line, _BLANK_LINES.sub("\n\n", text).strip() + "\n", _inline(html)


def _foot(template: NoticeTemplate) -> dict[str, Any]:
    topic = TOPICS[template.topic]
    return {
        "topic": topic.title if template.paced else "",
        "topic_says": topic.says,
        "essential": topic.essential,
        "choose": "" if topic.essential else link_to(CHOICES_PATH),
    }


def _blocks(name: str, variables: Mapping[str, str], names: tuple[str, str]) -> tuple[str, str]:
    template = _letters(current_app).get_template(name)
    first, second = ("".join(template.blocks[block](template.new_context(dict(variables)))) for block in names)
    return first, second


def _letters(app: Flask) -> Environment:
    # Pages drop the line after a block; in letters blank lines part the paragraphs.
    found = app.extensions.get("tandem.letters")
    if found is None:
        found = app.extensions["tandem.letters"] = app.jinja_env.overlay(trim_blocks=False, lstrip_blocks=False)
    return cast("Environment", found)


def _inline(html: str) -> str:
    # Mail programs drop style sheets, so each element gets its own; nothing is fetched for it.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)
    return inliner.inline(html)


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Source):
        return value
    if isinstance(value, datetime):
        value = value.astimezone(current_scope().zone).date()
    if isinstance(value, date):
        return quote(say_full_day(value))
    if isinstance(value, list | tuple):
        said = format_list([str(item) for item in value], locale=get_locale())
        return quote(said.replace(", and ", " and "))
    return quote(str(value))


def _plain_secrets(secrets: Mapping[str, str]) -> dict[str, str]:
    # An address stays as it is, so that it can be the target of a link; anything else is quoted.
    return {name: value if _is_address(value) else quote(value) for name, value in secrets.items()}


def _is_address(value: str) -> bool:
    return value.startswith(("https://", "http://"))


def _check(template: NoticeTemplate, context: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    given = {name for name, value in (context | secrets).items() if value not in (None, "", [], ())}  # type: ignore[operator]
    missing = template.required - given
    unknown = (set(context) | set(secrets)) - set(template.variables) - {"program"}
    misplaced = (set(context) & template.secret) | (set(secrets) - template.secret)
    if missing or unknown or misplaced:
        raise NoticeContextError(
            f"{template.id}: missing {sorted(missing)}, unknown {sorted(unknown)}, "
            f"in the wrong argument {sorted(misplaced)}"
        )


def _cut(line: str) -> str:
    if len(line) <= SUBJECT_LENGTH:
        return line
    return line[: SUBJECT_LENGTH - 1].rsplit(" ", 1)[0] + "…"
