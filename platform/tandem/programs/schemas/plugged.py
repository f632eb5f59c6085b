"""The parts whose content plugins define: rules in trees, criteria, constraints, and the settings of questions.

A plugin's settings stand beside the item's own keys, as in ``{id: years, rule: experience.within_one, years: 5}``. They are
checked by the plugin's own marshmallow schema and kept as written. Two keys in the metadata of a plugin's field tell what its
value refers to, so that it can be checked to exist: ``vocabulary`` (a list of the association's) and ``question`` (the role in
whose form the question is, or ``True`` for the role that the rule is for).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, missing

from tandem.plugin_api.registry import Registry
from tandem.plugin_api.settings import Wrong
from tandem.programs.schemas.base import (
    ConfigurationSchema,
    Paragraphs,
    Part,
    Text,
    WebAddress,
    Word,
    Worded,
    YesNo,
    did_you_mean,
    repeated_ids,
)

#: The keys of an item that are Tandem's own, so that no plugin's setting may be called so.
RESERVED = frozenset(
    {
        "id", "rule", "criterion", "constraint", "type", "all", "any", "not", "when", "then", "waivable", "strength", "weight",
        "note", "remove", "label", "hint", "required", "visibility", "condition", "choices", "again_at_match",
        "counts_for", "help_link",
    }
)  # fmt: skip

_registry: ContextVar[tuple[Registry, frozenset[str] | None]] = ContextVar("tandem_programs_registry")

_HOOKS = {
    "rules": "eligibility_rules",
    "criteria": "matching_criteria",
    "constraints": "matching_constraints",
    "field_types": "field_types",
}


@contextmanager
def plugins(registry: Registry, on: frozenset[str] | None = None) -> Iterator[None]:
    """Check plugins' settings against ``registry`` inside the body; with ``on``, only those plugins may be used."""
    token = _registry.set((registry, on))
    try:
        yield
    finally:
        _registry.reset(token)


def settings_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plugin's settings among the keys of a rule, criterion, constraint or question, as written."""
    return {key: value for key, value in item.items() if key not in RESERVED}


def load_settings(schema: type[Schema], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plugin's settings of an item as the plugin's own schema loads them.

    Raises ``marshmallow.ValidationError``; a revision in the database was checked before it was stored.
    """
    loaded: Mapping[str, Any] = schema(unknown=RAISE).load(settings_of(item))
    return loaded


def checked_settings(schema: type[Schema], item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
    """The settings of an item in the order of their schema, as written. Raises ``ValidationError`` for each that is wrong."""
    made = schema(unknown=RAISE)
    settings = settings_of(item)
    try:
        made.load(settings, partial=partial)
    except ValidationError as error:
        placed = _placed(error.messages, fields.Nested(made))
        raise ValidationError(_worded(placed, made)) from error
    return {key: settings[key] for key in made.load_fields if key in settings}


def _placed(messages: Any, field: Any) -> Any:
    """The messages where they belong in the file: marshmallow puts those of a mapping's entries under “key” and “value”."""
    if not isinstance(messages, dict):
        return messages
    if isinstance(field, fields.Nested):
        inner = {part.data_key or name: part for name, part in field.schema.load_fields.items()}
        return {key: _placed(found, inner.get(key)) for key, found in messages.items()}
    if isinstance(field, fields.List):
        return {key: _placed(found, field.inner) for key, found in messages.items()}
    if isinstance(field, fields.Dict):
        return {key: _of_entry(found, field) for key, found in messages.items()}
    return messages


def _of_entry(found: Any, field: Any) -> Any:
    if not isinstance(found, dict) or not found.keys() <= {"key", "value"}:
        return found
    # A key that is none is said first: what stands under it may be right under another.
    return found["key"] if "key" in found else _placed(found.get("value"), field.value_field)


def _worded(messages: Any, schema: Schema | None = None) -> Any:
    """The plugin schema's messages, with suggestions for unknown keys, and marshmallow's own said as everywhere."""
    if isinstance(messages, list):
        own = _own_sentences()
        return [
            own.get(message) or _translated(message) if isinstance(message, str) else message for message in messages
        ]
    if not isinstance(messages, dict):
        return messages
    return {
        key: [_("is not a known key.") + " " + did_you_mean(str(key), schema.load_fields)]
        if schema is not None and key not in schema.load_fields and key != "_schema" and isinstance(found, list)
        else _worded(found)
        for key, found in messages.items()
    }


def _translated(message: str) -> str:
    # marshmallow's validators hand on a plain string; without values it is the source itself.
    return _(message.source, **message.values) if isinstance(message, Wrong) else _(message) if message else ""


def _own_sentences() -> dict[str, str]:
    """Marshmallow's sentence → ours."""
    return {
        str(fields.Field.default_error_messages["required"]): _("is missing"),
        str(fields.Field.default_error_messages["null"]): _("has no value; write one, or take the line out"),
        str(fields.String.default_error_messages["invalid"]): _("must be text; put it in quotes"),
        str(fields.List.default_error_messages["invalid"]): _("must be a list, such as [one, two]"),
        str(fields.Boolean.default_error_messages["invalid"]): _("must be true or false"),
        str(fields.Mapping.default_error_messages["invalid"]): _("must be “key: value” lines"),
    }


def named_offer(kind: str, name: Any) -> Any:
    """The rule, criterion, constraint or field type of that name. Raises ``ValidationError`` with the ones near it."""
    registry, on = _registry.get()
    every: Mapping[str, Any] = getattr(registry, kind)
    offers = {
        offered: offer
        for offered, offer in every.items()
        if on is None or registry.plugin_of[f"{_HOOKS[kind]}:{offered}"] in on
    }
    if isinstance(name, str) and name in offers:
        return offers[name]
    if isinstance(name, str) and name in every:
        plugin = registry.plugin_of[f"{_HOOKS[kind]}:{name}"]
        raise ValidationError(
            _(
                "comes from the plugin “%(plugin)s”, which is off; add it under plugins in association.yaml",
                plugin=plugin,
            )
        )
    raise ValidationError(
        _("“%(name)s” is not offered by any plugin.", name=name) + " " + did_you_mean(str(name), offers)
    )


class HelpLinkSchema(ConfigurationSchema):
    """Where people can do what a rule asks: the words of the link and its web address."""

    label = Text(80, required=True)
    url = WebAddress(required=True)


class Tree(Worded, fields.Field[dict[str, Any]]):
    """Rules joined by ``all``, ``any``, ``not`` and ``when … then``; every item of a list has an id, unique in the tree."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        node = self._node(value, partial=bool(kwargs.get("partial")), listed=False)
        ids = list(_ids(node))
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValidationError(
                _("has the id “%(ids)s” twice; every rule of a role has its own", ids=", ".join(twice))
            )
        return node

    def _node(self, value: Any, *, partial: bool, listed: bool) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(_("must be a rule, or one of all, any, not, when"))
        errors: dict[str, Any] = {}
        node: dict[str, Any] = {}
        if listed and "id" not in value:
            errors["id"] = [_("is missing; every item of a list has an id")]
        for key, field in (("id", Word()), ("note", Paragraphs(2000)), ("remove", YesNo())):
            if key in value:
                _take(node, key, field.deserialize, value[key], errors)
        try:
            node |= self._body(value, partial=partial, errors=errors)
        except ValidationError as error:
            _merge(errors, error.messages)
        if errors:
            raise ValidationError(errors)
        return node

    def _body(self, value: Mapping[str, Any], *, partial: bool, errors: dict[str, Any]) -> dict[str, Any]:
        kinds = [key for key in ("all", "any", "not", "when", "rule") if key in value]
        if not kinds and partial and "then" in value:
            kinds = ["when"]  # a level that changes only what follows
        if len(kinds) > 1:
            raise ValidationError(
                {kinds[1]: [_("cannot stand beside “%(other)s”; put one inside the other", other=kinds[0])]}
            )
        if not kinds:
            return self._bare(value, partial=partial)
        kind = kinds[0]
        if kind in {"all", "any"}:
            return self._group(value, kind, partial=partial)
        if kind == "rule":
            return self._leaf(value, partial=partial)
        inner: dict[str, Any] = {}
        _only(value, {"not"} if kind == "not" else {"when", "then"})
        for key in ("not",) if kind == "not" else ("when", "then"):
            if key in value:
                _take(inner, key, lambda child: self._node(child, partial=partial, listed=False), value[key], errors)
            elif not partial:
                errors[key] = [_("is missing")]
        return inner

    def _bare(self, value: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        if value.get("remove") is True:
            _only(value, set())
            return {}
        if partial:
            # Settings of a rule that a higher level names: they are checked with the rest once the levels are merged.
            _only(value, {"waivable", "help_link", *settings_of(value)})
            return {key: value[key] for key in sorted(value) if key not in {"id", "note", "remove"}}
        if not value:
            return {}
        raise ValidationError({"rule": [_("is missing; or write one of all, any, not, when")]})

    def _group(self, value: Mapping[str, Any], kind: str, *, partial: bool) -> dict[str, Any]:
        _only(value, {kind})
        items = value[kind]
        if not isinstance(items, list) or not (items or partial):
            raise ValidationError({kind: [_("must be a list of rules, each on a line that begins with “- ”")]})
        if len(items) > 60:
            raise ValidationError({kind: [_("has %(count)s items; at most %(most)s fit", count=len(items), most=60)]})
        found: list[Any] = []
        errors: dict[int, Any] = {number: {"id": [message]} for number, message in repeated_ids(items).items()}
        for number, item in enumerate(items):
            try:
                found.append(self._node(item, partial=partial, listed=True))
            except ValidationError as error:
                errors[number] = error.messages
        if errors:
            raise ValidationError({kind: errors})
        return {kind: found}

    def _leaf(self, value: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            rule = named_offer("rules", value["rule"])
        except ValidationError as error:
            raise ValidationError({"rule": error.messages}) from error
        _only(value, {"rule", "waivable", "help_link", *settings_of(value)})
        node: dict[str, Any] = {"rule": value["rule"]}
        if "help_link" in value:
            try:
                node["help_link"] = Part(HelpLinkSchema, filled=False).deserialize(value["help_link"])
            except ValidationError as error:
                raise ValidationError({"help_link": error.messages}) from error
        if "waivable" in value:
            try:
                node["waivable"] = YesNo().deserialize(value["waivable"])
            except ValidationError as error:
                raise ValidationError({"waivable": error.messages}) from error
        elif not partial:
            node["waivable"] = rule.waivable
        return node | checked_settings(rule.settings_schema, value, partial=partial)


class PluggedItem(Worded, fields.Field[dict[str, Any]]):
    """A criterion, constraint or question: Tandem's ``own`` keys, then the settings of the plugin's offer named at ``key``."""

    def __init__(self, *, key: str, offers: str, own: Mapping[str, fields.Field[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key, self.offers, self.own = key, offers, own

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(_("must be “key: value” lines"))
        partial = bool(kwargs.get("partial"))
        errors: dict[str, Any] = {}
        item: dict[str, Any] = {}
        common: dict[str, fields.Field[Any]] = {"id": Word(required=True), "note": Paragraphs(2000), "remove": YesNo()}
        removed = value.get("remove") is True
        for key, field in (common if removed else common | dict(self.own)).items():
            if key in value:
                _take(item, key, partial_load(field, partial=partial), value[key], errors)
            elif field.required and (not partial or key == "id"):
                errors[key] = [_("is missing")]
            elif field.load_default is not missing and not partial:
                item[key] = field.load_default() if callable(field.load_default) else field.load_default
        try:
            item |= {} if removed else self._settings(value, partial=partial)
        except ValidationError as error:
            _merge(errors, error.messages)
        if errors:
            raise ValidationError(errors)
        return item

    def _settings(self, value: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        if self.key not in value:
            if partial:
                # Settings of an offer that a higher level names: checked with the rest once the levels are merged.
                return {key: value[key] for key in sorted(settings_of(value))}
            raise ValidationError({self.key: [_("is missing")]})
        try:
            offer = named_offer(self.offers, value[self.key])
        except ValidationError as error:
            raise ValidationError({self.key: error.messages}) from error
        settings = settings_of(value)
        errors: dict[str, Any] = {}
        try:
            _only(value, {self.key, *self.own, *settings})
        except ValidationError as error:
            _merge(errors, error.messages)
        try:
            settings = checked_settings(offer.settings_schema, value, partial=partial)
        except ValidationError as error:
            _merge(errors, error.messages)
        if errors:
            raise ValidationError(errors)
        return {self.key: value[self.key]} | settings


def partial_load(field: fields.Field[Any], *, partial: bool) -> Callable[[Any], Any]:
    """Loads one value with ``field``; with ``partial`` nothing in it is missing."""
    return lambda raw: field.deserialize(raw, partial=partial)


def leaves(node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every rule of a tree, in reading order."""
    for key in ("all", "any"):
        for child in node.get(key, ()):
            yield from leaves(child)
    for key in ("not", "when", "then"):
        if key in node:
            yield from leaves(node[key])
    if "rule" in node:
        yield dict(node)


def _ids(node: Mapping[str, Any]) -> Iterator[str]:
    if "id" in node:
        yield node["id"]
    for key in ("all", "any"):
        for child in node.get(key, ()):
            yield from _ids(child)
    for key in ("not", "when", "then"):
        if key in node:
            yield from _ids(node[key])


def _only(value: Mapping[str, Any], allowed: set[str]) -> None:
    known = allowed | {"id", "note", "remove"}
    unknown = {
        key: [_("is not a known key.") + " " + did_you_mean(key, known - {"note", "remove"})]
        for key in value
        if key not in known
    }
    if unknown:
        raise ValidationError(unknown)


def _take(into: dict[str, Any], key: str, load: Callable[[Any], Any], value: Any, errors: dict[str, Any]) -> None:
    try:
        into[key] = load(value)
    except ValidationError as error:
        errors[key] = error.messages


def _merge(errors: dict[str, Any], messages: Any) -> None:
    if isinstance(messages, dict):
        for key, found in messages.items():
            errors.setdefault(key, found)
    else:
        errors.setdefault("_schema", messages)
