"""The forms of the directory: which fields they have, and how what is typed becomes values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tandem.directory import cells
from tandem.directory.changes import FIELD_WORDS
from tandem.directory.problems import Problem
from tandem.directory.vocabularies import Vocabulary
from tandem.tenancy.scope import current_scope
from tandem.web.formatting import say_date


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: ``kind`` is ``text``, ``email``, ``date``, ``years``, ``choice`` or ``truth``; ``list`` names the words to choose from.

    ``own_label`` is for a field that is not called as its column is everywhere else.
    """

    name: str
    kind: str = "text"
    required: bool = True
    hint: Any = ""
    list: str = ""
    limit: int = cells.NAME_LENGTH
    own_label: Any = None

    @property
    def label(self) -> str:
        """What the field is called on the page."""
        return str(self.own_label or FIELD_WORDS[self.name])


MEMBER = (
    FormField("number", limit=cells.NUMBER_LENGTH, hint=_l("The association’s own member number.")),
    FormField("given_name", required=False),
    FormField("family_name", hint=_l("Or the only name.")),
    FormField("email", "email", limit=254, hint=_l("Members sign in with it, so each has their own.")),
    FormField("phone", required=False, limit=cells.PHONE_LENGTH),
    FormField(
        "language", required=False, limit=6, hint=_l("Two letters, such as en or fr. Empty follows the association.")
    ),
    FormField("time_zone", required=False, hint=_l("Such as Europe/Paris. Empty follows the association.")),
)
MEMBERSHIP = (
    FormField("type", "choice", list="membership-type"),
    FormField("level", "choice", required=False, list="membership-level"),
    FormField("valid_from", "date"),
    FormField("valid_to", "date", required=False, hint=_l("It counts; empty while the membership runs.")),
    FormField("paid_through", "date", required=False, hint=_l("The last day that dues are paid for.")),
    FormField(
        "organisational", "truth", required=False, hint=_l("An organization’s membership is not the person’s own.")
    ),
)
PAYMENT = (FormField("paid_through", "date", hint=_l("The last day that dues are paid for.")),)
POSITION = (
    FormField("title", "choice", required=False, list="position-title"),
    FormField("title_text", required=False, limit=cells.LONG_LENGTH, hint=_l("Where the list has no fitting title.")),
    FormField("employer", limit=cells.LONG_LENGTH),
    FormField("region", "choice", required=False, list="region", hint=_l("The employer’s, for everyone who works there. Empty leaves it as it is.")),
    FormField("valid_from", "date"),
    FormField("valid_to", "date", required=False, hint=_l("It counts; empty while the position is held.")),
    FormField("acting", "truth", required=False, hint=_l("Holds the position for the time being.")),
    FormField("retired", "truth", required=False, hint=_l("Retired from this position.")),
)  # fmt: skip
NEW_EXPERIENCE = (
    FormField("discipline", "choice", list="discipline"),
    FormField("years", "years", hint=_l("At most one decimal, for example 7 or 7.5.")),
)
EXPERIENCE = (FormField("years", "years", hint=_l("At most one decimal, for example 7 or 7.5.")),)
EMPLOYER = (
    FormField("name", limit=cells.LONG_LENGTH),
    FormField("region", "choice", required=False, list="region"),
)
REMOVAL = (FormField("reason", limit=cells.LONG_LENGTH * 5, own_label=_l("Why"), hint=_l("Kept in the audit trail.")),)


def read_form(
    fields: Sequence[FormField], form: Mapping[str, str], lists: Mapping[str, Vocabulary]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values by field, and problems by field in words. Text is handed on as typed: services clean and check it."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields:
        typed = form.get(field.name, "")
        try:
            values[field.name] = _value(field, typed, lists)
        except Problem as problem:
            problems[field.name] = str(problem)
            values[field.name] = None
    return values, problems


def _value(field: FormField, typed: str, lists: Mapping[str, Vocabulary]) -> Any:
    if "\0" in typed:
        raise Problem("control")
    if field.kind == "truth":
        return typed == "yes"
    if not typed.strip():
        if field.required:
            raise Problem("missing")
        return "" if field.kind == "text" else None
    readers: dict[str, Callable[[str], Any]] = {
        "date": cells.date_reader(current_scope().language), "years": cells.years,
    }  # fmt: skip
    if field.kind == "choice":
        if lists[field.list].get(typed) is None:
            raise Problem("term", value=typed[:80], vocabulary=field.list)
        return typed
    if field.kind in readers:
        return readers[field.kind](typed)
    return typed


def typed_of(fields: Sequence[FormField], row: object) -> dict[str, str]:
    """What a form shows of a record before anything is typed."""
    typed = {}
    for field in fields:
        value = getattr(row, field.name)
        if field.kind == "truth":
            typed[field.name] = "yes" if value else ""
        elif field.kind == "years":
            typed[field.name] = f"{value.normalize():f}"
        else:
            typed[field.name] = "" if value is None else str(value)
    return typed


def shown_fields(
    fields: Sequence[FormField], typed: Mapping[str, str], problems: Mapping[str, str], lists: Mapping[str, Vocabulary]
) -> list[dict[str, Any]]:
    """What the form's template draws, field by field."""
    shown = []
    for field in fields:
        hint = str(field.hint)
        if field.kind == "date":
            form = _("As 2026-07-31 or %(local)s.", local=cells.sample_date(current_scope().language))
            hint = f"{hint} {form}".strip()
        shown.append(
            {
                "name": field.name,
                "kind": field.kind,
                "label": field.label,
                "required": field.required,
                "hint": hint,
                "limit": field.limit,
                "value": typed.get(field.name, ""),
                "error": problems.get(field.name, ""),
                "options": options(lists[field.list]) if field.list else [],
            }
        )
    return shown


def options(vocabulary: Vocabulary) -> list[dict[str, str]]:
    """The words of a list to choose from, with the days between which they can be chosen: records reach into the past."""
    found = []
    for term in vocabulary.terms:
        label = term.label
        if term.valid_from and term.valid_to:
            label = _(
                "%(label)s (%(first)s to %(last)s)",
                label=label, first=say_date(term.valid_from), last=say_date(term.valid_to),
            )  # fmt: skip
        elif term.valid_to:
            label = _("%(label)s (until %(last)s)", label=label, last=say_date(term.valid_to))
        elif term.valid_from:
            label = _("%(label)s (from %(first)s)", label=label, first=say_date(term.valid_from))
        found.append({"value": term.key, "label": label})
    return found
