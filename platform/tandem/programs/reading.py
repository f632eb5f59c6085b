"""Reading a folder of YAML into a checked ``Tenant``. Every problem of every file is found in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError

from tandem.plugin_api.registry import Registry
from tandem.plugins import used_by
from tandem.programs import references
from tandem.programs.document import Document, read_file
from tandem.programs.errors import ConfigurationError, Path, Problem, show_path
from tandem.programs.layers import ABSENT, PLATFORM, Layer, broken_locks, merge_all, parse_path, value_at
from tandem.programs.resolve import resolve
from tandem.programs.schemas.association import AssociationSchema, DepartmentSchema
from tandem.programs.schemas.base import did_you_mean, flatten
from tandem.programs.schemas.form import FormSchema
from tandem.programs.schemas.plugged import plugins
from tandem.programs.schemas.program import ProgramSchema
from tandem.programs.tenant import ASSOCIATION_FILE, Part, Tenant, department_file, form_file, program_file

#: The most files that one association may have of a kind.
MAX_FILES = 200


@dataclass(slots=True)
class Files:
    """The documents of a folder as they were read, by kind and id, and the problems found so far."""

    association: Document | None = None
    departments: dict[str, Document] = field(default_factory=dict)
    forms: dict[str, Document] = field(default_factory=dict)
    programs: dict[str, Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: The ids of forms whose file could not be read at all.
    unread: frozenset[str] = frozenset()


def read_tenant(folder: FilePath, registry: Registry, *, checks: references.Checks | None = None) -> Tenant:
    """Read and check the configuration in ``folder``.

    Raises ``ConfigurationError`` with every problem, each with its file, line, path and what to do. Reads nothing else than the
    folder; the database is not asked.
    """
    files = read_files(folder)
    return check_files(files, registry, checks=checks)


def read_files(folder: FilePath) -> Files:
    """The folder's documents. Problems of single files are kept in ``problems``; only a missing folder raises."""
    if not folder.is_dir():
        raise ConfigurationError([Problem(str(folder), 1, (), _("is not a folder"))])
    files = Files()
    top = folder / ASSOCIATION_FILE
    if top.is_file():
        files.association = _read(top, ASSOCIATION_FILE, files)
    else:
        files.problems.append(Problem(ASSOCIATION_FILE, 1, (), _("is missing; every association has one")))
    for kind, found, name_of in (
        ("departments", files.departments, department_file),
        ("forms", files.forms, form_file),
        ("programs", files.programs, program_file),
    ):
        _read_kind(folder / kind, kind, found, name_of, files)
    return files


def _read_kind(
    folder: FilePath, kind: str, found: dict[str, Document], name_of: Callable[[str], str], files: Files
) -> None:
    if not folder.is_dir():
        return
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    if len(entries) > MAX_FILES:
        files.problems.append(Problem(kind, 1, (), _("holds more than %(most)s files", most=MAX_FILES)))
        return
    for entry in entries:
        if entry.suffix != ".yaml" or not entry.is_file():
            message = _("is not read: only files whose name ends in .yaml are; rename it or take it out")
            files.problems.append(Problem(f"{kind}/{entry.name}", 1, (), message))
            continue
        document = _read(entry, name_of(entry.stem), files)
        if document is not None:
            found[entry.stem] = document
        elif kind == "forms":
            files.unread |= {entry.stem}


def _read(path: FilePath, name: str, files: Files) -> Document | None:
    try:
        return read_file(path, name)
    except ConfigurationError as error:
        files.problems.extend(error.problems)
        return None


def check_files(files: Files, registry: Registry, *, checks: references.Checks | None = None) -> Tenant:
    """Check documents that were read, each by its schema and then against each other.

    Raises ``ConfigurationError``.
    """
    problems = list(files.problems)
    on = _plugins_on(files.association, registry, problems)
    with plugins(registry, on):
        association = _load(files.association, AssociationSchema, None, problems, complete=True)
        departments = _load_all(files.departments, DepartmentSchema, problems, complete=True)
        forms = _load_all(files.forms, FormSchema, problems, complete=True, filled=True)
        programs = _load_all(files.programs, ProgramSchema, problems, complete=False)
        if association is None or files.association is None:
            raise ConfigurationError(problems)
        world = references.World(
            association=association, forms=forms, registry=registry, checks=checks or references.Checks(),
            broken_forms=frozenset(files.forms) - frozenset(forms) | files.unread,
        )  # fmt: skip
        problems += references.check_association(world, files.association)
        _check_departments(files, association, problems)
        for key, form in forms.items():
            problems += references.check_form(world, files.forms[key], form)
        parts: dict[str, Part] = {}
        for slug, own in programs.items():
            part, found = _program(own, files, world, departments)
            problems += found
            if part is not None:
                parts[slug] = part
        _check_level_locks(files, association, departments, problems)
    if problems:
        raise ConfigurationError(problems)
    return Tenant(
        association=_part(ASSOCIATION_FILE, association, files.association),
        departments={
            slug: _part(department_file(slug), own, files.departments[slug]) for slug, own in departments.items()
        },
        forms={key: _part(form_file(key), form, files.forms[key]) for key, form in forms.items()},
        programs=parts,
    )


def _part(file: str, own: Mapping[str, Any], document: Document) -> Part:
    return Part(file, _own(own), exported_from=document.data.get("exported_from"))


def _own(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "exported_from"}


def _load_all(
    documents: Mapping[str, Document],
    schema: type[Schema],
    problems: list[Problem],
    *,
    complete: bool,
    filled: bool = False,
) -> dict[str, dict[str, Any]]:
    loaded = {
        name: _load(document, schema, name, problems, complete=complete, filled=filled)
        for name, document in documents.items()
    }
    return {name: own for name, own in loaded.items() if own is not None}


def _load(
    document: Document | None, schema: type[Schema], name: str | None, problems: list[Problem], *, complete: bool,
    filled: bool = False,
) -> dict[str, Any] | None:  # fmt: skip
    """The document's own words in canonical order, or ``None`` where something in it is wrong (told in ``problems``)."""
    if document is None:
        return None
    try:
        own: dict[str, Any] = schema().load(document.data, partial=not complete)
        if complete and not filled:
            own = schema().load(document.data, partial=True)
    except ValidationError as error:
        problems.extend(document.problem(path, message) for path, message in flatten(error.messages, document.data))
        return None
    identifier = document.data.get("id")
    if name is not None and identifier != name:
        message = (
            _("must be “%(name)s”, as the file is called", name=name)
            if identifier
            else _("is missing; write id: %(name)s, as the file is called", name=name)
        )
        problems.append(document.problem(("id",), message))
        return None
    return own


def _program(
    own: Mapping[str, Any], files: Files, world: references.World, departments: Mapping[str, Mapping[str, Any]]
) -> tuple[Part | None, list[Problem]]:
    """One program with all levels merged and checked, or what is wrong with it."""
    document = files.programs[own["id"]]
    chain = _chain(own, files, world.association, departments)
    if chain is None:
        known = world.ids("departments")
        if own["department"] in known:
            return None, []  # its department's document is wrong, which was told
        message = _("names no department of association.yaml.") + " " + did_you_mean(str(own["department"]), known)
        return None, [document.problem(("department",), message)]
    layers = [layer for layer, _place in chain]
    broken = [_lock_problem(lock, chain) for lock in broken_locks(layers)]
    if broken:
        return None, broken
    merged = merge_all(layers)
    try:
        filled: dict[str, Any] = ProgramSchema().load(merged)
    except ValidationError as error:
        return None, [_locate(path, message, chain) for path, message in flatten(error.messages, merged)]
    found = [_locate(path, message, chain) for path, message in references.check_program(world, filled)]
    if found:
        return None, found
    resolved = resolve(filled, world.association)
    exported_from = document.data.get("exported_from")
    return Part(program_file(own["id"]), _own(own), resolved=resolved, exported_from=exported_from), []


_Chain = list[tuple[Layer, tuple[Document, Path] | None]]


def _chain(
    own: Mapping[str, Any], files: Files, association: Mapping[str, Any], departments: Mapping[str, Mapping[str, Any]]
) -> _Chain | None:
    """The levels of a program with the documents they stand in (and under which key); ``None`` if its department is not there."""
    assert files.association is not None  # noqa: S101 - the caller stopped where there is none
    chain: _Chain = [
        (Layer(_("the platform"), PLATFORM), None),
        (_layer(_("the association"), association), (files.association, ("shared",))),
    ]
    department = own.get("department")
    if department is not None:
        names = {item["id"]: item["name"] for item in association.get("departments", ())}
        if department not in names or (department in files.departments and department not in departments):
            return None
        if department in departments:
            layer = _layer(_("the department %(name)s", name=names[department]), departments[department])
            chain.append((layer, (files.departments[department], ("shared",))))
    chain.append((Layer(_("the program"), own), (files.programs[own["id"]], ())))
    return chain


def _layer(name: str, document: Mapping[str, Any]) -> Layer:
    return Layer(name, document.get("shared") or {}, tuple(parse_path(lock) for lock in document.get("locks", ())))


def _locate(path: Path, message: str, chain: _Chain) -> Problem:
    """The problem at the lowest level that says something at ``path``, or else nearest to it."""
    for length in range(len(path), 0, -1):
        for _above, place in reversed(chain):
            if place is not None and place[0].has((*place[1], *path[:length])):
                document, prefix = place
                return Problem(document.file, document.line((*prefix, *path)), (*prefix, *path), message)
    lowest = chain[-1][1]
    assert lowest is not None  # noqa: S101 - the lowest level is the program's own file
    return lowest[0].problem(path, message)


def _lock_problem(broken: Any, chain: _Chain) -> Problem:
    by_name = {layer.name: place for layer, place in chain}
    document, prefix = by_name[broken.changed_by] or (Document("", {}), ())
    above = by_name[broken.locked_by]
    where = f"{above[0].file}:{above[0].line(('locks',))}" if above else ""
    path = (*prefix, *broken.lock)
    deepest = next((found for found in document.lines if found[: len(path)] == path), path)
    message = _(
        "is locked by %(who)s (%(where)s); take it out here, or have it unlocked there",
        who=broken.locked_by,
        where=where,
    )
    return Problem(document.file, document.line(deepest), path, message)


def _check_departments(files: Files, association: Mapping[str, Any], problems: list[Problem]) -> None:
    known = [item["id"] for item in association.get("departments", ())]
    for slug, document in files.departments.items():
        if slug not in known:
            message = (
                _("is no department of association.yaml; add it under departments.") + " " + did_you_mean(slug, known)
            )
            problems.append(document.problem(("id",), message))


def _check_level_locks(
    files: Files, association: Mapping[str, Any], departments: Mapping[str, Mapping[str, Any]], problems: list[Problem]
) -> None:
    assert files.association is not None  # noqa: S101 - the caller stopped where there is none
    top = [Layer("", PLATFORM), _layer("", association)]
    levels = [(files.association, top)]
    levels += [(files.departments[slug], [*top, _layer("", own)]) for slug, own in departments.items()]
    for document, layers in levels:
        merged = merge_all(layers)
        for number, lock in enumerate(layers[-1].locks):
            if value_at(merged, lock) is ABSENT:
                message = _(
                    "locks “%(path)s”, where nothing is set; set it under shared, or correct the path",
                    path=show_path(lock),
                )
                problems.append(document.problem(("locks", f"[#{number + 1}]"), message))


def _plugins_on(document: Document | None, registry: Registry, problems: list[Problem]) -> frozenset[str]:
    """The names of the plugins that the association uses; told in ``problems`` what it lists and is not installed."""
    listed = document.data.get("plugins") if document is not None else None
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    named = [item for item in items if isinstance(item.get("id"), str)]  # the schema tells of the others
    installed = [plugin.name for plugin in registry.plugins]
    for item in named:
        name = item["id"]
        if document is None or name in installed:
            continue
        broken = next((problem.reason for problem in registry.problems if problem.plugin == name), None)
        message = (
            _("is a plugin that cannot be used: %(reason)s", reason=broken)
            if broken
            else _("is not an installed plugin.") + " " + did_you_mean(name, installed)
        )
        problems.append(document.problem(("plugins", f"[{name}]"), message))
    return frozenset(plugin.name for plugin in used_by(registry, named).plugins)
