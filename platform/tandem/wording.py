"""Messages of plugins and rules in the reader's language, with the association's own labels and, where it has them, words.

A ``Message`` is an id, an English source and parameters. What is shown is, in this order: the association's rewording of
that id, the translation of the source, the source. Everything here returns plain text; templates escape it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import get_domain, get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import select

from tandem.directory.models import VocabularyTerm
from tandem.extensions import db
from tandem.plugin_api.types import AnyOf, Message, Minutes, Term
from tandem.programs.queries import association_document, form_for, once, role_word
from tandem.web.formatting import say_date

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Rewording:
    """An association's own words for one message, in the singular and, for a message with a count, the plural."""

    text: str
    plural: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """What the keys in messages are called: ``terms`` maps (vocabulary, key) to a label, ``reworded`` message ids to words."""

    terms: Mapping[tuple[str, str], str] = field(default_factory=dict)
    reworded: Mapping[str, Rewording] = field(default_factory=dict)

    def of(self, term: Term) -> str:
        """The label; for a key that nobody has named, the key with spaces for hyphens."""
        return self.terms.get((term.vocabulary, term.key)) or term.key.replace("-", " ")


NO_LABELS = Labels()


def at_question(label: str, said: str) -> str:
    """What is wrong with an answer, for the list at the top of a page, where it stands far from its question."""
    return said if label in said else _("“%(question)s”: %(problem)s", question=label, problem=said)


def labels_for(*forms: Mapping[str, Any], reworded: Mapping[str, Rewording] | None = None) -> Labels:
    """The labels of all vocabularies of the open association and of the questions in ``forms`` (definitions).

    Where two forms call a question differently, the first one counts. The association's own words for messages and for mentees
    and mentors are used, for messages unless ``reworded`` gives others. At most two statements in a transaction, however often
    it is called.
    """
    words = own_wordings() if reworded is None else reworded
    return labels_from(once("labels", _term_labels) | _role_labels({}), *forms, reworded=words)


def labels_for_program(resolved: Mapping[str, Any]) -> Labels:
    """The labels for all that is said of a program: vocabularies, the program's words for mentees and mentors, and the questions
    of both sides' forms, mentees' first.
    """
    forms = [form_for(resolved, role).definition for role in sorted(resolved["roles"])]
    return labels_from(once("labels", _term_labels) | _role_labels(resolved), *forms, reworded=own_wordings())


def own_wordings() -> dict[str, Rewording]:
    """The messages that the open association has put in words of its own, by id."""
    messages = association_document()["words"].get("messages") or ()
    return {message["id"]: Rewording(message["text"], message.get("plural")) for message in messages}


def _role_labels(resolved: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    # Not kept in the transaction's store: the words depend on the reader's language where the association has none.
    return {("role", role): role_word(resolved, role) for role in ("mentee", "mentor")}


def _term_labels() -> dict[tuple[str, str], str]:
    rows = db.session.execute(select(VocabularyTerm.vocabulary, VocabularyTerm.key, VocabularyTerm.label))
    return {(row.vocabulary, row.key): row.label for row in rows}


def labels_from(
    labelled: Mapping[tuple[str, str], str],
    *forms: Mapping[str, Any],
    reworded: Mapping[str, Rewording] | None = None,
) -> Labels:
    """The labels of terms that are at hand, (vocabulary, key) to label, and of the questions in ``forms``; asks no database."""
    terms = dict(labelled)
    for definition in forms:
        for section in definition.get("sections", ()):
            for question in section.get("questions", ()):
                _add_question(terms, question)
    return Labels(terms, reworded or {})


def in_words(message: Message | str, labels: Labels = NO_LABELS) -> str:
    """A message as the reader reads it. Text that is not a message is returned as it is."""
    if isinstance(message, str):
        return message
    values = {name: _say(value, labels) for name, value in message.params.items()}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), _text(message, labels)).strip()


def _add_question(terms: dict[tuple[str, str], str], question: Mapping[str, Any]) -> None:
    terms.setdefault(("question", question["id"]), question.get("statement") or question.get("label", question["id"]))
    options = f"choice:{question['id']}"
    choices = question.get("choices") or ()
    if isinstance(choices, Mapping):
        named = [(key, label) for (owner, key), label in terms.items() if owner == choices["vocabulary"]]
    else:
        named = [(choice["id"], choice["label"]) for choice in choices]
    for key, label in named:
        terms.setdefault((options, key), label)


def _text(message: Message, labels: Labels) -> str:
    own = labels.reworded.get(message.id)
    if message.plural is None or message.count is None:
        return own.text if own is not None else _(message.text)
    if own is None:
        # Not ngettext: it fills in placeholders at once, and would fail on the ones that are ours to fill.
        return str(get_domain().get_translations().ungettext(message.text, message.plural, message.count))
    return own.text if own.plural is None or message.count == 1 else own.plural


def _say(value: Any, labels: Labels) -> str:  # noqa: PLR0911 - one line for each kind of parameter
    if isinstance(value, Message):
        return in_words(value, labels)
    if isinstance(value, Term):
        return labels.of(value)
    if isinstance(value, Minutes):
        return _duration(value.minutes)
    if isinstance(value, date):
        return say_date(value)
    if isinstance(value, int | Decimal):
        return str(format_decimal(value, locale=get_locale()))
    if isinstance(value, AnyOf):
        return _listed(value.items, labels, "or")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _listed(value, labels, "standard")
    return str(value)


def _listed(items: Sequence[Any], labels: Labels, style: Literal["or", "standard"]) -> str:
    said = [_say(item, labels) for item in items]
    if any(isinstance(item, Message) for item in items):
        return (" " + _("Or:") + " ").join(said) if style == "or" else " ".join(said)
    locale = get_locale()
    listed = str(format_list(said, style=style, locale=locale))
    if locale is None or locale.language == "en":
        # Babel's English puts a comma before the last "and" or "or"; the texts here do not.
        return listed.replace(", and ", " and ").replace(", or ", " or ")
    return listed


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [ngettext("%(num)d hour", "%(num)d hours", hours)] if hours else []
    if rest or not hours:
        parts.append(ngettext("%(num)d minute", "%(num)d minutes", rest))
    return " ".join(parts)
