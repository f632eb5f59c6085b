"""Checks across documents: that what one names, another has. Forms' questions, vocabularies' terms, committees, departments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError
from marshmallow.fields import Dict, List, Nested

from tandem.plugin_api.registry import Registry
from tandem.programs.document import Document
from tandem.programs.errors import Path, Problem
from tandem.programs.schemas.base import did_you_mean
from tandem.programs.schemas.form import CONDITION_FACTS
from tandem.programs.schemas.plugged import load_settings, settings_of
from tandem.programs.schemas.program import SIDES

Found = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class Checks:
    """What other capabilities know of parts of a configuration; they are above this one, so they hand their checks in.

    ``notice`` gives sentences for the words of a notice (template id, subject, body), ``brand`` pairs of dotted path and
    sentence for a look.
    """

    notice: Callable[[str, str | None, str | None], Sequence[str]] = lambda _id, _subject, _body: ()
    brand: Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]] = lambda _brand: ()


@dataclass(frozen=True, slots=True)
class World:
    """All that documents may name."""

    association: Mapping[str, Any]
    forms: Mapping[str, Mapping[str, Any]]
    registry: Registry
    checks: Checks
    broken_forms: frozenset[str] = frozenset()

    def terms(self, vocabulary: str) -> list[str] | None:
        """The keys of a vocabulary, or ``None`` if the association has none of that name."""
        for item in self.association.get("vocabularies", ()):
            if item["id"] == vocabulary:
                return [term["id"] for term in item.get("terms", ())]
        return None

    def ids(self, key: str) -> list[str]:
        """The ids of one of the association's lists."""
        return [item["id"] for item in self.association.get(key, ())]

    def questions(self, form: str) -> dict[str, Mapping[str, Any]]:
        """The questions of a form by id; none for a form that is not there."""
        return questions_of(self.forms.get(form, {}))


def questions_of(form: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The questions of a form's definition by id, in order."""
    return {
        question["id"]: question for section in form.get("sections", ()) for question in section.get("questions", ())
    }


def check_association(world: World, document: Document) -> list[Problem]:
    """What the association's document names of itself."""
    problems = []
    departments = world.ids("departments")
    for committee in world.association.get("committees", ()):
        named = committee.get("department")
        if named is not None and named not in departments:
            path = ("committees", f"[{committee['id']}]", "department")
            message = _("names no department under departments.") + " " + did_you_mean(named, departments)
            problems.append(document.problem(path, message))
    language, languages = world.association["language"], world.association.get("languages")
    if languages is not None and language not in languages:
        message = _("must have “%(language)s”, the language above, among them", language=language)
        problems.append(document.problem(("languages",), message))
    brand = world.association.get("brand")
    if brand is not None:
        look = {key: value for key, value in brand.items() if key != "note"}
        problems += [
            document.problem(("brand", *path.split(".")), message) for path, message in world.checks.brand(look)
        ]
    return problems


def check_form(world: World, document: Document, form: Mapping[str, Any]) -> list[Problem]:
    """That a form's questions have their choices, and that conditions name earlier questions."""
    return [document.problem(path, message) for path, message in _form(world, form)]


def check_program(world: World, program: Mapping[str, Any]) -> Found:
    """What a merged program names: committee, forms, questions, terms, notices."""
    committee = program["review"]["committee"]
    if committee is not None and committee not in world.ids("committees"):
        message = _("names no committee of association.yaml.") + " " + did_you_mean(committee, world.ids("committees"))
        yield ("review", "committee"), message
    for side in SIDES:
        yield from _role(world, program["roles"][side], ("roles", side))
    for kind, key in (("constraints", "constraint"), ("criteria", "criterion")):
        for item in program["matching"][kind]:
            offer = getattr(world.registry, kind)[item[key]]
            forms = {side: program["roles"][side]["form"] for side in SIDES}
            yield from _pair_offer(world, offer, item, ("matching", kind, f"[{item['id']}]"), forms)
    for item in program["mentorship"]["evaluations"]:
        where = ("mentorship", "evaluations", f"[{item['id']}]", "form")
        yield from _form_named(world, item["form"], where)
        yield from _no_files(world, item["form"], where)
    yield from _notices(world, program["notices"])


def _no_files(world: World, form: str, path: Path) -> Found:
    """Files come with applications alone: nothing keeps them with another form."""
    for question in world.questions(form).values():
        if world.registry.field_types[question["type"]].takes_files:
            yield path, _("asks for files (“%(question)s”), which only applications take", question=question["id"])


def _role(world: World, role: Mapping[str, Any], path: Path) -> Found:
    form = role["form"]
    yield from _form_named(world, form, (*path, "form"))
    if form not in world.forms:
        return
    field = role["places"]["field"]
    if field is not None and field not in world.questions(form):
        yield (*path, "places", "field"), _no_question(field, form, world)
    for where, leaf in walk(role["eligibility"], (*path, "eligibility")):
        yield from _rule(world, leaf, where, form)


def _form_named(world: World, form: str, path: Path) -> Found:
    # The problems of a form that could not be read are told where they are.
    if form not in world.forms and form not in world.broken_forms:
        yield (
            path,
            _("names no form: there is no forms/%(name)s.yaml.", name=form) + " " + did_you_mean(form, world.forms),
        )


def walk(node: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every leaf of a tree with its path, in reading order."""
    for key in ("all", "any"):
        for number, child in enumerate(node.get(key, ())):
            yield from walk(child, (*path, key, f"[{child.get('id', f'#{number + 1}')}]"))
    for key in ("not", "when", "then"):
        if key in node:
            yield from walk(node[key], (*path, key))
    if "rule" in node:
        yield path, node


def _rule(world: World, leaf: Mapping[str, Any], path: Path, form: str) -> Found:
    rule = world.registry.rules[leaf["rule"]]
    try:
        settings = load_settings(rule.settings_schema, leaf)
    except ValidationError:
        return  # told by the schema
    for field in rule.fields(settings):
        if field not in world.questions(form):
            key = next((key for key, value in settings_of(leaf).items() if value == field), None)
            yield (*path, key) if key else path, _no_question(field, form, world)
    yield from _settings(world, rule.settings_schema, leaf, path, {})


def _pair_offer(world: World, offer: Any, item: Mapping[str, Any], path: Path, forms: Mapping[str, str]) -> Found:
    """That the questions which a criterion or constraint reads are in the forms of their sides."""
    settings = load_settings(offer.settings_schema, item)
    for side, fields in zip(SIDES, offer.fields(settings), strict=True):
        for field in fields:
            if forms[side] in world.forms and field not in world.questions(forms[side]):
                key = next(
                    (key for key, value in settings_of(item).items() if value == field and key in {side, "field"}), None
                )
                yield (*path, key) if key else path, _no_question(field, forms[side], world)
    yield from _settings(world, offer.settings_schema, item, path, {})


def _settings(
    world: World, schema: type[Schema], item: Mapping[str, Any], path: Path, forms: Mapping[str, str]
) -> Found:
    """That the settings whose fields say what they refer to do so (``vocabulary``, ``question`` in a field's metadata)."""
    for key, field in schema().fields.items():
        if key not in item:
            continue
        values = item[key] if isinstance(item[key], list) else [item[key]]
        inner = getattr(field, "inner", None)
        metadata = {**(inner.metadata if inner is not None else {}), **field.metadata}
        vocabulary = metadata.get("vocabulary")
        if isinstance(vocabulary, str):
            for value in values:
                yield from _term(world, vocabulary, value, (*path, key))
        elif vocabulary is True:
            for value in values:
                yield from _vocabulary(world, value, (*path, key))
        form = forms.get(str(metadata.get("question")))
        if form is not None and form in world.forms:
            for value in values:
                if value not in world.questions(form):
                    yield (*path, key), _no_question(str(value), form, world)
        yield from _within(world, field, item[key], (*path, key))


def _within(world: World, field: Any, value: Any, path: Path) -> Found:
    """The same inside the lists and mappings that a setting is made of."""
    if isinstance(field, Nested) and isinstance(value, Mapping):
        yield from _settings(world, type(field.schema), value, path, {})
    elif isinstance(field, List) and isinstance(field.inner, Nested):
        for number, one in enumerate(value, 1):
            yield from _within(world, field.inner, one, (*path, f"[#{number}]"))
    elif isinstance(field, Dict) and isinstance(value, Mapping):
        for key, held in value.items():
            for part, named in (
                (field.key_field, [key]),
                (field.value_field, held if isinstance(held, list) else [held]),
            ):
                if part is not None and "vocabulary" in part.metadata:
                    for one in named:
                        yield from _term(world, part.metadata["vocabulary"], one, (*path, str(key)))
            yield from _within(world, field.value_field, held, (*path, str(key)))


def _term(world: World, vocabulary: str, value: Any, path: Path) -> Found:
    terms = world.terms(vocabulary)
    if terms is None:
        yield path, _("needs the vocabulary “%(name)s”, which association.yaml does not have", name=vocabulary)
    elif value not in terms:
        yield (
            path,
            _("“%(value)s” is not in the vocabulary “%(name)s”.", value=value, name=vocabulary)
            + " "
            + did_you_mean(str(value), terms),
        )


def _vocabulary(world: World, value: Any, path: Path) -> Found:
    if world.terms(str(value)) is None:
        known = world.ids("vocabularies")
        yield path, _("names no vocabulary of association.yaml.") + " " + did_you_mean(str(value), known)


def _notices(world: World, notices: Sequence[Mapping[str, Any]]) -> Found:
    for notice in notices:
        for sentence in world.checks.notice(notice["id"], notice.get("subject"), notice.get("body")):
            yield ("notices", f"[{notice['id']}]"), sentence


def _form(world: World, form: Mapping[str, Any]) -> Found:
    earlier: dict[str, Mapping[str, Any]] = {}
    for section in form["sections"]:
        for question in section["questions"]:
            own = ("sections", f"[{section['id']}]", "questions", f"[{question['id']}]")
            yield from _choices(world, question, own)
            if question.get("again_at_match") and world.registry.field_types[question["type"]].widget != "attestation":
                message = _("is for promises; the type “%(type)s” asks for none", type=question["type"])
                yield (*own, "again_at_match"), message
            yield from _settings(world, world.registry.field_types[question["type"]].settings_schema, question, own, {})
            if "condition" in question:
                yield from _condition(world, question["condition"], (*own, "condition"), earlier)
            earlier[question["id"]] = question


def _choices(world: World, question: Mapping[str, Any], path: Path) -> Found:
    choices = question.get("choices")
    if not world.registry.field_types[question["type"]].takes_choices:
        if choices is not None:
            yield (
                (*path, "choices"),
                _("is for questions with options; the type “%(type)s” has none", type=question["type"]),
            )
    elif not choices:
        yield path, _("needs choices: a list of options, or {vocabulary: …}")
    elif isinstance(choices, Mapping):
        yield from _vocabulary(world, choices["vocabulary"], (*path, "choices", "vocabulary"))


def _condition(
    world: World, condition: Mapping[str, Any], path: Path, earlier: Mapping[str, Mapping[str, Any]]
) -> Found:
    if "fact" in condition:
        for value in condition["in"]:
            yield from _term(world, CONDITION_FACTS[condition["fact"]], value, (*path, "in"))
        return
    asked = earlier.get(condition["field"])
    if asked is None:
        yield (
            (*path, "field"),
            _("names no question that comes before this one.") + " " + did_you_mean(condition["field"], earlier),
        )
        return
    if not asked.get("choices"):
        return
    test = next(key for key in ("is", "includes", "any_of") if key in condition)
    keys = _keys_of(world, asked)
    for value in condition[test] if test == "any_of" else [condition[test]]:
        if value not in keys:
            message = _("“%(value)s” is no option of “%(question)s”.", value=value, question=asked["id"])
            yield (*path, test), message + " " + did_you_mean(str(value), keys)


def _keys_of(world: World, question: Mapping[str, Any]) -> list[str]:
    choices = question.get("choices") or []
    if isinstance(choices, Mapping):
        return world.terms(choices["vocabulary"]) or []
    return [choice["id"] for choice in choices]


def _no_question(field: str, form: str, world: World) -> str:
    return (
        _("names the question “%(field)s”, which forms/%(form)s.yaml does not have.", field=field, form=form)
        + " "
        + did_you_mean(field, world.questions(form))
    )
