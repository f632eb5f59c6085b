"""What would change, in words. Everything is named by its id, so that a moved line is not a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from tandem.plugin_api.registry import Registry
from tandem.plugin_api.types import Message
from tandem.programs.document import item_name
from tandem.programs.errors import Path
from tandem.programs.layers import merge
from tandem.programs.schemas.plugged import load_settings
from tandem.programs.tenant import Part, Tenant

#: Says a message in words: with the labels of the documents at hand.
Sayer = Callable[[Message], str]

_LONGEST = 90


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; ``None`` on one side where it is not there at all."""

    path: Path
    before: Any
    after: Any


def differences(before: Tenant | None, after: Tenant, registry: Registry, say: Callable[[Tenant], Sayer]) -> list[str]:
    """Sentences for everything that applying ``after`` over ``before`` changes, none where nothing does.

    Programs are compared with all levels merged, so what an association changes for all is said at each program it reaches.
    ``say`` makes a sayer of messages for the labels of one side.
    """
    words = _Words(registry, say(before) if before is not None else None, say(after))
    if before is None:
        return [_("The association “%(name)s” is new.", name=after.association.document["name"]), *_new_parts(after)]
    found = [
        words.sentence([_("Association")], change)
        for change in changes(before.association.document, after.association.document)
    ]
    titles = _titles(after)
    for kind in ("departments", "forms"):
        olds, news = getattr(before, kind), getattr(after, kind)
        for name in sorted(news):
            heading = titles[news[name].file]
            if name not in olds:
                found.append(_("%(what)s is new.", what=heading))
            else:
                found += [words.sentence([heading], one) for one in changes(olds[name].document, news[name].document)]
    for name in sorted(after.programs):
        found += _program(before.programs.get(name), after.programs[name], words)
    return found


def overrides(tenant: Tenant, registry: Registry, say: Sayer) -> list[str]:
    """Sentences for everything that a department or a program sets differently from what it inherits in the association.

    What a level only adds is its own and is not told.
    """
    words = _Words(registry, say, say)
    titles = _titles(tenant)
    found = []
    for part in tenant.departments.values():
        above = tenant.association.document.get("shared") or {}
        found += _changed(above, part.document.get("shared") or {}, titles[part.file], words)
    for part in tenant.programs.values():
        above = tenant.association.document.get("shared") or {}
        department = tenant.departments.get(part.document.get("department") or "")
        if department is not None:
            above = merge(above, department.document.get("shared") or {})
        found += _changed(above, part.document, str(part.document["name"]), words)
    return found


def _changed(above: Mapping[str, Any], own: Mapping[str, Any], heading: str, words: _Words) -> list[str]:
    merged = merge(above, own)
    return [words.sentence([heading], change) for change in changes(above, merged) if change.before is not None]


def part_differences(before: Mapping[str, Any], after: Mapping[str, Any], registry: Registry, say: Sayer) -> list[str]:
    """Sentences for what differs between two revisions of one document."""
    words = _Words(registry, say, say)
    return [words.sentence([], change) for change in changes(before, after)]


def changes(before: Any, after: Any, path: Path = ()) -> Iterator[Change]:
    """Every difference of two documents, at the deepest place that says it: an item of a list is one by its id."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not _is_offer(before, after):
        for key in [*after, *(key for key in before if key not in after)]:
            yield from changes(before.get(key), after.get(key), (*path, key))
    elif _are_items(before) and _are_items(after):
        yield from _item_changes(before, after, path)
    else:
        yield Change(path, before, after)


def _item_changes(before: Sequence[Any], after: Sequence[Any], path: Path) -> Iterator[Change]:
    old = {item_name(item, number): item for number, item in enumerate(before)}
    new = {item_name(item, number): item for number, item in enumerate(after)}
    for name in [*new, *(name for name in old if name not in new)]:
        yield from changes(old.get(name), new.get(name), (*path, name))
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        yield Change((*path, "order"), _names(kept), _names([name for name in new if name in old]))


def _names(items: Sequence[str]) -> str:
    return ", ".join(name[1:-1] for name in items)


def _program(before: Part | None, after: Part, words: _Words) -> list[str]:
    name = str(after.document["name"])
    if before is None:
        return [_("The program “%(name)s” is new.", name=name)]
    old, new = _compared(before), _compared(after)
    found = [words.sentence([name], change) for change in changes(old, new)]
    # Remarks stand in the program's own words alone.
    if not found and changes_any(before.document, after.document):
        found = [words.sentence([name], change) for change in changes(before.document, after.document)]
    return found


def changes_any(before: Any, after: Any) -> bool:
    """Whether two documents differ at all."""
    return next(changes(before, after), None) is not None


def _compared(part: Part) -> dict[str, Any]:
    """The resolved document without what follows from other documents that have their own sentences."""
    document = dict(part.resolved or part.document)
    roles = document.get("roles")
    if roles is not None:
        document["roles"] = {side: _without_form(role) for side, role in roles.items()}
    evaluations = (document.get("mentorship") or {}).get("evaluations")
    if evaluations:
        document["mentorship"] = {
            **document["mentorship"],
            "evaluations": [_without_form(item) for item in evaluations],
        }
    return document


def _without_form(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "form_revision"}


def _titles(tenant: Tenant) -> dict[str, str]:
    """File → what its document is called in a sentence."""
    names = {item["id"]: item["name"] for item in tenant.association.document.get("departments") or ()}
    return {
        **{
            part.file: _("Department %(name)s", name=names.get(slug, slug)) for slug, part in tenant.departments.items()
        },
        **{part.file: _("Form %(name)s", name=key) for key, part in tenant.forms.items()},
    }


def _new_parts(tenant: Tenant) -> list[str]:
    titles = _titles(tenant)
    parts = [*tenant.departments.values(), *tenant.forms.values()]
    return [
        *(_("%(what)s is new.", what=titles[part.file]) for part in sorted(parts, key=lambda part: part.file)),
        *(_("The program “%(name)s” is new.", name=part.document["name"]) for part in tenant.programs.values()),
    ]


_OFFERS = {"rule": "rules", "criterion": "criteria", "constraint": "constraints"}


def _is_offer(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    # A rule is one thing: it is said by its sentence, not setting by setting. Weight and strength are apart from that.
    return any(key in before and before.get(key) == after.get(key) for key in _OFFERS)


def _are_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


class _Words:
    """Turns changes into sentences."""

    def __init__(self, registry: Registry, say_before: Sayer | None, say_after: Sayer) -> None:
        self.registry = registry
        self.say_before = say_before or say_after
        self.say_after = say_after

    def sentence(self, heading: Sequence[str], change: Change) -> str:
        """``heading, place: before → after``."""
        place = ", ".join([*heading, *_place(change.path)])
        if isinstance(change.before, Mapping) and isinstance(change.after, Mapping):
            return f"{place}: {self._offer(change.before, change.after)}"
        if change.before is None:
            return _("%(place)s: added: %(value)s", place=place, value=self._shown(change.after, self.say_after))
        if change.after is None:
            return _("%(place)s: taken out: %(value)s", place=place, value=self._shown(change.before, self.say_before))
        before, after = self._shown(change.before, self.say_before), self._shown(change.after, self.say_after)
        return f"{place}: {before} → {after}"

    def _offer(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        """The settings that differ, and the sentence that people will read."""
        settings = ", ".join(
            f"{_key(key)} {_shown(before.get(key))} → {_shown(after.get(key))}"
            for key in [*after, *(key for key in before if key not in after)]
            if before.get(key) != after.get(key)
        )
        old, new = self._described(before, self.say_before), self._described(after, self.say_after)
        return (
            settings
            if new is None or old == new
            else _("%(settings)s; now “%(sentence)s”", settings=settings, sentence=new)
        )

    def _described(self, item: Mapping[str, Any], say: Sayer) -> str | None:
        for key, kind in _OFFERS.items():
            offer = getattr(self.registry, kind).get(item[key]) if key in item else None
            if offer is not None:
                try:
                    return say(offer.describe(load_settings(offer.settings_schema, item)))
                except Exception:  # noqa: BLE001 - a stranger's sentence that cannot be made must not hide the change
                    return None
        return None

    def _shown(self, value: Any, say: Sayer) -> str:
        described = self._described(value, say) if isinstance(value, Mapping) else None
        return f"“{described}”" if described else _shown(value)


#: Keys that only hold other things together; a place is clear without them.
_SILENT = frozenset({"roles", "eligibility", "all", "any", "shared", "terms", "messages"})


def _place(path: Path) -> list[str]:
    """A path as words: ``mentor, rule years, field``."""
    singular = {
        "all": _("rule"), "any": _("rule"), "constraints": _("constraint"), "criteria": _("criterion"), "terms": _("term"),
        "vocabularies": _("vocabulary"), "questions": _("question"), "sections": _("section"), "choices": _("option"),
        "cohorts": _("cohort"), "notices": _("notice"), "committees": _("committee"), "departments": _("department"),
        "advice": _("advice"), "ways": _("way to meet"), "plugins": _("plugin"), "messages": _("reworded message"),
    }  # fmt: skip
    words: list[str] = []
    for number, part in enumerate(path):
        following = path[number + 1] if number + 1 < len(path) else ""
        if part.startswith("["):
            owner = path[number - 1] if number else ""
            words.append(f"{singular[owner]} {part[1:-1]}" if owner in singular else part[1:-1])
        elif part not in _SILENT and not (part in singular and following.startswith("[")):
            words.append(_key(part))
    return words


def _key(key: str) -> str:
    return key.replace("_", " ")


def _shown(value: Any) -> str:
    if value is None:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        label = (
            value.get("label") or value.get("title") or value.get("name") or value.get("question") or value.get("text")
        )
        if isinstance(label, str):
            return _shown(label)
        return _cut(", ".join(f"{_key(key)}: {_shown(inner)}" for key, inner in value.items()))
    if isinstance(value, list):
        return _cut(", ".join(_plain(item) for item in value)) if value else _("none")
    return f"“{_cut(value)}”" if isinstance(value, str) and (" " in value or not value) else str(value)


def _plain(value: Any) -> str:
    return str(value.get("id", _shown(value))) if isinstance(value, Mapping) else _shown(value)


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"
