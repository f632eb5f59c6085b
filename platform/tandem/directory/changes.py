"""Changes of the directory in words: for a person's trace, and for the report of an import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tandem.directory.vocabularies import Vocabulary
from tandem.web.formatting import say_date

FIELD_WORDS = MappingProxyType(
    {
        "number": _l("Number"),
        "given_name": _l("Given name"),
        "family_name": _l("Family name"),
        "name": _l("Name"),
        "email": _l("E-mail address"),
        "phone": _l("Telephone"),
        "language": _l("Language"),
        "time_zone": _l("Time zone"),
        "state": _l("State"),
        "type": _l("Type"),
        "level": _l("Level"),
        "organisational": _l("Organization’s membership"),
        "valid_from": _l("First day"),
        "valid_to": _l("Last day"),
        "paid_through": _l("Paid through"),
        "employer": _l("Employer"),
        "region": _l("Region"),
        "title": _l("Title"),
        "title_text": _l("Title in other words"),
        "acting": _l("Acting"),
        "retired": _l("Retired"),
        "discipline": _l("Discipline"),
        "years": _l("Years"),
        "import": _l("Import"),
    }
)

_LISTS = MappingProxyType(
    {
        "type": "membership-type",
        "level": "membership-level",
        "title": "position-title",
        "region": "region",
        "discipline": "discipline",
    }
)
_DAYS = frozenset({"valid_from", "valid_to", "paid_through"})
_STATES = MappingProxyType({"active": _l("In the directory"), "removed": _l("Removed")})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in words; an empty ``before`` or ``after`` is nothing."""

    label: str
    before: str
    after: str


def say_changes(changes: Mapping[str, Any], lists: Mapping[str, Vocabulary]) -> list[Change]:
    """The changes of an audit entry or an import's row, each on its own."""
    said: list[Change] = []
    for field, pair in changes.items():
        if not isinstance(pair, list) or len(pair) != 2 or field == "import":
            continue
        before, after = pair
        if field in _PARTS and isinstance(after, list):
            for old, new in zip(before or [None] * len(after), after, strict=True):
                said.extend(_part(field, old, new, lists))
        elif before != after:
            said.append(Change(say_field(field), say_value(field, before, lists), say_value(field, after, lists)))
    return said


def say_field(field: str) -> str:
    """What a column is called."""
    return str(FIELD_WORDS.get(field, field.replace("_", " ").capitalize()))


def say_value(field: str, value: Any, lists: Mapping[str, Vocabulary]) -> str:
    """A stored value in words; nothing for nothing."""
    if value is None or value == "":
        return ""
    if field in _LISTS:
        return lists[_LISTS[field]].label(str(value))
    if field in _DAYS:
        return say_date(value)
    if field == "state":
        return str(_STATES.get(str(value), value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _part(
    group: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], lists: Mapping[str, Vocabulary]
) -> Iterator[Change]:
    what = _PARTS[group](after, lists)
    if before is None:
        rest = [
            f"{say_field(field)}: {said}"
            for field, value in after.items()
            if field not in _NAMED[group] and value is not False and (said := say_value(field, value, lists))
        ]
        yield Change(what, "", "; ".join(rest) or _("added"))
        return
    for field, value in after.items():
        if before.get(field) != value:
            label = _("%(what)s: %(field)s", what=what, field=say_field(field))
            yield Change(label, say_value(field, before.get(field), lists), say_value(field, value, lists))


def _membership(part: Mapping[str, Any], lists: Mapping[str, Vocabulary]) -> str:
    label = lists["membership-type"].label(part["type"])
    return str(_("Membership %(type)s from %(day)s", type=label, day=say_date(part["valid_from"])))


def _position(part: Mapping[str, Any], _lists: Mapping[str, Vocabulary]) -> str:
    return str(_("Position at %(employer)s from %(day)s", employer=part["employer"], day=say_date(part["valid_from"])))


def _experience(part: Mapping[str, Any], lists: Mapping[str, Vocabulary]) -> str:
    return str(_("Experience in %(discipline)s", discipline=lists["discipline"].label(part["discipline"])))


def _employer(part: Mapping[str, Any], _lists: Mapping[str, Vocabulary]) -> str:
    return str(_("Employer %(name)s", name=part["employer"]))


_PARTS = MappingProxyType(
    {"memberships": _membership, "positions": _position, "experience": _experience, "employers": _employer}
)
_NAMED = MappingProxyType(
    {
        "memberships": frozenset({"type", "valid_from"}),
        "positions": frozenset({"employer", "valid_from"}),
        "experience": frozenset({"discipline"}),
        "employers": frozenset({"employer"}),
    }
)
